"""Playing episodes: seeds, policies, observation scaling, outcomes, and the verification of champions."""
