"""For export: a genome and its game as plain data, recorded observations, and episodes played by exported files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.making.environment import make_environment
from environments.playing.episode import verification_seeds
from environments.playing.genome_policy import game_of, layout
from environments.playing.observation_scaling import scaling_table
from environments.spaces.actions import action_table
from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import Scaling, TaskConfig
from environments.tasks.task import make_task, traits_of
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError
from neat.exporters import Amounts, Choice, PolicyPlan
from neat.exporters.checking import Recording, Reference
from neat.exporters.target import Player
from neat.functions.activations import activation_name
from neat.genes.table import Genome, Genomes
from neat.networks.decoders import decoder_of

__all__ = ["action_parts", "plan_of", "play_exported", "recorded"]

Vector = NDArray[np.float64]
_RECORDED, _EPISODES = 2_000, 5
"""Maximum number of observations and of episodes of a recording."""


def plan_of(
    genome: Genome,
    network: NetworkConfig,
    task: TaskConfig,
    *,
    scaling: Scaling | None = None,
    title: str = "a policy",
    input_names: tuple[str, ...] | None = None,
    output_names: tuple[str, ...] | None = None,
) -> PolicyPlan:
    """Return a genome and its game as plain data.

    Args:
        genome: The genome that plays.
        network: Network settings.
        task: Its game; without a game, the result of the policy is the outputs themselves.
        scaling: Observation scaling of its generation.
        title: A line about it.
        input_names: Names of the inputs; by default those of the observation space.
        output_names: Names of the outputs; by default those of the action space.

    Raises:
        ConfigError: The environment cannot be created, or its actions are drawn at random (``task.actions =
            "sample"``), which other programs cannot repeat.
        MissingExtraError: The environment needs a package that is not installed.
    """
    plan = decoder_of(network).plan(Genomes.of([genome]))
    game = game_of(task)
    if traits_of(task).rows:
        data: Any = make_task(task)
        inputs = data.inputs
        choices = len(data.classes)
        made = PolicyPlan(
            network=plan,
            title=title,
            scaling=scaling_table(scaling or data.scaling, inputs, clip=False),
            actions=(Choice(0, choices) if choices else Amounts(0, data.amounts()),),
            input_names=input_names or data.input_names,
            output_names=output_names or data.output_names,
        )
    elif game is None:
        made = PolicyPlan(network=plan, title=title, input_names=input_names or (), output_names=output_names or ())
    else:
        encoder, decoder, table = layout(game, scaling)
        if decoder.sample:
            raise ConfigError(
                'actions of this run are drawn at random (task.actions = "sample"), so an exported policy would play '
                "differently; export only its network: neat.export(run.champion.genome, …, network=…)"
            )
        activations = [activation_name(code) for code in plan.output_activation[0].tolist()]
        made = PolicyPlan(
            network=plan,
            title=title,
            scaling=table,
            actions=tuple(action_parts(decoder.space, activations)),
            input_names=input_names or encoder.names,
            output_names=output_names or decoder.names,
        )
    return made


def action_parts(space: spaces.Space[Any], activations: list[str], begin: int = 0) -> Iterator[Choice | Amounts]:
    """Yield the parts of an action space, with the outputs for each (see `environments.spaces.actions` for the rules).

    Args:
        space: The action space.
        activations: Activation function of each output of the network.
        begin: Index of the space's first output.
    """
    if isinstance(space, spaces.Discrete):
        yield Choice(begin, int(space.n), int(space.start))
    elif isinstance(space, spaces.MultiDiscrete):
        for count, start in zip(space.nvec.reshape(-1).tolist(), space.start.reshape(-1).tolist(), strict=True):
            yield Choice(begin, count, start)
            begin += count
    elif isinstance(space, spaces.MultiBinary):
        n = int(np.prod(space.shape, dtype=np.int64))
        table = action_table(activations[begin : begin + n], np.zeros(n), np.ones(n))
        yield Amounts(begin, table, "binary")
    elif isinstance(space, spaces.Box):
        n = int(np.prod(space.shape, dtype=np.int64))
        low, high = (np.asarray(bound, np.float64).reshape(-1) for bound in (space.low, space.high))
        table = action_table(activations[begin : begin + n], low, high)
        kind = {np.dtype(np.float32): "single", np.dtype(np.bool_): "binary"}.get(space.dtype, "none")
        yield Amounts(begin, table, "integer" if np.issubdtype(space.dtype, np.integer) else kind)  # type: ignore[arg-type]
    else:
        parts = space.spaces if isinstance(space, spaces.Tuple) else list(space.spaces.values())  # type: ignore[attr-defined]
        for inner in parts:
            for part in action_parts(inner, activations, begin):
                yield part
                begin = part.begin + (part.size if isinstance(part, Amounts) else part.count)


def _action(space: spaces.Space[Any], numbers: list[float]) -> Any:
    """Remove an action of a space from the front of a list of numbers, and return it."""
    if isinstance(space, spaces.Discrete):
        return int(numbers.pop(0))
    if isinstance(space, spaces.Tuple):
        return tuple(_action(part, numbers) for part in space.spaces)
    if isinstance(space, spaces.Dict):
        return {key: _action(part, numbers) for key, part in space.spaces.items()}
    n = int(np.prod(space.shape or (), dtype=np.int64))
    taken, numbers[:n] = numbers[:n], []
    return np.array(taken).astype(space.dtype).reshape(space.shape)


def recorded(policy: PolicyPlan, task: TaskConfig, seed: int) -> Recording | None:
    """Return observations of episodes that a policy plays; None if the task is not a game.

    Args:
        policy: The policy.
        task: The task.
        seed: Seed of the run. The episodes differ from those of training and verification.
    """
    game = game_of(task)
    if game is None:
        return None
    seen: list[Vector] = []
    begins: list[bool] = []
    player = Reference(policy)
    for episode in verification_seeds(seed, _EPISODES, attempt=2):
        begun = len(seen)
        _episode(game, player, episode, seen, _RECORDED - begun)
        begins += [i == 0 for i in range(len(seen) - begun)]
        if len(seen) >= _RECORDED:
            break
    return Recording(np.array(seen), np.array(begins), f"{sum(begins)} episodes of {game.environment}")


def play_exported(player: Player, task: TaskConfig, seeds: list[int]) -> list[float]:
    """Return what exported files (or a `Reference`) reach in the game itself, an episode for each seed."""
    game = game_of(task)
    if game is None:
        raise ConfigError("there is no game to play")
    return [_episode(game, player, seed) for seed in seeds]


def _episode(
    game: TaskConfig, player: Player, seed: int, seen: list[Vector] | None = None, limit: float = math.inf
) -> float:
    """Play an episode and return its return; add observations to ``seen``, and stop after ``limit`` of them."""
    env = make_environment(game)
    try:
        encoder = ObservationEncoder(env.observation_space)
        observation, _ = env.reset(seed=seed)
        total, steps, first = 0.0, 0, np.ones(1, np.bool_)
        while steps < limit:
            x = encoder.encode(observation)
            if seen is not None:
                seen.append(x.copy())
            steps += 1
            action = player.play(x[None], first)[1][0].tolist()
            first = np.zeros(1, np.bool_)
            observation, reward, terminated, truncated, _ = env.step(_action(env.action_space, action))
            total += float(reward)
            if terminated or truncated:
                break
    except (ConfigError, EvaluationError):
        raise
    except Exception as error:
        raise EvaluationError(f"environment {game.environment!r} failed: {type(error).__name__}: {error}") from error
    finally:
        env.close()
    return total
