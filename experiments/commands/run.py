"""`neat run`: evolve networks until one solves a task, show the progress, and write a run folder."""

from __future__ import annotations

import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import option
from neat.errors import ConfigError

if TYPE_CHECKING:
    from experiments.display.reporters import Reporter
    from experiments.folder.directory import RunDirectory
    from experiments.loop.checkpoints import State
    from experiments.settings import Experiment

__all__ = ["command", "experiment_from", "play"]


def command(
    target: Positional[Annotated[str, arg(metavar="TARGET")]],
    *,
    seed: Annotated[int | None, option("N")] = None,
    generations: Annotated[int | None, option("N")] = None,
    population: Annotated[int | None, option("N")] = None,
    workers: Annotated[int | None, option("N")] = None,
    out: Annotated[Path | None, option("DIR")] = None,
    backend: Annotated[str | None, option("NAME")] = None,
    ray_address: Annotated[str | None, option("HOST:PORT")] = None,
    preset: Annotated[str | None, option("NAME")] = None,
    encoding: Annotated[str | None, option("NAME")] = None,
    target_: Annotated[str | None, arg(name="target", metavar="COLUMN", help_behavior_hint="")] = None,
    series: bool = False,
    from_: Annotated[Path | None, arg(name="from", metavar="RUN", help_behavior_hint="")] = None,
    set: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="SECTION.KEY=VALUE")]] = (),
    json: bool = False,
    quiet: bool = False,
    watch: bool = False,
    tensorboard: bool = False,
    log_level: Annotated[str, arg(metavar="LEVEL")] = "warning",
) -> int:
    """Evolve networks until one solves a task, and verify it on fresh episodes.

    Args:
        target: A Gymnasium id (CartPole-v1), a bundled experiment (`neat list`), a TOML file, your own game
            (my_game.py) or a table of examples (data.csv).
        seed: Seed of all random numbers of the run.
        generations: Maximum number of generations.
        population: Number of genomes in every generation.
        workers: Number of threads or processes; results do not depend on it. By default one per core.
        out: Run folder to write; by default runs/TARGET-seedN, with a number appended if it exists.
        backend: Backend that plays the episodes ({backends}).
        ray_address: Play the episodes on this Ray cluster, on all its cores ("auto": the cluster of this machine).
        preset: Preset for settings that the experiment does not give ({presets}).
        encoding: Encoding of genomes ({encodings}), with the settings of the preset of that name.
        target_: For a table: the column to predict.
        series: For a table: its rows are a time series; later rows are used for testing.
        from_: Start with the population of this run's last checkpoint. Generations continue to count.
        set: Any setting of an experiment file, such as mutation.add_node=0.1.
        json: Print one JSON object per line: the start, every generation, every trial of a champion, the result.
        quiet: Print only the result.
        watch: Show the whole population playing on a web page, at the printed address.
        tensorboard: Also write curves for TensorBoard.
        log_level: Level of log messages on standard error (debug, info, warning, error).
    """
    from json import dumps

    from experiments.display.logs import set_level
    from experiments.folder.directory import RunDirectory, default_folder

    set_level(log_level)
    if ray_address is not None:
        if backend not in (None, "ray"):
            raise ConfigError(f"--ray-address goes with the backend 'ray', got --backend {backend}")
        backend = f"ray:{ray_address}"
    given = [] if target_ is None else [f"task.kwargs.target={dumps(target_)}"]
    given += ["task.kwargs.series=true"] if series else []
    if given and not target.lower().endswith((".csv", ".tsv")):
        raise ConfigError(f"--{'series' if target_ is None else 'target'}: goes with a table (data.csv), got {target}")
    experiment = experiment_from(
        target,
        seed=seed,
        generations=generations,
        population=population,
        workers=workers,
        backend=backend,
        preset=preset,
        encoding=encoding,
        changes=(*given, *set),
    )
    state = origin = None
    if from_ is not None:
        from experiments.loop.branching import branch

        state, origin = branch(experiment, from_)
    folder = default_folder(experiment.name, experiment.run.seed) if out is None else out
    directory = RunDirectory.create(folder)
    if origin is not None:
        origin.write(folder)
        if not (json or quiet):
            print(origin)
    return play(experiment, directory, state=state, json=json, quiet=quiet, tensorboard=tensorboard, watch=watch)


def play(
    experiment: Experiment, directory: RunDirectory, *, state: State | None = None, json: bool = False,
    quiet: bool = False, tensorboard: bool = False, watch: bool = False, hints: bool = True,
) -> int:  # fmt: skip
    """Run an experiment from its beginning or from a saved state, write its folder, and return the exit code.

    ``hints``: whether the commands for its result are printed at the end.
    """
    if not watch:
        return _play(experiment, directory, state, json=json, quiet=quiet, tensorboard=tensorboard, hints=hints)
    from experiments.watching.process import Companion

    companion = Companion(directory.path)
    try:
        told = sys.stderr if json or quiet else sys.stdout
        print(f"Watch it in a browser: {companion.address}", file=told, flush=True)
        code = _play(experiment, directory, state, json=json, quiet=quiet, tensorboard=tensorboard, watch=True)
        if code == 0 and not (json or quiet) and sys.stdin is not None and sys.stdin.isatty():
            again = f"neat watch {shlex.quote(str(directory.path))}"
            print(f"The page stays open: {companion.address} (Ctrl-C ends it; {again} reopens it)")
            with suppress(KeyboardInterrupt):
                companion.wait()
            print()
        return code
    finally:
        companion.close()


