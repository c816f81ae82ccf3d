"""The reporters and checkpoints that keep a run folder up to date, for the command line and for Python."""

from __future__ import annotations

from experiments.display.reporters import DirectoryReporter, Reporter
from experiments.folder.champions import ChampionsReporter
from experiments.folder.directory import RunDirectory
from experiments.folder.lineage_file import LineageReporter
from experiments.loop.checkpoints import Checkpoints
from experiments.settings import RunConfig

__all__ = ["checkpoints_of", "keepers"]


def keepers(directory: RunDirectory) -> list[Reporter]:
    """Return the reporters that write a run's folder."""
    return [DirectoryReporter(directory), ChampionsReporter(directory.path), LineageReporter(directory.path)]


def checkpoints_of(directory: RunDirectory, settings: RunConfig) -> Checkpoints:
    """Return what saves the state of a run into its folder."""
    return Checkpoints(
        directory.path,
        every=settings.checkpoint_every,
        seconds=settings.checkpoint_seconds,
        kept=settings.checkpoints_kept,
    )
