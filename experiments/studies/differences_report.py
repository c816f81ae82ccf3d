"""The report of two experiments on the same seeds: both samples and their difference, as Markdown, LaTeX and CSV."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np

from experiments.display.decimals import decimals
from experiments.display.tables import latex_with_lines, written
from experiments.folder.columns import Columns
from experiments.studies.differences import Difference, Differences
from experiments.studies.provenance import made_with
from experiments.studies.results import FinishedRun
from experiments.studies.success import wilson

__all__ = ["csv_table", "latex_table", "markdown_table", "notes"]

Sample = Sequence[FinishedRun]

_SOLVED, _EVALUATIONS, _SCORE = "runs that solve", "evaluations until solved, median", "verified score, mean ± sd"


def notes(found: Sequence[Sample], differences: Differences) -> list[str]:
    """Return lines about the rows of the table, the seeds and the versions."""
    seeds = ", ".join(str(row.seed) for row in found[0])
    return [
        "Runs that solve: those whose champion passed a verification during the run. Intervals: Wilson's, of "
        "the difference Newcombe's. p: Fisher's exact test.",
        "Evaluations until solved: over all runs; a run that fails counts as ∞. (neat success-rate has the mean over "
        "the runs that solved.) Difference: the Hodges-Lehmann shift. p: rank-sum test; B needs more in "
        f"{differences.slower:.0%} of pairs.",
        "Verified score: over all runs. Difference: paired by seed, with Student's t. p: paired t-test"
        f"{'.' if differences.score.p is not None else '; none, since the difference is the same for every seed.'}",
        f"Seeds of both: {seeds}.",
        made_with([*found[0], *found[1]]),
    ]


def markdown_table(names: Sequence[str], found: Sequence[Sample], differences: Differences) -> str:
    """Return both samples and their difference as a Markdown table, without the notes."""
    return written(_texts(names, found, differences), "markdown").rstrip("\n")


def latex_table(names: Sequence[str], found: Sequence[Sample], differences: Differences) -> str:
    """Return the table of `markdown_table` for LaTeX, with the notes below."""
    return latex_with_lines(_texts(names, found, differences), notes(found, differences))


def csv_table(found: Sequence[Sample], differences: Differences) -> str:
    """Return the figures as CSV with all digits: the share of runs that solve, the median and the mean."""
    d = differences
    rows = [
        ("share of runs that solve", [_solved(rows) / len(rows) for rows in found], d.solved, "Fisher"),
        (_EVALUATIONS, [_median(rows) for rows in found], d.evaluations, "rank sum"),
        ("verified score, mean", [statistics.fmean(_scores(rows)) for rows in found], d.score, "paired t"),
    ]
    data = [
        dict(zip(_KINDS, (name, *both, x.value, x.low, x.high, x.p, test), strict=True)) for name, both, x, test in rows
    ]
    return written(Columns.of(data, _KINDS), "csv")


_KINDS = {"figure": str, **dict.fromkeys(("A", "B", "B - A", "low", "high", "p"), np.float64), "test": str}


def _texts(names: Sequence[str], found: Sequence[Sample], differences: Differences) -> Columns:
    solved, evaluations, scores = [], [], []
    sds = [statistics.stdev(_scores(rows)) for rows in found]
    digits = decimals(sds, [score for rows in found for score in _scores(rows)])
    for rows, sd in zip(found, sds, strict=True):
        low, high = wilson(_solved(rows), len(rows))
        solved.append(f"{_solved(rows)} of {len(rows)} ({low:.0%} – {high:.0%})")
        evaluations.append(_number(_median(rows), ",.0f"))
        scores.append(f"{statistics.fmean(_scores(rows)):,.{digits}f} ± {sd:,.{digits}f}")
    d = differences
    half = (d.score.high - d.score.low) / 2
    form = f"+,.{decimals([half], [d.score.value]) if half else digits}f"
    rows_ = [
        (_SOLVED, *solved, _difference(d.solved, "+.0%"), _p(d.solved, "Fisher")),
        (_EVALUATIONS, *evaluations, _difference(d.evaluations, "+,.0f"), _p(d.evaluations, "rank sum")),
        (_SCORE, *scores, _difference(d.score, form), _p(d.score, "paired t")),
    ]
    heads = ("figure", f"A: {names[0]}", f"B: {names[1]}", "B − A [95% interval]", "p")
    columns = zip(heads, zip(*rows_, strict=True), strict=True)
    return Columns({name: np.array(cells, dtype=object) for name, cells in columns})


def _solved(rows: Sample) -> int:
    return sum(row.accepted for row in rows)


def _median(rows: Sample) -> float:
    """Return the median of the evaluations, infinite for a run that failed."""
    return statistics.median([row.evaluations if row.accepted else math.inf for row in rows])


def _scores(rows: Sample) -> list[float]:
    return [row.mean for row in rows]


def _difference(difference: Difference, form: str) -> str:
    value, low, high = (_number(x, form) for x in (difference.value, difference.low, difference.high))
    if math.isinf(difference.low) and math.isinf(difference.high):
        return f"{value} [open: too few runs]"
    return f"{value} [{low}, {high}]"


def _number(value: float, form: str) -> str:
    """Return a number, or a word if failed runs make it unknown."""
    return format(value, form) if abs(value) != float("inf") else "∞" if value > 0 else "-∞"


def _p(difference: Difference, test: str) -> str:
    p = difference.p
    shown = "none" if p is None else f"{p:.3f}" if p >= 0.001 else f"{p:.1g}"
    return f"{shown} ({test})"
