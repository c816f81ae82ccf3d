"""The records of evolution: evaluated generations and ancestry."""
