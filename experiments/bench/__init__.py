"""Benchmarks: how fast the parts of this project are, beside what a user could pick instead, in one run.

Times differ from machine to machine and from minute to minute, so programs take turns (A B A B …) and what counts is
the ratio of their times, its median and its range. One module a benchmark; `experiments.bench.timing` has the
arithmetic, `experiments.bench.venv` the virtual environment in which the other programs run, and the folder ``peers``
the scripts that drive them.
"""
