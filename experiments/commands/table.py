"""`neat table`: many runs as one table."""

from __future__ import annotations

from typing import Annotated, Literal

from tyro.conf import Positional, arg

__all__ = ["command"]


def command(
    directories: Positional[Annotated[tuple[str, ...], arg(metavar="DIR [DIR ...]")]],
    *,
    format: Literal["csv", "markdown", "latex"] = "csv",
    columns: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = (),
) -> None:
    """Print runs as one table, one row per run.

    CSV has full precision, and empty cells for unknown numbers; Markdown and LaTeX are rounded.

    Args:
        directories: Run folders, patterns ('runs/*'), or folders that contain run folders.
        format: Format of the table.
        columns: Columns to include, in this order; by default all in CSV, and a dozen in the other formats.
    """
    from experiments.display.tables import chosen, written
    from experiments.folder.loading import load_runs

    table = load_runs(*directories)
    names = columns or (tuple(table) if format == "csv" else _FOR_PEOPLE)
    print(written(chosen(table, names), format), end="")


_FOR_PEOPLE = (
    "run", "task", "seed", "status", "solved", "generations", "evaluations", "seconds", "verified_mean", "verified_low",
    "verified_high", "hidden", "connections",
)  # fmt: skip
