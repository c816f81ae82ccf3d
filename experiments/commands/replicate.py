"""`neat replicate`: many runs of published experiments, with their figures beside the published ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import again, option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.replication.check import Comparison, Distribution
    from experiments.replication.play import ReplicationRun
    from experiments.replication.studies import Published, Study
    from experiments.replication.summary import Summary
    from experiments.settings import Experiment
    from experiments.studies.success import Family

__all__ = ["command"]

_FRESH = 1
"""Entropy of the check's seeds; the stored runs have 0."""


def command(
    name: Positional[Annotated[str, arg(metavar="NAME")]],
    *,
    runs: Annotated[int | None, option("N")] = None,
    workers: Annotated[int | None, option("N")] = None,
    preset: Annotated[str | None, option("NAME")] = None,
    set: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="SECTION.KEY=VALUE")]] = (),
    generations: Annotated[int | None, option("N")] = None,
    entropy: Annotated[int | None, option("N")] = None,
    tuning: bool = False,
    out: Annotated[Path | None, option("DIR")] = None,
    check: bool = False,
    json: bool = False,
) -> int:
    """Repeat a published experiment many times, and compare its figures with the published ones.

    NAME is xor, dpv or dpnv of the NEAT paper (double pole balancing with and without velocities), or one of its
    ablations dpv-no-growth, dpv-no-speciation, dpv-random-topology and dpv-no-mating; ablations and all are groups. For
    HyperNEAT it is boxes or retina, for ES-HyperNEAT es-xor, es-xor-5, parity-3, circle or sine; the group is
    hyperneat. For novelty search it is medium-maze or hard-maze, with -fitness or -random appended for the paper's
    baselines; the group is mazes. lunar-lander-qd fills repertoires as in pyribs' tutorial, by MAP-Elites over
    topologies and, if pyribs is installed, by CMA-ME and CMA-MAE. A run that does not solve the task within its
    generations counts as failed. Every run is stored in the folder when it ends, so the same command continues an
    interrupted study, and a larger --runs adds runs.

    Args:
        name: Which experiment.
        runs: Number of runs: by default 100, for lunar-lander-qd 3.
        workers: Number of runs played in parallel, each on one core. By default one per core.
        preset: Settings: paper, stanley-1.2.1 (Stanley's C++ program) or default (this project's); for experiments
            with HyperNEAT hyperneat, hyperneat-leo or es-hyperneat. By default paper, or the preset of the experiment.
        set: Any setting of an experiment file, such as reproduction.survival=0.4.
        generations: Generations after which a run has failed (1,000 by default).
        entropy: Number from which the seeds are derived. By default 0, with --check 1.
        tuning: Use tuning seeds (even numbers) instead of reported seeds (odd).
        out: Folder to write; by default replications/NAME-PRESET. With --check nothing is written by default.
        check: Compare with the stored distribution, and exit with code 1 if the program has changed.
        json: Print one JSON object per line: each run, then the figures.
    """
    from experiments.gradients.blas import use_one_thread

    use_one_thread()  # before NumPy is loaded, here and in the workers

    from experiments.replication.studies import studies_called
    from experiments.studies.success import independent_seeds
    from neat.compiled.parallel import available_cores
    from neat.errors import ConfigError

    own = name == "lunar-lander-qd"
    runs = (3 if own else 100) if runs is None else runs
    if runs < 1:
        raise ConfigError(f"--runs: expected at least 1, got {runs}")
    if workers is not None and workers < 1:
        raise ConfigError(f"--workers: expected at least 1, got {workers}")
    changes = [*set, *([] if generations is None else [f"run.generations={generations}"])]
    if own:
        from experiments.commands.replicate_qd import replicate_qd

        family_: Family = "tuning" if tuning else "reported"
        seeds = independent_seeds(runs, entropy=entropy or 0, family=family_)
        return replicate_qd(seeds, changes, workers, out or Path("replications") / name, json=json)
    studies = studies_called(name)
    if len(studies) > 1 and out is not None:
        raise ConfigError(f"--out: {name} writes {len(studies)} folders; name one study to choose its folder")
    if entropy is None:
        entropy = _FRESH if check else 0
    family: Family = "tuning" if tuning else "reported"
    seeds = independent_seeds(runs, entropy=entropy, family=family)
    known: dict[str, Distribution] = {}
    if check:
        from experiments.replication.check import check_samples, stored

        for study in studies:  # all of them, before the first run of any
            known[study.name] = stored(study.name, preset or study.usual)
            check_samples(known[study.name], runs, None if tuning else entropy)
    code = 0
    for study in studies:
        experiment = study.experiment(preset, changes)
        folder = out
        if folder is None and not check:
            if set or generations is not None or tuning or entropy:
                raise ConfigError("--out: name a folder for runs of other settings or seeds than the usual ones")
            folder = Path("replications") / f"{study.name}-{preset or study.usual}"
        work = _Work(study, experiment, seeds, workers or available_cores(), folder, entropy, json=json)
        code = max(code, work.do(known.get(study.name)))
    return code


