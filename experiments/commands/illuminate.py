"""`neat illuminate`: a repertoire, the best network for each kind of behaviour, instead of one best network."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.settings import Experiment

__all__ = ["command", "fill", "settings_for"]

_CHANGES = ("run.stop_when_solved=false", "run.trial_every=0")


def command(
    target: Positional[Annotated[str, arg(metavar="TARGET")]],
    *,
    method: Literal["map-elites", "cma-me", "cma-mae"] = "map-elites",
    seed: Annotated[int | None, option("N")] = None,
    generations: Annotated[int | None, option("N")] = None,
    population: Annotated[int | None, option("N")] = None,
    workers: Annotated[int | None, option("N")] = None,
    out: Annotated[Path | None, option("DIR")] = None,
    backend: Annotated[str | None, option("NAME")] = None,
    preset: Annotated[str | None, option("NAME")] = None,
    set: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="SECTION.KEY=VALUE")]] = (),
    corrected: Annotated[int | None, option("N")] = None,
    json: bool = False,
    quiet: bool = False,
) -> int:
    """Fill a repertoire: for every kind of behaviour, the fittest network that shows it.

    Behaviours are described by the descriptors of the task; their bounds are in the section [repertoire]. The
    repertoire is stored in the run folder, and every network of it can be used: `neat play DIR --cell 12,30`, and
    likewise `neat draw` and `neat verify`.

    Args:
        target: A bundled experiment (lunar-lander-qd, hard-maze-qd), a TOML file or a Gymnasium id; or the folder of a
            repertoire, to continue it (--generations) or to evaluate it on fresh episodes (--corrected).
        method: map-elites evolves topologies and weights; cma-me and cma-mae optimise the weights of the initial
            topology with pyribs (extra qd).
        seed: Seed of all random numbers of the run.
        generations: Maximum number of generations.
        population: Number of genomes in every generation (cma-me, cma-mae: 150, five emitters of 30).
        workers: Number of threads or processes; results do not depend on it. By default one per core.
        out: Folder to write; by default runs/TARGET-seedN, with a number appended if it exists.
        backend: Backend that plays the episodes ({backends}).
        preset: Preset for settings that the experiment does not give ({presets}).
        set: Any setting of an experiment file, such as repertoire.cells=[30,30].
        corrected: Evaluate every elite on this many fresh episodes afterwards, and report the corrected repertoire.
        json: Print one JSON object per line.
        quiet: Print only the result.
    """
    from experiments.repertoire.corrected import check_corrected
    from neat.errors import ConfigError

    folder = Path(target)
    if (folder / "config.toml").is_file():
        given = (seed, population, out, preset)
        if set or any(value is not None for value in given):
            raise ConfigError(f"{target} is a repertoire, which keeps its settings: give --generations or --corrected")
        code = _go_on(folder, generations, workers, backend, json=json, quiet=quiet)
        return code or _finish(folder, corrected, json=json)
    from experiments.folder.directory import default_folder

    experiment = settings_for(
        target, method, set, preset=preset, seed=seed, generations=generations, population=population, workers=workers,
        backend=backend,
    )  # fmt: skip
    if corrected is not None:
        check_corrected(experiment, corrected)
    folder = default_folder(experiment.name, experiment.run.seed) if out is None else out
    code = fill(experiment, method, folder, json=json, quiet=quiet)
    return code or _finish(folder, corrected, json=json)


def settings_for(target: str, method: str, changes: Sequence[str], **options: Any) -> Experiment:
    """Return the experiment by which a repertoire is filled; ``options`` are those of `experiment_from`.

    Raises:
        ConfigError: The target does not exist, or its settings do not describe a repertoire.
    """
    import dataclasses

    from environments import make_task
    from experiments.commands.run import experiment_from
    from experiments.repertoire.folder import empty_repertoire
    from neat.errors import ConfigError

    emitter = ["breeding.emitters={map-elites=1.0}"] if method == "map-elites" else []
    experiment = experiment_from(target, changes=(*_CHANGES, *emitter, *changes), **options)
    if experiment.task.observation_scaling == "running":
        raise ConfigError("task.observation_scaling: elites of all times must see alike; expected 'none' or 'bounds'")
    if experiment.task.behaviour == "none":
        experiment = dataclasses.replace(experiment, task=dataclasses.replace(experiment.task, behaviour="auto"))
    # Before a folder is made, and the name of the task first: bounds would be missing for a misspelt one.
    make_task(experiment.task)
    empty_repertoire(experiment)
    return experiment


def fill(experiment: Experiment, method: str, folder: Path, *, quiet: bool, json: bool = False) -> int:
    """Fill a repertoire in a new folder, or continue one that was interrupted there; return the exit code."""
    from experiments.commands.run import play
    from experiments.folder.directory import RunDirectory

    if (folder / "config.toml").is_file():
        if (folder / "result.json").is_file():
            return 0
        return _go_on(folder, experiment.run.generations, None, None, json=json, quiet=quiet)  # it was interrupted
    directory = RunDirectory.create(folder)
    if method == "map-elites":
        return play(experiment, directory, json=json, quiet=quiet, hints=False)
    _with_pyribs(experiment, method, directory, quiet=quiet or json)
    return 0


def _go_on(
    folder: Path, generations: int | None, workers: int | None, backend: str | None, *, json: bool, quiet: bool
) -> int:
    """Continue a repertoire if more generations are requested; return the exit code."""
    from experiments.folder.directory import RunDirectory
    from experiments.repertoire.by_pyribs import method_of
    from experiments.targets import load

    given: dict[str, int | str | None] = {"generations": generations, "workers": workers, "backend": backend}
    changes = tuple(f"run.{name}={value}" for name, value in given.items() if value is not None)
    if (method := method_of(folder)) is not None:
        experiment = load(str(folder / "config.toml"), changes=changes)
        _with_pyribs(experiment, method, RunDirectory.reopen(folder), quiet=quiet or json)
    elif generations is not None:
        from experiments.commands.resume import reopened
        from experiments.commands.run import play

        experiment, directory, state = reopened(folder, **given)
        return play(experiment, directory, state=state, json=json, quiet=quiet, hints=False)
    return 0


def _with_pyribs(experiment: Experiment, method: str, directory: Any, *, quiet: bool) -> None:
    import dataclasses
    import sys

    from environments import make_task
    from experiments.loop.runner import fitted
    from experiments.repertoire.by_pyribs import BATCH, EMITTERS, by_pyribs, refuse_fewer
    from experiments.repertoire.folder import champion_of, read_figures, write_repertoire
    from experiments.studies.provenance import provenance

    task = make_task(experiment.task)
    config = fitted(experiment.config, task)
    config = dataclasses.replace(config, population=dataclasses.replace(config.population, size=EMITTERS * BATCH))
    experiment = dataclasses.replace(experiment, config=config)
    offset = experiment.config.repertoire.offset

    def told(generation: int, repertoire: Any, steps: int) -> None:
        if not quiet and (generation <= 3 or generation % 10 == 0):
            print(
                f"generation {generation:>4} of {experiment.run.generations}   filled {len(repertoire.genomes):>6,}   "
                f"QD score {repertoire.score(offset):>14,.1f}   {steps:,} steps",
                flush=True,
            )

    refuse_fewer(directory.path, experiment.run.generations)
    with directory:
        directory.write_config(experiment)
        try:
            filled = by_pyribs(experiment, method, directory.path, told)
        except KeyboardInterrupt:
            print(f"all evaluations are kept; to continue: neat illuminate {directory.path}", file=sys.stderr)
            raise
        repertoire = filled.repertoire
        champion = champion_of(repertoire, experiment, int(repertoire.filled[repertoire.fitness.argmax()]))
        directory.write_champion(champion)
        kept = None  # figures on fresh episodes, if no evaluation was added
        if (directory.path / "result.json").is_file() and directory.result().get("evaluations") == filled.evaluations:
            kept = read_figures(directory.path).get("corrected")
        write_repertoire(directory.path, repertoire, experiment, kept)
        directory.write_result({
            "experiment": experiment.name, "task": task.name, "environment": experiment.task.environment,
            "preset": experiment.preset, "changed": experiment.changed(), "seed": experiment.run.seed,
            "method": method, "population": EMITTERS * BATCH, "threshold": task.threshold, "rule": task.rule,
            "status": "finished", "solved": False, "accepted": False, "illuminates": True, "verification": None,
            "fitness": champion.fitness, "champion_generation": champion.generation,
            "hidden": champion.genome.hidden, "connections": champion.genome.enabled,
            "generations": experiment.run.generations, "evaluations": filled.evaluations, "steps": filled.steps,
            "seconds": filled.seconds, "machine": provenance(),
        })  # fmt: skip


def _finish(folder: Path, episodes: int | None, *, json: bool) -> int:
    """Print the figures of a repertoire, also on fresh episodes if requested, and draw it."""
    from json import dumps

    from experiments.folder.directory import RunDirectory
    from experiments.folder.files import finite
    from experiments.repertoire.corrected import corrected
    from experiments.repertoire.folder import figures, outside, read_figures, read_repertoire, write_repertoire
    from experiments.repertoire.picture import write_heat_map

    repertoire, experiment = read_repertoire(folder)
    data = figures(repertoire, experiment)
    fresh = read_figures(folder).get("corrected")
    if episodes is not None:
        with RunDirectory.reopen(folder):  # nothing else may write there meanwhile
            fresh = corrected(repertoire, experiment, episodes)
            write_repertoire(folder, repertoire, experiment, fresh)
    picture = write_heat_map(repertoire, experiment, folder / "repertoire")
    if json:
        print(dumps(finite({"event": "repertoire", **data, "corrected": fresh, "folder": str(folder)})))
        return 0
    print(f"Repertoire: {_said(data)}")
    if beyond := outside(repertoire, experiment):
        print(f"note: {beyond}")
    if fresh is not None:
        print(f"On {fresh['episodes']} fresh episodes for each elite: {_said(fresh)}")
    if picture is not None:
        print(f"Heat map: {picture}")
    if data["best_cell"] is not None:
        named = shlex.quote(str(folder))
        print(f"Next: neat play {named} --cell {data['best_cell']}    neat report {named}")
    return 0


def _said(data: dict[str, Any]) -> str:
    from experiments.display.decimals import decimals

    digits = decimals((), (data["best"], data["mean"]))
    best = "" if data["best"] is None else f", best {data['best']:,.{digits}f} in cell {data['best_cell']}"
    score = f"{data['qd_score']:,.{0 if abs(data['qd_score']) >= 1000 else 1}f}"
    return (
        f"{data['filled']:,} of {data['cells']:,} cells ({data['coverage']:.2%}), QD score {score} "
        f"(offset {data['offset']:g}){best}"
    )
