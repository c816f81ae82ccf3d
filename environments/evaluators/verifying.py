"""Verification: playing fresh episodes in Gymnasium's own environment."""

from __future__ import annotations

import math

import gymnasium
import numpy as np
from numpy.typing import NDArray

from environments.evaluators.processes import ProcessEvaluator
from environments.evaluators.serial import EpisodeEvaluator, SerialEvaluator
from environments.evaluators.shard import unreachable
from environments.making.environment import find_spec
from environments.playing.episode import verification_seeds
from environments.playing.observation_scaling import scale
from environments.playing.verification import Verification
from environments.spaces.actions import greatest
from environments.tasks.settings import Scaling, TaskConfig
from neat.compiled.kernel import kernel
from neat.config import NetworkConfig
from neat.errors import EvaluationError
from neat.genes.table import Genome, Genomes
from neat.networks.tape import decode, forward

__all__ = ["verify"]


def verify(
    config: TaskConfig,
    genome: Genome,
    network: NetworkConfig,
    *,
    seed: int,
    episodes: int,
    scaling: Scaling | None = None,
    attempt: int = 0,
    workers: int = 1,
) -> Verification:
    """Play fresh episodes; see `environments.tasks.task.Task.verify`. ``config.threshold`` determines ``solved``.

    Raises:
        EvaluationError: The environment raised an exception, hung or returned a value that is not finite.
    """
    evaluator: EpisodeEvaluator
    if workers > 1 and not _has_cart_poles(config) and not unreachable(config, warn=True):
        evaluator = ProcessEvaluator(config, network, seed, min(workers, episodes))
    else:
        evaluator = SerialEvaluator(config, network, seed)
    with evaluator:
        table = evaluator.table(scaling)
        if _has_cart_poles(config):
            first = verification_seeds(seed, 1, attempt)[0]
            returns, steps = _cart_poles(genome, network, table, first, episodes)
        else:
            seeds = [[s] for s in verification_seeds(seed, episodes, attempt)]
            plays = evaluator.play(Genomes.of([genome] * episodes), seeds, table=table, gather=False)
            if plays.faults:
                fault = plays.faults[0]
                raise EvaluationError(
                    f"environment {config.environment!r} {fault.message} (verification, seed {fault.seed})"
                )
            returns, steps = plays.returns[:, 0], int(plays.steps.sum())
    return Verification.of(returns, steps=steps, seed=seed, threshold=config.threshold)


def _has_cart_poles(config: TaskConfig) -> bool:
    """Return whether Gymnasium's vector environment of cart-poles plays exactly this task."""
    plain = not config.kwargs and not config.wrappers and config.max_episode_steps is None
    return plain and config.environment == "CartPole-v1" and config.actions == "argmax" and _is_gymnasiums(config)


def _is_gymnasiums(config: TaskConfig) -> bool:
    return str(find_spec(config.environment).vector_entry_point).startswith("gymnasium.")


@kernel
def _decide_all(phenotypes, observations, table, states, actions):  # type: ignore[no-untyped-def]
    """Choose an action for each row of ``observations`` with a single network."""
    x = np.empty(observations.shape[1])
    y = np.empty(2)
    for i in range(observations.shape[0]):
        scale(observations[i], table, x)
        forward(phenotypes, 0, x, states[i], y)
        actions[i] = greatest(y, 0, 2)


def _cart_poles(  # one shared stream of random numbers starts all episodes
    genome: Genome, network: NetworkConfig, table: NDArray[np.float64] | None, seed: int, episodes: int
) -> tuple[NDArray[np.float64], int]:
    """Play one episode in each cart-pole of Gymnasium's vector environment, thirty times as fast as one by one.

    A cart-pole restarts automatically when its episode ends. Only its first episode counts, so that short episodes are
    not over-represented.
    """
    phenotypes = decode(Genomes.of([genome]), network)
    if table is None:
        table = np.array([[0.0] * 4, [1.0] * 4, [math.inf] * 4])
    states = np.zeros((episodes, phenotypes.state_size))
    actions = np.zeros(episodes, np.int64)
    returns = np.zeros(episodes)
    steps = np.zeros(episodes, np.int64)
    running = np.ones(episodes, np.bool_)
    envs = gymnasium.make_vec("CartPole-v1", episodes, vectorization_mode="vector_entry_point")
    try:
        observations, _ = envs.reset(seed=seed)
        while running.any():
            _decide_all(phenotypes, observations, table, states, actions)
            observations, rewards, terminated, truncated, _ = envs.step(actions)
            returns += np.where(running, rewards, 0.0)
            steps += running
            running &= ~(terminated | truncated)
    finally:
        envs.close()
    return returns, int(steps.sum())
