"""Where Matplotlib draws: into memory, whatever the shell was told about windows and notebooks."""

from __future__ import annotations

import os

__all__ = ["draw_offscreen"]


def draw_offscreen() -> None:
    """Choose the drawing engine that needs no screen, before Matplotlib is imported.

    A terminal inside a notebook hands down ``MPLBACKEND=module://matplotlib_inline.backend_inline``, and others the
    name of a window system; neither need be there, and no command that draws opens a window by Matplotlib.
    """
    os.environ["MPLBACKEND"] = "agg"
