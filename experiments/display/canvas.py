"""Where Matplotlib draws: into memory, whatever the shell was told about windows and notebooks."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

__all__ = ["draw_offscreen"]


def draw_offscreen() -> None:
    """Choose the drawing engine that needs no screen, and import Matplotlib with it.

    A terminal inside a notebook hands down ``MPLBACKEND=module://matplotlib_inline.backend_inline``, and others the
    name of a window system; neither need be there, and no command that draws opens a window by Matplotlib.

    Matplotlib writes the manual of all its artists while it is imported, which takes longer than all else about that.
    Commands do without it: nobody asks for help about a class in one.
    """
    os.environ["MPLBACKEND"] = "agg"
    if "matplotlib.figure" in sys.modules:
        return
    artists: Any = importlib.import_module("matplotlib.artist")
    written = artists.kwdoc
    artists.kwdoc = lambda artist: ""
    try:
        importlib.import_module("matplotlib.figure")
    finally:
        artists.kwdoc = written