def _play(
    experiment: Experiment, directory: RunDirectory, state: State | None, *, json: bool, quiet: bool,
    tensorboard: bool, watch: bool = False, hints: bool = True,
) -> int:  # fmt: skip
    from environments.tasks.task import traits_of
    from experiments.loop.interruption import Interrupted, Interruption
    from experiments.loop.keeping import checkpoints_of
    from experiments.loop.runner import run
    from experiments.watching.snapshots import SHARE, SnapshotReporter

    folder, settings = directory.path, experiment.run
    named = shlex.quote(str(folder))  # as it can be copied into a command
    checkpoints = checkpoints_of(directory, settings)
    try:
        reporters = _reporters(directory, json=json, quiet=quiet, tensorboard=tensorboard)
        reporters.insert(0, SnapshotReporter(folder, share=SHARE if watch else 0.0))
        with Interruption(sys.stderr) as interruption:
            outcome = run(
                experiment,
                *reporters,
                checkpoints=checkpoints,
                state=state,
                interruption=interruption,
            )
    except Interrupted as ending:
        _keep_repertoire(experiment, folder)
        saved = f"; to continue: neat resume {named}" if checkpoints.last is not None else ""
        print(f"{ending}{saved}", file=sys.stderr)
        return ending.exit_code
    except BaseException:
        directory.discard_if_unplayed()
        if checkpoints.last:  # the state before generation 0 is the same for any new run
            print(f"saved before generation {checkpoints.last}; to continue: neat resume {named}", file=sys.stderr)
        raise
    _keep_repertoire(experiment, folder)
    if not json:
        print(f"Written to {folder}")
        if hints and not quiet:
            look = "play" if traits_of(experiment.task).scene else "draw"
            again = f"    neat watch {named}" if watch else ""
            print(f"Next: neat {look} {named}    neat verify {named}    neat report {named}{again}")
            goal = outcome.threshold is not None or outcome.rule is not None
            if outcome.status == "finished" and goal and not outcome.illuminates:
                print(f"To continue: neat resume {named} --generations {2 * settings.generations}, or another --seed")
            if outcome.solved and outcome.generations == 1:
                print("Solved in generation 0, before anything evolved: the goal (task.threshold) may be too easy")
            if outcome.status != "solved" and not outcome.illuminates:
                from experiments.doctor.examining import first_word

                if word := first_word(folder, outcome.seconds):
                    print(word)
    return 0


def _keep_repertoire(experiment: Experiment, folder: Path) -> None:
    """Write the repertoire in the last checkpoint of a run, if there is one, into a folder."""
    if "map-elites" not in experiment.config.emitted:
        return
    from experiments.loop.checkpoints import Checkpoints
    from experiments.repertoire.folder import write_repertoire
    from experiments.targets import load
    from neat.breeding.map_elites import MapElites

    if not Checkpoints(folder).any():
        return
    emitter = Checkpoints(folder).newest()[0].population.breeding.emitters["map-elites"]
    if isinstance(emitter, MapElites):
        write_repertoire(folder, emitter.repertoire, load(str(folder / "config.toml")))


def experiment_from(
    target: str,
    *,
    seed: int | None = None,
    generations: int | None = None,
    population: int | None = None,
    workers: int | None = None,
    backend: str | None = None,
    preset: str | None = None,
    encoding: str | None = None,
    changes: tuple[str, ...] = (),
) -> Experiment:
    """Return the experiment of a target, changed by the options of the command line."""
    from experiments.targets import load

    flags = {
        "run.seed": seed,
        "run.generations": generations,
        "run.workers": workers,
        "run.backend": backend,
        "population.size": population,
    }
    given = tuple(f"{path}={value}" for path, value in flags.items() if value is not None)
    for change in changes:
        path = change.partition("=")[0].strip()
        if flags.get(path) is not None:
            raise ConfigError(f"--set {change}: {path} is given twice, here as {flags[path]}: leave one out")
    return load(target, changes=(*changes, *given), preset=preset, encoding=encoding)


def _reporters(directory: RunDirectory, *, json: bool, quiet: bool, tensorboard: bool) -> list[Reporter]:
    """Return the reporters of a run: those that write its folder, and the display."""
    from experiments.loop.keeping import keepers

    folder = directory.path
    reporters = keepers(directory)
    if tensorboard:
        from experiments.display.tensorboard import TensorBoardReporter

        reporters.append(TensorBoardReporter(folder))
    return [*reporters, _display(json=json, quiet=quiet, folder=folder)]


def _display(*, json: bool, quiet: bool, folder: Path) -> Reporter:
    """Return the reporter for the output: the live display for a terminal, plain lines otherwise."""
    from experiments.display.reporters import JsonReporter, PlainReporter, QuietReporter

    if json:
        return JsonReporter(folder=str(folder))
    if quiet:
        return QuietReporter()
    if sys.stdout.isatty():
        from experiments.display.live import LiveReporter

        return LiveReporter(folder=folder)
    return PlainReporter()
