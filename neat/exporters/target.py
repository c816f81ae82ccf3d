"""The protocol of an export target."""

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
    """The tool to run exported files (a compiler, Node, a package) is not installed; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of targets.

    Attributes:
        precision: 64-bit (``double``) or 32-bit (``single``) numbers: for C, ONNX and PyTorch.
        drop: For formulas: terms may be omitted as long as no output changes by more than this.
        recording: Observations on which that is measured.
    """

    precision: Literal["double", "single"] = "double"
    drop: float = 0.0
    recording: Recording | None = None


class Player(Protocol):
    """Exported files that can be run."""

    def play(self, observations: Vector, begins: NDArray[np.bool_]) -> Answers:
        """Return outputs and actions for observations.

        Args:
            observations: float64, shape (n, inputs).
            begins: Where an episode starts, bool, shape (n,).
        """

    def close(self) -> None:
        """End the program."""


class Exporter(Protocol):
    """A target of export. Making one raises `MissingExtraError` if a package is missing that it needs for writing.

    Attributes:
        summary: One-line description of its files.
        options: Names of the `Options` that it supports.
    """

    summary: str
    options: Sequence[str]

    def write(self, policy: PolicyPlan, options: Options) -> Files:
        """Return the files for a policy.

        Raises:
            ConfigError: The target cannot express the policy.
        """

    def player(self, policy: PolicyPlan, options: Options, folder: Path) -> Player | None:
        """Return the files in a folder in runnable form; None if nothing can run them.

        Raises:
            MissingToolError: The tool is not installed.
        """
