"""A reporter for TensorBoard; it needs ``pip install "neat-arena[tensorboard]"``.

It writes one point per generation into the folder ``tensorboard/`` of a run folder. ``tensorboard --logdir runs`` shows
them. A resumed run replaces the points of the generations that it repeats.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.display.reporters import Reporter
from experiments.folder.files import AnyPath
from neat.errors import MissingExtraError

if TYPE_CHECKING:
    from experiments.loop.events import Attempt, Outcome, Started
    from neat.history.records import GenerationRecord

__all__ = ["TensorBoardReporter"]


class TensorBoardReporter(Reporter):
    """Writes fitness, species, complexity and cost for TensorBoard."""

    def __init__(self, folder: AnyPath) -> None:
        """Take the run folder.

        Raises:
            MissingExtraError: tensorboardX is not installed.
        """
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise MissingExtraError(
                "--tensorboard needs the package tensorboardX: pip install 'neat-arena[tensorboard]'"
            ) from None
        self._folder = str(Path(folder) / "tensorboard")
        self._make = SummaryWriter
        self._writer: Any = None

    def started(self, start: Started) -> None:
        """Open the file. Points from this generation on replace those of a run that was stopped."""
        self._writer = self._make(self._folder, purge_step=start.generation or None)
        self._writer.add_text("settings", f"{start.task}, seed {start.experiment.run.seed}", start.generation)

    def generation(self, record: GenerationRecord) -> None:
        """Write a point of every curve."""
        points = {
            "fitness/best": record.best,
            "fitness/mean": record.mean,
            "fitness/sd": record.sd,
            "species/number": len(record.species),
            "species/threshold": record.threshold,
            "complexity/hidden nodes": record.hidden_mean,
            "complexity/connections": record.connections_mean,
            "cost/steps": record.steps,
            "cost/seconds": record.seconds,
        }
        for name, value in points.items():
            self._writer.add_scalar(name, value, record.generation)

    def attempted(self, attempt: Attempt) -> None:
        """Write the score of a genome on fresh episodes; trials below the goal have a curve of their own."""
        self._writer.add_scalar(
            "fitness/tried" if attempt.below else "fitness/verified", attempt.verification.mean, attempt.generation
        )

    def finished(self, outcome: Outcome) -> None:
        """Write the reported score."""
        if outcome.verification is not None:
            self._writer.add_scalar("fitness/reported", outcome.verification.mean, outcome.generations)

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
