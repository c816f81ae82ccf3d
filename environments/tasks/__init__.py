"""Tasks: what a population is asked to be good at."""
