"""Many environments in lock step. Everything between two of their steps is one call of compiled code.

Episodes are in a queue: (genome 0, episode 0), (genome 0, episode 1), … A few environments step together. When an
episode ends, the next one in the queue starts immediately: in an unused environment if there is one, otherwise in the
environment that has become free.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from environments.playing.observation_scaling import gather, scale
from environments.spaces.actions import draw, greatest, scale_outputs
from neat.compiled.kernel import kernel
from neat.compiled.random import Stream, rekey
from neat.networks.tape import Phenotypes, forward

__all__ = ["Queue", "Slots", "advance", "slots_for"]

Vector = NDArray[np.float64]
_ACTIONS = int(Stream.ACTIONS)


class Queue(NamedTuple):
    """The episodes to play, one after the other.

    Attributes:
        seeds: Seeds of sampled actions, int64, shape (genomes, episodes).
        returns: Receives the returns, float64, shape (genomes, episodes); NaN if an observation or a reward was not
            finite.
        steps: Receives the steps, int64, shape (genomes,).
        statistics: Receives the statistics of the observations, shape (genomes, 1 + 2 inputs), or (0, 0); see
            `environments.playing.observation_scaling.gather`.
        scaling: Observation scaling, float64, shape (3, inputs), or (0, 0).
        next: Number of episodes started so far, int64, shape (1,).
        lasts: Receives the last observation of each episode, float64, shape (genomes, episodes, inputs), or (0, 0, 0).
    """

    seeds: NDArray[np.int64]
    returns: Vector
    steps: NDArray[np.int64]
    statistics: Vector
    scaling: Vector
    next: NDArray[np.int64]
    lasts: Vector


class Slots(NamedTuple):
    """The state of each environment.

    Attributes:
        episode: Index in the queue of its episode, int64, shape (environments,).
        fresh: Whether the next observation is the first of an episode, bool, shape (environments,).
        total: Return so far, float64, shape (environments,); NaN once something was not finite.
        length: Steps so far, int64, shape (environments,).
        memory: State of the network, float64, shape (environments, state size).
        rng: Generator of sampled actions, uint64, shape (environments, 2).
    """

    episode: NDArray[np.int64]
    fresh: NDArray[np.bool_]
    total: Vector
    length: NDArray[np.int64]
    memory: Vector
    rng: NDArray[np.uint64]


def slots_for(count: int, phenotypes: Phenotypes) -> Slots:
    """Return the state of ``count`` environments for the first episodes of a queue."""
    return Slots(
        np.arange(count),
        np.ones(count, np.bool_),
        np.zeros(count),
        np.zeros(count, np.int64),
        np.zeros((count, phenotypes.state_size)),
        np.zeros((count, 2), np.uint64),
    )


@kernel
def advance(  # type: ignore[no-untyped-def]
    phenotypes, acting, queue, slots, ids, observations, rewards, terminated, truncated, active, choices, vectors
):
    """Process one step of some environments, and choose the next actions.

    The step that starts an episode is the reset, for which the action does not matter.

    Args:
        phenotypes: The networks (`neat.networks.tape.Phenotypes`).
        acting: How outputs become actions (`Acting`).
        queue: See `Queue`.
        slots: See `Slots`.
        ids: The environments that made the step, integers, shape (k,).
        observations: Their observations, shape (k, inputs).
        rewards: Their rewards, shape (k,).
        terminated: bool, shape (k,).
        truncated: bool, shape (k,).
        active: Receives the environments to step next, int32, at least k long.
        choices: Receives their discrete actions, int32, at least k long.
        vectors: Receives their vector actions, shape (at least k, outputs); one of the two is empty.

    Returns:
        The number of environments to step next; 0 at the end.
    """
    episodes = queue.returns.shape[1]
    discrete = vectors.size == 0
    x = np.empty(phenotypes.inputs)
    y = np.empty(phenotypes.outputs)
    action = np.empty(phenotypes.outputs)
    count = 0
    for row in range(ids.size):
        slot = ids[row]
        genome = slots.episode[slot] // episodes
        episode = slots.episode[slot] % episodes
        if slots.fresh[slot]:
            slots.fresh[slot] = False
            slots.total[slot] = 0.0
            slots.length[slot] = 0
            slots.memory[slot, :] = 0.0
            rekey(slots.rng[slot], queue.seeds[genome, episode], _ACTIONS, 0, 0)
        else:
            slots.total[slot] += rewards[row]
            slots.length[slot] += 1
            if terminated[row] or truncated[row]:
                total = slots.total[slot]
                queue.returns[genome, episode] = total if math.isfinite(total) else math.nan
                queue.steps[genome] += slots.length[slot]
                if queue.lasts.size:
                    for i in range(x.size):
                        queue.lasts[genome, episode, i] = observations[row, i]
                if queue.next[0] == queue.returns.size:
                    continue  # nothing is left to play
                if queue.next[0] < slots.episode.size:
                    slot = queue.next[0]
                slots.episode[slot] = queue.next[0]
                slots.fresh[slot] = True
                queue.next[0] += 1
        active[count] = slot
        if discrete:
            choices[count] = acting.first
        else:
            vectors[count, :] = 0.0
        if not slots.fresh[slot]:
            finite = True
            for i in range(x.size):
                x[i] = observations[row, i]
                finite = finite and math.isfinite(x[i])
            if not finite:
                slots.total[slot] = math.nan
            if not math.isnan(slots.total[slot]):
                if queue.statistics.size:
                    gather(x, queue.statistics[genome])
                if queue.scaling.size:
                    scale(x, queue.scaling, x)
                forward(phenotypes, genome, x, slots.memory[slot], y)
                if discrete:
                    choice = draw(y, 0, y.size, slots.rng[slot]) if acting.sample else greatest(y, 0, y.size)
                    choices[count] = acting.first + choice
                else:
                    scale_outputs(y, 0, acting.tables[acting.table_of[genome]], action)
                    for i in range(action.size):
                        vectors[count, i] = action[i]
        count += 1
    return count
