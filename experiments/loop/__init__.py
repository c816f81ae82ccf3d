"""The loop of a run: evolve, select, verify, save, resume."""
