"""The options of every benchmark: one record each, from which its command line is made.

Nothing heavy is imported here, so that help is fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from neat.errors import ConfigError

__all__ = [
    "ActivationOptions",
    "CartpoleOptions",
    "Compared",
    "DataOptions",
    "DoublePoleOptions",
    "HarnessOptions",
    "HyperneatOptions",
    "Options",
    "Race",
    "ScalingOptions",
    "StartupOptions",
    "StepOptions",
    "WatchOptions",
    "XorOptions",
]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of every benchmark."""

    json: bool = False
    """Write one JSON object with every measurement instead of tables."""


@dataclass(frozen=True, kw_only=True)
class Compared(Options):
    """Options of a benchmark that runs other programs too."""

    without_peers: bool = False
    """Measure this project alone."""
    peers: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None
    """A virtual environment with the other programs; by default one is created in the user's cache folder."""


@dataclass(frozen=True, kw_only=True)
class StepOptions(Compared):
    """One generation of NEAT alone (speciation and reproduction) at several populations."""

    populations: tuple[int, ...] = (150, 1_000, 10_000)
    """Genomes in a generation."""
    largest: int = 100_000
    """One more population, for this project alone, with its peak memory; 0 for none."""
    species: int = 10
    """Species in all programs."""
    rounds: int = 5
    """Turns of each program."""
    warm_up: int = 12
    """Generations before the first that is timed."""
    threads: int = 0
    """Threads of this project; 0 means one for each core. The other programs have no such option."""
    seed: int = 1
    """Seed of all programs."""

    def __post_init__(self) -> None:
        if not self.populations or min(self.populations) < 2:
            raise ConfigError(f"--populations: expected sizes of at least 2, got {self.populations}")
        if self.rounds < 1 or self.warm_up < 1 or self.species < 1:
            raise ConfigError("--rounds, --warm-up and --species: expected at least 1")


@dataclass(frozen=True, kw_only=True)
class ActivationOptions(Compared):
    """Networks alone: the forward pass of a population, and one call from Python."""

    population: int = 150
    """Networks in the population's forward pass."""
    calls: int = 20_000
    """Calls from Python in each turn."""
    rounds: int = 7
    """Turns of each program."""
    seed: int = 1
    """Seed of the random networks."""

    def __post_init__(self) -> None:
        if min(self.population, self.calls, self.rounds) < 1:
            raise ConfigError("--population, --calls and --rounds: expected at least 1")


@dataclass(frozen=True, kw_only=True)
class Race(Compared):
    """Many runs to a solution."""

    seeds: int = 20
    """Runs of each program."""
    threads: int = 0
    """Threads that play episodes; 0 means one for each core."""

    def __post_init__(self) -> None:
        if self.seeds < 1 or self.threads < 0:
            raise ConfigError(f"--seeds: expected at least 1, got {self.seeds}; --threads: from 0, got {self.threads}")


@dataclass(frozen=True, kw_only=True)
class XorOptions(Race):
    """XOR: time and evaluations of a run, many seeds."""


@dataclass(frozen=True, kw_only=True)
class DoublePoleOptions(Race):
    """Double pole balancing with velocities: time and evaluations of a run, many seeds."""


@dataclass(frozen=True, kw_only=True)
class CartpoleOptions(Race):
    """CartPole-v1: time to a verified champion, steps per second, and the whole command."""

    seeds: int = 10
    """Runs of each program."""
    rounds: int = 5
    """Turns of the other measurements."""


@dataclass(frozen=True, kw_only=True)
class HyperneatOptions(Compared):
    """HyperNEAT: decoding a generation, ES-HyperNEAT on XOR and on CartPole."""

    population: int = 150
    """CPPNs in a generation."""
    side: int = 11
    """Nodes along a side of both fields."""
    generations: int = 30
    """Generations that the CPPNs have evolved."""
    asked: int = 2
    """CPPNs that neat-python asks in each turn; its time for a generation follows from them."""
    rounds: int = 5
    """Turns of each program."""
    threads: int = 0
    """Threads of this project's decoding; 0 means one for each core."""
    seed: int = 1
    """Seed of the population."""

    def __post_init__(self) -> None:
        if min(self.side, self.generations, self.asked, self.rounds) < 1 or self.population < 2 or self.threads < 0:
            raise ConfigError(
                "--side, --generations, --asked and --rounds: expected at least 1; --population: at least 2; "
                "--threads: from 0"
            )


@dataclass(frozen=True, kw_only=True)
class ScalingOptions(Options):
    """How time grows with threads, population and genome size."""

    most_threads: int = 0
    """Maximum number of threads; 0 means one for each core."""
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


@dataclass(frozen=True, kw_only=True)
class StartupOptions(Options):
    """Whole commands, with an empty and with a full cache of machine code."""

    target: str = "CartPole-v1"
    """The task that is run, verified, played and reported."""
    commands: tuple[str, ...] = ()
    """Which commands (--help, list, run, verify, play, report, draw); all of them by default."""
    rounds: int = 3
    """Number of calls of each command with a full cache."""

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ConfigError(f"--rounds: expected at least 1, got {self.rounds}")


@dataclass(frozen=True, kw_only=True)
class HarnessOptions(Options):
    """A run on worker processes beside the same steps without networks."""

    environment: Positional[Annotated[str, arg(metavar="ENV")]] = "LunarLander-v3"
    """A Gymnasium id, a bundled experiment or a TOML file."""
    generations: int = 3
    """Generations of the run."""
    population: int = 150
    """Genomes in a generation."""
    workers: int = 2
    """Worker processes, and processes that replay."""
    rounds: int = 3
    """Turns of each program."""
    seed: int = 1
    """Seed of the run."""

    def __post_init__(self) -> None:
        if min(self.generations, self.workers, self.rounds) < 1 or self.population < 2:
            raise ConfigError("--generations, --workers and --rounds: expected at least 1; --population: at least 2")


@dataclass(frozen=True, kw_only=True)
class DataOptions(Options):
    """Cross-validated scores on small data sets, beside scikit-learn's perceptrons of the same size."""

    sets: tuple[str, ...] = ("iris", "wine", "digits", "diabetes")
    """Data sets that come with scikit-learn."""
    folds: int = 5
    """Parts of a data set, each of which is held out once."""
    repeats: int = 2
    """Number of cross-validations, each with different folds."""
    population: int = 150
    """Genomes in a generation."""
    generations: int = 100
    """Maximum number of generations of a fit."""
    seed: int = 1
    """Seed of the folds and of all models."""

    def __post_init__(self) -> None:
        if self.folds < 2 or self.population < 2 or min(self.repeats, self.generations) < 1:
            raise ConfigError("--folds and --population: expected at least 2; --repeats and --generations: at least 1")


@dataclass(frozen=True, kw_only=True)
class WatchOptions(Options):
    """The time that the watch page takes from a run, and the size of the page."""

    environment: Positional[Annotated[str, arg(metavar="ENV")]] = "CartPole-v1"
    """A Gymnasium id, a bundled experiment or a TOML file."""
    population: int = 150
    """Genomes in a generation."""
    generations: int = 200
    """Generations of each run."""
    workers: int = 0
    """Threads or processes of each run; 0 means one for each core."""
    rounds: int = 3
    """Turns of each run."""
    seed: int = 1
    """Seed of the run."""

    def __post_init__(self) -> None:
        if min(self.generations, self.rounds) < 1 or self.population < 2 or self.workers < 0:
            raise ConfigError(
                "--generations and --rounds: expected at least 1; --population: at least 2; --workers: from 0"
            )
