"""A run in the browser: the population at play, live or afterwards."""
