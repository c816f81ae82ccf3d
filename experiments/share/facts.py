"""The verified score of a run, for the page."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from experiments.folder.directory import RunDirectory
from neat.errors import NeatError

__all__ = ["score_of"]


def score_of(path: Path) -> str:
    """Return a sentence with the verified score of a run; empty if it has none."""
    if not path.is_dir() or not (path / "result.json").is_file():
        return ""
    with suppress(NeatError, TypeError, ValueError, KeyError):
        fresh = RunDirectory.open(path).result()["verification"]
        episodes, mean = int(fresh["episodes"]), float(fresh["mean"])
        return f"Mean return over {episodes:,} fresh episodes: {mean:,.2f}" if episodes > 1 else ""
    return ""
