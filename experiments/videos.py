"""Videos of champions: at play beside their network, and growing over the generations of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, tee
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from environments.recording import FORMATS, Moment, frame_rate, rollout, write_frames
from experiments.champion import Champion
from experiments.saved import SavedRun, names_for
from neat.errors import ConfigError, EvaluationError, MissingExtraError

__all__ = ["Score", "clip", "network_frames", "record_with_network", "show_with_network", "write_movie"]

_MOVIE_SECONDS = 12.0  # a movie of generations is about so long
_CLIP_STEPS = 400
_CLIP_HEIGHT = 300


@dataclass
class Score:
    """What has been played so far."""

    total: float = 0.0
    steps: int = 0


def network_frames(
    champion: Champion,
    score: Score,
    *,
    seed: int,
    theme: str = "dark",
    height: int = 400,
    most_steps: int | None = None,
    wave: bool = False,
) -> Iterator[NDArray[np.uint8]]:
    """Play one episode, and yield pictures of the game with its network beside it, nodes lit.

    Args:
        champion: Who plays.
        score: Is told the rewards as they come.
        seed: For ``env.reset``.
        theme: ``"light"`` or ``"dark"``.
        height: Of the pictures, in pixels.
        most_steps: Stop after this many steps of the episode.
        wave: Give every pass through a network of time steps a picture of its own, so that activation is seen to
            spread; the game stands still meanwhile. A feed-forward network has one pass.

    Raises:
        ConfigError: The task has no pictures.
        MissingExtraError: A package that pictures need is not installed.
    """
    from neat.visualize.frames import play_frames
    from neat.visualize.trace import Tracer

    tracer = Tracer(champion.genome, champion.network)

    def moments() -> Iterator[tuple[Moment, NDArray[np.float64]]]:
        episode = rollout(champion.task, champion.genome, champion.network, seed=seed, scaling=champion.scaling)
        for moment in islice(episode, most_steps):
            score.total += moment.reward
            score.steps += 1
            passes = tracer.step(moment.inputs)
            for values in passes if wave else passes[-1:]:
                yield moment, values

    shown, traced = tee(moments())
    yield from play_frames(
        champion.genome,
        (_picture(moment) for moment, _ in shown),
        (values for _, values in traced),
        height=height,
        theme=theme,
        **names_for(champion.task, champion.genome),
    )


def record_with_network(
    champion: Champion,
    path: Path,
    *,
    seed: int,
    theme: str = "dark",
    height: int = 400,
    most_steps: int | None = None,
    wave: bool = False,
) -> tuple[float, int]:
    """Play one episode into a file (mp4, GIF or WebP): the game, and its network with nodes lit.

    Args:
        champion: Who plays.
        path: The file.
        seed: For ``env.reset``.
        theme: ``"light"`` or ``"dark"``.
        height: Of the video, in pixels.
        most_steps: Stop after this many steps of the episode.
        wave: See `network_frames`.

    Returns:
        The return and the steps of what was recorded.

    Raises:
        ConfigError: Another ending, or the task has no pictures.
        MissingExtraError: A package that pictures need is not installed.
        RunDirectoryError: The file cannot be written.
    """
    score = Score()
    frames = network_frames(champion, score, seed=seed, theme=theme, height=height, most_steps=most_steps, wave=wave)
    write_frames(path, frames, fps=frame_rate(champion.task))
    return score.total, score.steps


def show_with_network(champion: Champion, *, seed: int, theme: str = "dark", wave: bool = False) -> tuple[float, int]:
    """Play one episode in a window: the game, and its network with nodes lit; return the return and the steps.

    Raises:
        ConfigError: The task has no pictures.
        EvaluationError: There is no screen.
        MissingExtraError: A package that pictures need is not installed.
    """
    from experiments.window import show_frames

    score = Score()
    frames = network_frames(champion, score, seed=seed, theme=theme, wave=wave)
    show_frames(frames, fps=frame_rate(champion.task), title=f"{champion.task.environment} · neat-arena")
    return score.total, score.steps


def clip(champion: Champion) -> bytes | None:
    """Return a short mp4 of a champion at play, or None where its task cannot be watched on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        try:
            record_with_network(champion, path, seed=champion.seed % 2**31, height=_CLIP_HEIGHT, most_steps=_CLIP_STEPS)
            return path.read_bytes()
        except (ConfigError, EvaluationError, MissingExtraError):
            return None


def write_movie(run: SavedRun, path: Path, *, theme: str = "light") -> int:
    """Write how the champion's network grew, one picture a champion, as an mp4, GIF or WebP file; return the count.

    Raises:
        ConfigError: Another ending, or the theme is unknown.
        RunDirectoryError: The file cannot be written.
    """
    from neat.visualize.frames import topology_frames
    from neat.visualize.widget import WidgetStep

    if path.suffix not in FORMATS:
        raise ConfigError(f"{path}: expected a name that ends in {', '.join(FORMATS)}")
    steps = [WidgetStep(step.generation, step.fitness, step.genome) for step in run.steps]
    fps = max(1, min(20, round(len(steps) / _MOVIE_SECONDS)))
    write_frames(
        path, topology_frames(steps, theme=theme, **names_for(run.champion.task, run.champion.genome)), fps=fps
    )
    return len(steps)


def _picture(moment: Moment) -> NDArray[np.uint8]:
    if moment.picture is None:
        raise RuntimeError("a rollout for a video has no picture")
    return moment.picture
