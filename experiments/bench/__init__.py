"""Benchmarks: the speed of this project's parts, compared with other programs in the same run.

Times differ between machines and from minute to minute. So the programs take turns (A B A B …), and the result is the
ratio of their times: its median and its range. Each benchmark is a module. `experiments.bench.timing` computes the
ratios, `experiments.bench.venv` creates the virtual environment of the other programs, and the folder ``peers`` has the
scripts that run them.
"""
