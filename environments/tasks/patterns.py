"""Tasks with fixed patterns: every network is evaluated on all of them.

A task is one file with a subclass of `PatternTask`, which defines the patterns and the fitness of outputs.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Evaluation, Evaluator
from environments.playing.verification import Verification
from environments.tasks.settings import Scaling, TaskConfig, refuse_backend, refuse_unused
from neat.config import NetworkConfig
from neat.errors import ConfigError
from neat.genes.table import Genome, Genomes
from neat.networks.batch import outputs_of

__all__ = ["ExampleTask", "PatternEvaluator", "PatternTask"]

Numbers = NDArray[np.float64]

_WHY = {
    "episodes": "its patterns are shown once",
    "verify_episodes": "its patterns are shown once",
    "wrappers": "it is not an environment",
}


class PatternEvaluator(Evaluator):
    """Evaluates a whole table in compiled code, on threads."""

    backend = "compiled"

    def __init__(self, task: PatternTask, network: NetworkConfig, threads: int) -> None:
        self.task, self.network, self.threads = task, network, threads

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Return the fitness and, as `Evaluation.solver`, the first genome of the table that solves the task."""
        fitness, solves = self.task.score(outputs_of(genomes, self.network, self.task.patterns, self.threads))
        steps = np.full(len(genomes), len(self.task.patterns), np.int64)
        return Evaluation(fitness, int(steps.sum()), steps, int(solves.argmax()) if solves.any() else None)


class PatternTask:
    """The base class of pattern tasks; see `environments.tasks.task.Task` for the interface.

    Subclasses set ``name``, ``rule``, ``patterns`` and ``outputs``, and implement `score`.

    Attributes:
        patterns: The inputs, float64, shape (patterns, inputs).
    """

    name: str
    rule: str | None
    patterns: Numbers
    outputs: int
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]

    def __init__(self, config: TaskConfig, used: Iterable[str] = ()) -> None:
        """Take the settings.

        Raises:
            ConfigError: A setting is given that the task does not use.
        """
        episodes = ("episodes",) if config.episodes == 1 else ()
        refuse_unused(config, ("threshold", *episodes, *used), {"kwargs": "it has none", **_WHY})
        self.config = config
        self.threshold = config.threshold

    @property
    def inputs(self) -> int:
        """Number of inputs of a network."""
        return int(self.patterns.shape[1])

    def score(self, answers: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return the fitness of outputs.

        Args:
            answers: float64, shape (genomes, patterns, outputs).

        Returns:
            Fitness, float64, shape (genomes,), and which genomes solve the task, bool, shape (genomes,).
        """
        raise NotImplementedError

    def evaluator(self, network: NetworkConfig, *, seed: int = 0, workers: int = 1, backend: str = "auto") -> Evaluator:
        """Return an evaluator of whole generations on ``workers`` threads; nothing depends on the seed.

        Raises:
            ConfigError: A backend other than ``compiled``, or ``workers`` below 1.
        """
        if workers < 1:
            raise ConfigError(f"workers: expected at least 1, got {workers}")
        refuse_backend(self.name, backend)
        return PatternEvaluator(self, network, workers)

    def verify(
        self,
        genome: Genome,
        network: NetworkConfig,
        *,
        seed: int = 0,
        episodes: int | None = None,
        scaling: Scaling | None = None,
        attempt: int = 0,
        workers: int = 1,
    ) -> Verification:
        """Evaluate the patterns again, once, since there is no randomness."""
        fitness, solves = self.score(outputs_of(Genomes.of([genome]), network, self.patterns))
        value, nan = float(fitness[0]), float("nan")
        solved = bool(solves[0]) if self.rule is not None else self.threshold is not None and value >= self.threshold
        return Verification(fitness, value, 0.0, nan, nan, value, 1, len(self.patterns), seed, solved)


class ExampleTask(PatternTask):
    """A pattern task with a target for each output.

    Attributes:
        targets: float64, shape (patterns, outputs).
    """

    targets: Numbers

    @property
    def outputs(self) -> int:  # type: ignore[override]
        """Number of outputs of a network."""
        return int(self.targets.shape[1])

    @property
    def examples(self) -> tuple[Numbers, Numbers]:
        """The patterns and their targets, for truth tables and for training by gradients."""
        return self.patterns, self.targets

    def errors(self, answers: Numbers) -> Numbers:
        """Return the mean squared error of each network, float64, shape (genomes,)."""
        found: Numbers = np.square(answers - self.targets).mean(axis=(1, 2))
        return found
