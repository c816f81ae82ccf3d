"""XOR: the smallest task that needs a hidden node (Stanley & Miikkulainen 2002, section 4.1).

Inputs are two bits; the bias is a node of the genome. Each of the four patterns is shown to a reset network. Fitness is
``(4 - Σ|error|)²``, from 0 to 16 (a sum of errors above 4, possible only with outputs outside [0, 1], counts as 4). A
genome solves the task if all four outputs are on the correct side of 0.5, whatever its fitness.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Evaluation, Evaluator
from environments.playing.verification import Verification
from environments.tasks.settings import Scaling, TaskConfig, refuse_backend, refuse_unused
from neat.compiled.kernel import kernel
from neat.config import NetworkConfig
from neat.genes.table import Genome, Genomes
from neat.networks.tape import decode, forward

__all__ = ["XorEvaluator", "XorTask"]

_PATTERNS = 4
_WHY = {
    "episodes": "its four patterns are shown once",
    "verify_episodes": "its four patterns are shown once",
    "kwargs": "it is not an environment",
    "wrappers": "it is not an environment",
}


@kernel
def _score(phenotypes, fitness, solves):  # type: ignore[no-untyped-def]
    """Evaluate all networks on the four patterns."""
    x, y, state = np.empty(2), np.empty(1), np.empty(phenotypes.state_size)
    for g in range(fitness.size):
        error = 0.0
        right = 0
        for pattern in range(_PATTERNS):
            x[0], x[1] = pattern // 2, pattern % 2
            target = (pattern // 2) ^ (pattern % 2)
            state[:] = 0.0
            forward(phenotypes, g, x, state, y)
            error += abs(target - y[0])
            right += y[0] > 0.5 if target else y[0] < 0.5
        rest = 4.0 - error
        fitness[g] = rest * rest if rest > 0.0 else 0.0
        solves[g] = right == _PATTERNS


def _scores(genomes: Genomes, network: NetworkConfig) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    phenotypes = decode(genomes, network)
    fitness = np.empty(len(genomes))
    solves = np.empty(len(genomes), np.bool_)
    _score(phenotypes, fitness, solves)
    return fitness, solves


class XorEvaluator(Evaluator):
    """Evaluates a whole table in compiled code."""

    backend = "compiled"

    def __init__(self, network: NetworkConfig) -> None:
        self.network = network

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Return the fitness and, as `Evaluation.solver`, the first genome of the table that solves the task."""
        fitness, solves = _scores(genomes, self.network)
        steps = np.full(len(genomes), _PATTERNS, np.int64)
        solver = int(solves.argmax()) if solves.any() else None
        return Evaluation(fitness, int(steps.sum()), steps, solver)


class XorTask:
    """XOR; see `environments.tasks.task.Task` for the interface."""

    inputs = 2
    outputs = 1
    name = "xor"
    input_names: tuple[str, ...] = ("a", "b")
    output_names: tuple[str, ...] = ("a xor b",)
    threshold: float | None = None

    def __init__(self, config: TaskConfig) -> None:
        """Take the settings.

        Raises:
            ConfigError: A setting is given that XOR does not use.
        """
        refuse_unused(config, ("threshold", "episodes") if config.episodes == 1 else ("threshold",), _WHY)
        self.config = config
        self.threshold = config.threshold
        self.rule: str | None = "all four outputs are on the right side of 0.5"

    @property
    def examples(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The four patterns and their targets, for training by gradients: float64, shapes (4, 2) and (4, 1)."""
        bits = np.array([[pattern // 2, pattern % 2] for pattern in range(_PATTERNS)], np.float64)
        return bits, (bits[:, :1] != bits[:, 1:]).astype(np.float64)

    def evaluator(self, network: NetworkConfig, *, seed: int = 0, workers: int = 1, backend: str = "auto") -> Evaluator:
        """Return an evaluator of whole generations; XOR has no episodes, so seed and workers have no effect.

        Raises:
            ConfigError: A backend other than ``compiled``.
        """
        refuse_backend(self.name, backend)
        return XorEvaluator(network)

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
        """Evaluate the four patterns again, once, since there is no randomness."""
        fitness, solves = _scores(Genomes.of([genome]), network)
        value = float(fitness[0])
        nan = float("nan")
        return Verification(fitness, value, 0.0, nan, nan, value, 1, _PATTERNS, seed, bool(solves[0]))
