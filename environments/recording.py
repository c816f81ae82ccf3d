"""Watching a network play: step by step, in a window, or as an mp4, GIF or WebP file."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from environments.making import make_environment
from environments.scaling import bounds_scaling, scale, scaling_table
from environments.spaces import ActionDecoder, ObservationEncoder
from environments.task import OWN_TASKS, Scaling, TaskConfig
from environments.tasks import make_task
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError, MissingExtraError, RunDirectoryError
from neat.genome import Genome
from neat.networks.network import Network
from neat.random import Stream, make_generator

__all__ = [
    "FORMATS",
    "Moment",
    "frame_rate",
    "has_screen",
    "picture_spacing",
    "record",
    "rollout",
    "show",
    "watchable",
    "write_frames",
]

FORMATS = (".mp4", ".gif", ".webp")
"""Endings that `record` knows."""
_FRAMES_PER_SECOND = 30
_ENOUGH = 25  # pictures per second
_SAMPLED, _COLOURS = 64, 127  # pictures from which the palette of a GIF is taken, and its size
_LONGEST_SCENE = 1_000
"""Steps after which the double pole, which asks for 100,000, has been watched long enough."""


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
    """

    step: int
    picture: NDArray[np.uint8] | None
    inputs: NDArray[np.float64]
    outputs: NDArray[np.float64]
    action: Any
    shares: NDArray[np.float64]
    amounts: tuple[bool, ...]
    reward: float


def rollout(
    config: TaskConfig,
    genome: Genome,
    network: NetworkConfig,
    *,
    seed: int,
    scaling: Scaling | None = None,
    render_mode: str | None = "rgb_array",
    every: int = 1,
) -> Iterator[Moment]:
    """Play one episode and yield every step of it.

    Args:
        config: Settings of the task.
        genome: Who plays.
        network: How it becomes a network.
        seed: For ``env.reset``.
        scaling: What its observations were scaled by (`Evaluation.scaling`).
        render_mode: ``rgb_array`` for pictures, ``human`` for a window, None for neither.
        every: Only every so many steps have a picture, beginning with the first.

    Raises:
        ConfigError: The environment has no pictures.
        EvaluationError: The environment raised an error.
        MissingExtraError: A package that it needs is not installed.
    """
    config = _scene(config)
    if render_mode is not None:
        _check_pictures(config)
    env = make_environment(config, render_mode=render_mode)
    # Without a screen SDL would look for one, and complain on standard error, before it draws into memory.
    offscreen = render_mode == "rgb_array" and not has_screen()
    if offscreen:
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        yield from _moments(env, config, genome, network, seed, scaling, every if render_mode == "rgb_array" else 0)
    except gymnasium.error.DependencyNotInstalled as error:
        raise MissingExtraError(
            f"pictures of {config.environment!r} need a package that is not installed: {' '.join(str(error).split())}"
        ) from error
    finally:
        env.close()
        if offscreen:
            os.environ.pop("SDL_VIDEODRIVER", None)


def watchable(config: TaskConfig) -> bool:
    """Tell whether a task is a game, so that there is something to watch."""
    return config.environment not in OWN_TASKS or getattr(make_task(config), "game", None) is not None


def _scene(config: TaskConfig) -> TaskConfig:
    """Return the settings of an environment that shows the task: tasks of this project's own stand for one."""
    if config.environment not in OWN_TASKS:
        return config
    game = getattr(make_task(config), "game", None)
    if game is None:
        raise ConfigError(f"the task {config.environment!r} is no game: there is nothing to watch")
    return TaskConfig(environment=game.id, kwargs=config.kwargs, max_episode_steps=_LONGEST_SCENE)


def _check_pictures(config: TaskConfig) -> None:
    env = make_environment(config)
    modes = list(env.metadata.get("render_modes") or [])
    env.close()
    if "rgb_array" not in modes:
        raise ConfigError(f"environment {config.environment!r} has no pictures: it renders {modes or 'nothing'}")


