"""`neat ab`: compare two experiments on the same seeds, and test whether they differ."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import option

if TYPE_CHECKING:
    from experiments.studies.differences import Difference, Differences
    from experiments.studies.results import FinishedRun

__all__ = ["command"]


def command(
    first: Positional[Annotated[str, arg(metavar="A")]],
    second: Positional[Annotated[str, arg(metavar="B")]],
    *,
    seeds: Annotated[int, arg(metavar="N")] = 30,
    entropy: Annotated[int, arg(metavar="N")] = 0,
    tuning: bool = False,
    generations: Annotated[int | None, option("N")] = None,
    workers: Annotated[int | None, option("N")] = None,
    backend: Annotated[str | None, option("NAME")] = None,
    set: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="SECTION.KEY=VALUE")]] = (),
    set_b: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="SECTION.KEY=VALUE")]] = (),
    out: Annotated[Path | None, option("DIR")] = None,
    json: bool = False,
) -> int:
    """Compare two experiments: run both with the same seeds, and test the differences.

    It compares success rates (Fisher's exact test), evaluations to solve (rank-sum test and the Hodges-Lehmann shift)
    and verified scores (paired t-test), each with a 95% interval. Finished runs are kept in DIR and not repeated, and
    interrupted ones are continued: the same command continues, and a larger --seeds adds runs. Writes ab.md, ab.json,
    and A/ and B/ with one row per run and the champions.

    Args:
        first: A Gymnasium id, a bundled experiment or a TOML file.
        second: Another; with --set-b it may be the same.
        seeds: Number of runs of each.
        entropy: Number from which the seeds are derived.
        tuning: Use tuning seeds (even numbers) instead of reported seeds (odd).
        generations: Maximum number of generations of a run.
        workers: Number of threads or processes; results do not depend on it. By default one per core.
        backend: Backend that plays the episodes (auto, serial, processes, compiled, envpool, ray).
        set: Any setting of an experiment file, for both.
        set_b: The same, for B alone: `neat ab xor xor --set-b mutation.add_node=0.1`.
        out: The folder; by default runs/ab-A-B.
        json: Print one JSON object per line: each run, then the figures.
    """
    import json as writer

    import msgspec

    from experiments.commands.run import experiment_from
    from experiments.folder.files import explained, finite, write_atomically
    from experiments.loop.interruption import Interrupted, Interruption
    from experiments.studies.differences import Differences
    from experiments.studies.results import digest, run_missing
    from experiments.studies.success import Family, independent_seeds
    from neat.errors import ConfigError

    if not 2 <= seeds <= 1_000_000:
        raise ConfigError(f"--seeds: expected from 2 to 1,000,000 runs of each, got {seeds}")
    experiments = [
        experiment_from(target, generations=generations, workers=workers, backend=backend, changes=changes)
        for target, changes in ((first, set), (second, (*set, *set_b)))
    ]
    if digest(experiments[0]) == digest(experiments[1]):
        raise ConfigError(f"{first} and {second} have the same settings: there is nothing to compare (see --set-b)")
    tasks = [experiment.task.environment for experiment in experiments]
    if tasks[0] != tasks[1]:
        print(
            f"note: A plays {tasks[0]}, B plays {tasks[1]}; scores compare only if they mean the same", file=sys.stderr
        )
    names = [experiment.name for experiment in experiments]
    folder = out or Path("runs") / f"ab-{names[0]}-{names[1]}".replace("/", "-").replace(":", "-")
    family: Family = "tuning" if tuning else "reported"
    found: list[list[FinishedRun]] = []
    for letter, experiment in zip("AB", experiments, strict=True):
        if not json:
            print(f"{letter}: {experiment.name}, {seeds} independent runs, {family} seeds\n{_HEAD}")
        rows: list[FinishedRun] = []
        try:
            with Interruption(sys.stderr) as interruption:
                which = independent_seeds(seeds, entropy=entropy, family=family)
                for row, _ in run_missing(experiment, which, folder / letter, interruption):
                    rows.append(row)
                    data = {"event": "run", "side": letter, **msgspec.to_builtins(row)}
                    print(writer.dumps(finite(data)) if json else _line(row), flush=True)
        except Interrupted as ending:
            print(f"{ending}; run the same command again to continue", file=sys.stderr)
            return ending.exit_code
        found.append(rows)
    differences = Differences.of(*found)
    text = _table(names, found, differences)
    figures = {"A": names[0], "B": names[1], "seeds": seeds, "B less A": differences.as_dict()}
    with explained(folder, "write to"):
        write_atomically(folder / "ab.md", f"{text}\n")
        write_atomically(folder / "ab.json", writer.dumps(finite(figures), indent=1) + "\n")
    if json:
        print(writer.dumps(finite({"event": "figures", **figures})))
    else:
        print(f"\n{text}\n\nwrote ab.md and ab.json in {folder}")
    return 0


_HEAD = f"{'seed':>10}  {'solved':>6}  {'evaluations':>11}  {'verified mean':>13}  {'seconds':>8}"


def _line(row: FinishedRun) -> str:
    solved = "yes" if row.accepted else "no"
    return f"{row.seed:>10}  {solved:>6}  {row.evaluations:>11,}  {row.mean:>13.2f}  {row.seconds:>8.2f}"


def _table(names: Sequence[str], found: Sequence[Sequence[FinishedRun]], differences: Differences) -> str:
    """Return both samples and their differences, as a Markdown table."""
    import statistics

    from experiments.studies.success import wilson

    solved, evaluations, scores = [], [], []
    for rows in found:
        number = sum(row.accepted for row in rows)
        low, high = wilson(number, len(rows))
        solved.append(f"{number} of {len(rows)} ({low:.0%} – {high:.0%})")
        costs = [row.evaluations if row.accepted else math.inf for row in rows]
        evaluations.append(_number(statistics.median(costs), ",.0f"))
        means = [row.mean for row in rows]
        scores.append(f"{statistics.fmean(means):,.2f} ± {statistics.stdev(means):,.2f}")
    d = differences
    return "\n".join(
        [
            f"| | A: {names[0]} | B: {names[1]} | B less A [95% interval] | p |",
            "|---|---|---|---|---|",
            f"| runs that solve | {' | '.join(solved)} | {_difference(d.solved, '+.0%')} | {_p(d.solved)} (Fisher) |",
            f"| evaluations to solve, median | {' | '.join(evaluations)} | {_difference(d.evaluations, '+,.0f')} "
            f"| {_p(d.evaluations)} (rank sum; B needs more in {d.slower:.0%} of pairs) |",
            f"| verified score, mean ± sd | {' | '.join(scores)} | {_difference(d.score, '+,.2f')} | (paired t) |",
        ]
    )


def _difference(difference: Difference, form: str) -> str:
    value, low, high = (_number(x, form) for x in (difference.value, difference.low, difference.high))
    if math.isinf(difference.low) and math.isinf(difference.high):
        return f"{value} [open: too few runs]"
    return f"{value} [{low}, {high}]"


def _number(value: float, form: str) -> str:
    """Return a number, or a word if failed runs make it unknown."""
    return format(value, form) if abs(value) != float("inf") else "∞" if value > 0 else "-∞"


def _p(difference: Difference) -> str:
    p = difference.p
    return "" if p is None else f"{p:.3f}" if p >= 0.001 else f"{p:.1g}"
