"""A generation as a message to workers, and the function with which workers play their shards.

Workers are processes or Ray actors. Each receives one job, plays some of its genomes with `play_shard`, and returns
rows of scores. Rows are sorted by genome, so results do not depend on which worker played which genome.
"""

from __future__ import annotations

import importlib
import logging
import pickle
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Fault, Plays
from environments.making.environment import find_spec
from environments.playing.episode import Player
from environments.playing.outcomes import joined
from environments.tasks.settings import TaskConfig
from neat.errors import ConfigError, NeatError
from neat.functions.activations import ACTIVATIONS, register_activation
from neat.genes.table import Genomes

__all__ = [
    "PROGRESS",
    "GenerationJob",
    "Result",
    "WorkerFailure",
    "play_shard",
    "register_activations",
    "register_spec",
    "spec_to_send",
    "unreachable",
]

_log = logging.getLogger(__name__)
_said: set[str] = set()

PROGRESS = 3
"""Number of progress values per worker: genome (-1: none), seed, and start time of the episode."""


@dataclass(frozen=True)
class GenerationJob:
    """A generation to play: the arrays of the table, and the arguments of `EpisodeEvaluator.play`."""

    genomes: tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.void], NDArray[np.int64]]
    seeds: NDArray[np.int64]
    table: NDArray[np.float64] | None
    gather: bool
    activations: tuple[tuple[str, str], ...]

    @classmethod
    def of(
        cls, genomes: Genomes, seeds: Sequence[Sequence[int]], table: NDArray[np.float64] | None, gather: bool
    ) -> GenerationJob:
        """Return the job for the arguments of `EpisodeEvaluator.play`."""
        return cls(
            (genomes.nodes, genomes.node_offsets, genomes.connections, genomes.connection_offsets),
            np.array(seeds, np.int64),
            table,
            gather,
            tuple((entry.name, entry.origin) for entry in ACTIVATIONS if entry.origin != "built-in"),
        )

    def pickled(self) -> bytes:
        """Return the message. Unpickled arrays are writable: for compiled code, read-only arrays have another type."""
        return bytes(ForkingPickler.dumps(self))

    def plays(self, results: Iterable[Result], faults: Iterable[Fault], inputs: int, config: TaskConfig) -> Plays:
        """Combine the rows of all workers in the order of the genomes.

        Args:
            results: Results of the workers; a genome may be in several of them, with equal rows.
            faults: Episodes that could not be scored.
            inputs: Number of inputs of the task.
            config: Settings of the task.
        """
        returns = np.full(self.seeds.shape, np.nan)
        steps = np.zeros(len(self.seeds), np.int64)
        statistics = np.zeros((len(self.seeds), 1 + 2 * inputs)) if self.gather else None
        outcomes: list[list[NDArray[np.float64]]] = [[] for _ in self.seeds]
        for result in results:
            returns[result.indices] = result.returns
            steps[result.indices] = result.steps
            if statistics is not None:
                statistics[result.indices] = result.statistics
            for index, ends in zip(result.indices.tolist(), result.outcomes, strict=True):
                outcomes[index] = ends
        return Plays(
            returns, steps, statistics, tuple(sorted(faults, key=lambda fault: fault.genome)),
            joined(config, outcomes, (len(self.seeds), self.seeds.shape[1])),
        )  # fmt: skip


@dataclass(frozen=True)
class Result:
    """The result of one worker: indices of the genomes that it played, and a row for each."""

    indices: NDArray[np.int64]
    returns: NDArray[np.float64]
    steps: NDArray[np.int64]
    statistics: NDArray[np.float64] | None
    faults: tuple[Fault, ...]
    outcomes: tuple[list[NDArray[np.float64]], ...]


@dataclass(frozen=True)
class WorkerFailure:
    """An error outside of episodes in a worker, to be raised in the main process."""

    error: NeatError
    details: str = ""

    def raise_again(self) -> NoReturn:
        """Log the traceback, and raise the error."""
        if self.details:
            _log.debug("in a worker: %s", self.details)
        raise self.error


