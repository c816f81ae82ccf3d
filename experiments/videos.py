"""Videos of champions: at play beside their network, and growing over the generations of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from environments.recording import FORMATS, frame_rate, picture_spacing, rollout, write_frames
from experiments.champion import Champion
from experiments.saved import SavedRun, names_for
from neat.errors import ConfigError, EvaluationError, MissingExtraError

__all__ = ["Score", "clip", "network_frames", "record_with_network", "show_with_network", "write_movie"]

_MOVIE_SECONDS = 12.0  # a movie of generations is about so long
_CLIP_STEPS = 400
_HEIGHT, _GIF_HEIGHT = 400, 280  # of videos, in pixels


@dataclass
class Score:
    """What has been played so far; ``told`` is called after every step."""

    total: float = 0.0
    steps: int = 0
    told: Callable[[int], None] | None = None

    def add(self, reward: float) -> None:
        """Count a step."""
        self.total += reward
        self.steps += 1
        if self.told is not None:
            self.told(self.steps)


def network_frames(
    champion: Champion,
    score: Score,
    *,
    seed: int,
    theme: str | None = None,
    height: int = _HEIGHT,
    most_steps: int | None = None,
    wave: bool = False,
    every: int = 1,
) -> Iterator[NDArray[np.uint8]]:
    """Play one episode, and yield pictures of the game with its network beside it, nodes lit.

    Args:
        champion: Who plays.
        score: Is told the rewards as they come.
        seed: For ``env.reset``.
        theme: ``"light"`` or ``"dark"``; by default what goes with the game's own background.
        height: Of the pictures, in pixels.
        most_steps: Stop after this many steps of the episode.
        wave: Give every pass through a network of time steps a picture of its own, so that activation is seen to
            spread; the game stands still meanwhile. A feed-forward network has one pass.
        every: Only every so many steps of the episode are shown, beginning with the first.

    Raises:
        ConfigError: The task has no pictures.
        MissingExtraError: A package that pictures need is not installed.
    """
    from neat.networks.trace import Tracer
    from neat.visualize.frames import PlayPanel

    tracer = Tracer(champion.genome, champion.network)
    panel: PlayPanel | None = None
    episode = rollout(
        champion.task, champion.genome, champion.network, seed=seed, scaling=champion.scaling, every=every
    )
    for moment in islice(episode, most_steps):
        score.add(moment.reward)
        passes = tracer.step(moment.inputs)
        if moment.picture is None:
            continue
        if panel is None:
            names = names_for(champion.task, champion.genome)
            amounts = moment.amounts
            panel = PlayPanel(champion.genome, moment.picture, height=height, theme=theme, amounts=amounts, **names)
        for values in passes if wave else passes[-1:]:
            yield panel.show(moment.picture, values, moment.shares)


def record_with_network(
    champion: Champion,
    path: Path,
    *,
    seed: int,
    score: Score | None = None,
    theme: str | None = None,
    height: int | None = None,
    most_steps: int | None = None,
    wave: bool = False,
) -> tuple[float, int]:
    """Play one episode into a file (mp4, GIF or WebP): the game, and its network with nodes lit.

    Args:
        champion: Who plays.
        path: The file.
        seed: For ``env.reset``.
        score: Is told the rewards as they come.
        theme: See `network_frames`.
        height: Of the video, in pixels; by default less for a GIF, which takes much room.
        most_steps: Stop after this many steps of the episode.
        wave: See `network_frames`.

    Returns:
        The return and the steps of what was recorded.

    Raises:
        ConfigError: Another ending, or the task has no pictures.
        MissingExtraError: A package that pictures need is not installed.
        RunDirectoryError: The file cannot be written.
    """
    score = score or Score()
    rate = frame_rate(champion.task)
    every = picture_spacing(rate)
    frames = network_frames(
        champion,
        score,
        seed=seed,
        theme=theme,
        height=height or (_GIF_HEIGHT if path.suffix == ".gif" else _HEIGHT),
        most_steps=most_steps,
        wave=wave,
        every=every,
    )
    write_frames(path, frames, fps=rate // every)
    return score.total, score.steps


def show_with_network(
    champion: Champion, *, seed: int, theme: str | None = None, wave: bool = False
) -> tuple[float, int]:
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


def clip(champion: Champion, told: Callable[[int], None] | None = None) -> bytes | None:
    """Return a short mp4 of a champion at play, or None where its task cannot be watched on this machine.

    Args:
        champion: Who plays.
        told: Is told the number of steps after every one.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        try:
            seed = champion.seed % 2**31
            record_with_network(champion, path, seed=seed, score=Score(told=told), most_steps=_CLIP_STEPS)
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
