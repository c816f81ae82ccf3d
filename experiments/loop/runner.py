"""The loop of a run: ask the population, play episodes, tell it the fitness, and verify champions.

Nothing here prints: `evolve` yields events, and `run` passes them to reporters (`experiments.display.reporters`). With
checkpoints, the whole state is saved between generations, and a run continues from one bit for bit.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np
from numpy.typing import NDArray

from environments import make_task
from environments.evaluators.backends import default_workers
from environments.evaluators.evaluation import Evaluation, Evaluator
from environments.evaluators.unguarded import end_if_unguarded
from environments.tasks.task import Task
from experiments.display.reporters import Reporter
from experiments.folder.files import AnyPath
from experiments.folder.lineage_file import relatives_of
from experiments.folder.own_functions import register_parts
from experiments.loop.ahead import compiling_ahead
from experiments.loop.checkpoints import Checkpoints, State
from experiments.loop.events import Behaved, Event, Faults, Noticed, Outcome, Played, Started, Trying
from experiments.loop.firstlook import FirstLook
from experiments.loop.interruption import Interrupted, Interruption
from experiments.loop.selection import Selection, played
from experiments.settings import Experiment, essence
from neat.compiled.kernel import is_cached
from neat.compiled.parallel import available_cores
from neat.config import Config
from neat.errors import ConfigError, NeatError
from neat.genes.table import Genomes
from neat.networks.decoders import decoder_of
from neat.population import Population

__all__ = ["evolve", "fitted", "run"]

_log = logging.getLogger(__name__)


def run(
    experiment: Experiment,
    *reporters: Reporter,
    out: AnyPath | None = None,
    checkpoints: Checkpoints | None = None,
    state: State | None = None,
    interruption: Interruption | None = None,
) -> Outcome:
    """Run an experiment to its end, report its events, and return the result.

    Reporters are always closed, also if a run is interrupted.

    Args:
        experiment: The settings.
        reporters: Receive the events.
        out: Run folder to write, like `neat run --out`: then `neat report`, `neat play` and `neat resume` work, and
            `experiments.load_run` reads it. Without it, only the result is returned.
        checkpoints: Where to save the state; by default it is not saved.
        state: State to continue from; by default the run starts anew.
        interruption: Handles signals; by default they end the run at once.

    Raises:
        Interrupted: A signal came; the state is saved.
        ConfigError: The task cannot be created, the settings do not fit it, or a folder cannot store them.
        EvaluationError: An environment failed and ``task.fault`` is ``fail``.
        RunDirectoryError: ``out`` cannot be written, or already contains a run.
    """
    end_if_unguarded()
    if out is not None:
        return _run_into(out, experiment, reporters, checkpoints, state, interruption)
    try:
        outcome = None
        shown = any(type(reporter).noticed is not Reporter.noticed for reporter in reporters)
        for event in evolve(experiment, checkpoints=checkpoints, state=state, interruption=interruption):
            for reporter in reporters:
                reporter.report(event)
            if isinstance(event, Outcome):
                outcome = event
            if isinstance(event, Noticed) and not shown:
                for finding in event.findings:
                    _log.warning("generation %d: %s", event.generation, finding)
        if outcome is None:
            raise RuntimeError("a run ended without an outcome")
        return outcome
    finally:
        for reporter in reporters:
            reporter.close()


def _run_into(
    out: AnyPath,
    experiment: Experiment,
    reporters: tuple[Reporter, ...],
    checkpoints: Checkpoints | None,
    state: State | None,
    interruption: Interruption | None,
) -> Outcome:
    """Play an experiment into a new folder."""
    from experiments.folder.directory import RunDirectory
    from experiments.loop.keeping import checkpoints_of, keepers

    try:
        directory = RunDirectory.create(out)
    except BaseException:
        for reporter in reporters:
            reporter.close()
        raise
    checkpoints = checkpoints or checkpoints_of(directory, experiment.run)
    told = (*keepers(directory), *reporters)
    try:
        return run(experiment, *told, checkpoints=checkpoints, state=state, interruption=interruption)
    except Interrupted:
        directory.close()
        raise
    except BaseException:
        directory.discard_if_unplayed()
        raise


def evolve(
    experiment: Experiment,
    *,
    checkpoints: Checkpoints | None = None,
    state: State | None = None,
    interruption: Interruption | None = None,
) -> Iterator[Event]:
    """Run an experiment, and yield its events: `Started` first, `Outcome` last; see `run`.

    Raises:
        Interrupted: A signal came; the state is saved.
        ConfigError: The task cannot be created, or the settings do not fit it.
        EvaluationError: An environment failed and ``task.fault`` is ``fail``.
    """
    begin = time.perf_counter() - (state.progress.seconds if state is not None else 0.0)
    evolution, games = is_cached(), is_cached("environments.evaluators.compiled")
    register_parts(experiment)
    task = make_task(experiment.task)
    config = fitted(experiment.config, task)
    experiment = dataclasses.replace(experiment, config=config)
    if checkpoints is not None:
        checkpoints.check_size(config, running=experiment.task.observation_scaling == "running")
    settings = experiment.run
    workers = settings.workers or default_workers(settings.backend)
    players = task.evaluator(config.network, seed=settings.seed, workers=workers, backend=settings.backend)
    compiles = not (evolution and (games or players.backend != "compiled"))
    with compiling_ahead(compiles), _learning(players, task, experiment) as evaluator:
        selection = Selection(experiment, task)
        if state is None:
            population = Population(config, settings.seed, threads=min(workers, available_cores()))
        else:
            population = state.population
            selection.restore(state.progress)
            evaluator.restore(state.evaluator)
        yield Started(
            experiment=experiment,
            task=task.name,
            inputs=task.inputs,
            outputs=task.outputs,
            threshold=task.threshold,
            aim=selection.aim,
            rule=task.rule,
            about=getattr(task, "about", ()),
            backend=evaluator.backend,
            workers=workers,
            compiles=compiles,
            generation=population.generation,
        )
        look = FirstLook(experiment, task, selection.aim)
        keeper = _Keeper(experiment, population, selection, evaluator, begin, checkpoints, interruption)
        if state is not None and checkpoints is not None and not checkpoints.any():
            keeper.save()  # it comes from another run, and has nothing else to be resumed from
        while population.generation < settings.generations and not population.done:
            if selection.solved and settings.stop_when_solved:
                break
            if selection.stale(population.generation):
                break
            if settings.steps and population.steps + selection.steps >= settings.steps:
                break
            if checkpoints is not None and checkpoints.due(population.generation):
                keeper.save()
            genomes = population.ask()
            before = population.evaluations
            evaluation = keeper.evaluate(genomes)
            scaling = evaluation.scaling
            generation = population.tell(evaluation)
            best = played(genomes, evaluation, generation.fittest)
            favourite = played(genomes, evaluation, generation.favourite)
            candidate = selection.candidate(genomes, evaluation)
            if evaluation.faults:
                yield Faults(generation=genomes.generation, faults=evaluation.faults)
            yield generation.record
            yield Played(generation=generation, scaling=scaling)
            if evaluation.behaviours is not None:
                best_score, mean_score = float(generation.score.max()), float(generation.score.mean())
                yield Behaved(
                    generation=genomes.generation, best=best_score, mean=mean_score, behaviours=evaluation.behaviours
                )
            if findings := look.after(genomes, evaluation):
                yield Noticed(generation=genomes.generation, findings=findings)
            others = [generation.favourite] if candidate is None else [generation.favourite, candidate[0]]
            yield relatives_of(generation, population, others)
            yield from selection.consider(best, float(np.max(evaluation.fitness)), genomes.generation, scaling)
            fitness = float(evaluation.fitness[generation.favourite])
            both = generation.fittest != generation.favourite
            fittest = (best, float(np.max(evaluation.fitness))) if both else None
            mean = generation.mean is not None
            selection.remember(favourite, fitness, genomes.generation, scaling, fittest, mean=mean)
            if candidate is not None:
                index, genome = candidate
                fitness = float(evaluation.fitness[index])
                yield from selection.attempt(
                    genome, fitness, genomes.generation, scaling, evaluation.solver is not None
                )
            elif selection.due(genomes.generation):
                yield from selection.trial()
            if selection.solved and not selection.evaluations:
                selection.evaluations = before + evaluation.counted
        keeper.save()
        # As what is reported, not part of the state: with more generations a run goes on as if it had not ended here.
        yield from selection.trial(last=True)
        if selection.champion is not None and not selection.reported:
            yield Trying(generation=selection.champion.generation, report=True)
        with keeper.interruptible():
            outcome = selection.outcome(population, begin)
        yield outcome


class _Keeper:
    """Saves the state of a run between generations, and when one ends in the middle."""

    def __init__(
        self,
        experiment: Experiment,
        population: Population,
        selection: Selection,
        evaluator: Evaluator,
        begin: float,
        checkpoints: Checkpoints | None,
        interruption: Interruption | None,
    ) -> None:
        self.population, self.selection, self.evaluator = population, selection, evaluator
        self._begin, self._checkpoints, self._interruption = begin, checkpoints, interruption
        self._saved = -1
        self._settings = "" if checkpoints is None else essence(experiment)
        # Lamarckian learning writes into the genes while it evaluates them: such a generation is finished, not dropped.
        self._droppable = experiment.learning.inheritance != "lamarckian"

    def save(self, evaluator: dict[str, NDArray[np.float64]] | None = None) -> None:
        """Write a checkpoint, unless the last one is of this state.

        Args:
            evaluator: State of the evaluator, where it is no longer what it was between the generations.
        """
        if self._checkpoints is None or self._saved == self.population.evaluations:
            return
        progress = self.selection.progress()
        progress.seconds = time.perf_counter() - self._begin
        progress.settings = self._settings
        champion = self.selection.champion
        state = State(self.population, progress, self.evaluator.state() if evaluator is None else evaluator)
        self._checkpoints.save(state, champion.generation if champion is not None else None)
        self._saved = self.population.evaluations

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Evaluate a generation; whatever ends that in the middle, the state before it is saved."""
        if self._checkpoints is None:
            with self.interruptible():
                return self.evaluator.evaluate(genomes)
        if not self._droppable:
            if self._interruption is not None:
                try:
                    self._interruption.check()
                except Interrupted:
                    self.population.withdraw()
                    self.save()
                    raise
            return self.evaluator.evaluate(genomes)
        before = self.evaluator.state()
        try:
            with self.interruptible():
                return self.evaluator.evaluate(genomes)
        except BaseException:
            self.population.withdraw()
            self.save(before)
            raise

    def interruptible(self) -> AbstractContextManager[None]:
        """Return a stretch that a signal may end at once."""
        return nullcontext() if self._interruption is None else self._interruption.welcome()