class _Work:
    """One study, from its seeds to its figures."""

    def __init__(
        self, study: Study, experiment: Experiment, seeds: Sequence[int], workers: int, folder: Path | None,
        entropy: int, *, json: bool,
    ) -> None:  # fmt: skip
        self.study, self.experiment, self.seeds, self.workers = study, experiment, seeds, workers
        self.folder, self.entropy, self.json = folder, entropy, json

    def do(self, known: Distribution | None) -> int:
        """Play the missing runs, print the figures beside the stored sample, if any, and return the exit code."""
        from experiments.replication.check import Distribution, compare_samples
        from experiments.replication.folder import StudyFolder
        from experiments.replication.picture import draw_histogram
        from experiments.replication.play import play
        from experiments.replication.summary import Summary, histogram

        if self.folder is None:
            rows = {row.seed: row for row in self._shown(play(self.experiment, self.seeds, self.workers), {})}
            summary = Summary.of(list(rows.values()))
        else:
            with StudyFolder(self.folder, self.experiment) as directory:
                rows = directory.rows
                missing = [seed for seed in self.seeds if seed not in rows]
                try:
                    for row in self._shown(play(self.experiment, missing, self.workers), rows):
                        directory.add(row)
                except BaseException as ending:
                    if not isinstance(ending, Exception):  # Ctrl-C or SIGTERM
                        print(f"finished runs are stored in {self.folder}. To continue: {again()}", file=sys.stderr)
                    raise
                mine = [rows[seed] for seed in self.seeds]
                summary = directory.finish(mine)
                Distribution.of(self.experiment, mine, self.entropy).write(self.folder / "distribution.json")
                title = f"{self.study.name}, preset {self.experiment.preset}"
                published = self.study.published
                draw_histogram(
                    mine,
                    self.folder / "histogram.svg",
                    title=title,
                    published=published.evaluations,
                    source=published.source,
                )
        mine = [rows[seed] for seed in self.seeds]
        comparison = None
        if known is not None:
            comparison = compare_samples(known, Distribution.of(self.experiment, mine, self.entropy))
        if self.json:
            self._say({"event": "figures", **self._names(), **summary.as_dict(), **_checked(comparison)})
        else:
            for line in _figures(summary, self.study.published):
                print(line)
            for line in histogram(mine):
                print(f"  {line}")
            if comparison is not None:
                print(_verdict(comparison))
            elif self.folder is not None:
                print(f"Written to {self.folder}")
        return 1 if comparison is not None and comparison.changed else 0

    def _shown(self, rows: Any, before: dict[int, ReplicationRun]) -> Any:
        """Yield the runs as they end, and print them."""
        from experiments.replication.folder import row_data

        total = len(self.seeds)
        kept = sum(seed in before for seed in self.seeds)
        if not self.json:
            already = f", {kept} of them there already" if kept else ""
            print(f"{self.study.name}: {self.study.about}")
            print(f"preset {self.experiment.preset}, {total} independent runs{already}, {self.workers} at a time")
        for number, row in enumerate(rows, kept + 1):
            yield row
            if self.json:
                self._say({"event": "run", **self._names(), **row_data(row)})
            else:
                print(_row(number, total, row), flush=True)

    def _names(self) -> dict[str, str]:
        return {"study": self.study.name, "preset": self.experiment.preset}

    def _say(self, data: dict[str, Any]) -> None:
        from json import dumps

        from experiments.folder.files import finite

        print(dumps(finite(data)), flush=True)


