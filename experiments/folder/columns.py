"""Tables as columns: the data of a run folder as NumPy arrays, and for pandas if it is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.errors import MissingExtraError

__all__ = ["Columns"]


class Columns(dict[str, NDArray[Any]]):
    """Arrays of one length by name.

    Example:
        >>> run.metrics["best"].max()
        >>> run.metrics.to_pandas().plot(x="generation", y="best")
    """

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]], types: Mapping[str, Any]) -> Columns:
        """Return rows as columns.

        Args:
            rows: The values of each row; None for unknown numbers.
            types: The type of each column, in order; `str` for text.
        """
        found = cls()
        for name, kind in types.items():
            values = [row.get(name) for row in rows]
            if kind is str:
                found[name] = np.array(["" if value is None else str(value) for value in values], np.str_)
            else:
                missing = {np.float64: np.nan, np.int64: -1, np.bool_: False}[kind]
                found[name] = np.array([missing if value is None else value for value in values], kind)
        return found

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.values()), ()))

    def to_pandas(self) -> Any:
        """Return the table as a ``pandas.DataFrame``.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise MissingExtraError("to_pandas() needs a package that is not installed: pip install pandas") from None
        return pandas.DataFrame(dict(self))
