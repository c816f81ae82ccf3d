"""Compiled code: kernels and their cache, random numbers, threads, vector registers."""