def play_shard(
    player: Player, job: GenerationJob, indices: Iterable[int], progress: NDArray[np.float64] | None = None
) -> Result:
    """Play some genomes of a generation, in any kind of worker.

    Args:
        player: The player, with its environment.
        job: The generation.
        indices: Indices of the genomes to play, read one by one.
        progress: Receives (float64, `PROGRESS` numbers) the genome, the seed, and the start time of the episode.
    """
    statistics_size = 1 + 2 * player.encoder.size
    played: list[int] = []
    scores: list[list[float]] = []
    steps: list[int] = []
    statistics: list[NDArray[np.float64]] = []
    faults: list[Fault] = []
    outcomes: list[list[NDArray[np.float64]]] = []
    player.seat(Genomes(*job.genomes), job.table)
    for i in indices:
        if progress is not None:
            progress[0] = i
        seen = np.zeros(statistics_size) if job.gather else None
        seeds: Sequence[int] = job.seeds[i].tolist()
        ends: list[NDArray[np.float64]] = []
        returns, length, fault = player.score(i, seeds, statistics=seen, progress=progress, outcomes=ends)
        outcomes.append(ends)
        if fault is not None:
            faults.append(Fault(i, *fault))
            seen = np.zeros(statistics_size) if job.gather else None
        played.append(i)
        scores.append(returns + [np.nan] * (len(seeds) - len(returns)))
        steps.append(length)
        if seen is not None:
            statistics.append(seen)
        if fault is not None and player.config.fault == "fail":
            break
    return Result(
        np.array(played, np.int64),
        np.array(scores, np.float64).reshape(-1, job.seeds.shape[1]),
        np.array(steps, np.int64),
        np.array(statistics).reshape(-1, statistics_size) if job.gather else None,
        tuple(faults),
        tuple(outcomes),
    )


def register_activations(activations: tuple[tuple[str, str], ...]) -> None:
    """Register the user's own activation functions in the parent's order, since genes contain their numbers.

    Raises:
        ConfigError: A function cannot be imported, because it is a lambda or defined inside another function; or the
            order differs.
    """
    known = {entry.name for entry in ACTIVATIONS}
    for name, origin in activations:
        if name not in known:
            module, _, function = origin.partition(":")
            try:
                found = getattr(importlib.import_module(module), function)
            except (ImportError, AttributeError):
                raise ConfigError(
                    f"activation {name!r}: worker processes cannot import {origin!r}; define it with def at the top of "
                    "a module (no lambda, not inside a function), or use the backend 'serial'"
                ) from None
            if all(entry.name != name for entry in ACTIVATIONS):  # the module itself may have registered it
                register_activation(name, found)
    names = [entry.name for entry in ACTIVATIONS if entry.origin != "built-in"]
    if names[: len(activations)] != [name for name, _ in activations]:
        raise ConfigError(
            f"activations of your own: worker processes register {', '.join(names)} in another order than the program "
            "that started them; register all of them in one module, or use the backend 'serial'"
        )


def register_spec(spec: Any) -> None:
    """Add the main program's registry entry of an environment (or None) to the registry of this process."""
    if spec is not None:
        from gymnasium.envs.registration import registry

        registry.setdefault(spec.id, spec)


def spec_to_send(environment: str) -> Any:
    """Return the registry entry of an environment; None if workers have it anyway, or if it cannot be pickled."""
    spec = find_spec(environment)
    entry = spec.entry_point
    if ":" in environment or (isinstance(entry, str) and entry.startswith(("gymnasium.", "environments."))):
        return None
    try:
        ForkingPickler.dumps(spec)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None
    return spec


def unreachable(config: TaskConfig, *, warn: bool = False) -> str:
    """Return why worker processes cannot import the parts of a task, or an empty string if they can.

    Workers import a script's main module again. Notebooks and interactive prompts have no such module.

    Args:
        config: Settings of the task.
        warn: Whether to log, once, that only one process plays.
    """
    if getattr(sys.modules.get("__main__"), "__file__", None) is not None:
        return ""
    spec = find_spec(config.environment)
    try:
        here = b"__main__" in bytes(ForkingPickler.dumps((config, spec)))
    except (pickle.PicklingError, AttributeError, TypeError):
        here = ":" not in config.environment
    if not here:
        return ""
    entry = spec.entry_point
    what = entry if isinstance(entry, str) else getattr(entry, "__qualname__", repr(entry))
    why = (
        f"worker processes cannot import {what.rpartition(':')[2]} of {config.environment!r}, or its arguments, from "
        "a notebook or a prompt: put the game into a file my_games.py and name it "
        f"'my_games:{config.environment}' to use several processes"
    )
    if warn and config.environment not in _said:
        _said.add(config.environment)
        _log.warning("played by this process alone: %s", why)
    return why
