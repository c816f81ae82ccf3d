"""Fine-tuning an evolved network by policy gradients: NEAT finds the topology, PPO improves the weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.evaluators.serial import EpisodeEvaluator
from environments.playing.episode import episode_seeds
from environments.spaces.actions import ActionDecoder
from environments.tasks.settings import Scaling, TaskConfig
from environments.tasks.task import make_task
from experiments.gradients.agent import Agent
from experiments.gradients.experience import Setup, ToActions, clipped_actions
from experiments.gradients.ppo import Progress, perceptron, train_ppo
from neat.backprop.differentiable import Array
from neat.backprop.distributions import ActionDistribution, Categorical, Gaussian
from neat.backprop.genome import PARAMETER_KINDS, GenomeNetwork
from neat.backprop.ppo import PPO, PPOConfig
from neat.config import GenomeConfig, NetworkConfig
from neat.errors import ConfigError
from neat.genes.table import Genome, Genomes

__all__ = ["TUNING", "PolicyTuned", "tune_by_ppo"]

TUNING = PPOConfig(
    environments=8, steps=128, batch_size=128, epochs=8, gae_lambda=0.95, gamma=0.99, learning_rate=0.01,
    critic_first=4, log_std=-1.5,
)  # fmt: skip
"""Settings for networks with few connections: larger steps than for perceptrons, and a critic that is trained first."""

_MONOTONE = ("sigmoid", "tanh", "arctan", "softsign", "identity")
"""Monotonic activations: the largest output is that with the largest net input z."""
_LOOKING = 2**31 - 1
"""Number, instead of a generation, that selects the episodes by which the best network is chosen."""


@dataclass(frozen=True)
class PolicyTuned:
    """The result of fine-tuning a genome.

    Attributes:
        genome: A new genome with the same topology: the best one found in the evaluations during training.
        before: Mean return of the original genome over the episodes of an evaluation.
        after: Mean return of ``genome`` over the same episodes; at least ``before``.
        steps: Number of environment steps, including the evaluations.
        seconds: Wall-clock time.
    """

    genome: Genome
    before: float
    after: float
    steps: int
    seconds: float


def tune_by_ppo(
    genome: Genome,
    task: TaskConfig,
    network: NetworkConfig,
    *,
    steps: int,
    seed: int = 0,
    config: PPOConfig = TUNING,
    scaling: Scaling | None = None,
    limits: GenomeConfig | None = None,
    trainable: Sequence[str] = PARAMETER_KINDS,
    look_every: int = 4,
    episodes: int = 20,
    until: float = math.inf,
    after_look: Callable[[Genome, int], None] | None = None,
) -> PolicyTuned:
    """Train a feed-forward genome by PPO, and return the best version of it.

    After every few updates, the current network is evaluated on the same episodes, without exploration. The version
    with the highest mean return is returned, or the original genome if none is better. The critic is a perceptron with
    random initial weights.

    Args:
        genome: The genome; it is not changed.
        task: The environment, with actions of kind Discrete or Box.
        network: Network settings.
        steps: Number of environment steps, including the evaluations; the last evaluation may exceed it a little.
        seed: Seed of exploration and start states.
        config: Settings of PPO.
        scaling: The genome's observation scaling (`environments.evaluators.evaluation.Evaluation.scaling`).
        limits: Settings with the ``weight_limit``, ``bias_limit`` and ``response_limit`` that are enforced.
        trainable: Kinds of parameters that are trained.
        look_every: Number of updates between two evaluations.
        episodes: Number of episodes per evaluation.
        until: Mean return of an evaluation at which training ends early.
        after_look: Called after each evaluation with the best genome so far and the number of environment steps so far.

    Raises:
        ConfigError: The network is recurrent, the task has no episodes, or its actions are of another kind.
        GenomeError: The genome has a cycle.
    """
    start = time.perf_counter()
    actor = GenomeNetwork(genome, network, trainable=tuple(trainable))
    with make_task(task).evaluator(network, seed=seed) as evaluator:
        if not isinstance(evaluator, EpisodeEvaluator):
            raise ConfigError(f"task {task.environment!r} has no episodes for PPO: use neat.backprop.finetuning")
        table = evaluator.table(scaling)
        choice = _Choice(genome, evaluator, table, episode_seeds(seed, _LOOKING, episodes))
        before = choice.highest
        updates = 0

        def look(played: int) -> None:
            choice.look(actor.tuned_genome())
            if after_look is not None:
                after_look(choice.best, played + choice.steps)

        def after_update(progress: Progress, agent: Callable[[], Agent[PPO]]) -> bool:
            nonlocal updates
            updates += 1
            if limits is not None:
                actor.clip(limits)
            if updates > config.critic_first and updates % look_every == 0:
                look(progress.steps)
            per_update = config.environments * config.steps
            spent = progress.steps + choice.steps + choice.longest + per_update > steps
            return spent or choice.highest >= until

        def setup(space: spaces.Space[Any], inputs: int, rng: np.random.Generator) -> Setup:
            return _evolved(actor, config, table, space, inputs, rng)

        agent = train_ppo(task, config, steps=steps, seed=seed, setup=setup, after_update=after_update)
        look(agent.steps)
    played = agent.steps + choice.steps
    return PolicyTuned(choice.best.copy(), before, choice.highest, played, time.perf_counter() - start)


class _Choice:
    """The best genome so far, by mean return over the same episodes."""

    def __init__(self, genome: Genome, evaluator: EpisodeEvaluator, table: Array | None, seeds: Sequence[int]) -> None:
        self.best, self.highest = genome, -np.inf
        self.steps = self.longest = 0
        self._evaluator, self._table, self._seeds = evaluator, table, seeds
        self.look(genome)

    def look(self, genome: Genome) -> None:
        plays = self._evaluator.play(Genomes.of([genome]), [self._seeds], table=self._table, gather=False)
        played = int(plays.steps.sum())
        self.steps += played
        self.longest = max(self.longest, played)
        mean = float(plays.returns.mean())
        if mean > self.highest:
            self.best, self.highest = genome, mean


def _evolved(
    actor: GenomeNetwork,
    config: PPOConfig,
    table: Array | None,
    space: spaces.Space[Any],
    inputs: int,
    rng: np.random.Generator,
) -> Setup:
    """Return a learner with an evolved network as actor, which chooses actions as in evolution.

    In evolution, a Discrete action is that of the largest output. So the outputs are used as logits here. If all output
    activations are monotonic, the net inputs are used instead: sigmoid outputs would be almost equal as logits. For Box
    actions, noise is added to the outputs, and the sum is mapped to actions like outputs in evolution.
    """
    critic = perceptron(config, inputs, 1, 1.0, rng)
    activations = actor.output_activations
    if isinstance(space, spaces.Discrete):
        before_activation = all(name in _MONOTONE for name in activations)
        policy: ActionDistribution = Categorical(int(space.n))
        learner = PPO(actor, critic, policy, config, rng, logits_before_activation=before_activation)
        return Setup(learner, clipped_actions(space), table)
    clipped_actions(space)  # rejects kinds other than Box
    decode = ActionDecoder(space).decoder(activations, np.zeros(2, np.uint64))

    def to_actions(chosen: NDArray[Any]) -> NDArray[Any]:
        return np.array([decode(row) for row in chosen])

    acting: ToActions = to_actions
    return Setup(PPO(actor, critic, Gaussian(len(activations), config.log_std), config, rng), acting, table)
