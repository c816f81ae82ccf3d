"""The report of a success rate: its figures as lines, and tables of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.display.decimals import decimals
from experiments.display.tables import latex_with_lines, written
from experiments.folder.columns import Columns
from experiments.studies.provenance import made_with
from experiments.studies.success import KeptRun, SuccessRate

__all__ = ["HEAD", "csv_table", "figures", "latex_table", "markdown_table", "run_row"]

HEAD = (
    f"{'seed':>10}  {'solved':>6}  {'generations':>11}  {'evaluations':>11}  {'steps':>13}  {'seconds':>8}  "
    f"{'verified mean':>13}  {'sd':>8}  {'min':>10}"
)
"""The names of the columns of `run_row`."""

_NUMBERS = {"generations": np.int64, "evaluations": np.int64, "steps": np.int64, "seconds": np.float64}
_COLUMNS = {
    "seed": np.int64, "solved": np.bool_, **_NUMBERS, "verified mean": np.float64, "sd": np.float64,
    "minimum": np.float64, "hidden": np.int64, "connections": np.int64,
}  # fmt: skip


def run_row(run: KeptRun) -> str:
    """Return a line about a run, as a row of the table in a terminal."""
    score = run.verification
    digits = _digits([run])
    verified = (
        "" if score is None else f"{score.mean:>13.{digits}f}  {score.sd:>8.{digits}f}  {score.minimum:>10.{digits}f}"
    )
    return (
        f"{run.seed:>10}  {'yes' if run.solved else 'no':>6}  {run.generations:>11,}  {run.evaluations:>11,}  "
        f"{run.steps:>13,}  {run.seconds:>8.2f}  {verified}"
    ).rstrip()


def figures(rate: SuccessRate) -> list[str]:
    """Return the figures as lines of text, each with the runs that it is about."""
    data = rate.as_dict()
    low, high = rate.interval
    lines = [f"solved {rate.solved} of {len(rate.runs)} (95% interval {low:.0%} to {high:.0%})"]
    if rate.evaluations:
        spread = _spread(data, "evaluations", 0)
        lines.append(
            f"evaluations to solve, of the {_runs(rate.solved)} that solved it: mean "
            f"{data['evaluations_mean']:,.0f}{spread}, median {data['evaluations_median']:,.0f}, worst "
            f"{data['evaluations_worst']:,}"
        )
        lines.append(
            f"champions of the {_runs(rate.solved)} that solved it: {data['hidden_mean']:.2f} hidden nodes, "
            f"{data['connections_mean']:.2f} enabled connections"
        )
    if data["verified_mean"] is not None:
        scores = [run.verification.mean for run in rate.runs if run.verification is not None]
        digits = decimals([(data["verified_high"] - data["verified_low"]) / 2], scores)
        lines.append(
            f"verified score, of {_all(len(scores))}: mean {data['verified_mean']:,.{digits}f}"
            f"{_spread(data, 'verified', digits)}, worst run {data['verified_worst']:,.{digits}f}"
        )
    lines.append(
        f"cost, of {_all(len(rate.runs))}: {data['steps']:,} steps, {data['seconds']:.1f} s in all, "
        f"{data['seconds_median']:.2f} s the median run"
    )
    return lines


def _runs(number: int) -> str:
    return "run" if number == 1 else f"{number:,} runs"


def _all(number: int) -> str:
    return "the one run" if number == 1 else f"all {number:,} runs"


def _spread(data: dict[str, Any], name: str, digits: int) -> str:
    """Return interval and standard deviation of a mean; nothing for a single run, which has none."""
    if data[f"{name}_sd"] is None:
        return ""
    low, high, sd = (f"{data[f'{name}_{end}']:,.{digits}f}" for end in ("low", "high", "sd"))
    return f" (95% interval {low} to {high}; sd {sd})"


def markdown_table(name: str, rate: SuccessRate, about: Sequence[str]) -> str:
    """Return the figures, lines about the runs, and the runs, as a page of Markdown."""
    listed = "\n".join(f"- {line}" for line in [*figures(rate), *about, made_with(rate.runs)])
    return f"# {name}\n\n{listed}\n\n{written(_texts(rate), 'markdown')}"


def latex_table(rate: SuccessRate, about: Sequence[str]) -> str:
    """Return the runs for LaTeX, with the figures and lines about the runs below."""
    return latex_with_lines(_texts(rate), [*figures(rate), *about, made_with(rate.runs)])


def csv_table(rate: SuccessRate) -> str:
    """Return the runs as CSV with all digits."""
    rows = []
    for run in rate.runs:
        score = run.verification
        verified = {} if score is None else {"verified mean": score.mean, "sd": score.sd, "minimum": score.minimum}
        rows.append({**{name: getattr(run, name, None) for name in _COLUMNS}, **verified})
    return written(Columns.of(rows, _COLUMNS), "csv")


def _texts(rate: SuccessRate) -> Columns:
    """Return the runs as a table of texts."""
    names = ("seed", "solved", *_NUMBERS, "verified mean", "sd", "minimum")
    digits = _digits(rate.runs)
    rows = []
    for run in rate.runs:
        score = run.verification
        shown = ("", "", "") if score is None else (score.mean, score.sd, score.minimum)
        verified = [x if isinstance(x, str) else f"{x:.{digits}f}" for x in shown]
        played = f"{run.generations:,}", f"{run.evaluations:,}", f"{run.steps:,}", f"{run.seconds:.2f}"
        rows.append((str(run.seed), "yes" if run.solved else "no", *played, *verified))
    return Columns({name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})


def _digits(runs: Sequence[KeptRun]) -> int:
    """Return the decimals of the verified scores of some runs."""
    scores = [run.verification for run in runs if run.verification is not None]
    return decimals([score.sd for score in scores], [score.mean for score in scores])
