"""`neat ab`: compare two experiments on the same seeds, and test whether they differ."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import again, option

if TYPE_CHECKING:
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

    It compares success rates (Fisher's exact test), evaluations until solved (rank-sum test and the Hodges-Lehmann
    shift; a run that fails counts as infinite) and verified scores (paired t-test), each with a 95% interval. Finished
    runs are kept in DIR and not repeated, and interrupted ones are continued: the same command continues, and a larger
    --seeds adds runs. Writes ab.md, ab.json, table.tex for LaTeX, table.csv, and A/ and B/ with one row per run and the
    champions.

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
    from experiments.studies.differences_report import csv_table, latex_table, markdown_table, notes
    from experiments.studies.provenance import provenance, versions_of
    from experiments.studies.results import digest, refuse_others, run_missing
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
    which = independent_seeds(seeds, entropy=entropy, family=family)
    for letter, experiment in zip("AB", experiments, strict=True):  # both before the first run of any
        refuse_others(experiment, folder / letter)
    found: list[list[FinishedRun]] = []
    for letter, experiment in zip("AB", experiments, strict=True):
        if not json:
            print(f"{letter}: {experiment.name}, {seeds} independent runs, {family} seeds\n{_HEAD}")
        rows: list[FinishedRun] = []
        try:
            with Interruption(sys.stderr) as interruption:
                for row, _ in run_missing(experiment, which, folder / letter, interruption):
                    rows.append(row)
                    data = {"event": "run", "side": letter, **msgspec.to_builtins(row)}
                    print(writer.dumps(finite(data)) if json else _line(row), flush=True)
        except Interrupted as ending:
            print(f"{ending}; what has been reached is stored in {folder}. To continue: {again()}", file=sys.stderr)
            return ending.exit_code
        found.append(rows)
    differences = Differences.of(*found)
    text, lines = markdown_table(names, found, differences), notes(found, differences)
    figures = {
        "A": names[0], "B": names[1], "runs": seeds, "seeds": which, "difference": differences.as_dict(),
        "versions": versions_of([*found[0], *found[1]]), "machine": provenance(),
    }  # fmt: skip
    with explained(folder, "write to"):
        write_atomically(folder / "ab.md", "\n".join([text, "", *(f"- {line}" for line in lines), ""]))
        write_atomically(folder / "ab.json", writer.dumps(finite(figures), indent=1) + "\n")
        write_atomically(folder / "table.tex", latex_table(names, found, differences))
        write_atomically(folder / "table.csv", csv_table(found, differences))
    if json:
        print(writer.dumps(finite({"event": "figures", **figures})))
    else:
        print("\n".join(["", text, "", *lines[:3], f"wrote ab.md, ab.json, table.tex and table.csv in {folder}"]))
    return 0


_HEAD = f"{'seed':>10}  {'solved':>6}  {'evaluations':>11}  {'verified mean':>13}  {'seconds':>8}"


def _line(row: FinishedRun) -> str:
    from experiments.display.decimals import decimals

    solved, digits = "yes" if row.accepted else "no", decimals([row.sd], [row.mean])
    return f"{row.seed:>10}  {solved:>6}  {row.evaluations:>11,}  {row.mean:>13.{digits}f}  {row.seconds:>8.2f}"
