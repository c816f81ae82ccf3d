"""What is loaded by name when it is asked for: registries, so that a new idea is a file and a line, and `late`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast

from neat.errors import ConfigError, did_you_mean

__all__ = ["Registry", "late"]

T = TypeVar("T")


def late(target: str) -> Callable[..., Any]:
    """Return a function that stands in a room above, by ``module:attribute``; it is loaded now.

    For what a thing offers beside what it is: a genome can be drawn and written, and need know neither.
    """
    module, _, attribute = target.partition(":")
    return cast(Callable[..., Any], getattr(importlib.import_module(module), attribute))


class Registry(Mapping[str, T], Generic[T]):
    """Things by name. Those that come with the package are loaded when they are first asked for.

    Example:
        >>> SCORES: Registry[type[Score]] = Registry("score", {"fitness": "neat.selection.fitness:Fitness"})
        >>> SCORES.register("shortest", Shortest)
        >>> SCORES["shortest"]
    """

    def __init__(self, noun: str, bundled: Mapping[str, str]) -> None:
        """Take what one of the things is called, and where each bundled one stands, as ``module:attribute``."""
        self.noun = noun
        self._things: dict[str, T | str] = dict(bundled)

    def register(self, name: str, thing: T) -> T:
        """Add a thing; return it.

        Raises:
            ConfigError: The name is taken by another one.
        """
        if self._things.setdefault(name, thing) is not thing:
            raise ConfigError(f"there is a {self.noun} called {name!r} already: choose another name")
        return thing

    def __getitem__(self, name: str) -> T:
        """Return the thing of that name.

        Raises:
            ConfigError: There is none.
        """
        if name not in self._things:
            raise ConfigError(f"unknown {self.noun} {name!r}{did_you_mean(name, self)}: expected {self.choices}")
        thing = self._things[name]
        if isinstance(thing, str):
            thing = self._things[name] = cast(T, late(thing))
        return thing

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    @property
    def choices(self) -> str:
        """All names, as messages list them."""
        return f"one of {', '.join(self)}" if len(self) > 1 else f"{next(iter(self), 'nothing')!r}"
