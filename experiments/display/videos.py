"""Champions at play in pictures, videos and windows: alone, beside their network, or several side by side."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.watching.films import check_format, picture_spacing, write_films, write_frames
from environments.watching.recording import Moment, rollout
from environments.watching.stage import frame_rate
from experiments.folder.champion import Champion
from experiments.folder.files import AnyPath
from experiments.folder.names import names_for
from experiments.folder.saved import SavedRun
from neat.errors import NeatError

__all__ = [
    "Film", "Look", "Player", "Score", "clip", "film", "fitted_to_tile", "game_frames", "network_frames", "watch",
    "write_movie",
]  # fmt: skip

_log = logging.getLogger(__name__)

_MOVIE_SECONDS = 12.0  # approximate length of a video of all champions
_CLIP_STEPS = 400
_HEIGHT, _GIF_HEIGHT = 400, 280  # of videos, in pixels
_TILE = 420, 300  # largest width and height of one game in a picture of several, in pixels

Frame = NDArray[np.uint8]


@dataclass
class Score:
    """Return and steps of an episode so far; ``told`` is called with the number of steps after every step."""

    total: float = 0.0
    steps: int = 0
    ended: bool = False
    """Whether the episode has ended. Until then, ``total`` is only part of its return."""
    told: Callable[[int], None] | None = None

    def add(self, reward: float, *, ended: bool = False) -> None:
        """Count a step."""
        self.total += reward
        self.steps += 1
        self.ended = ended
        if self.told is not None:
            self.told(self.steps)


@dataclass(frozen=True)
class Player:
    """A champion that plays an episode, its name in the picture, and its score so far."""

    champion: Champion
    name: str = ""
    score: Score = field(default_factory=Score)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is shown of an episode, and in which colours."""

    network: bool = False
    """Whether the network is shown beside the game."""
    wave: bool = False
    """See `network_frames`."""
    theme: str | None = None
    """``"light"``, ``"dark"``, or None to match the background of the game."""
    stacked: bool = False
    """Whether the network is below the game."""


def game_frames(
    champion: Champion,
    score: Score,
    *,
    seed: int,
    most_steps: int | None = None,
    every: int | Callable[[int], bool] = 1,
) -> Iterator[Frame]:
    """Play one episode, and yield the game's own pictures; see `network_frames` for the arguments.

    Yields:
        uint8, shape (height, width, 3).
    """
    episode = rollout(
        champion.task, champion.genome, champion.network, seed=seed, scaling=champion.scaling, every=every
    )
    for moment in islice(episode, most_steps):
        score.add(moment.reward, ended=moment.ended)
        if moment.picture is not None:
            yield moment.picture


def network_frames(
    champion: Champion,
    score: Score,
    *,
    seed: int,
    theme: str | None = None,
    height: int = _HEIGHT,
    most_steps: int | None = None,
    wave: bool = False,
    every: int | Callable[[int], bool] = 1,
    stacked: bool = False,
) -> Iterator[Frame]:
    """Play one episode, and yield pictures of the game and its network, with active nodes lit.

    Args:
        champion: The champion that plays.
        score: Receives the rewards of the episode.
        seed: Seed for ``env.reset``.
        theme: ``"light"`` or ``"dark"``; by default it matches the background of the game.
        height: Height in pixels of the pictures, or of the game alone if ``stacked``.
        most_steps: Stop after this many steps of the episode.
        wave: Show every pass of a network in a picture of its own, while the game waits, so that the activation can be
            seen to spread. A feed-forward network has one pass.
        every: Which steps of the episode are shown; see `environments.rollout`.
        stacked: Whether the network is below the game.

    Yields:
        uint8, shape (height, width, 3).

    Raises:
        ConfigError: The task has no pictures.
        EvaluationError: The environment raised an error, or its pictures are not valid.
        MissingExtraError: A package that pictures need is not installed.
    """
    from neat.visualize.frames import PlayPanel

    champion = champion.expanded()
    panel: PlayPanel | None = None
    for moment, picture, passes in _pictured(champion, score, seed=seed, most_steps=most_steps, every=every):
        if panel is None:
            look: dict[str, Any] = {"height": height, "theme": theme, "stacked": stacked}
            panel = PlayPanel(champion.genome, picture, **look, **_named(champion, moment))
        for values in passes if wave else passes[-1:]:
            yield panel.show(picture, values, moment.shares)


