"""Gradient training: the fixed-topology baseline, and backpropagation through evolved networks, in NumPy."""
