"""Playing episodes: seeds, policies, scaling, what an episode leads to, and the verification of champions."""