def _moments(
    env: gymnasium.Env[Any, Any],
    config: TaskConfig,
    genome: Genome,
    network: NetworkConfig,
    seed: int,
    scaling: Scaling | None,
    every: int,
) -> Iterator[Moment]:
    encoder = ObservationEncoder(env.observation_space)
    decoder = ActionDecoder(env.action_space, sample=config.actions == "sample")
    if scaling is None and config.observation_scaling == "bounds":
        scaling = bounds_scaling(encoder.low, encoder.high)
    table = scaling_table(scaling, encoder.size, clip=config.observation_scaling == "running")
    brain = Network(genome, network)
    brain.reset()
    decide = decoder.decoder(brain.output_activations, make_generator(seed, Stream.ACTIONS))
    observation, _ = env.reset(seed=seed)
    step, ended, amounts = 0, False, decoder.amounts()
    while not ended:
        picture = np.asarray(env.render(), np.uint8) if every and step % every == 0 else None
        inputs = encoder.encode(observation)
        if table is not None:
            scale(inputs, table, inputs)
        outputs = brain.activate(inputs)
        action = decide(outputs)
        observation, reward, terminated, truncated, _ = env.step(action)
        shares = decoder.shares(action)
        yield Moment(step, picture, inputs, outputs, action, shares, amounts, float(reward))
        step += 1
        ended = terminated or truncated


def show(
    config: TaskConfig, genome: Genome, network: NetworkConfig, *, seed: int, scaling: Scaling | None = None
) -> tuple[float, int]:
    """Play one episode in a window; return its return and its steps.

    Raises:
        EvaluationError: There is no screen.
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
        genome: Who plays.
        network: How it becomes a network.
        path: The file.
        seed: For ``env.reset``.
        scaling: What its observations were scaled by.
        fps: Pictures per second; by default the environment's own.

    Returns:
        Its return and its steps.

    Raises:
        ConfigError: Another ending, or the environment has no pictures.
        RunDirectoryError: The file cannot be written.
    """
    file = Path(path)
    _check_format(file)
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


def frame_rate(config: TaskConfig) -> int:
    """Return how many pictures a second an environment's own time takes.

    Raises:
        ConfigError: The task is no game.
    """
    env = make_environment(_scene(config))
    rate = int(env.metadata.get("render_fps") or _FRAMES_PER_SECOND)
    env.close()
    return rate


def picture_spacing(rate: int) -> int:
    """Return how many steps apart the pictures of a film may be, at so many steps a second, and still look smooth."""
    return max(1, rate // _ENOUGH)


def write_frames(path: str | os.PathLike[str], frames: Iterator[NDArray[np.uint8]], *, fps: int) -> None:
    """Write pictures (uint8, shape (height, width, 3), all of one size) as an mp4, GIF or WebP file.

    Raises:
        ConfigError: Another ending.
        MissingExtraError: imageio-ffmpeg (mp4) is not installed.
        RunDirectoryError: The file cannot be written.
    """
    file = Path(path)
    _check_format(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab"):
            pass
    except OSError as error:
        raise RunDirectoryError(f"video {str(file)!r} cannot be written: {error.strerror}") from error
    if file.suffix == ".mp4":
        _write_mp4(file, frames, fps)
    else:
        _write_animation(file, frames, fps)


def _check_format(file: Path) -> None:
    if file.suffix not in FORMATS:
        raise ConfigError(f"video {str(file)!r}: expected a name that ends in {', '.join(FORMATS)}")


def _write_mp4(file: Path, frames: Iterator[NDArray[np.uint8]], fps: int) -> None:
    try:
        ffmpeg = importlib.import_module("imageio_ffmpeg")
    except ImportError as error:
        raise MissingExtraError("mp4 files need a package that is not installed: pip install imageio-ffmpeg") from error
    writer = None
    for frame in frames:
        if writer is None:
            height, width = frame.shape[:2]
            # Players want an even number of rows and columns; imageio-ffmpeg's 16 would blur the picture.
            writer = ffmpeg.write_frames(
                str(file), (width, height), fps=fps, macro_block_size=2, ffmpeg_log_level="error"
            )
            writer.send(None)
        writer.send(np.ascontiguousarray(frame))
    if writer is not None:
        writer.close()


def _write_animation(file: Path, frames: Iterator[NDArray[np.uint8]], fps: int) -> None:
    from PIL import Image

    # Players show a GIF's pictures for no less than two hundredths of a second, and each costs kilobytes.
    every = picture_spacing(fps)
    kept = islice(frames, 0, None, every)
    look: dict[str, Any] = {"save_all": True, "duration": round(1000 * every / fps), "loop": 0}
    if file.suffix == ".gif":
        begin = list(islice(kept, _SAMPLED))
        # One palette for the whole film: where nothing moves, nothing is stored.
        palette = Image.fromarray(np.vstack(begin[::4])).quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
        images = (
            Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in chain(begin, kept)
        )
        look |= {"optimize": True, "disposal": 1}
    else:
        images = (Image.fromarray(frame) for frame in kept)
    first = next(images)
    first.save(file, append_images=images, **look)
