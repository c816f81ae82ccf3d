"""From pressed keys to an action, so that a person can play the games of networks.

The names of actions (``push left``, ``no push``, ``main engine``) determine the actions of the arrow keys and Space. If
the names do not help, the number of actions does. A plain class (`environments.making.plain`) may define the keys
itself: ``keys = {"space": 1, "": 0}``, with ``""`` for no key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from neat.errors import ConfigError

__all__ = ["KEYS", "KeyMap"]

KEYS = ("left", "right", "up", "down", "space")
"""The names of keys."""
_IDLE = ("nothing", "no", "none", "noop", "idle", "stick", "torque 0")
_WORDS = {"left": ("left",), "right": ("right",), "up": ("up", "main", "gas", "accelerate"), "down": ("down", "brake")}
_AXES = (("left", "right"), ("down", "up"))


class KeyMap:
    """The actions of keys.

    Attributes:
        told: Text that explains the keys.
    """

    def __init__(
        self, space: spaces.Space[Any], names: Sequence[str] = (), own: Mapping[str, int] | None = None
    ) -> None:
        """Find a key for every action.

        Args:
            space: ``Discrete``, or a ``Box`` with one or two numbers.
            names: Names of the actions, or of the elements of an action vector.
            own: The keys that the game itself defines: the action of each key.

        Raises:
            ConfigError: Keys cannot express the actions of this space, or ``own`` is invalid.
        """
        self._space = space
        self._last: Any = None
        if isinstance(space, spaces.Discrete):
            self._choices = _choices(int(space.n), names) if own is None else dict(own)
            unknown = [key for key in self._choices if key not in (*KEYS, "")]
            if unknown or any(not 0 <= choice < space.n for choice in self._choices.values()):
                raise ConfigError(
                    f"keys: expected numbers of actions below {space.n} by the names of keys ({', '.join(KEYS)}, or '' "
                    f"for none), got {dict(own or {})}"
                )
            said = [f"{key}: {_name(names, choice)}" for key, choice in self._choices.items() if key]
        elif isinstance(space, spaces.Box) and 1 <= int(np.prod(space.shape)) <= len(_AXES):
            low, high = (np.asarray(end, np.float64).reshape(-1) for end in (space.low, space.high))
            self._low, self._high = np.where(np.isfinite(low), low, -1.0), np.where(np.isfinite(high), high, 1.0)
            said = [f"{less}/{more}: {_name(names, i)}" for i, (less, more) in enumerate(_AXES[: len(low)])]
        else:
            raise ConfigError(
                f"a person cannot play with the actions {space}: expected Discrete, or a Box of one or two numbers"
            )
        self.told = ", ".join(said)

    def action(self, held: Collection[str]) -> Any:
        """Return the action of the pressed keys. Without a key it is the idle action, or else the last action."""
        if not isinstance(self._space, spaces.Discrete):
            sides = [(more in held) - (less in held) for less, more in _AXES[: len(self._low)]]
            middle, half = (self._low + self._high) / 2, (self._high - self._low) / 2
            return (middle + half * np.array(sides)).astype(self._space.dtype).reshape(self._space.shape)
        choice = next((self._choices[key] for key in self._choices if key and key in held), None)
        if choice is None:
            choice = self._choices.get("", self._last if self._last is not None else 0)
        self._last = choice
        return int(self._space.start) + choice


def _name(names: Sequence[str], index: int) -> str:
    return names[index] if index < len(names) else f"action {index}"


def _choices(count: int, names: Sequence[str]) -> dict[str, int]:
    """Return the action of each key, and of no key (``""``) if there is an idle action."""
    found: dict[str, int] = {}
    lower = [name.lower() for name in names]
    for i, name in enumerate(lower):
        if name in _IDLE or name.split(" ")[0] in _IDLE:
            found.setdefault("", i)
            continue
        words = name.split(" ")
        for key, known in _WORDS.items():
            if key not in found and any(word in words for word in known) and not (key == "up" and _aside(words)):
                found[key] = i
                break
    if len(found) >= min(count, 2) and set(found) - {""}:
        if "up" in found:
            found.setdefault("space", found["up"])
        return found
    if count == 2:
        return {"space": 1, "up": 1, "right": 1, "left": 0, "": 0}
    if count == 3:
        return {"left": 0, "right": 2, "": 1}
    keys = KEYS[: count - 1]
    return {"": 0, **{key: i + 1 for i, key in enumerate(keys)}}


def _aside(words: Sequence[str]) -> bool:
    """Return whether a name contains a side, such as "accelerate left"."""
    return "left" in words or "right" in words
