"""Repertoires of runs: their folder, their elites on fresh episodes, their pictures, and CMA-MAE beside MAP-Elites."""
