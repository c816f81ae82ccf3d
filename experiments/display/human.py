"""A window in which a person plays the same episode as a champion, side by side."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from environments.watching.chances import Chances
from environments.watching.guest import Guest
from environments.watching.keys import KeyMap
from environments.watching.pictures import Picture
from environments.watching.recording import has_screen, rollout
from environments.watching.stage import blamed, camera, frame_rate, scene, staged
from experiments.display.videos import Player, Score, fitted_to_tile
from experiments.folder.names import names_for
from neat.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from environments.tasks.settings import TaskConfig

__all__ = ["play_beside"]

_GLANCE = 1 / 120  # seconds between two checks of the keys


def play_beside(champion: Player, *, seed: int) -> Score | None:
    """Let a person play an episode in a window, beside a champion that plays the same episode.

    The episode begins when the first key is pressed. Escape, Q and closing the window end it.

    Args:
        champion: The champion; its score receives its rewards.
        seed: Seed for ``env.reset``.

    Returns:
        The score of the person, or None if the episode was not begun.

    Raises:
        ConfigError: The task has no pictures, or keys cannot express its actions.
        EvaluationError: There is no screen, or the environment raised an error.
    """
    import pygame

    from neat.visualize.frames import matching_theme
    from neat.visualize.tiles import Tiles

    if not has_screen():
        raise EvaluationError("there is no screen for a window; you can also play in the page of neat watch")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    task = champion.champion.task
    person = _Person(task, _output_names(champion), seed)
    other = _Champion(champion, seed)
    first = person.picture()
    tiles = Tiles(2, (first.shape[1], first.shape[0]), theme=matching_theme(first))
    rate = frame_rate(task)
    pygame.display.init()
    try:
        begun, due = False, 0.0
        screen: Any = None
        while True:
            over = person.over and other.score.ended
            note = "" if begun else f"press a key to begin · {person.keys.told}"
            titles = [
                f"you · {_words(person.score)}" if begun else f"you · {note}",
                f"champion · {_words(other.score)}",
            ]
            page = tiles.show([person.picture(), other.picture], titles, [person.over, other.score.ended])
            if screen is None:
                screen = pygame.display.set_mode((page.shape[1], page.shape[0]))
                pygame.display.set_caption(f"{task.environment} · neat-arena · Q closes")
            screen.blit(pygame.surfarray.make_surface(page.swapaxes(0, 1)), (0, 0))
            pygame.display.flip()
            if over:
                _stand_still(pygame, 1.5)
                return person.score
            due = max(due + 1.0 / rate, time.monotonic())
            while True:
                for event in pygame.event.get():
                    if event.type == pygame.QUIT or (
                        event.type == pygame.KEYDOWN and event.key in (pygame.K_ESCAPE, pygame.K_q)
                    ):
                        return person.score if begun else None
                    if event.type in (pygame.KEYDOWN, pygame.KEYUP):
                        name = _key(pygame, event.key)
                        begun = begun or name is not None
                        person.press(name, down=event.type == pygame.KEYDOWN)
                if begun and time.monotonic() >= due:
                    break
                time.sleep(_GLANCE)
            person.step()
            other.step()
    except pygame.error as error:
        raise EvaluationError(f"the window cannot be shown: {error}") from None
    finally:
        person.close()
        other.close()
        pygame.display.quit()


class _Person:
    """The person, with an environment of their own."""

    def __init__(self, task: TaskConfig, names: Sequence[str], seed: int) -> None:
        self._config = scene(task)
        env = staged(self._config, "rgb_array")
        self._take = camera(env, self._config, "rgb_array")
        self.keys = KeyMap(env.action_space, names, getattr(getattr(env.unwrapped, "game", None), "keys", None))
        self._guest = Guest(env, self.keys)
        self.score = Score()
        self._held: set[str] = set()
        self._tapped: set[str] = set()
        with blamed(self._config):
            self._guest.begin(seed)

    @property
    def over(self) -> bool:
        """Whether the episode is over."""
        return self._guest.over

    def press(self, key: str | None, *, down: bool) -> None:
        """Note that a key is pressed or released. A key released before the next step still counts for that step."""
        if key is None:
            return
        if down:
            self._held.add(key)
            self._tapped.add(key)
        else:
            self._held.discard(key)

    def step(self) -> None:
        """Play a step, unless the episode has ended."""
        self._guest.hold(self._held | self._tapped)
        self._tapped.clear()
        if self.over:
            return
        before = self._guest.total
        with blamed(self._config):
            self._guest.advance(1)
        self.score.add(self._guest.total - before, ended=self.over)

    def picture(self) -> Picture:
        """Return a picture of the environment (uint8, shape (height, width, 3))."""
        picture = self._guest.aside(self._take)
        if picture is None:
            raise EvaluationError(
                f"environment {self._config.environment!r} has no pictures: its render() returned None"
            )
        return fitted_to_tile(picture)

    def close(self) -> None:
        """Close the environment."""
        with blamed(self._config):
            self._guest.env.close()


class _Champion:
    """The champion, which plays step by step."""

    def __init__(self, player: Player, seed: int) -> None:
        champion = player.champion
        self.score = player.score
        self._chances = Chances()
        self._moments: Iterator[Any] = rollout(
            champion.task, champion.genome, champion.network, seed=seed, scaling=champion.scaling
        )
        with self._chances.own():
            self._next = next(self._moments)
        if self._next.picture is None:
            raise EvaluationError(f"environment {champion.task.environment!r} has no picture of its first step")
        self.picture = fitted_to_tile(self._next.picture)

    def step(self) -> None:
        """Count the step whose picture is shown, and play the next."""
        if self.score.ended:
            return
        moment = self._next
        self.score.add(moment.reward, ended=moment.ended)
        if moment.ended:
            return
        with self._chances.own():
            self._next = next(self._moments)
        if self._next.picture is not None:
            self.picture = fitted_to_tile(self._next.picture)

    def close(self) -> None:
        """Close its environment."""
        close = getattr(self._moments, "close", None)
        if close is not None:
            close()


def _words(score: Score) -> str:
    said = f"{score.total:.6g}".replace("-", "−")
    return f"return {said} · {score.steps:,} step{'' if score.steps == 1 else 's'}"


def _output_names(player: Player) -> Sequence[str]:
    champion = player.champion.expanded()
    return names_for(champion.task, champion.genome, champion.names)["output_names"] or ()


def _key(pygame: Any, code: int) -> str | None:
    names = {
        pygame.K_LEFT: "left", pygame.K_RIGHT: "right", pygame.K_UP: "up", pygame.K_DOWN: "down",
        pygame.K_SPACE: "space", pygame.K_a: "left", pygame.K_d: "right", pygame.K_w: "up", pygame.K_s: "down",
    }  # fmt: skip
    return names.get(code)


def _stand_still(pygame: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(event.type in (pygame.QUIT, pygame.KEYDOWN) for event in pygame.event.get()):
            return
        time.sleep(0.02)
