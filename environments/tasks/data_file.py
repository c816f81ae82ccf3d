"""Tables from CSV files: column types, and cells as numbers. Errors contain the line of the file."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neat.errors import DataError, did_you_mean

__all__ = ["Column", "DataFile", "read_data"]

_LARGEST = 256 << 20
_MOST_CELLS = 50_000_000
_MOST_TEXTS = 50
"""Maximum number of distinct texts in an input column: each needs one input."""
_DELIMITERS = ",;\t|"

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """A column of a file.

    Attributes:
        name: Its name in the header.
        numbers: Its values, float64, shape (rows,), if all cells are numbers; else None.
        texts: Its cells, stripped; shape (rows,).
    """

    name: str
    numbers: Numbers | None
    texts: tuple[str, ...]


class DataFile:
    """A file with a header and rows of cells.

    Attributes:
        path: The file.
        digest: Digest of its content, 16 hexadecimal digits.
        names: Names of the columns, in order.
        unnamed: Number of columns without a name, which are left out. (Some programs write row numbers in such a
            column.)
        rows: Number of rows of cells.
    """

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self.digest = hashlib.blake2b(content, digest_size=8).hexdigest()
        header, self._cells, self._lines = _read(path, content)
        self._places = {name: i for i, name in enumerate(header) if name}
        self.names = tuple(self._places)
        self.unnamed = sum(not name for name in header)
        self.rows = len(self._cells)
        self._columns: dict[str, Column] = {}

    def place(self, name: str, what: str) -> int:
        """Return the index of a column.

        Args:
            name: Name of the column.
            what: What requires it, for the error message.

        Raises:
            DataError: There is no column with this name.
        """
        if name not in self._places:
            shown = ", ".join(self.names[:20]) + (", …" if len(self.names) > 20 else "")
            raise DataError(
                f"{self.path}: {what}: there is no column {name!r}{did_you_mean(name, self.names)}; there are {shown}"
            )
        return self._places[name]

    def column(self, name: str) -> Column:
        """Return a column.

        Raises:
            DataError: A cell is empty, or is text in a column of numbers.
        """
        if name not in self._columns:
            self._columns[name] = self._parsed(name, self.place(name, "column"))
        return self._columns[name]

    def _parsed(self, name: str, place: int) -> Column:
        texts = tuple(row[place].strip() for row in self._cells)
        empty = [i for i, text in enumerate(texts) if not text]
        if empty:
            raise DataError(
                f"{self._at(empty[0], name)}: expected a value, got an empty cell{_more(empty)}; fill it in, remove "
                f"the line, or {_leave_out(name)}"
            )
        values = [_number(text) for text in texts]
        odd = [i for i, value in enumerate(values) if value is None]
        if not odd:
            return Column(name, np.array(values, np.float64), texts)
        if len(odd) * 2 <= len(texts):
            raise DataError(
                f"{self._at(odd[0], name)}: expected a number, as in most lines of this column, got "
                f"{texts[odd[0]][:40]!r}{_more(odd)}; correct it, remove the line, or {_leave_out(name)}"
            )
        return Column(name, None, texts)

    def inputs(self, names: Iterable[str]) -> tuple[Numbers, tuple[str, ...]]:
        """Return columns as network inputs: numbers unchanged, texts as one input per distinct value (1 or 0).

        A column with only two distinct texts needs one input.

        Returns:
            float64, shape (rows, inputs), and the name of each input (``colour=red``).

        Raises:
            DataError: A cell is invalid, or a column has too many distinct texts.
        """
        parts: list[Numbers] = []
        called: list[str] = []
        for name in names:
            column = self.column(name)
            if column.numbers is not None:
                parts.append(column.numbers)
                called.append(name)
                continue
            texts = sorted(set(column.texts))
            if len(texts) > _MOST_TEXTS:
                raise DataError(
                    f"{self.path}: column {name!r} has {len(texts):,} different texts, expected at most {_MOST_TEXTS}; "
                    f"{_leave_out(name)}"
                )
            for text in texts[len(texts) == 2 :]:
                parts.append(np.array([own == text for own in column.texts], np.float64))
                called.append(f"{name}={text}")
        return np.stack(parts, axis=1) if parts else np.empty((self.rows, 0)), tuple(called)

    def _at(self, row: int, name: str) -> str:
        return f"{self.path}, line {self._lines[row]}, column {name!r}"


def _more(rows: list[int]) -> str:
    return f" (and {len(rows) - 1:,} more)" if len(rows) > 1 else ""


def _leave_out(name: str) -> str:
    return f"leave the column out (--set 'task.kwargs.leave_out=[\"{name}\"]')"


def read_data(path: Path) -> DataFile:
    """Return a file's content. It is cached, and read again only if the file has changed.

    Raises:
        DataError: The file cannot be read, or is not a table with a header; the message contains the line.
    """
    try:
        status = os.stat(path)
    except OSError as error:
        raise DataError(f"cannot read the data file {path}: {error.strerror or error}") from None
    return _read_again(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _read_again(path: Path, changed: int, size: int) -> DataFile:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise DataError(f"cannot read the data file {path}: {error.strerror or error}") from None
    if len(content) > _LARGEST:
        raise DataError(f"{path}: larger than {_LARGEST >> 20} MiB, not read")
    return DataFile(path, content)


def _read(path: Path, content: bytes) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the header, the cells of each row, and the line on which each row begins."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: expected text in UTF-8, got other bytes: save the file as UTF-8"
        ) from None
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), ())))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    cells: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            here, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in row) and len(row) <= 1:
                continue  # a blank line
            if not header:
                header = [cell.strip() for cell in row]
                _check_header(path, here, header)
                continue
            if len(row) != len(header):
                raise DataError(
                    f"{path}, line {here}: expected {len(header)} cells, like the header, got {len(row)}; a cell "
                    f"that contains {delimiter!r} needs double quotes"
                )
            cells.append(row)
            lines.append(here)
            if len(cells) * len(header) > _MOST_CELLS:
                raise DataError(f"{path}: more than {_MOST_CELLS:,} cells, not read")
    except csv.Error as error:
        raise DataError(f"{path}, line {line}: {error}: is a double quote missing, or one too many?") from None
    if not header:
        raise DataError(f"{path}: the file is empty; expected a line with the names of columns, and rows below it")
    return header, cells, lines


def _check_header(path: Path, line: int, header: Sequence[str]) -> None:
    if all(_number(name) is not None for name in header):
        raise DataError(
            f"{path}, line {line}: expected the names of the columns, got numbers ({', '.join(header[:4])}): put a "
            "line with names at the top"
        )
    twice = [name for name, count in Counter(filter(None, header)).items() if count > 1]
    if twice:
        raise DataError(f"{path}, line {line}: two columns have the name {twice[0]!r}: rename one")


def _number(text: str) -> float | None:
    """Return a cell as a number, or None if it is not a finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None
