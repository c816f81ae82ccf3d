"""Double pole balancing with velocities, solved again and again, beside genoxide.

Both programs have 150 genomes, the same physics and start, fitness as the number of steps balanced, and the same end:
the first genome that balances 100,000 steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.bench.report import Report, Table
from experiments.bench.solving import HEAD, Race, race
from neat.parallel import available_cores

__all__ = ["DoublePoleBench"]

POPULATION, GENERATIONS = 150, 1_000


@dataclass(frozen=True, kw_only=True)
class DoublePoleBench(Race):
    """Double pole balancing with velocities: time and evaluations of a run, many seeds."""

    def run(self) -> Report:
        """Measure, and return what was found."""
        threads = self.threads or available_cores()
        table = Table("Double pole balancing with velocities, 100,000 steps", HEAD)
        settings = {"population": POPULATION, "generations": GENERATIONS, "threads": threads}
        return race("double-pole", table, self, ("genoxide",), settings, threads=threads, task="double-pole")
