"""XOR, solved again and again: time and evaluations of a run, beside genoxide and neat-python.

All programs have 150 genomes and at most 300 generations, the fitness (4 - Σ|error|)², and the same end: the first
genome with all four outputs on the correct side of 0.5. The others keep what their makers chose for this task:
genoxide's own defaults with raw sharing, as its documentation has it for XOR, and the settings of neat-python's
example.
"""

from __future__ import annotations

from experiments.bench.options import XorOptions
from experiments.bench.report import Report, Table
from experiments.bench.solving import HEAD, race

__all__ = ["measure"]

POPULATION, GENERATIONS = 150, 300


def measure(options: XorOptions) -> Report:
    """Measure, and return what was found."""
    settings = {"population": POPULATION, "generations": GENERATIONS}
    table = Table("XOR: four outputs on the correct side of 0.5", HEAD)
    return race("xor", table, options, ("genoxide", "neat-python"), settings, threads=options.threads)
