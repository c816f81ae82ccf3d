"""`neat success-rate`: run many independent seeds of one experiment, and report how many solve it at what cost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import again, option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.settings import Experiment
    from experiments.studies.success import KeptRun, SuccessRate

__all__ = ["command"]


def command(
    target: Positional[Annotated[str, arg(metavar="TARGET")]],
    *,
    seeds: Annotated[int, arg(metavar="N")] = 10,
    entropy: Annotated[int, arg(metavar="N")] = 0,
    tuning: bool = False,
    at_least: Annotated[int | None, option("K")] = None,
    generations: Annotated[int | None, option("N")] = None,
    population: Annotated[int | None, option("N")] = None,
    workers: Annotated[int | None, option("N")] = None,
    backend: Annotated[str | None, option("NAME")] = None,
    preset: Annotated[str | None, option("NAME")] = None,
    set: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="SECTION.KEY=VALUE")]] = (),
    out: Annotated[Path | None, option("DIR")] = None,
    json: bool = False,
) -> int:
    """Run independent seeds of one experiment: success rate, and evaluations needed.

    Every solved run is verified as in `neat run`, and any line can be repeated with `neat run TARGET --seed N`. With
    --out, finished runs are kept and not repeated, and interrupted ones are continued: the same command continues, and
    a larger --seeds adds runs.

    Args:
        target: A Gymnasium id, a bundled experiment or a TOML file.
        seeds: Number of runs.
        entropy: Number from which the seeds are derived.
        tuning: Use tuning seeds (even numbers) instead of reported seeds (odd).
        at_least: Exit with code 1 if fewer runs than this solve the task.
        generations: Maximum number of generations of a run.
        population: Number of genomes in every generation.
        workers: Number of threads or processes; results do not depend on it. By default one per core.
        backend: Backend that plays the episodes ({backends}).
        preset: Preset for settings that the experiment does not give ({presets}).
        set: Any setting of an experiment file, such as mutation.add_node=0.1.
        out: Also write into this folder, or continue it: settings.toml; runs.jsonl, one JSON object per run, as runs
            end; figures.json; table.md; table.tex, for LaTeX; table.csv.
        json: Print one JSON object per line: each run, then the figures.
    """
    from experiments.commands.run import experiment_from
    from experiments.studies.success import Family, KeptRun, SuccessRate, independent_seeds, run_seeds
    from neat.compiled.kernel import is_cached
    from neat.errors import ConfigError

    if not 1 <= seeds <= 1_000_000:
        raise ConfigError(f"--seeds: expected from 1 to 1,000,000 runs, got {seeds}")
    experiment = experiment_from(
        target,
        generations=generations,
        population=population,
        workers=workers,
        backend=backend,
        preset=preset,
        changes=set,
    )
    family: Family = "tuning" if tuning else "reported"
    which = independent_seeds(seeds, entropy=entropy, family=family)
    about = f"{experiment.name}: {seeds} independent runs, {family} seeds"
    if not json:
        print(about)
        if not is_cached("environments.evaluators.compiled"):
            print("compiling: needed once for this version; later runs load the cached code")
    shown = _Shown(json=json)
    if out is not None:
        return _kept(experiment, which, out, shown, [f"{about}, derived from {entropy}"], at_least)
    shown.begin()
    done: list[KeptRun] = []
    for finished in run_seeds(experiment, which):
        done.append(KeptRun.of(experiment.name, finished))
        shown.run(done[-1])
    return shown.figures(experiment, SuccessRate(tuple(done)), at_least)


class _Shown:
    """What is printed: lines, or JSON."""

    def __init__(self, *, json: bool) -> None:
        self._json = json

    def begin(self, kept: int = 0) -> None:
        """Print the head of the table, after the number of runs that are there already."""
        from experiments.studies.success_report import HEAD

        if not self._json:
            print(f"{kept} of them there already\n{HEAD}" if kept else HEAD)

    def run(self, row: KeptRun) -> None:
        """Print a finished run."""
        from experiments.replication.folder import row_data
        from experiments.studies.success_report import run_row

        self._say({"event": "run", **row_data(row)}, [run_row(row)])

    def figures(self, experiment: Experiment, rate: SuccessRate, at_least: int | None, wrote: str = "") -> int:
        """Print the figures and the files written, and return the exit code."""
        from experiments.studies.success_report import figures

        lines = [*figures(rate), *([wrote] if wrote else [])]
        self._say({"event": "figures", "experiment": experiment.name, **rate.as_dict()}, lines)
        return 1 if at_least is not None and rate.solved < at_least else 0

    def _say(self, data: dict[str, Any], lines: Sequence[str]) -> None:
        import json

        from experiments.folder.files import finite

        print(json.dumps(finite(data)) if self._json else "\n".join(lines), flush=True)


def _kept(
    experiment: Experiment, seeds: Sequence[int], out: Path, shown: _Shown, about: Sequence[str], at_least: int | None
) -> int:
    """Run the seeds that a folder lacks, write figures and tables of all, and return the exit code."""
    import json
    import shutil

    from experiments.folder.files import explained, finite, write_atomically
    from experiments.loop.interruption import Interrupted, Interruption
    from experiments.replication.folder import RunsFolder
    from experiments.studies.results import finish
    from experiments.studies.success import KeptRun, SuccessRate
    from experiments.studies.success_report import csv_table, latex_table, markdown_table

    with RunsFolder(out, experiment, KeptRun) as folder:
        shown.begin(sum(seed in folder.rows for seed in seeds))
        try:
            with Interruption(sys.stderr) as interruption:
                for seed in seeds:
                    if seed not in folder.rows:
                        unfinished = out / "unfinished" / str(seed)
                        folder.add(KeptRun.of(experiment.name, finish(experiment, seed, unfinished, interruption)))
                        shutil.rmtree(unfinished.parent, ignore_errors=True)
                    shown.run(folder.rows[seed])
        except Interrupted as ending:
            print(f"{ending}; what has been reached is stored in {out}. To continue: {again()}", file=sys.stderr)
            return ending.exit_code
        rate = SuccessRate(tuple(folder.rows[seed] for seed in seeds))
        with explained(out, "write to"):
            data = finite({"experiment": experiment.name, **rate.as_dict()})
            write_atomically(out / "figures.json", json.dumps(data, indent=1) + "\n")
            write_atomically(out / "table.md", markdown_table(experiment.name, rate, about))
            write_atomically(out / "table.tex", latex_table(rate, about))
            write_atomically(out / "table.csv", csv_table(rate))
    wrote = f"wrote runs.jsonl, figures.json, table.md, table.tex and table.csv in {out}"
    return shown.figures(experiment, rate, at_least, wrote)
