"""`neat resume`: continue a run that was stopped, with the same result bit for bit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from experiments.commands import option
from neat.errors import ConfigError, NeatError, RunDirectoryError

if TYPE_CHECKING:
    from experiments.folder.directory import RunDirectory
    from experiments.loop.checkpoints import State
    from experiments.settings import Experiment

__all__ = ["command", "reopened"]


def command(
    directory: Positional[Annotated[Path, arg(metavar="DIR")]],
    *,
    generations: Annotated[int | None, option("N")] = None,
    workers: Annotated[int | None, option("N")] = None,
    backend: Annotated[str | None, option("NAME")] = None,
    json: bool = False,
    quiet: bool = False,
    watch: bool = False,
    tensorboard: bool = False,
    log_level: Annotated[str, arg(metavar="LEVEL")] = "warning",
) -> int:
    """Continue a run that was interrupted, killed or has ended, from its last checkpoint.

    The result is the same as without the interruption, also with another number of workers or another backend that
    gives equal fitness.

    Args:
        directory: A run folder.
        generations: Maximum number of generations, including those already played.
        workers: Number of threads or processes, instead of the run's.
        backend: Backend that plays the episodes, instead of the run's.
        json: Print one JSON object per line.
        quiet: Print only the result.
        watch: Show the whole population playing on a web page, at the printed address.
        tensorboard: Also write curves for TensorBoard.
        log_level: Level of log messages on standard error (debug, info, warning, error).
    """
    from experiments.commands.run import play
    from experiments.display.logs import set_level

    set_level(log_level)
    experiment, folder, state = reopened(directory, generations=generations, workers=workers, backend=backend)
    return play(experiment, folder, state=state, json=json, quiet=quiet, tensorboard=tensorboard, watch=watch)


def reopened(directory: Path, **given: int | str | None) -> tuple[Experiment, RunDirectory, State | None]:
    """Return a run's settings, its folder and its newest state, ready to be played.

    Args:
        directory: A run folder.
        **given: Settings of the section ``run`` instead of the run's; None keeps the run's.

    Raises:
        ConfigError: There is nothing to continue.
        RunDirectoryError: The folder has no run or no state.
    """
    from experiments.folder.directory import RunDirectory
    from experiments.targets import load

    folder = RunDirectory.reopen(directory)
    try:
        changes = tuple(f"run.{name}={value}" for name, value in given.items() if value is not None)
        experiment = load(str(directory / "config.toml"), changes=changes)
        state = _state(folder, experiment)
    except BaseException:
        folder.close()
        raise
    return experiment, folder, state


def _state(folder: RunDirectory, experiment: Experiment) -> State | None:
    """Return the newest state of a run, and remove later lines from its files; None if there is no state."""
    from experiments.folder.own_functions import register_own
    from experiments.loop.checkpoints import RECORDED, Checkpoints
    from experiments.settings import essence
    from experiments.targets import load

    path = folder.path
    register_own(experiment)  # settings may name the user's own functions and parts
    checkpoints = Checkpoints(path)
    if not checkpoints.any():
        if (path / "result.json").exists():
            raise RunDirectoryError(f"{path}: it has no checkpoint; neat run {path / 'config.toml'} repeats it")
        print("stopped before the first checkpoint: it begins again", file=sys.stderr)
        folder.cut_back(0)
        return None
    state, refused = checkpoints.newest()
    for reason in refused:
        print(f"warning: {reason}; an earlier checkpoint is used", file=sys.stderr)
    if state.progress.settings == RECORDED:
        raise ConfigError(
            f"{path}: this run was recorded by a script, which can continue it by "
            f"experiments.load_run({str(path)!r}).population()"
        )
    generation, file = state.population.generation, path / "config.toml"
    if state.progress.settings != essence(experiment):
        longer = f" --generations {2 * generation}" if generation >= load(str(file)).run.generations else ""
        raise ConfigError(
            f"{file} has been changed since the run began ({_changes(state, experiment)}): a run keeps its settings; "
            f"neat run {file} begins a new one, and with --from {path}{longer} it continues this population"
        )
    if (path / "result.json").exists():
        result = folder.result()
        # Or by a trial after the last generation. If the aim is above the goal, it may continue up to there.
        solved = state.progress.solved or result.get("accepted", result.get("solved")) is True
        if solved and experiment.run.stop_when_solved:
            raise ConfigError(f"{path}: this run has solved its task, there is nothing to continue")
        age = 0 if state.progress.champion is None else generation - 1 - state.progress.champion.generation
        if 0 < experiment.run.patience < age:
            raise ConfigError(
                f"{path}: this run ended since it had no better champion for {age} generations; with another "
                f"run.patience: neat run {path / 'config.toml'} --from {path} --set run.patience={2 * age}"
            )
        if state.population.done:
            raise ConfigError(f"{path}: this run's population has died out, there is nothing to continue")
        if generation >= experiment.run.generations:
            raise ConfigError(
                f"{path}: this run has played {generation} generations; --generations {2 * generation} continues it"
            )
    elif generation > experiment.run.generations:
        raise ConfigError(f"--generations {experiment.run.generations}: this run has played {generation} already")
    champion = state.progress.champion
    folder.cut_back(generation + state.population.done)  # a population that died out stays at its last generation
    checkpoints.forget_after(generation)
    if champion is not None:
        folder.write_champion(champion)
    return state


def _changes(state: State, experiment: Experiment) -> str:
    """Return in which settings a state and an experiment differ."""
    from experiments.loop.branching import differences
    from experiments.settings import essence, from_essence

    try:
        then = from_essence(state.progress.settings)
    except NeatError:
        return "the checkpoint's settings cannot be read"
    found = differences(then, from_essence(essence(experiment)))
    words = [f"{name} was {old!r}, is {new!r}" for name, (old, new) in found.items()]
    return "; ".join(words) or "it lacks the number of inputs or outputs"
