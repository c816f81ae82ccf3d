"""Studies of many runs: success rates, results, comparisons, and their statistics."""
