"""Evaluators: play whole generations, in one process or many, compiled, in lock step or on a cluster."""
