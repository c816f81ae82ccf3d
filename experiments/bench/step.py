"""One generation of NEAT alone, speciation and reproduction, beside genoxide and neat-python.

Fitness is random, so that nothing is evaluated and nothing converges. All programs have the same first genomes: 7
inputs, a bias and 6 outputs, fully connected, so 48 connection genes. They grow a little, with the probabilities of the
2002 paper. Compatibility thresholds are chosen for the same number of species in all programs; the tables show the
actual numbers of genes and species. Each turn is a new population, with a few timed generations after a warm-up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.bench.options import StepOptions
from experiments.bench.report import Report, Table, number, ratio, spread
from experiments.bench.timing import Series, growth_exponent, in_turn, ratios
from experiments.bench.venv import Peer, peers
from neat.config import Config
from neat.population import Population

__all__ = ["INPUTS", "OUTPUTS", "TIMED", "OurStep", "Sample", "find_threshold", "measure", "threshold_for"]

INPUTS, OUTPUTS = 7, 6
TIMED = 4
"""Number of timed generations in a turn."""
_SLOW_WARM_UP = 2  # neat-python takes seconds for a generation, and its number of species is set from the start
_RUNS = 14
_WIDE, _NARROW = 8.0, 2.5  # factors around the first threshold: a guess, or one that fitted another population
_CLOSE = 1.05
_EVER = 6  # a run with this many times the requested species is stopped


@dataclass(frozen=True)
class Sample:
    """One generation: its time, and the size of its population."""

    seconds: float
    processor: float
    """Processor time, all threads together."""
    genes: float
    species: float


def measure(options: StepOptions) -> Report:
    """Measure, and return what was found."""
    report = Report("step")
    table = Table(
        "One generation of NEAT alone (speciation + reproduction)",
        ("population", "program", "time", "× neat-arena", "processor", "genes", "species"),
        notes=[
            "× neat-arena: how many times as long, turn by turn (minimum to maximum in brackets). processor: "
            "processor time of all threads, which other work disturbs less"
        ],
    )
    threshold: float | None = None
    sizes, times = [], []
    rows: list[dict[str, Any]] = []
    with peers(("genoxide", "neat-python"), folder=options.peers, without=options.without_peers) as others:
        report.versions = {name: peer.version for name, peer in others.items()}
        for population in options.populations:
            threshold = find_threshold(options, population, near=threshold)
            found = _compare(options, population, threshold, others)
            mine = _series(found["neat-arena"])
            sizes.append(population)
            times.append(mine.median)
            for name, turns in found.items():
                rows.append(_row(table, population, name, turns, mine))
    if options.largest:
        from experiments.bench.alone import population_alone

        alone = population_alone(options, options.largest, near=threshold)
        sizes.append(options.largest)
        times.append(float(np.median(alone["seconds"])))
        table.rows.append(
            (f"{options.largest:,}", "neat-arena", spread(Series.of(alone["seconds"]).scaled(1e3), "ms"), "", "",
             number(alone["genes"]), number(alone["species"]))
        )  # fmt: skip
        table.notes.append(
            f"population {options.largest:,}: peak memory of the process {number(alone['peak_bytes'] / 2**20)} MiB, "
            f"{number(alone['start_bytes'] / 2**20)} MiB of it before the population was made"
        )
        report.figures["largest"] = alone
    if len(set(sizes)) > 1:
        exponent = growth_exponent(sizes, times)
        report.figures["growth_exponent"] = exponent
        table.notes.append(f"time grows with the population to the power {number(exponent)} (1 is linear)")
    report.figures["rows"] = rows
    report.tables.append(table)
    return report


def _compare(
    options: StepOptions, population: int, threshold: float, others: dict[str, Peer]
) -> dict[str, list[list[Sample]]]:
    """Let all programs take turns at one population."""
    programs: dict[str, Callable[[], list[Sample]]] = {
        "neat-arena": lambda: OurStep(options, population, threshold).turn(options.warm_up)
    }
    for name, peer in others.items():
        words = {"population": population, "inputs": INPUTS, "outputs": OUTPUTS, "seed": options.seed}
        if name == "neat-python":
            peer.ask("step", **words, species=options.species, warm_up=_SLOW_WARM_UP)
            programs[name] = lambda peer=peer: [Sample(**peer.ask("generation"))]  # type: ignore[misc]
            continue
        words |= {"warm_up": options.warm_up}
        found = peer.ask("threshold", **words, timed=TIMED, species=options.species)
        programs[name] = _fresh_turn(peer, {**words, **found})
    turns = in_turn(programs, options.rounds)
    if "neat-python" in others:
        others["neat-python"].ask("end")
    return turns


def _fresh_turn(peer: Peer, words: dict[str, Any]) -> Callable[[], list[Sample]]:
    """Return a turn of a program that has a new population each time, like this project's turns."""

    def turn() -> list[Sample]:
        peer.ask("step", **words)
        samples = [Sample(**peer.ask("generation")) for _ in range(TIMED)]
        peer.ask("end")
        return samples

    return turn


