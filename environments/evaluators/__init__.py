"""Evaluators of whole generations: in one or several processes, compiled, in lock step, or on a cluster."""
