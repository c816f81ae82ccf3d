"""From a kind's number on a tape to its step rule, in compiled code; and from its name to its file."""

from __future__ import annotations

import importlib
from typing import Any

from neat.compiled.kernel import inlined_uncounted
from neat.networks.kinds import feedforward, kind_of, recurrent, settling

__all__ = ["module_of", "step"]


@inlined_uncounted
def step(kind, code, data, wiring, values, rest, state):  # type: ignore[no-untyped-def]
    """Let an observation pass through a network by the rule of its kind; see `neat.networks.kinds.feedforward.step`."""
    if kind == feedforward.NUMBER:
        feedforward.step(code, data, wiring, values, rest, state)
    elif kind == settling.NUMBER:
        settling.step(code, data, wiring, values, rest, state)
    elif kind == recurrent.NUMBER:
        recurrent.step(code, data, wiring, values, rest, state)


def module_of(name: str) -> Any:
    """Return the module of a kind: its step rule, its `passes`, and `constants` where it has some.

    Raises:
        ConfigError: No such kind.
    """
    return importlib.import_module(f"neat.networks.kinds.{kind_of(name).name}")
