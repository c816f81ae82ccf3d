"""Making environments: whose code they are, where it is found, and what is said when it fails."""