def _pictured(
    champion: Champion, score: Score, *, seed: int, most_steps: int | None, every: int | Callable[[int], bool]
) -> Iterator[tuple[Moment, Frame, list[NDArray[np.float64]]]]:
    """Play one episode, and yield the moments with a picture.

    Yields:
        The moment, its picture, and for each pass of the network the values of the nodes.
    """
    from neat.networks.trace import Tracer

    tracer = Tracer(champion.genome, champion.network)
    episode = rollout(
        champion.task, champion.genome, champion.network, seed=seed, scaling=champion.scaling, every=every
    )
    for moment in islice(episode, most_steps):
        score.add(moment.reward, ended=moment.ended)
        passes = tracer.step(moment.inputs)
        if moment.picture is not None:
            yield moment, moment.picture, passes


def _named(champion: Champion, moment: Moment) -> dict[str, Any]:
    """Return the names of inputs and outputs for the drawing, and which outputs are amounts rather than choices."""
    return {"amounts": moment.amounts, **names_for(champion.task, champion.genome, champion.names)}


def _frames(
    players: Sequence[Player],
    look: Look,
    *,
    seed: int,
    height: int | None,
    most_steps: int | None,
    every: int | Callable[[int], bool],
) -> Iterator[Frame]:
    """Yield pictures of champions that play the same episode; several are side by side."""
    several = len(players) > 1
    films = []
    for player in players:
        if look.network:
            tall = height or (_TILE[1] if several else _HEIGHT)
            frames = network_frames(
                player.champion,
                player.score,
                seed=seed,
                theme=look.theme,
                height=tall,
                most_steps=most_steps,
                wave=look.wave,
                every=every,
                stacked=look.stacked or len(players) > 2,
            )
        else:
            frames = game_frames(player.champion, player.score, seed=seed, most_steps=most_steps, every=every)
            frames = map(fitted_to_tile, frames) if several else frames
        films.append(frames)
    return _together(films, players, look.theme) if several else films[0]


def fitted_to_tile(picture: Frame) -> Frame:
    """Return a picture, reduced if it is larger than a tile (uint8, shape (height, width, 3))."""
    from PIL import Image

    scale = min(1.0, _TILE[0] / picture.shape[1], _TILE[1] / picture.shape[0])
    size = max(1, round(scale * picture.shape[1])), max(1, round(scale * picture.shape[0]))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX)) if scale < 1 else picture


def _together(films: Sequence[Iterator[Frame]], players: Sequence[Player], theme: str | None) -> Iterator[Frame]:
    """Yield pictures of several episodes side by side, each with its name and return; ended episodes do not move."""
    from neat.visualize.frames import matching_theme
    from neat.visualize.tiles import Tiles

    shown = [next(film) for film in films]
    size = max(frame.shape[1] for frame in shown), max(frame.shape[0] for frame in shown)
    tiles = Tiles(len(films), size, theme=theme or matching_theme(shown[0]))
    over = [False] * len(films)
    while not all(over):
        yield tiles.show(shown, [_caption(player) for player in players], over)
        for i, frames in enumerate(films):
            frame = None if over[i] else next(frames, None)
            over[i] = frame is None
            shown[i] = shown[i] if frame is None else frame
    yield tiles.show(shown, [_caption(player) for player in players], over)


def _caption(player: Player) -> str:
    score = player.score
    steps = "step" if score.steps == 1 else "steps"
    return f"{player.name} · return {score.total:.6g} · {score.steps:,} {steps}".replace("-", "−")


