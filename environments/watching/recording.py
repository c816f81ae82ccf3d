"""Watching a network play: step by step, in the environment's own window, or as an mp4, GIF or WebP file."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from environments.making.blame import reason, seed_globals
from environments.playing.observation_scaling import scale, table_for
from environments.spaces import ActionDecoder, ObservationEncoder
from environments.tasks.settings import Scaling, TaskConfig
from environments.tasks.task import traits_of
from environments.watching.films import check_format, write_frames
from environments.watching.pictures import Picture
from environments.watching.stage import blamed, camera, frame_rate, scene, staged
from neat.compiled.random import Stream, make_generator
from neat.config import NetworkConfig
from neat.errors import EvaluationError, MissingExtraError
from neat.genes.table import Genome
from neat.networks.network import Network

__all__ = ["Moment", "has_screen", "record", "rollout", "show", "watchable"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moment:
    """One step of an episode.

    Attributes:
        step: Its number, from 0.
        picture: What the environment looked like before it, uint8, shape (height, width, 3), or None.
        inputs: What the network was given, float64, shape (inputs,).
        outputs: What it answered, float64, shape (outputs,).
        action: The action that followed.
        shares: What the action says about each output (`ActionDecoder.shares`), float64, shape (outputs,).
        amounts: For each output whether it says how much rather than what.
        reward: The reward for it.
        ended: Whether the episode is over.
    """

    step: int
    picture: NDArray[np.uint8] | None
    inputs: NDArray[np.float64]
    outputs: NDArray[np.float64]
    action: Any
    shares: NDArray[np.float64]
    amounts: tuple[bool, ...]
    reward: float
    ended: bool


def rollout(
    config: TaskConfig,
    genome: Genome,
    network: NetworkConfig,
    *,
    seed: int,
    scaling: Scaling | None = None,
    render_mode: str | None = "rgb_array",
    every: int | Callable[[int], bool] = 1,
) -> Iterator[Moment]:
    """Play one episode and yield every step of it.

    Pictures are what `environments.watching.pictures.Pictures` makes of what the environment draws, and old
    environments of Gym (``render.modes``, ``render(mode)``) and those that take no ``render_mode`` are asked in their
    own way.

    Args:
        config: Settings of the task.
        genome: The genome that plays.
        network: How it becomes a network.
        seed: For ``env.reset``.
        scaling: What its observations were scaled by (`Evaluation.scaling`).
        render_mode: ``rgb_array`` for pictures, ``human`` for the environment's own window, None for neither.
        every: Which steps have a picture: every so many, beginning with the first, or those it returns True for.

    Raises:
        ConfigError: The environment has no pictures.
        EvaluationError: The environment raised an error, or draws what is no picture.
        MissingExtraError: A package that it needs is not installed.
    """
    config = scene(config)
    wanted = every if callable(every) else lambda step: step % every == 0
    env = staged(config, render_mode)
    take = camera(env, config, render_mode)
    # Without a screen SDL would look for one, and complain on standard error, before it draws into memory.
    offscreen = render_mode == "rgb_array" and not has_screen()
    if offscreen:
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        seen = render_mode != "rgb_array"
        for moment in _moments(env, config, genome, network, seed, scaling, take, wanted):
            seen = seen or moment.picture is not None
            yield moment
        if not seen:
            raise EvaluationError(f"environment {config.environment!r} has no pictures: its render() returned None")
    except gymnasium.error.DependencyNotInstalled as error:
        raise MissingExtraError(
            f"pictures of {config.environment!r} need a package that is not installed: {' '.join(str(error).split())}"
        ) from error
    finally:
        try:
            env.close()
        except Exception as error:  # the episode is over: what it showed counts
            _log.warning("environment %r %s", config.environment, reason(error))
        if offscreen:
            os.environ.pop("SDL_VIDEODRIVER", None)


def watchable(config: TaskConfig) -> bool:
    """Tell whether a task is a game, so that there is something to watch."""
    return traits_of(config).scene


def _moments(
    env: gymnasium.Env[Any, Any],
    config: TaskConfig,
    genome: Genome,
    network: NetworkConfig,
    seed: int,
    scaling: Scaling | None,
    take: Callable[[], Picture | None],
    wanted: Callable[[int], bool],
) -> Iterator[Moment]:
    encoder = ObservationEncoder(env.observation_space)
    decoder = ActionDecoder(env.action_space, sample=config.actions == "sample")
    table = table_for(config, scaling, encoder)
    brain = Network(genome, network)
    brain.reset()
    decide = decoder.decoder(brain.output_activations, make_generator(seed, Stream.ACTIONS))
    seed_globals(seed)  # as in training: the episode is the same one
    with blamed(config):
        observation, _ = env.reset(seed=seed)
    step, ended, amounts = 0, False, decoder.amounts()
    while not ended:
        picture = take() if wanted(step) else None
        inputs = encoder.encode(observation)
        if table is not None:
            scale(inputs, table, inputs)
        outputs = brain.activate(inputs)
        action = decide(outputs)
        with blamed(config):
            observation, reward, terminated, truncated, _ = env.step(action)
        ended = bool(terminated or truncated)
        yield Moment(step, picture, inputs, outputs, action, decoder.shares(action), amounts, float(reward), ended)
        step += 1


def show(
    config: TaskConfig, genome: Genome, network: NetworkConfig, *, seed: int, scaling: Scaling | None = None
) -> tuple[float, int]:
    """Play one episode in the environment's own window; return its return and its steps.

    Raises:
        EvaluationError: There is no screen, or the environment raised an error.
    """
    if not has_screen():
        raise EvaluationError("there is no screen to open a window on: write a video instead")
    total, steps = 0.0, 0
    for moment in rollout(config, genome, network, seed=seed, scaling=scaling, render_mode="human"):
        total += moment.reward
        steps += 1
    return total, steps


def has_screen() -> bool:
    """Tell whether a window can be opened."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))


def record(
    config: TaskConfig,
    genome: Genome,
    network: NetworkConfig,
    path: str | os.PathLike[str],
    *,
    seed: int,
    scaling: Scaling | None = None,
    fps: int | None = None,
) -> tuple[float, int]:
    """Play one episode into a file, whose ending says which kind: mp4, gif or webp.

    Args:
        config: Settings of the task.
        genome: The genome that plays.
        network: How it becomes a network.
        path: The file.
        seed: For ``env.reset``.
        scaling: What its observations were scaled by.
        fps: Pictures per second; by default the environment's own.

    Returns:
        Its return and its steps.

    Raises:
        ConfigError: Another ending, or the environment has no pictures.
        EvaluationError: The environment raised an error, or draws what is no picture; no file is then written.
        RunDirectoryError: The file cannot be written.
    """
    file = Path(path)
    check_format(file)
    fps = fps or frame_rate(config)
    score = [0.0, 0]

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for moment in rollout(config, genome, network, seed=seed, scaling=scaling):
            score[0] += moment.reward
            score[1] += 1
            if moment.picture is not None:
                yield moment.picture

    write_frames(file, pictures(), fps=fps)
    return score[0], int(score[1])
