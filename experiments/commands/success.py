"""`neat success-rate`: run many independent seeds of one experiment, and report how many solve it at what cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import option

if TYPE_CHECKING:
    from experiments.folder.columns import Columns
    from experiments.studies.success import SeedRun, SuccessRate

__all__ = ["HEAD", "command", "run_row"]


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

    Every solved run is verified as in `neat run`, and any line can be repeated with `neat run TARGET --seed N`.

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
        out: Also write into this folder: runs.jsonl, one JSON object per run, as runs end; figures.json; table.md;
            table.tex, for LaTeX.
        json: Print one JSON object per line: each run, then the figures.
    """
    import json as writer

    from experiments.commands.run import experiment_from
    from experiments.display.tables import latex_with_lines, written
    from experiments.folder.files import Lines, explained, finite, write_atomically
    from experiments.studies.success import Family, SuccessRate, independent_seeds, run_seeds
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
    done: list[SeedRun] = []
    kept = None
    if out is not None:
        with explained(out, "write to"):
            out.mkdir(parents=True, exist_ok=True)
        if (out / "runs.jsonl").exists():
            raise ConfigError(f"--out {out}: holds a runs.jsonl already; choose another folder")
        kept = Lines(out / "runs.jsonl")
    if not json:
        print(f"{experiment.name}: {seeds} independent runs, {'tuning' if tuning else 'reported'} seeds")
        if not is_cached("environments.evaluators.compiled"):
            print("compiling: needed once for this version; later runs load the cached code")
        print(HEAD)
    family: Family = "tuning" if tuning else "reported"
    for finished in run_seeds(experiment, independent_seeds(seeds, entropy=entropy, family=family)):
        done.append(finished)
        if kept is not None:
            kept.append({"experiment": experiment.name, **finished.as_dict()})
        print(writer.dumps(finite({"event": "run", **finished.as_dict()})) if json else run_row(finished), flush=True)
    rate = SuccessRate(tuple(done))
    if json:
        print(writer.dumps(finite({"event": "figures", "experiment": experiment.name, **rate.as_dict()})))
    else:
        for line in _figures(rate):
            print(line)
    if out is not None and kept is not None:
        kept.close()
        with explained(out, "write to"):
            figures = finite({"experiment": experiment.name, **rate.as_dict()})
            write_atomically(out / "figures.json", writer.dumps(figures, indent=1) + "\n")
            runs, lines = _table(rate), _figures(rate)
            listed = "\n".join(f"- {line}" for line in lines)
            write_atomically(out / "table.md", f"# {experiment.name}\n\n{listed}\n\n{written(runs, 'markdown')}")
            write_atomically(out / "table.tex", latex_with_lines(runs, lines))
        if not json:
            print(f"wrote runs.jsonl, figures.json, table.md and table.tex in {out}")
    return 1 if at_least is not None and rate.solved < at_least else 0


HEAD = (
    f"{'seed':>10}  {'solved':>6}  {'generations':>11}  {'evaluations':>11}  {'steps':>13}  {'seconds':>8}  "
    f"{'verified mean':>13}  {'sd':>8}  {'min':>10}"
)


def run_row(finished: SeedRun) -> str:
    """Return a line about a run, as a row of the table."""
    o, score = finished.outcome, finished.outcome.verification
    verified = "" if score is None else f"{score.mean:>13.2f}  {score.sd:>8.2f}  {score.minimum:>10.2f}"
    return (
        f"{finished.seed:>10}  {'yes' if o.solved else 'no':>6}  {o.generations:>11,}  {o.evaluations:>11,}  "
        f"{o.steps:>13,}  {o.seconds:>8.2f}  {verified}"
    )


def _table(rate: SuccessRate) -> Columns:
    """Return the runs as a table of texts."""
    import numpy as np

    from experiments.folder.columns import Columns

    names = ("seed", "solved", "generations", "evaluations", "steps", "seconds", "verified mean", "sd", "minimum")
    rows = []
    for finished in rate.runs:
        o, score = finished.outcome, finished.outcome.verification
        verified = ("", "", "") if score is None else (f"{score.mean:.2f}", f"{score.sd:.2f}", f"{score.minimum:.2f}")
        played = f"{o.generations:,}", f"{o.evaluations:,}", f"{o.steps:,}", f"{o.seconds:.2f}"
        rows.append((str(finished.seed), "yes" if o.solved else "no", *played, *verified))
    return Columns({name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})


def _figures(rate: SuccessRate) -> list[str]:
    figures = rate.as_dict()
    low, high = rate.interval
    lines = [f"solved {rate.solved} of {len(rate.runs)} (95% interval {low:.0%} to {high:.0%})"]
    if rate.evaluations:
        lines.append(
            f"evaluations to solve: mean {figures['evaluations_mean']:,.0f}, median "
            f"{figures['evaluations_median']:,.0f}, worst {figures['evaluations_worst']:,}"
        )
        lines.append(
            f"champions: {figures['hidden_mean']:.2f} hidden nodes, {figures['connections_mean']:.2f} enabled "
            "connections"
        )
    if figures["verified_mean"] is not None:
        lines.append(f"verified score: mean {figures['verified_mean']:.2f}, worst run {figures['verified_worst']:.2f}")
    lines.append(
        f"cost: {figures['steps']:,} steps, {figures['seconds']:.1f} s in all, {figures['seconds_median']:.2f} s the "
        "median run"
    )
    return lines
