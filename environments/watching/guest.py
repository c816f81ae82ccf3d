"""A person at the keyboard who plays the same episode as the networks of a crowd."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import gymnasium

from environments.watching.chances import Chances
from environments.watching.keys import KeyMap

__all__ = ["Guest"]

T = TypeVar("T")


class Guest:
    """A person who plays beside the networks, in an environment of their own (`Crowd.seat_for_guest`).

    Attributes:
        env: The environment.
        ready: Whether a key was pressed since the episode began; all players wait for the first key.
        total: Sum of the rewards so far.
        over: Whether the episode has ended.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], keys: KeyMap) -> None:
        """Take the environment, and the actions of the keys; see `begin`."""
        self.env, self._keys = env, keys
        self._held: frozenset[str] = frozenset()
        self._chances = Chances()
        self.ready, self.total, self.over = False, 0.0, False

    def begin(self, seed: int) -> None:
        """Begin the episode of ``reset(seed=seed)``."""
        before = Chances()
        self.env.reset(seed=seed)
        self._chances.keep()
        before.restore()
        self.ready, self.total, self.over = False, 0.0, False

    def aside(self, look: Callable[[], T]) -> T:
        """Return what ``look`` returns, with the random numbers of this person's environment."""
        with self._chances.own():
            return look()

    def hold(self, keys: Collection[str]) -> None:
        """Set the keys (`environments.watching.keys.KEYS`) that are pressed from now on."""
        self._held = frozenset(keys)
        self.ready = self.ready or bool(keys)

    def advance(self, steps: int) -> None:
        """Play some steps, or fewer if the episode ends."""
        for _ in range(steps):
            if self.over:
                return
            with self._chances.own():
                _, reward, terminated, truncated, _ = self.env.step(self._keys.action(self._held))
            self.total += float(reward)
            self.over = bool(terminated or truncated)
