"""The settings of a data set as a task: which file, which column, and which rows breed, choose and judge."""

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
    """``task.kwargs`` of the task ``data``."""

    file: str
    """The CSV file; one that has gone is looked for in the current folder, if ``digest`` says what it held."""
    target: str
    """The column that is to be told from the others."""
    kind: Literal["auto", "classification", "regression"] = "auto"
    """``auto``: text, or few different whole numbers, are classes; other numbers are to be estimated."""
    leave_out: tuple[str, ...] = ()
    """Columns that are no inputs."""
    held_out: float = 0.2
    """Share of the rows behind the verified score: they breed nobody and choose nobody."""
    validation: float = 0.2
    """Share of the rows that choose the champion, and end a run whose champion gets no better; 0: those that breed
    do."""
    split: int = 0
    """Seed of the split. It is not that of the run: runs of other seeds are judged by the same rows."""
    series: bool = False
    """Whether rows follow each other in time: a network is judged by rows later than all that bred and chose it, and
    one with memory sees the rows in their order."""
    lags: int = 0
    """Series: so many earlier values of the target are inputs too."""
    folds: int = 4
    """Series: rows make so many stretches and one more, alike in size. Fold k learns from the first k + 1 of them, of
    which the last rows choose, and the next is held out (``held_out`` is not used)."""
    fold: int = -1
    """Series: which fold, from 0; -1 is the last."""
    digest: str = ""
    """What the file held, filled in when a run begins: another content is refused."""

    def __post_init__(self) -> None:
        check_fields(self, "task.kwargs")
        _check(bool(self.file), "file", "the path of a CSV file", self.file)
        _check(bool(self.target), "target", "the name of a column", self.target)
        _check(0.0 < self.held_out <= 0.8, "held_out", "a share above 0, at most 0.8", self.held_out)
        _check(0.0 <= self.validation <= 0.8, "validation", "a share from 0 to 0.8", self.validation)
        _check(
            self.held_out + self.validation <= 0.9, "validation", "a share that leaves rows to breed", self.validation
        )
        _check(0 <= self.split < 2**31, "split", "a seed from 0 to 2**31 - 1", self.split)
        _check(0 <= self.lags <= 1000, "lags", "from 0 to 1,000", self.lags)
        _check(self.series or not self.lags, "lags", "0 without series = true", self.lags)
        _check(1 <= self.folds <= 1000, "folds", "from 1 to 1,000", self.folds)
        _check(-1 <= self.fold < self.folds, "fold", f"from 0 to {self.folds - 1}, -1 for the last", self.fold)
        _check(self.series or self.fold == -1, "fold", "-1 without series = true", self.fold)

    @classmethod
    def of(cls, kwargs: Mapping[str, Any]) -> DataSettings:
        """Return the settings that keyword arguments are.

        Raises:
            ConfigError: One is unknown, missing or wrong.
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
                f"{kwargs['file']}: expected --target COLUMN (or --set task.kwargs.target=COLUMN), the column to be "
                f"told from the others: {columns}"
            )
        return cls(**kwargs)

    def read(self) -> DataFile:
        """Return the file.

        Raises:
            DataError: It cannot be read, or holds something else than when the run began.
        """
        path = Path(self.file)
        here = Path(path.name)
        if self.digest and not path.is_file() and here.is_file() and read_data(here.absolute()).digest == self.digest:
            path = here.absolute()
        found = read_data(path)
        if self.digest and found.digest != self.digest:
            raise DataError(
                f"{path} has changed since the run began (content {found.digest}, then {self.digest}): its rows are "
                "others, so nothing can be verified on it; bring the old file back, or begin a new run"
            )
        return found


def settled(config: TaskConfig, folder: Path | None = None) -> TaskConfig:
    """Return the settings of a data task with what follows from the file written into them.

    Args:
        config: The settings.
        folder: Where a relative path starts; by default the current folder.

    Raises:
        ConfigError: A setting is wrong.
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
    """Return the column of the target.

    Raises:
        DataError: There is none, it cannot be read, or there are too few rows.
    """
    file.place(settings.target, "target")
    if file.rows < _FEWEST_ROWS:
        raise DataError(f"{file.path}: expected at least {_FEWEST_ROWS} rows below the header, got {file.rows}")
    return file.column(settings.target)


def kind_of_target(column: Column) -> tuple[Literal["classification", "regression"], str]:
    """Return what a column asks for, and why in words."""
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