def film(
    players: Sequence[Player],
    path: AnyPath,
    look: Look,
    *,
    seed: int,
    height: int | None = None,
    most_steps: int | None = None,
) -> None:
    """Write a video of champions that play one episode (mp4, GIF or WebP); several are side by side.

    Args:
        players: The champions; their scores receive the rewards.
        path: The file.
        look: What is shown.
        seed: Seed for ``env.reset``.
        height: Height in pixels of a game beside its network; by default smaller for a GIF, to keep the file small.
        most_steps: Stop after this many steps of the episode.

    Raises:
        ConfigError: The file extension is unknown, or the task has no pictures.
        EvaluationError: The environment raised an error, or its pictures are not valid.
        MissingExtraError: A package that pictures need is not installed.
        RunDirectoryError: The file cannot be written.
    """
    path = Path(path)
    check_format(path)
    rate = frame_rate(players[0].champion.task)
    every = picture_spacing(rate) if look.network or len(players) > 1 else 1
    if height is None and path.suffix.lower() == ".gif":
        height = _GIF_HEIGHT
    frames = _frames(players, look, seed=seed, height=height, most_steps=most_steps, every=every)
    write_frames(path, frames, fps=max(1, rate // every))


def watch(players: Sequence[Player], look: Look, *, seed: int) -> bool:
    """Show champions that play one episode in a window; several are side by side.

    Returns:
        Whether the episode was shown to its end; False if the window was closed before.

    Raises:
        ConfigError: The task has no pictures.
        EvaluationError: There is no screen, or the environment raised an error.
        MissingExtraError: A package that pictures need is not installed.
    """
    from experiments.display.window import Pace, show_frames

    task = players[0].champion.task
    pace = Pace(frame_rate(task))
    frames = _frames(players, look, seed=seed, height=None, most_steps=None, every=pace.wanted)
    return show_frames(frames, pace=pace, title=f"{task.environment} · neat-arena")


@dataclass(frozen=True)
class Film:
    """Video of a champion for a page: one MP4 for wide screens and one for narrow ones, or why there is none."""

    wide: bytes = b""
    narrow: bytes = b""
    missing: str = ""


def clip(champion: Champion, told: Callable[[int], None] | None = None) -> Film:
    """Return short videos of a champion at play. An error does not raise: it is in the result.

    Args:
        champion: The champion that plays.
        told: Called with the number of steps after every step.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            rate = frame_rate(champion.task)
            every = picture_spacing(rate)
            paths = [Path(folder) / name for name in ("wide.mp4", "narrow.mp4")]
            write_films(paths, _both_layouts(champion, Score(told=told), every), fps=max(1, rate // every))
            films = [path.read_bytes() for path in paths]
        except NeatError as error:
            return Film(missing=" ".join(str(error).split()))
        except Exception as error:  # the rest of the page is useful whatever error a user's game raises
            _log.warning("no video", exc_info=True)
            return Film(missing=f"{type(error).__name__}: {' '.join(str(error).split())}")
    return Film(wide=films[0], narrow=films[1])


def _both_layouts(champion: Champion, score: Score, every: int) -> Iterator[tuple[Frame, Frame]]:
    """Play one episode, and yield pairs of pictures: for wide and for narrow screens."""
    from neat.visualize.frames import BothLayouts

    champion = champion.expanded()
    panels: BothLayouts | None = None
    seed = champion.seed % 2**31
    for moment, picture, passes in _pictured(champion, score, seed=seed, most_steps=_CLIP_STEPS, every=every):
        if panels is None:
            panels = BothLayouts(champion.genome, picture, **_named(champion, moment))
        yield panels.show(picture, passes[-1], moment.shares)


def write_movie(run: SavedRun, path: AnyPath, *, theme: str = "light") -> int:
    """Write a video (mp4, GIF or WebP) of the networks of all champions of a run, one picture each.

    Returns:
        The number of champions.

    Raises:
        ConfigError: The file extension or the theme is unknown.
        RunDirectoryError: The file cannot be written.
    """
    from neat.visualize.frames import topology_frames
    from neat.visualize.widget import WidgetStep

    path = Path(path)
    check_format(path)
    steps = [WidgetStep(step.generation, step.fitness, step.genome) for step in run.steps]
    fps = max(1, min(20, round(len(steps) / _MOVIE_SECONDS)))
    write_frames(
        path,
        topology_frames(
            steps,
            theme=theme,
            **names_for(run.champion.task, run.champion.genome, run.champion.names, run.champion.network),
        ),
        fps=fps,
    )
    return len(steps)
