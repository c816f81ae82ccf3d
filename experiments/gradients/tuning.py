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
"""Settings for networks of a few connections: larger steps than for perceptrons, and a critic that learns first."""

_MONOTONE = ("sigmoid", "tanh", "arctan", "softsign", "identity")
"""Activations that keep order: the greatest output belongs to the greatest z."""
_LOOKING = 2**31 - 1
"""Number, in place of a generation's, of the episodes by which the best network is chosen."""


@dataclass(frozen=True)
class PolicyTuned:
    """What fine-tuning made of a genome.

    Attributes:
        genome: A new genome of the same topology, the best that was looked at.
        before: Mean return of the genome it began with, over the episodes of a look.
        after: Mean return of ``genome`` over the same episodes, never below ``before``.
        steps: Environment steps it took, those of looking included.
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
    """Train a feed-forward genome by PPO, and return the best it was.

    Every few updates the network of the moment plays the same episodes without exploration; the one with the highest
    mean return is returned, or the genome itself if none is better. The critic is a perceptron that starts from
    nothing.

    Args:
        genome: The genome; it is not changed.
        task: The environment, with actions of kind Discrete or Box.
        network: Network settings.
        steps: Environment steps, those of looking included; the last look may go beyond by a little.
        seed: Seed of exploration and start states.
        config: Settings of PPO.
        scaling: What the genome's observations were scaled by
            (`environments.evaluators.evaluation.Evaluation.scaling`).
        limits: Settings whose ``weight_limit``, ``bias_limit`` and ``response_limit`` are kept.
        trainable: Which genes learn.
        look_every: Updates between two looks.
        episodes: Episodes of a look.
        until: Mean return of a look that is good enough to end with.
        after_look: Called with the best genome so far and the environment steps so far.

    Raises:
        ConfigError: A recurrent network, a task without episodes, or actions of another kind.
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
    """The best of the genomes looked at so far, by their mean return over the same episodes."""

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
    """Return a learner whose actor is an evolved network that acts as it does in evolution.

    A Discrete action is the greatest output there, so the outputs are logits here; where the activations keep order
    those before them are, because sigmoid outputs as logits would be all but equal. For Box actions the noise is added
    to the outputs, and the sum is mapped to actions as evolution maps outputs.
    """
    critic = perceptron(config, inputs, 1, 1.0, rng)
    activations = actor.output_activations
    if isinstance(space, spaces.Discrete):
        before_activation = all(name in _MONOTONE for name in activations)
        policy: ActionDistribution = Categorical(int(space.n))
        learner = PPO(actor, critic, policy, config, rng, logits_before_activation=before_activation)
        return Setup(learner, clipped_actions(space), table)
    clipped_actions(space)  # refuses other kinds than Box
    decode = ActionDecoder(space).decoder(activations, np.zeros(2, np.uint64))

    def to_actions(chosen: NDArray[Any]) -> NDArray[Any]:
        return np.array([decode(row) for row in chosen])

    acting: ToActions = to_actions
    return Setup(PPO(actor, critic, Gaussian(len(activations), config.log_std), config, rng), acting, table)
