"""A task whose fitness and fresh episodes are given, for the tests of what a run makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

import numpy as np
import pytest

from environments.evaluators.evaluation import Evaluation
from environments.playing.verification import Verification
from environments.tasks.settings import TaskConfig
from experiments.loop import runner
from experiments.loop.events import Event
from experiments.loop.runner import evolve
from experiments.settings import Experiment, RunConfig
from neat.config import Config, NetworkConfig
from neat.genes.table import Genome, Genomes


class Scripted:
    """A task whose fitness and verification are given, and which remembers how it was asked."""

    name = "scripted"
    inputs = 2
    outputs = 1
    input_names = ("a", "b")
    output_names = ("c",)
    backend = "scripted"

    def __init__(
        self,
        fitness: Callable[[Genomes], np.ndarray[Any, Any]],
        fresh: Callable[[int], float] = lambda attempt: 0.0,
        *,
        threshold: float | None = 10.0,
        solver: Callable[[Genomes], int | None] = lambda genomes: None,
    ) -> None:
        self.config = TaskConfig()
        self.threshold = threshold
        self.rule: str | None = None
        self.attempts: list[int] = []
        self.verified: list[Genome] = []
        self.scalings: list[Any] = []
        self.episodes: list[int | None] = []
        self.closed = 0
        self._fitness, self._fresh, self._solver = fitness, fresh, solver

    def evaluator(self, network: NetworkConfig, **_: Any) -> Self:
        return self

    def evaluate(self, genomes: Genomes) -> Evaluation:
        n = len(genomes)
        scaling = {"shift": np.full(2, genomes.generation), "factor": np.ones(2)}
        steps = np.full(n, 3)
        return Evaluation(self._fitness(genomes), 3 * n, steps, self._solver(genomes), scaling=scaling)

    def verify(
        self,
        genome: Genome,
        network: NetworkConfig,
        *,
        attempt: int,
        scaling: Any,
        episodes: int | None = None,
        **_: Any,
    ) -> Verification:
        self.episodes.append(episodes)
        self.attempts.append(attempt)
        self.verified.append(genome)
        self.scalings.append(scaling)
        returns = np.full(4, self._fresh(attempt))
        return Verification.of(returns, steps=40, seed=0, threshold=self.threshold)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed += 1


def experiment(**run: Any) -> Experiment:
    config = Config.preset("paper", population={"size": 20}, mutation={"add_node": 0.2})
    return Experiment(
        name="test", task=TaskConfig(), config=config, run=RunConfig(**{"generations": 6, "trial_every": 0, **run})
    )


def play(task: Scripted, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> list[Event]:
    monkeypatch.setattr(runner, "make_task", lambda config: task)
    return list(evolve(experiment(**settings)))


_T = TypeVar("_T")


def of(events: list[Event], kind: type[_T]) -> list[_T]:
    return [event for event in events if isinstance(event, kind)]


def weight(genomes: Genomes) -> np.ndarray[Any, Any]:
    """Give a fitness that evolution can climb: the sum of a genome's weights, below any threshold used here."""
    return np.array([float(np.tanh(g.connections["weight"].sum())) for g in genomes])
