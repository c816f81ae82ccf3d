"""Show that memory does not grow over a long run, beyond records and the innovation register.

::

    python -m tests.flat_memory                    # 1,000 generations of 1,000 genomes
    python -m tests.flat_memory --target cartpole

The whole harness runs: loop, verification, folder, checkpoints. Each line shows the process's memory, and what of it is
known to grow: the genes of the population (genomes become larger) and the register. ``rest`` is what remains: it must
not grow. Ends with exit code 1 if it has grown by more than 10% over the last half of the run.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from pathlib import Path

from experiments.display.reporters import DirectoryReporter, Reporter
from experiments.folder.champions import ChampionsReporter
from experiments.folder.directory import RunDirectory
from experiments.folder.lineage_file import LineageReporter
from experiments.loop import runner
from experiments.loop.checkpoints import Checkpoints, State
from experiments.targets import load
from neat.history.records import GenerationRecord
from neat.population import Population

_MIB = 2**20


def resident() -> float:
    """Return the memory of this process, MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MIB


class Watcher(Reporter):
    """Prints a line of the table every so many generations."""

    def __init__(self, population: list[Population], every: int) -> None:
        self.population, self.every = population, every
        self.rest: list[float] = []
        print("generation  memory  genes  rooms  register (entries)    rest   connections per genome")

    def generation(self, record: GenerationRecord) -> None:
        """Print a line."""
        if (record.generation + 1) % self.every:
            return
        gc.collect()
        population = self.population[0]
        genomes, register = population._genomes, population.register
        tables = [genomes.nodes, genomes.connections, genomes.node_offsets, genomes.connection_offsets]
        genes = sum(array.nbytes for array in tables) / _MIB
        breeding = population.breeding.reproduction
        weights = sum(array.nbytes for array in population.speciation._weights)
        rooms = (breeding._nodes.nbytes + breeding._genes.nbytes + weights) / _MIB
        entries = int(register.counters[2] + register.counters[3])
        memory = resident()
        rest = memory - genes - rooms - register.nbytes / _MIB
        self.rest.append(rest)
        print(
            f"{record.generation + 1:>10}  {memory:>6.1f}  {genes:>5.1f}  {rooms:>5.1f}  {register.nbytes / _MIB:>8.1f}"
            f" {f'({entries:,})':>12}  {rest:>6.1f}   {len(genomes.connections) / len(genomes):>6.1f}",
            flush=True,
        )


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--target", default="xor")
    parser.add_argument("--generations", type=int, default=1000)
    parser.add_argument("--population", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=20)
    parser.add_argument("--frozen", action="store_true", help="let genomes not become larger")
    given = parser.parse_args()
    changes = [f"run.generations={given.generations}", f"population.size={given.population}"]
    changes += ["run.stop_when_solved=false", "run.checkpoint_seconds=1", "task.verify_episodes=10"]
    if given.frozen:
        changes += ["mutation.add_node=0", "mutation.add_connection=0"]
    experiment = load(given.target, changes=changes)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        directory = RunDirectory.create(folder)
        found: list[Population] = []

        class Known(Checkpoints):
            """Checkpoints that show the population they are given."""

            def save(self, state: State, champion: int | None = None) -> None:
                found[:] = [state.population]
                super().save(state, champion)

        watcher = Watcher(found, max(1, given.generations // given.lines))
        reporters = [DirectoryReporter(directory), ChampionsReporter(folder), LineageReporter(folder), watcher]
        checkpoints = Known(folder, seconds=experiment.run.checkpoint_seconds)
        checkpoints._last_time = -float("inf")
        runner.run(experiment, *reporters, checkpoints=checkpoints)
    half = watcher.rest[len(watcher.rest) // 2 :]
    growth = half[-1] - half[0]
    print(f"rest over the last half: {growth:+.1f} MiB, {growth / half[0]:+.1%}")
    return int(growth > 0.1 * half[0])


if __name__ == "__main__":
    sys.exit(main())
