"""How the time depends on threads, on the population, and on the size of genomes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from environments import make_task
from experiments.bench.options import ScalingOptions, StepOptions
from experiments.bench.report import Report, Table, number, ratio, spread
from experiments.bench.step import OurStep, find_threshold
from experiments.bench.timing import Series, growth_exponent, in_turn, ratios
from experiments.loop.runner import fitted
from experiments.targets import load
from neat.compiled.parallel import available_cores
from neat.config import replace
from neat.population import Population

__all__ = ["doublings", "measure"]

_GAME = "cartpole"
_WARM_UP = 8


def doublings(most: int) -> list[int]:
    """Return 1, 2, 4, …, and ``most`` as the last."""
    found = [1]
    while found[-1] * 2 < most:
        found.append(found[-1] * 2)
    return [*found, most] if most > 1 else found


def measure(options: ScalingOptions) -> Report:
    """Run the benchmark."""
    report = Report("scaling")
    report.tables = [_threads(options, report), _populations(options, report), _sizes(options, report)]
    return report


def _options(options: ScalingOptions, threads: int = 0) -> StepOptions:
    return StepOptions(
        rounds=options.rounds,
        species=options.species,
        warm_up=_WARM_UP,
        threads=threads,
        seed=options.seed,
        without_peers=True,
    )


def _threads(options: ScalingOptions, report: Report) -> Table:
    """Compare numbers of threads: playing CartPole, and NEAT alone."""
    counts = doublings(options.most_threads or available_cores())
    table = Table(
        f"Threads (population {options.population:,})",
        ("threads", "CartPole, a generation", "speed-up", "NEAT alone, a generation", "speed-up"),
    )
    threshold = find_threshold(_options(options), options.population)
    steps = {n: OurStep(_options(options, n), options.population, threshold) for n in counts}
    neat = _measured({n: (lambda s=s: s.generation().seconds) for n, s in steps.items()}, options.rounds)
    experiment = load(_GAME, changes=["genome.initial=full"])
    task = make_task(experiment.task)
    config = replace(fitted(experiment.config, task), {"population": {"size": options.population}})
    genomes = Population(config, options.seed).ask()

    def play(threads: int) -> float:
        with task.evaluator(config.network, seed=options.seed, workers=threads, backend="compiled") as evaluator:
            begin = time.perf_counter()
            evaluator.evaluate(genomes)
            return time.perf_counter() - begin

    played = _measured({n: (lambda n=n: play(n)) for n in counts}, options.rounds)
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


def _populations(options: ScalingOptions, report: Report) -> Table:
    """Compare populations at the same number of species: NEAT alone."""
    table = Table("Population (NEAT alone)", ("population", "a generation", "per genome", "genes", "species"))
    threshold: float | None = None
    times = []
    for size in options.populations:
        threshold = find_threshold(_options(options), size, near=threshold)
        found = _Alone.of(OurStep(_options(options), size, threshold))
        times.append(found.series.median)
        each = f"{number(found.series.median / size * 1e6)} µs"
        table.rows.append((f"{size:,}", spread(found.series.scaled(1e3), "ms"), each, *found.rest()))
        report.figures.setdefault("populations", []).append({"population": size, **found.as_dict()})
    _fit(table, report, "population", options.populations, times)
    return table


def _sizes(options: ScalingOptions, report: Report) -> Table:
    """Compare sizes of genomes at the same number of species: NEAT alone."""
    table = Table(
        f"Genome size (NEAT alone, population {options.population:,})",
        ("inputs", "a generation", "per gene", "genes", "species"),
    )
    genes, times = [], []
    for inputs in options.inputs:
        threshold = find_threshold(_options(options), options.population, inputs=inputs)
        step = OurStep(_options(options), options.population, threshold, inputs=inputs)
        found = _Alone.of(step)
        genes.append(found.genes)
        times.append(found.series.median)
        each = f"{number(found.series.median / (found.genes * options.population) * 1e9)} ns"
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
    def of(cls, step: OurStep) -> _Alone:
        """Run some generations for warm-up, then a few timed ones."""
        samples = step.turn(_WARM_UP)
        middle = sorted(sample.species for sample in samples)[len(samples) // 2]
        return cls(Series.of([s.seconds for s in samples]), sum(s.genes for s in samples) / len(samples), middle)

    def rest(self) -> tuple[str, str]:
        """Return the texts of the last two columns."""
        return number(self.genes), number(self.species)

    def as_dict(self) -> dict[str, Any]:
        """Return the same as data."""
        return {"seconds": self.series.as_dict(), "genes": self.genes, "species": self.species}


def _measured(programs: dict[int, Any], rounds: int) -> dict[int, Series]:
    """Let programs, each with a number as its key, take turns."""
    found = in_turn({str(n): program for n, program in programs.items()}, rounds, warm_up=2)
    return {int(name): Series.of(values) for name, values in found.items()}


def _fit(table: Table, report: Report, what: str, sizes: Sequence[float], times: Sequence[float]) -> None:
    """Add the growth of the time to the table, if there is more than one size."""
    if len(set(sizes)) > 1:
        exponent = growth_exponent(sizes, times)
        table.notes.append(f"time grows with the {what} to the power {number(exponent)} (1 is linear)")
        report.figures[f"growth_exponent_{what}"] = exponent