def _row(number: int, total: int, row: ReplicationRun) -> str:
    starts = "" if row.generalisation is None else f"  {row.generalisation:>3} of 625 starts"
    result = "solved" if row.solved else "failed"
    return (
        f"  {number:>4}/{total}  seed {row.seed:>10}  {result}  {row.evaluations:>9,} evaluations  "
        f"{row.generations:>5,} generations  {row.hidden:>3} hidden  {row.connections:>3} connections{starts}  "
        f"{row.seconds:.2f} s"
    )


def _figures(summary: Summary, published: Published) -> list[str]:
    """Return a table with one figure per line: this program's, and the paper's beside it."""

    def paper(value: float | None, form: str = ",.0f") -> str:
        return "" if value is None else format(value, form)

    s = summary
    interval = f" ({s.mean_low:,.0f} - {s.mean_high:,.0f})" if s.mean_low == s.mean_low else ""
    lines = [
        (
            "solved",
            f"{s.solved} of {s.runs} ({s.share_low:.0%} - {s.share_high:.0%})",
            paper(None if published.failed is None else 1 - published.failed, ".0%"),
        ),
    ]
    if s.solved:
        lines += [
            ("evaluations, mean", f"{s.mean:,.0f}{interval}", paper(published.evaluations)),
            ("evaluations, sd", f"{s.sd:,.0f}", paper(published.sd)),
            ("evaluations, median", f"{s.median:,.0f}", ""),
            ("evaluations, worst", f"{s.worst:,.0f}", ""),
            ("generations", f"{s.generations:,.1f}", paper(published.generations)),
            ("hidden nodes", f"{s.hidden:.2f}", paper(published.hidden, ".2f")),
            ("connections", f"{s.connections:.2f}", paper(published.connections, ".2f")),
        ]
    about = (
        [f"evaluations, generations, nodes and connections: of the {s.solved} runs that solved it"] if s.solved else []
    )
    if s.generalisation == s.generalisation:
        least = f" (least {s.generalisation_least:.0f})"
        lines.append(("starts balanced of 625", f"{s.generalisation:.0f}{least}", paper(published.generalisation)))
    lines += [(name, f"{value:.3f}", "") for name, value in s.measures.items()]
    lines.append(("seconds a run, median", f"{s.seconds:.2f}", ""))
    width = max(len(value) for _, value, _ in lines)
    head = f"{'':<24}{'here (95% interval)':<{max(width, 19)}}  {published.source}"
    return [head, *(f"{label:<24}{value:<{max(width, 19)}}  {other}".rstrip() for label, value, other in lines), *about]


def _checked(comparison: Comparison | None) -> dict[str, Any]:
    if comparison is None:
        return {}
    return {"p": comparison.p, "slower": comparison.slower, "changed": comparison.changed}


def _verdict(comparison: Comparison) -> str:
    from experiments.replication.check import ALARM

    old, new = comparison.stored, comparison.fresh
    verdict = "CHANGED" if comparison.changed else "no change"
    return (
        f"check: {verdict} (rank-sum p = {comparison.p:.4g}, alarm below {ALARM}): a fresh run needs more evaluations "
        f"in {comparison.slower:.0%} of pairs; {new.runs} fresh runs, {old.runs} stored by version {old.version}"
    )