def _learning(evaluator: Evaluator, task: Task, experiment: Experiment) -> Evaluator:
    """Return the evaluator, or one around it in which genomes learn first."""
    if experiment.learning.inheritance == "none":
        return evaluator
    from experiments.loop.learning import LearningEvaluator, learner_for

    try:
        learn = learner_for(task, experiment.learning, experiment.config, experiment.run.seed)
    except NeatError:
        evaluator.close()
        raise
    return LearningEvaluator(evaluator, learn, experiment.learning)


def fitted(config: Config, task: Task) -> Config:
    """Return the settings with the task's numbers of inputs and outputs in them, for decoders also their shapes.

    Raises:
        ConfigError: The settings name other numbers.
    """
    decoder = decoder_of(config.network)
    fit = getattr(decoder, "fitted", None)
    if fit is not None:
        shapes = [getattr(task, f"{side}_shape", (getattr(task, f"{side}s"),)) for side in ("input", "output")]
        config = dataclasses.replace(config, network=fit(*shapes))
        decoder = decoder_of(config.network)
    needed = {"inputs": decoder.genome_inputs(task.inputs), "outputs": decoder.genome_outputs(task.outputs)}
    for key, wanted in needed.items():
        given = getattr(config.genome, key)
        if given not in (0, wanted):
            raise ConfigError(f"genome.{key}: {task.name} needs {wanted}, the settings say {given}; leave the line out")
    genome = dataclasses.replace(config.genome, inputs=needed["inputs"], outputs=needed["outputs"])
    return dataclasses.replace(config, genome=genome)
