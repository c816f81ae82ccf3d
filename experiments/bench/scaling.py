"""How time grows: with threads, with the population, and with the size of genomes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from environments import make_task
from experiments.bench.report import Report, Table, number, ratio, spread
from experiments.bench.step import OurStep, StepBench, find_threshold
from experiments.bench.timing import Series, growth_exponent, in_turn, ratios
from experiments.runner import fitted
from experiments.targets import load
from neat.config import replace
from neat.errors import ConfigError
from neat.parallel import available_cores
from neat.population import Population

__all__ = ["ScalingBench", "doublings"]

_GAME = "cartpole"


def doublings(most: int) -> list[int]:
    """Return 1, 2, 4, … up to ``most``, which is the last."""
    found = [1]
    while found[-1] * 2 < most:
        found.append(found[-1] * 2)
    return [*found, most] if most > 1 else found


@dataclass(frozen=True, kw_only=True)
class ScalingBench:
    """How time grows with threads, population and genome size."""

    most_threads: int = 0
    """Most threads; 0 means one for each core."""
    population: int = 10_000
    """Genomes where threads and genome sizes are compared."""
    populations: tuple[int, ...] = (150, 1_000, 10_000, 100_000)
    """Populations."""
    inputs: tuple[int, ...] = (1, 7, 31, 127)
    """Inputs of the genomes whose sizes are compared: (inputs + bias) x 6 connections."""
    species: int = 10
    """Species in all populations."""
    rounds: int = 5
    """Turns of each measurement."""
    seed: int = 1
    """Seed of all populations."""

    def __post_init__(self) -> None:
        if not self.populations or min(self.population, *self.populations) < 2:
            raise ConfigError("--population and --populations: expected sizes of at least 2")
        if not self.inputs or min(self.inputs) < 1 or self.rounds < 1:
            raise ConfigError("--inputs and --rounds: expected at least 1")

    def run(self) -> Report:
        """Measure, and return what was found."""
        report = Report("scaling")
        report.tables = [self._threads(report), self._populations(report), self._sizes(report)]
        return report

    def _options(self, threads: int = 0) -> StepBench:
        return StepBench(
            rounds=self.rounds, species=self.species, warm_up=8, threads=threads, seed=self.seed, without_peers=True
        )

    def _threads(self, report: Report) -> Table:
        """Compare numbers of threads: playing CartPole, and NEAT alone."""
        counts = doublings(self.most_threads or available_cores())
        table = Table(
            f"Threads (population {self.population:,})",
            ("threads", "CartPole, a generation", "speed-up", "NEAT alone, a generation", "speed-up"),
        )
        threshold = find_threshold(self._options(), self.population, near=1.0)
        steps = {n: OurStep(self._options(n), self.population, threshold) for n in counts}
        neat = _measured({n: (lambda s=s: s.generation().seconds) for n, s in steps.items()}, self.rounds)  # type: ignore[misc]
        experiment = load(_GAME)
        task = make_task(experiment.task)
        config = replace(fitted(experiment.config, task), {"population": {"size": self.population}})
        genomes = Population(config, self.seed).ask()

        def play(threads: int) -> float:
            with task.evaluator(config.network, seed=self.seed, workers=threads, backend="compiled") as evaluator:
                begin = time.perf_counter()
                evaluator.evaluate(genomes)
                return time.perf_counter() - begin

        played = _measured({n: (lambda n=n: play(n)) for n in counts}, self.rounds)  # type: ignore[misc]
        for n in counts:
            faster = [ratios(series[1], series[n]) for series in (played, neat)]
            table.rows.append((
                str(n), spread(played[n].scaled(1e3), "ms"), ratio(faster[0]), spread(neat[n].scaled(1e3), "ms"),
                ratio(faster[1]),
            ))  # fmt: skip
            report.figures.setdefault("threads", []).append(
                {"threads": n, "cartpole": played[n].as_dict(), "neat": neat[n].as_dict()}
            )
        return table

    def _populations(self, report: Report) -> Table:
        """Compare populations at the same number of species: NEAT alone."""
        table = Table("Population (NEAT alone)", ("population", "a generation", "per genome", "genes", "species"))
        threshold = 1.0
        times = []
        for size in self.populations:
            threshold = find_threshold(self._options(), size, near=threshold)
            found = _Alone.of(OurStep(self._options(), size, threshold), self.rounds)
            times.append(found.series.median)
            each = f"{number(found.series.median / size * 1e6)} µs"
            table.rows.append((f"{size:,}", spread(found.series.scaled(1e3), "ms"), each, *found.rest()))
            report.figures.setdefault("populations", []).append({"population": size, **found.as_dict()})
        _fit(table, report, "population", self.populations, times)
        return table

    def _sizes(self, report: Report) -> Table:
        """Compare sizes of genomes at the same number of species: NEAT alone."""
        table = Table(
            f"Genome size (NEAT alone, population {self.population:,})",
            ("inputs", "a generation", "per gene", "genes", "species"),
        )
        threshold = 1.0
        genes, times = [], []
        for inputs in self.inputs:
            threshold = find_threshold(self._options(), self.population, near=threshold, inputs=inputs)
            step = OurStep(self._options(), self.population, threshold, inputs=inputs)
            found = _Alone.of(step, self.rounds)
            genes.append(found.genes)
            times.append(found.series.median)
            each = f"{number(found.series.median / (found.genes * self.population) * 1e9)} ns"
            table.rows.append((str(inputs), spread(found.series.scaled(1e3), "ms"), each, *found.rest()))
            report.figures.setdefault("sizes", []).append({"inputs": inputs, **found.as_dict()})
        _fit(table, report, "genes", genes, times)
        return table


@dataclass(frozen=True)
class _Alone:
    """Generations of one population."""

    series: Series
    genes: float
    species: float

    @classmethod
    def of(cls, step: OurStep, rounds: int) -> _Alone:
        """Make some generations that do not count, then ``rounds`` that do."""
        for _ in range(8):
            step.generation()
        samples = [step.generation() for _ in range(rounds)]
        middle = sorted(sample.species for sample in samples)[rounds // 2]
        return cls(Series.of([s.seconds for s in samples]), sum(s.genes for s in samples) / rounds, middle)

    def rest(self) -> tuple[str, str]:
        """Return what stands in the last two columns."""
        return number(self.genes), number(self.species)

    def as_dict(self) -> dict[str, Any]:
        """Return the same as data."""
        return {"seconds": self.series.as_dict(), "genes": self.genes, "species": self.species}


def _measured(programs: dict[int, Any], rounds: int) -> dict[int, Series]:
    """Let programs that are known by a number take turns."""
    found = in_turn({str(n): program for n, program in programs.items()}, rounds, warm_up=2)
    return {int(name): Series.of(values) for name, values in found.items()}


def _fit(table: Table, report: Report, what: str, sizes: Sequence[float], times: Sequence[float]) -> None:
    """Add how time grows, where there is more than one size."""
    if len(set(sizes)) > 1:
        exponent = growth_exponent(sizes, times)
        table.notes.append(f"time grows with the {what} to the power {number(exponent)} (1 is linear)")
        report.figures[f"growth_exponent_{what}"] = exponent
