"""The loop of a run: evolve, select, verify, save, and go on."""
