"""Evaluators: whole generations played, by one process or many, compiled, in lock step or on a cluster."""
