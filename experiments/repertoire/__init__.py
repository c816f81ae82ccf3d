"""Repertoires of runs: their folder, evaluation on fresh episodes, heat maps, and CMA-MAE as an alternative."""
