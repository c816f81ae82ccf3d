"""Videos of champions: at play beside their network, and growing over the generations of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import islice, tee
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from environments.recording import FORMATS, Moment, frame_rate, rollout, write_frames
from experiments.directory import Champion
from experiments.saved import SavedRun, names_for
from neat.errors import ConfigError, EvaluationError, MissingExtraError

__all__ = ["clip", "record_with_network", "write_movie"]

_MOVIE_SECONDS = 12.0  # a movie of generations is about so long
_CLIP_STEPS = 400
_CLIP_HEIGHT = 300


def record_with_network(
    champion: Champion,
    path: Path,
    *,
    seed: int,
    theme: str = "dark",
    height: int = 400,
    most_steps: int | None = None,
) -> tuple[float, int]:
    """Play one episode into a file (mp4, GIF or WebP): the game, and its network with nodes lit.

    Args:
        champion: Who plays.
        path: The file.
        seed: For ``env.reset``.
        theme: ``"light"`` or ``"dark"``.
        height: Of the video, in pixels.
        most_steps: Stop after this many steps of the episode.

    Returns:
        The return and the steps of what was recorded.

    Raises:
        ConfigError: Another ending, or the task has no pictures.
        MissingExtraError: A package that pictures need is not installed.
        RunDirectoryError: The file cannot be written.
    """
    from neat.visualize.frames import play_frames
    from neat.visualize.trace import Tracer

    score = [0.0, 0]

    def moments() -> Iterator[Moment]:
        episode = rollout(champion.task, champion.genome, champion.network, seed=seed, scaling=champion.scaling)
        for moment in islice(episode, most_steps):
            score[0] += moment.reward
            score[1] += 1
            yield moment

    shown, traced = tee(moments())
    tracer = Tracer(champion.genome, champion.network)
    frames = play_frames(
        champion.genome,
        (_picture(moment) for moment in shown),
        (tracer.step(moment.inputs)[-1] for moment in traced),
        height=height,
        theme=theme,
        **names_for(champion.task, champion.genome),
    )
    write_frames(path, frames, fps=frame_rate(champion.task))
    return score[0], int(score[1])


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
