"""Replication of the NEAT paper: many runs of its experiments, their figures beside the published ones."""
