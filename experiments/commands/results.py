"""`neat results`: run the bundled experiments on Gymnasium's environments over seeds, and write one table of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import again, option

__all__ = ["command"]


def command(
    names: Positional[Annotated[tuple[str, ...], arg(metavar="[NAME ...]")]] = (),
    *,
    all: bool = False,
    seeds: Annotated[int, arg(metavar="N")] = 10,
    out: Annotated[Path, arg(metavar="DIR")] = Path("runs/results"),
    comparisons: Annotated[Path | None, option("DIR")] = None,
    workers: Annotated[int | None, option("N")] = None,
    backend: Annotated[str | None, option("NAME")] = None,
    set: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="SECTION.KEY=VALUE")]] = (),
) -> int:
    """Run bundled experiments over independent seeds, and write a table of their results beside published ones.

    Seeds are those of `neat success-rate`. Finished runs are stored in DIR and not repeated, and an interrupted run
    continues from its last checkpoint, so the same command continues a table. It writes NAME.jsonl (one row per run),
    champions/, results.json and results.md. These contain all experiments with rows in DIR: a table by experiment, a
    leaderboard by environment and method, and a list of all runs.

    Args:
        names: Bundled experiments or Gymnasium ids.
        all: Run all experiments with a Gymnasium environment whose extras are installed, which takes hours.
        seeds: Number of runs of each; with 0, only the table of stored runs is written.
        out: The folder.
        comparisons: Folder with folders written by neat compare, whose methods are added to the leaderboard.
        workers: Number of threads or processes, by default one for each core; results do not depend on it.
        backend: How episodes are played ({backends}).
        set: Any setting of an experiment file, such as mutation.add_node=0.1.
    """
    import json

    from experiments.commands.run import experiment_from
    from experiments.folder.files import explained, finite, write_atomically
    from experiments.loop.interruption import Interrupted, Interruption
    from experiments.studies.leaderboard import compared, entries, leaderboard
    from experiments.studies.results import collect, experiments_with_results, run_missing
    from experiments.studies.results_report import runs_table, table, words
    from experiments.studies.success import KeptRun, independent_seeds
    from experiments.studies.success_report import HEAD, run_row
    from neat.errors import ConfigError, MissingExtraError

    if seeds < 0:
        raise ConfigError(f"--seeds: expected at least 0 runs, got {seeds}")
    known = experiments_with_results()
    if names and all:
        raise ConfigError("--all: runs every experiment, so it goes without names")
    if not names and not all and seeds:
        raise ConfigError(
            f"expected names of experiments ({', '.join(known)}); --all runs these {len(known)}, with --seeds {seeds} "
            f"{len(known) * seeds} runs, which take hours"
        )
    others = [] if comparisons is None else compared(comparisons)
    experiments = [experiment_from(name, workers=workers, backend=backend, changes=set) for name in names or known]
    for experiment in experiments:
        if experiment.name not in known:
            raise ConfigError(f"{experiment.name}: expected one of {', '.join(known)}")
    for experiment in experiments if seeds else ():
        print(f"{experiment.name}: {seeds} independent runs, reported seeds\n{HEAD}")
        try:
            with Interruption(sys.stderr) as interruption:
                for row, finished in run_missing(experiment, independent_seeds(seeds), out, interruption):
                    kept = f"{row.seed:>10}  already stored, verified mean {row.mean:.2f}"
                    print(kept if finished is None else run_row(KeptRun.of(row.experiment, finished)), flush=True)
        except Interrupted as ending:
            print(f"{ending}; what has been reached is stored in {out}. To continue: {again()}", file=sys.stderr)
            return ending.exit_code
        except MissingExtraError as error:
            if names:
                raise
            print(f"left out: {error}")
    results = collect(out, known)
    if not results:
        raise ConfigError(f"{out}: expected rows of runs, found none; --seeds 1 or more makes some")
    notes = words([row for result in results for row in result.rows])
    text = table(results)
    board = leaderboard([*entries(results), *others])
    page = [text, "", *(f"- {line}" for line in notes), "", board, "", runs_table(results), ""]
    data = [result.as_dict() for result in results]
    with explained(out, "write to"):
        write_atomically(out / "results.md", "\n".join(page))
        write_atomically(out / "results.json", json.dumps(finite({"results": data}), indent=1) + "\n")
    print(f"\n{text}\n\nwrote results.md and results.json in {out}")
    return 0
