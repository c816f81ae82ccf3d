"""`neat gallery`: the pictures of the README, from real runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import arg

__all__ = ["command"]


def command(*, out: Annotated[Path, arg(metavar="DIR")] = Path("docs/images")) -> None:
    """Make the pictures of the README: play two short runs, draw their results, and record a video of a champion.

    Args:
        out: Folder to write.
    """
    from experiments.display.canvas import draw_offscreen
    from experiments.display.gallery import write_gallery

    draw_offscreen()
    for path in write_gallery(out):
        print(f"{path}  {path.stat().st_size / 1000:,.0f} kB")
