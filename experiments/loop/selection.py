"""Which genome a run returns: a champion counts only after verification.

The **goal** is the task's threshold. A run has solved its task if the mean return over the episodes of the final
verification, which are not used to choose the champion, reaches the goal. This mean is the reported score, and
everything that judges a run uses it (`judged`).

The **aim** (``run.aim``) is the target of training, at least the goal. A genome whose training fitness reaches the aim
plays ``task.verify_episodes`` fresh episodes. If their mean also reaches the aim, the genome is accepted and plays the
final verification. The run ends if that reaches the goal, and continues otherwise. Tasks with a rule of their own (XOR)
decide themselves which genome solves them.

If the aim is out of reach, or there is none, the best training fitness of a whole run is partly luck. So there are
*trials* with fewer episodes (``run.trial_episodes``), in every generation given by ``run.trial_every`` that does not
reach the aim, and in the last one. They test the fittest genome, or with a weight search its mean
(`Generation.favourite`) and then the fittest. With a weight search, some sample is lucky in most generations: then only
trials select candidates for verification. Of all tested genomes, the one with the best mean is the champion, over
however many episodes the mean was taken. A trial that reaches the aim does not solve the task: the genome is then
verified on all episodes, and that mean counts instead.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from environments.evaluators.evaluation import Evaluation
from environments.evaluators.racing import begins_alike
from environments.playing.verification import Verification
from environments.tasks.settings import Scaling
from environments.tasks.task import Task, traits_of
from experiments.folder.champion import Champion
from experiments.folder.names import names_to_keep
from experiments.loop.checkpoints import Progress
from experiments.loop.events import Attempt, Outcome, Trying
from experiments.settings import Experiment
from neat.compiled.parallel import available_cores
from neat.errors import ConfigError, EvaluationError
from neat.genes.table import Genome
from neat.population import Population

__all__ = ["REPORT", "Selection", "aim_of", "judged", "played"]

REPORT = 0
"""Number of the set of fresh episodes for the reported score; verifications and trials use sets 1, 2, 3, …"""
_log = logging.getLogger(__name__)


class Selection:
    """Chooses the genome that the run returns: the fittest in training until there are trials, then the best in trials.

    Attributes:
        aim: Mean return at which genomes are verified and accepted, if the task has a goal.
        solved: Whether a genome was accepted and reached the goal in the final verification.
    """

    def __init__(self, experiment: Experiment, task: Task) -> None:
        """Take the settings.

        Raises:
            ConfigError: ``run.aim`` is given and the task has no goal, or a rule of its own.
        """
        self.experiment = experiment
        self.task = task
        self.aim = aim_of(experiment, task)
        self.champion: Champion | None = None
        self.solved = False
        self._report: Verification | None = None  # of the champion that solved the task
        self.evaluations = 0
        self._tried: set[bytes] = set()
        self._best_mean = -np.inf
        self._sets = 0
        self._steps = 0
        self._latest: Champion | None = None
        self._latest_is_mean = False
        self._fittest: Champion | None = None
        own = task.rule is not None or traits_of(task.config).deterministic
        self._may_have_trials = experiment.run.trial_every > 0 and not own

    @property
    def steps(self) -> int:
        """Environment steps of trials and verifications so far."""
        return self._steps

    def stale(self, generation: int) -> bool:
        """Return whether there was no new champion for more than ``run.patience`` generations."""
        patience = self.experiment.run.patience
        return patience > 0 and self.champion is not None and generation - 1 - self.champion.generation > patience

    @property
    def reported(self) -> bool:
        """Whether the final verification of the champion has been played."""
        return self._report is not None

    def progress(self) -> Progress:
        """Return everything `restore` needs."""
        return Progress(
            champion=self.champion,
            solved=self.solved,
            evaluations=self.evaluations,
            tried=sorted(digest.hex() for digest in self._tried),
            best_mean=self._best_mean if np.isfinite(self._best_mean) else None,
            sets=self._sets,
            latest=self._latest if self._may_have_trials else None,
            latest_is_mean=self._latest_is_mean,
            fittest=self._fittest if self._may_have_trials else None,
            verification_steps=self._steps,
        )

    def restore(self, progress: Progress) -> None:
        """Go on from what `progress` returned."""
        self.champion, self._latest, self._fittest = progress.champion, progress.latest, progress.fittest
        self._latest_is_mean = progress.latest_is_mean
        self.solved, self.evaluations = progress.solved, progress.evaluations
        self._tried = {bytes.fromhex(digest) for digest in progress.tried}
        self._best_mean = -np.inf if progress.best_mean is None else progress.best_mean
        self._sets = max(progress.sets, len(self._tried))
        self._steps = progress.verification_steps

    def candidate(self, genomes: Sequence[Genome], evaluation: Evaluation) -> tuple[int, Genome] | None:
        """Return the genome of this generation to verify on fresh episodes, if there is one.

        Verification is expensive, so at most one genome per generation is verified: the fittest that reaches the aim
        and has not been verified before (elites are unchanged copies).
        """
        if self.solved:
            return None
        if evaluation.solver is not None:
            return evaluation.solver, played(genomes, evaluation, evaluation.solver)
        if self.aim is None or (self.experiment.config.searched and self._has_trials):
            return None
        for index in np.argsort(-evaluation.fitness, kind="stable"):
            if not evaluation.fitness[index] >= self.aim:
                return None
            genome = played(genomes, evaluation, int(index))
            if _fingerprint(genome) not in self._tried:
                return int(index), genome
        return None

    def consider(self, genome: Genome, fitness: float, generation: int, scaling: Scaling | None) -> Iterator[Champion]:
        """Make the fittest of a generation the champion if it is the fittest so far and none has been tried yet."""
        untried = not np.isfinite(self._best_mean)
        if untried and not self.solved and (self.champion is None or fitness > self.champion.fitness):
            yield self._crown(self._champion(genome, fitness, generation, scaling))

    def remember(
        self, genome: Genome, fitness: float, generation: int, scaling: Scaling | None,
        fittest: tuple[Genome, float] | None = None, *, mean: bool = False,
    ) -> None:  # fmt: skip
        """Keep the genomes of a generation that `trial` tries: the favourite, then the fittest.

        Args:
            genome: The favourite (`Generation.favourite`).
            fitness: Its fitness.
            generation: The generation's number.
            scaling: What observations were scaled by.
            fittest: The fittest and its fitness, if that is to be tried as well.
            mean: Whether the favourite is the mean of a weight search.
        """
        self._latest_is_mean = mean
        self._latest = self._champion(genome, fitness, generation, scaling)
        self._fittest = None if fittest is None else self._champion(*fittest, generation, scaling)

    @cached_property
    def _has_trials(self) -> bool:
        """Whether genomes below the aim are tried at all: where chance has no part, none is lucky."""
        return self._may_have_trials and not begins_alike(self.task.config)

    def due(self, generation: int) -> bool:
        """Return whether a trial is due if no genome of this generation reaches the aim."""
        return self._has_trials and (generation + 1) % self.experiment.run.trial_every == 0

    def trial(self, *, last: bool = False) -> Iterator[Trying | Attempt | Champion]:
        """Run a trial of the last generation's favourite and of its fittest genome, unless they had one before.

        Args:
            last: Whether it is tried because the run has come to its end.
        """
        yield from self._trial(self._latest, last, mean=self._latest_is_mean)
        yield from self._trial(self._fittest, last, mean=False)

    def _trial(self, found: Champion | None, last: bool, mean: bool) -> Iterator[Trying | Attempt | Champion]:
        if not self._has_trials or self.solved or found is None or _fingerprint(found.genome) in self._tried:
            return
        yield Trying(generation=found.generation, report=False, below=True, mean=mean)
        self._tried.add(_fingerprint(found.genome))
        task = self.task.config
        try:
            fresh = self._verify(found.genome, found.scaling, self._next_set(), self._trial_episodes())
        except EvaluationError as error:
            if task.fault == "fail":
                raise
            _log.warning("a trial of generation %d is ignored: %s", found.generation, error)
            return
        enough = self.aim is not None and fresh.mean >= self.aim
        best = not enough and fresh.mean > self._best_mean
        yield Attempt(
            generation=found.generation, fitness=found.fitness, verification=fresh, accepted=False, best=best,
            below=True, mean=mean, last=last,
        )  # fmt: skip
        if enough:
            yield from self.attempt(
                found.genome, found.fitness, found.generation, found.scaling, by_own_rule=False, last=last, mean=mean
            )
        elif best:
            self._best_mean = fresh.mean
            yield self._crown(found)

    def attempt(
        self, genome: Genome, fitness: float, generation: int, scaling: Scaling | None, by_own_rule: bool,
        last: bool = False, mean: bool = False,
    ) -> Iterator[Trying | Attempt | Champion]:  # fmt: skip
        """Try a genome on fresh episodes, and make it the champion if it does better there than those before.

        Where their mean reaches the aim, it plays the final verification at once; whether that reaches the goal decides
        whether the run goes on. A task with a rule of its own has already said that the genome solves it.
        """
        found = self._champion(genome, fitness, generation, scaling)
        if by_own_rule:
            self.solved = True
            yield self._crown(found)
            return
        yield Trying(generation=generation, report=False, mean=mean)
        self._tried.add(_fingerprint(genome))
        verification = self._verify(genome, scaling, self._next_set())
        best = verification.mean > self._best_mean
        report = None
        if self.aim is not None and verification.mean >= self.aim:
            yield Trying(generation=generation, report=True, mean=mean)
            report = self._verify(genome, scaling, REPORT)
            if report.solved:
                # Its steps are counted when the run ends, where they are in any case. Whoever solves is the champion.
                self.solved, self._report, best = True, report, True
            else:
                self._steps += report.steps
        yield Attempt(
            generation=generation, fitness=fitness, verification=verification, accepted=self.solved, best=best,
            mean=mean, last=last, report=report,
        )  # fmt: skip
        if best:
            self._best_mean = verification.mean
            yield self._crown(found)

    def _crown(self, champion: Champion) -> Champion:
        self.champion = champion
        return champion

    def _champion(self, genome: Genome, fitness: float, generation: int, scaling: Scaling | None) -> Champion:
        return Champion(
            genome=genome,
            network=self.experiment.config.network,
            task=self.experiment.task,
            scaling=scaling,
            fitness=fitness,
            generation=generation,
            seed=self.experiment.run.seed,
            names=names_to_keep(self.task),
        )

    def _next_set(self) -> int:
        self._sets += 1
        return self._sets

    def _trial_episodes(self) -> int:
        return min(self.experiment.run.trial_episodes, self.task.config.verify_episodes)

    def outcome(self, population: Population, begin: float) -> Outcome:
        """Verify the champion on episodes not used to choose it, and return the result."""
        if self.champion is None:
            raise RuntimeError("a run without generations has no outcome")
        verification = self._report or self._verify(self.champion.genome, self.champion.scaling, REPORT)
        self._steps += verification.steps
        verdict = judged(self.task, verification)
        solved = self.solved if verdict is None else verdict
        ended = population.evaluations - self.evaluations < population.config.population.size  # in that generation
        return Outcome(
            status="solved" if solved else "extinct" if population.done else "finished",
            accepted=self.solved,
            champion=self.champion,
            verification=verification,
            generations=population.generation,
            evaluations=self.evaluations if self.evaluations and ended else population.evaluations,
            evaluations_to_solve=self.evaluations or None,
            threshold=self.task.threshold,
            rule=self.task.rule,
            steps=population.steps,
            verification_steps=self._steps,
            attempts=len(self._tried),
            seconds=time.perf_counter() - begin,
            illuminates=population.config.illuminates,
        )

    def _verify(
        self, genome: Genome, scaling: Scaling | None, number: int, episodes: int | None = None
    ) -> Verification:
        run = self.experiment.run
        verification = self.task.verify(
            genome,
            self.experiment.config.network,
            seed=run.seed,
            episodes=episodes,
            scaling=scaling,
            attempt=number,
            workers=1 if run.backend == "serial" else run.workers or available_cores(),
        )
        if number != REPORT:
            self._steps += verification.steps
        return verification


def judged(task: Task, verification: Verification) -> bool | None:
    """Return whether a champion solves its task, by its score in the final verification.

    This is the only rule for runs, reports, `neat verify`, success rates and tables: the mean reaches the goal, or the
    task's own rule holds. None if there is neither.
    """
    return None if task.threshold is None and task.rule is None else verification.solved


def aim_of(experiment: Experiment, task: Task) -> float | None:
    """Return the mean return that training aims for: ``run.aim``, but never less than the goal.

    Raises:
        ConfigError: It is given and the task has no goal, or a rule of its own.
    """
    aim = experiment.run.aim
    if aim is None:
        return task.threshold
    if task.rule is not None or traits_of(task.config).deterministic:
        raise ConfigError(f"run.aim: the task {task.name!r} says itself what solves it; leave the line out")
    if task.threshold is None:
        raise ConfigError(
            f"run.aim: {task.name} has no goal to aim above; give one too, such as task.threshold = {aim:g}"
        )
    return max(aim, task.threshold)  # who asks for more than a file aims at need not know of its aim


def played(genomes: Sequence[Genome], evaluation: Evaluation, index: int) -> Genome:
    """Return a copy of a genome as it was when its fitness was taken: after learning, if it learned."""
    return evaluation.learned.get(index, genomes[index]).copy()


def _fingerprint(genome: Genome) -> bytes:
    """Identify a genome by its genes."""
    digest = hashlib.blake2b(digest_size=16)
    for genes in (genome.nodes, genome.connections):
        for name in genes.dtype.names or ():  # field by field: the bytes between fields are arbitrary
            digest.update(genes[name].tobytes())
    return digest.digest()
