"""Double pole balancing with velocities: many runs to a solution, compared with genoxide.

Both programs have 150 genomes, the same physics and start, and the number of steps balanced as fitness. A run ends with
the first genome that balances 100,000 steps.
"""

from __future__ import annotations

from experiments.bench.options import DoublePoleOptions
from experiments.bench.report import Report, Table
from experiments.bench.solving import HEAD, race
from neat.compiled.parallel import available_cores

__all__ = ["measure"]

POPULATION, GENERATIONS = 150, 1_000


def measure(options: DoublePoleOptions) -> Report:
    """Run the benchmark."""
    threads = options.threads or available_cores()
    table = Table("Double pole balancing with velocities, 100,000 steps", HEAD)
    settings = {"population": POPULATION, "generations": GENERATIONS, "threads": threads}
    return race("double-pole", table, options, ("genoxide",), settings, threads=threads, task="double-pole")
