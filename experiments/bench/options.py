"""Options that every benchmark with other programs has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import arg

__all__ = ["Compared"]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Options of a benchmark that runs other programs too."""

    without_peers: bool = False
    """Measure this project alone."""
    peers: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None
    """A virtual environment that has the other programs; by default one is made in the user's cache folder."""
