"""What every export target offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from neat.exporters.checking import Answers, Recording
from neat.exporters.policy_plan import PolicyPlan

__all__ = ["Answers", "Exporter", "Files", "MissingToolError", "Options", "Player"]

Vector = NDArray[np.float64]
Files = Mapping[str, str | bytes]
"""What an exporter writes: names of files and what is in them."""


class MissingToolError(Exception):
    """What would run exported files (a compiler, Node, a package) is not there; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What can be asked of targets.

    Attributes:
        precision: Numbers of 64 bits (``double``) or 32 (``single``): of C, ONNX and PyTorch.
        drop: Of formulas: terms may be left out as long as no output changes by more than this.
        recording: Observations over which that is measured.
    """

    precision: Literal["double", "single"] = "double"
    drop: float = 0.0
    recording: Recording | None = None


class Player(Protocol):
    """Exported files at play."""

    def play(self, observations: Vector, begins: NDArray[np.bool_]) -> Answers:
        """Answer observations.

        Args:
            observations: float64, shape (n, inputs).
            begins: Where an episode begins, bool, shape (n,).
        """

    def close(self) -> None:
        """End the program."""


class Exporter(Protocol):
    """A target of export.

    Attributes:
        summary: What it writes, in a line.
        options: Names of the `Options` that it takes.
    """

    summary: str
    options: Sequence[str]

    def write(self, policy: PolicyPlan, options: Options) -> Files:
        """Return the files that a policy is there.

        Raises:
            ConfigError: The policy has something that the target cannot say.
            MissingExtraError: Writing needs a package that is not installed.
        """

    def player(self, policy: PolicyPlan, options: Options, folder: Path) -> Player | None:
        """Return the files in a folder at play, by the tool that they are made for; None where nothing plays them.

        Raises:
            MissingToolError: The tool is not there.
        """
