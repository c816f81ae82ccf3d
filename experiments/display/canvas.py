"""Matplotlib without a screen, whatever the environment variables say about windows and notebooks."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

__all__ = ["draw_offscreen"]


def draw_offscreen() -> None:
    """Select the Matplotlib backend that needs no screen, and import Matplotlib.

    A terminal in a notebook sets ``MPLBACKEND=module://matplotlib_inline.backend_inline``, other programs set the name
    of a window system. Either may not be installed. No command opens a window with Matplotlib, so none needs them.

    During its import, Matplotlib generates the documentation of its artists, which takes most of the time of the
    import. Commands do not need this documentation, so it is left out.
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
