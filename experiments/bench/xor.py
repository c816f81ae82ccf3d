"""XOR: many runs to a solution, with their time and evaluations, beside genoxide and neat-python.

All programs have 150 genomes, at most 300 generations, and the fitness (4 - Σ|error|)². A run ends with the first
genome whose four outputs are on the correct side of 0.5. The other programs have the settings that their authors use
for this task: genoxide's defaults with raw sharing, as in its documentation for XOR, and those of neat-python's own
example.
"""

from __future__ import annotations

from experiments.bench.options import XorOptions
from experiments.bench.report import Report, Table
from experiments.bench.solving import HEAD, race

__all__ = ["measure"]

POPULATION, GENERATIONS = 150, 300


def measure(options: XorOptions) -> Report:
    """Run the benchmark."""
    settings = {"population": POPULATION, "generations": GENERATIONS}
    table = Table("XOR: four outputs on the correct side of 0.5", HEAD)
    return race("xor", table, options, ("genoxide", "neat-python"), settings, threads=options.threads, task="xor")
