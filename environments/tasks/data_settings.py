"""The settings of a data set as a task: the file, the target column, and the split of the rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from environments.tasks.data_file import Column, DataFile, read_data
from environments.tasks.settings import TaskConfig
from neat.errors import ConfigError, DataError, did_you_mean
from neat.settings.checking import check_fields, shown

__all__ = ["DATA", "DataSettings", "kind_of_target", "settled"]

DATA = "data"
"""Name of the task."""
_MOST_CLASSES = 20
_FEWEST_ROWS = 10


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """The settings of the task ``data`` (its ``task.kwargs``)."""

    file: str
    """Path of the CSV file. A file that was moved is also looked for in the current folder, and recognised by
    ``digest``."""
    target: str
    """Name of the column to predict."""
    kind: Literal["auto", "classification", "regression"] = "auto"
    """``auto``: text, or few distinct whole numbers, make a classification; other numbers a regression."""
    leave_out: tuple[str, ...] = ()
    """Columns that are not inputs."""
    held_out: float = 0.2
    """Fraction of the rows for the verified score; they take no part in training or in choosing the champion."""
    validation: float = 0.2
    """Fraction of the rows for choosing the champion and for early stopping; 0: the training rows do both."""
    split: int = 0
    """Seed of the random split. It is separate from the run's seed, so that runs with different seeds share one split.
    """
    series: bool = False
    """Whether the rows are a time series: validation and test rows then come after all training rows, and recurrent
    networks see the rows in order."""
    lags: int = 0
    """Series: number of earlier values of the target used as inputs."""
    folds: int = 4
    """Series: number of folds. The rows are divided into one more stretch than this, of similar size. Fold k trains and
    validates on the first k + 1 stretches and is tested on the next (``held_out`` is not used)."""
    fold: int = -1
    """Series: index of the fold, from 0; -1: the last."""
    digest: str = ""
    """Digest of the file's content, filled in when a run starts; the run refuses a changed file."""

    def __post_init__(self) -> None:
        check_fields(self, "task.kwargs")
        _check(bool(self.file), "file", "the path of a CSV file", self.file)
        _check(bool(self.target), "target", "the name of a column", self.target)
        _check(0.0 < self.held_out <= 0.8, "held_out", "a share above 0, at most 0.8", self.held_out)
        _check(0.0 <= self.validation <= 0.8, "validation", "a share from 0 to 0.8", self.validation)
        _check(
            self.held_out + self.validation <= 0.9,
            "validation",
            "a share that leaves rows to train on",
            self.validation,
        )
        _check(0 <= self.split < 2**31, "split", "a seed from 0 to 2**31 - 1", self.split)
        _check(0 <= self.lags <= 1000, "lags", "from 0 to 1,000", self.lags)
        _check(self.series or not self.lags, "lags", "0 without series = true", self.lags)
        _check(1 <= self.folds <= 1000, "folds", "from 1 to 1,000", self.folds)
        _check(-1 <= self.fold < self.folds, "fold", f"from 0 to {self.folds - 1}, -1 for the last", self.fold)
        _check(self.series or self.fold == -1, "fold", "-1 without series = true", self.fold)

    @classmethod
    def of(cls, kwargs: Mapping[str, Any]) -> DataSettings:
        """Return the settings given as keyword arguments.

        Raises:
            ConfigError: A setting is unknown, missing or invalid.
        """
        known = [f.name for f in dataclasses.fields(cls)]
        for name in kwargs:
            if name not in known:
                raise ConfigError(
                    f"unknown setting {shown(f'task.kwargs.{name}')}{did_you_mean(name, known)}; the task {DATA!r} has "
                    f"{', '.join(known)}"
                )
        if "file" not in kwargs:
            raise ConfigError("task.kwargs.file: expected the path of a CSV file, got nothing")
        if "target" not in kwargs:
            columns = ", ".join(read_data(Path(str(kwargs["file"]))).names[:20])
            raise ConfigError(
                f"{kwargs['file']}: expected --target COLUMN (or --set task.kwargs.target=COLUMN), the "
                f"column to predict: {columns}"
            )
        return cls(**kwargs)

    def read(self) -> DataFile:
        """Return the content of the file.

        Raises:
            DataError: The file cannot be read, or has changed since the run began.
        """
        path = Path(self.file)
        here = Path(path.name)
        if self.digest and not path.is_file() and here.is_file() and read_data(here.absolute()).digest == self.digest:
            path = here.absolute()
        found = read_data(path)
        if self.digest and found.digest != self.digest:
            raise DataError(
                f"{path} has changed since the run began (digest {found.digest}, expected {self.digest}): its rows may "
                "be different, so scores would not be comparable; restore the old file, or start a new run"
            )
        return found


def settled(config: TaskConfig, folder: Path | None = None) -> TaskConfig:
    """Return the settings of a data task, completed with the file's absolute path and digest, and the kind.

    Args:
        config: The settings.
        folder: Base of a relative path; by default the current folder.

    Raises:
        ConfigError: A setting is invalid.
        DataError: The file cannot be read.
    """
    kwargs = dict(config.kwargs)
    if isinstance(kwargs.get("file"), str) and kwargs["file"]:
        kwargs["file"] = str((folder or Path()).absolute() / kwargs["file"])
    settings = DataSettings.of(kwargs)
    file = settings.read()
    kind = settings.kind if settings.kind != "auto" else kind_of_target(target_of(file, settings))[0]
    return config.replace(kwargs={**kwargs, "kind": kind, "digest": file.digest})


def target_of(file: DataFile, settings: DataSettings) -> Column:
    """Return the target column.

    Raises:
        DataError: The column does not exist or has an invalid cell, or there are too few rows.
    """
    file.place(settings.target, "target")
    if file.rows < _FEWEST_ROWS:
        raise DataError(f"{file.path}: expected at least {_FEWEST_ROWS} rows below the header, got {file.rows}")
    return file.column(settings.target)


def kind_of_target(column: Column) -> tuple[Literal["classification", "regression"], str]:
    """Return the kind of task for a target column, and the reason in words."""
    if column.numbers is None:
        return "classification", "its cells are text"
    different = len(set(column.numbers.tolist()))
    whole = bool((column.numbers == column.numbers.round()).all())
    if whole and different <= _MOST_CLASSES and different * 5 <= len(column.numbers):
        return "classification", f"it has {different} different whole numbers"
    return "regression", "its cells are numbers"


def _check(condition: bool, name: str, expected: str, value: object) -> None:
    if not condition:
        raise ConfigError(f"task.kwargs.{name}: expected {expected}, got {shown(value)}")
