"""The commands of `neat`, one module each: its function ``command`` has the options as parameters (read by tyro)."""

from __future__ import annotations

from typing import Any

__all__ = ["option"]


def option(metavar: str) -> Any:
    """Describe an option whose default is None: its help says what happens without it, so "None" need not."""
    from tyro.conf import arg

    return arg(metavar=metavar, help_behavior_hint="")
