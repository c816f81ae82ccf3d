"""Registries: objects by name, imported on first use, so that a new variant is one file and one line; and `late`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast

from neat.errors import ConfigError, did_you_mean

__all__ = ["Registry", "late"]

T = TypeVar("T")


def late(target: str) -> Callable[..., Any]:
    """Import and return ``module:attribute``, a function from a room above.

    It serves methods that are only a convenience: a genome can be drawn and saved, but does not depend on that code.
    """
    module, _, attribute = target.partition(":")
    return cast(Callable[..., Any], getattr(importlib.import_module(module), attribute))


class Registry(Mapping[str, T], Generic[T]):
    """Objects by name. Bundled ones are imported on first use.

    The name of a user's object may be preceded by its module, ``module:name``, so that settings say where it comes
    from. Looking up a name imports no module; `find` does.

    Example:
        >>> SCORES: Registry[type[Score]] = Registry("score", {"fitness": "neat.selection.fitness:Fitness"})
        >>> SCORES.register("shortest", Shortest)
        >>> SCORES["shortest"]
    """

    def __init__(self, noun: str, bundled: Mapping[str, str]) -> None:
        """Take the noun for messages, and the location ``module:attribute`` of each bundled object."""
        self.noun = noun
        self._things: dict[str, T | str] = dict(bundled)

    def register(self, name: str, thing: T) -> T:
        """Add an object and return it.

        Raises:
            ConfigError: Another object has this name.
        """
        if self._things.setdefault(name, thing) is not thing:
            raise ConfigError(f"there is a {self.noun} called {name!r} already: choose another name")
        return thing

    def __getitem__(self, name: str) -> T:
        """Return the object with this name.

        Raises:
            ConfigError: There is none, or its module has not been imported.
        """
        module, _, own = name.rpartition(":")
        if own not in self._things:
            if module:
                raise ConfigError(f"{self.noun} {name!r}: the module {module!r} has to be imported first")
            own = f"'my_module:{name}'"
            expected = f"{self.choices}, or {own} for one of your own" if len(self) else f"{own}, as none is registered"
            raise ConfigError(f"unknown {self.noun} {name!r}{did_you_mean(name, self)}: expected {expected}")
        thing = self._things[own]
        if isinstance(thing, str):
            thing = self._things[own] = cast(T, late(thing))
        return thing

    def find(self, name: str, setting: str = "") -> T:
        """Return the object with this name; a module before the name is imported first, so that it can register it.

        Args:
            name: The name.
            setting: The setting that gives it, for the message, such as ``search.method``.

        Raises:
            ConfigError: There is none, or the module cannot be imported or does not register it.
        """
        if not setting:
            return self._find(name)
        try:
            return self._find(name)
        except ConfigError as error:
            raise ConfigError(f"{setting}: {error}") from error.__cause__

    def _find(self, name: str) -> T:
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
                    f"{did_you_mean(own, self)}; expected {self.choices}"
                )
        return self[name]

    def check(self, name: str, setting: str) -> None:
        """Check a name given in a setting; a name with a module is checked when it is loaded.

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
        """All names, for messages."""
        return f"one of {', '.join(self)}" if len(self) > 1 else f"{next(iter(self), 'nothing')!r}"
