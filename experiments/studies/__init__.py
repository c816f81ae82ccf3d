"""Many runs: success rates, results, comparisons, and the statistics behind them."""
