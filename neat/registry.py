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

    One of somebody's own may have its module in front, ``module:name``: settings say so where it comes from. Looking a
    name up imports no module; `find` does.

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
            ConfigError: There is none, or its module has not been imported.
        """
        module, _, own = name.rpartition(":")
        if own not in self._things:
            if module:
                raise ConfigError(f"{self.noun} {name!r}: the module {module!r} has to be imported first")
            raise ConfigError(f"unknown {self.noun} {name!r}{did_you_mean(name, self)}: expected {self.choices}")
        thing = self._things[own]
        if isinstance(thing, str):
            thing = self._things[own] = cast(T, late(thing))
        return thing

    def find(self, name: str) -> T:
        """Return the thing of that name; where it has a module in front, that is imported first, to register it.

        Raises:
            ConfigError: There is none, or the module cannot be imported or does not register it.
        """
        module, _, own = name.rpartition(":")
        if module and own not in self._things:
            try:
                importlib.import_module(module)
            except ImportError as error:
                raise ConfigError(
                    f"{self.noun} {name!r}: the module {module!r} cannot be imported: {error}; go to the folder that "
                    "holds it, or name that folder in PYTHONPATH"
                ) from error
            if own not in self._things:
                raise ConfigError(
                    f"{self.noun} {name!r}: the module {module!r} registers no such {self.noun}"
                    f"{did_you_mean(own, self)}; there are {', '.join(self)}"
                )
        return self[name]

    def check(self, name: str, setting: str) -> None:
        """Check a name that a setting gives; one with a module in front is checked when it is loaded.

        Raises:
            ConfigError: There is none.
        """
        if ":" not in name and name not in self:
            raise ConfigError(f"{setting}: expected {self.choices}, got {name!r}{did_you_mean(name, self)}")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.rpartition(":")[2] in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    @property
    def choices(self) -> str:
        """All names, as messages list them."""
        return f"one of {', '.join(self)}" if len(self) > 1 else f"{next(iter(self), 'nothing')!r}"
