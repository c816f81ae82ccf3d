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
        picture: Picture of the environment before the step, uint8, shape (height, width, 3), or None.
        inputs: Inputs of the network, float64, shape (inputs,).
        outputs: Outputs of the network, float64, shape (outputs,).
        action: The action.
        shares: For each output, its part in the action (`ActionDecoder.shares`), float64, shape (outputs,).
        amounts: For each output, whether it is an amount rather than one of several choices.
        reward: The reward of the step.
        ended: Whether the episode has ended.
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

    Pictures are converted by `environments.watching.pictures.Pictures`. Environments of the old Gym (``render.modes``,
    ``render(mode)``), and environments that take no ``render_mode``, work too.

    Args:
        config: Settings of the task.
        genome: The genome that plays.
        network: Network settings.
        seed: Seed for ``env.reset``.
        scaling: Observation scaling of its generation (`Evaluation.scaling`).
        render_mode: ``rgb_array`` for pictures, ``human`` for the environment's own window, None for neither.
        every: Which steps have a picture: a number for every n-th step from the first on, or a function of the step's
            number that returns True for them.

    Raises:
        ConfigError: The environment has no pictures.
        EvaluationError: The environment raised an error, or its pictures are not valid.
        MissingExtraError: A package that the environment needs is not installed.
    """
    config = scene(config)
    wanted = every if callable(every) else lambda step: step % every == 0
    env = staged(config, render_mode)
    take = camera(env, config, render_mode)
    # Without this setting, SDL would print an error if there is no screen, before it draws into memory.
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
        except Exception as error:  # the episode has ended, and its pictures are complete
            _log.warning("environment %r %s", config.environment, reason(error))
        if offscreen:
            os.environ.pop("SDL_VIDEODRIVER", None)


def watchable(config: TaskConfig) -> bool:
    """Return whether a task is a game that can be watched."""
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
    seed_globals(seed)  # as in training, so that the episode is the same
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
    """Play one episode in the environment's own window.

    Returns:
        The return of the episode, and its number of steps.

    Raises:
        EvaluationError: There is no screen, or the environment raised an error.
    """
    if not has_screen():
        raise EvaluationError("there is no screen for a window: write a video instead")
    total, steps = 0.0, 0
    for moment in rollout(config, genome, network, seed=seed, scaling=scaling, render_mode="human"):
        total += moment.reward
        steps += 1
    return total, steps


def has_screen() -> bool:
    """Return whether a window can be opened."""
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
    """Play one episode, and write it as a video.

    Args:
        config: Settings of the task.
        genome: The genome that plays.
        network: Network settings.
        path: The file; its extension selects the format (.mp4, .gif, .webp).
        seed: Seed for ``env.reset``.
        scaling: Observation scaling of its generation (`Evaluation.scaling`).
        fps: Pictures per second; by default the environment's own rate.

    Returns:
        The return of the episode, and its number of steps.

    Raises:
        ConfigError: The file extension is unknown, or the environment has no pictures.
        EvaluationError: The environment raised an error, or its pictures are not valid; then no file is written.
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
