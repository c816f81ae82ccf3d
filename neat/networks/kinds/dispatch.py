"""From the number of a kind to its step rule, in compiled code; and from its name to its module."""

from __future__ import annotations

import importlib
from typing import Any

from neat.compiled.kernel import inlined_uncounted
from neat.networks.kinds import ctrnn, feedforward, kind_of, recurrent, settling

__all__ = ["module_of", "step"]


@inlined_uncounted
def step(kind, code, data, wiring, values, rest, state):  # type: ignore[no-untyped-def]
    """Process an observation by the rule of a kind; see `neat.networks.kinds.feedforward.step`."""
    if kind == feedforward.NUMBER:
        feedforward.step(code, data, wiring, values, rest, state)
    elif kind == settling.NUMBER:
        settling.step(code, data, wiring, values, rest, state)
    elif kind == recurrent.NUMBER:
        recurrent.step(code, data, wiring, values, rest, state)
    elif kind == ctrnn.NUMBER:
        ctrnn.step(code, data, wiring, values, rest, state)


def module_of(name: str) -> Any:
    """Return the module of a kind: its step rule, its `passes`, and `constants` if it has any.

    Raises:
        ConfigError: The kind is unknown.
    """
    return importlib.import_module(f"neat.networks.kinds.{kind_of(name).name}")