class OurStep:
    """This project's NEAT on random fitness."""

    def __init__(self, options: StepOptions, population: int, threshold: float, *, inputs: int = INPUTS) -> None:
        """Make the first generation.

        Args:
            options: Seed and threads.
            population: Genomes.
            threshold: Compatibility threshold.
            inputs: Inputs of the genomes, besides the bias.
        """
        config = Config.preset(
            "paper",
            genome={"inputs": inputs, "outputs": OUTPUTS},
            population={"size": population, "innovation_scope": "run"},
            compatibility={"threshold": threshold},
            species={"stagnation": 0, "population_stagnation": 0},
        )
        self.population = Population(config, options.seed, threads=options.threads or None)
        self._random = np.random.default_rng(options.seed)

    def generation(self) -> Sample:
        """Run one generation, and return its time and size."""
        genomes = self.population.ask()
        fitness = self._random.random(len(genomes))
        begin, processor = time.perf_counter(), time.process_time()
        record = self.population.tell(fitness).record
        seconds, processor = time.perf_counter() - begin, time.process_time() - processor
        return Sample(seconds, processor, len(genomes.connections) / len(genomes), float(len(record.species)))

    def turn(self, warm_up: int) -> list[Sample]:
        """Run some generations for warm-up, and return the timed ones after them.

        Every turn begins with the same first generation, so that all turns have the same genomes and species. At a
        fixed threshold, the number of species grows from generation to generation.
        """
        for _ in range(warm_up):
            self.generation()
        return [self.generation() for _ in range(TIMED)]


def threshold_for(
    species: int, count: Callable[[float], float], *, near: float = 1.0, span: float = _WIDE, runs: int = _RUNS
) -> float:
    """Find by bisection the compatibility threshold that gives a number of species, or comes closest to it.

    Args:
        species: The number of species.
        count: Returns the number of species at a threshold; it falls as the threshold rises.
        near: The first threshold to try.
        span: The search goes from ``near / span`` to ``near * span``.
        runs: Maximum number of thresholds to try.
    """
    low, high = near / span, near * span
    middle = near
    tried: list[tuple[float, float]] = []
    for k in range(runs):
        found = count(middle)
        tried.append((abs(found - species), middle))
        if tried[-1][0] <= 0.15 * species:
            break
        low, high = (middle, high) if found > species else (low, middle)
        middle = (low * high) ** 0.5
        if high < _CLOSE * low:  # the number of species varies irregularly here: try neighbours of the best
            middle = min(tried)[1] * (1 + 0.004 * k * (-1) ** k)
    return min(tried)[1]


def find_threshold(options: StepOptions, population: int, *, near: float | None = None, inputs: int = INPUTS) -> float:
    """Find the threshold at which this project has the requested number of species, as the median of a turn.

    Args:
        options: Species, warm-up, seed and threads.
        population: Genomes.
        near: The threshold of another population, if known.
        inputs: Inputs of the genomes, besides the bias.
    """

    def count(threshold: float) -> float:
        ours = OurStep(options, population, threshold, inputs=inputs)
        found: list[float] = []
        for _ in range(options.warm_up + TIMED):
            found.append(ours.generation().species)
            if found[-1] > _EVER * options.species:
                return found[-1]
        return float(np.median(found[options.warm_up :]))

    if near is None:
        return threshold_for(options.species, count)
    return threshold_for(options.species, count, near=near, span=_NARROW, runs=_RUNS - 4)


def _series(turns: list[list[Sample]]) -> Series:
    return Series.of([float(np.median([s.seconds for s in turn])) for turn in turns])


def _row(table: Table, population: int, name: str, turns: list[list[Sample]], mine: Series) -> dict[str, Any]:
    """Add a program's row to the table; return the same as data."""
    series = _series(turns)
    factor = ratios(series, mine)
    processor = float(np.median([s.processor for turn in turns for s in turn]))
    genes = float(np.mean([s.genes for turn in turns for s in turn]))
    species = float(np.median([s.species for turn in turns for s in turn]))
    is_ours = name == "neat-arena"
    table.rows.append(
        (f"{population:,}" if is_ours else "", name, spread(series.scaled(1e3), "ms"), "" if is_ours else ratio(factor),
         f"{number(processor * 1e3)} ms", number(genes), number(species))
    )  # fmt: skip
    return {
        "population": population, "program": name, "seconds": series.as_dict(), "times_ours": factor.as_dict(),
        "processor_seconds": processor, "genes": genes, "species": species,
    }  # fmt: skip
