"""Creating environments: user code, where it is found, and errors when it fails."""
