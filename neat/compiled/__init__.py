"""Compiled code: how a function becomes machine code, random numbers, threads, vector registers."""
