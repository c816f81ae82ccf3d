"""Which genome a run answers with: a champion is believed only when it is verified.

A champion counts as solving when its training fitness reaches the task's threshold **and** the mean return over
``task.verify_episodes`` fresh episodes does. Trying many champions selects a lucky one, so the score that is reported
comes from a second, independent set of episodes, drawn after acceptance. Tasks with a rule of their own (XOR) say
themselves who solved them.

Where the threshold is out of reach, or there is none, the best training fitness of a whole run belongs to a lucky
genome. So in every generation that ``run.trial_every`` names and does not reach it, and in the last one, the fittest,
or the mean of its weight search (`Population.steadiest`), is tried on fewer episodes (``run.trial_episodes``). Of all
that were tried the one with the best mean is the champion, over however many episodes each mean was taken. A mean that
reaches the threshold there does not solve the task: the genome is tried in full, and the mean over that set counts
instead.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from environments.evaluation import Evaluation
from environments.racing import begins_alike
from environments.task import OWN_TASKS, Scaling
from environments.tasks import Task
from environments.verification import Verification
from experiments.champion import Champion
from experiments.checkpoints import Progress
from experiments.events import Attempt, Outcome, Trying
from experiments.settings import Experiment
from neat.errors import DataError, EvaluationError
from neat.genes.table import Genome
from neat.parallel import available_cores
from neat.population import Population

__all__ = ["REPORT", "Selection", "played"]

REPORT = 0
"""Number of the set of fresh episodes behind the reported score; genomes are tried on sets 1, 2, 3, …"""
_log = logging.getLogger(__name__)


class Selection:
    """Which genome the run answers with.

    The fittest in training, until genomes are tried: then the one that did best on fresh episodes.
    """

    def __init__(self, experiment: Experiment, task: Task) -> None:
        self.experiment = experiment
        self.task = task
        self.champion: Champion | None = None
        self.solved = False
        self.evaluations = 0
        self._tried: set[bytes] = set()
        self._best_mean = -np.inf
        self._sets = 0
        self._steps = 0
        self._latest: Champion | None = None
        own = task.rule is not None or task.config.environment in OWN_TASKS
        self._may_have_trials = experiment.run.trial_every > 0 and not own

    def progress(self) -> Progress:
        """Return everything `restore` needs."""
        return Progress(
            champion=None if self.champion is None else self.champion.to_json(),
            solved=self.solved,
            evaluations=self.evaluations,
            tried=sorted(digest.hex() for digest in self._tried),
            best_mean=self._best_mean if np.isfinite(self._best_mean) else None,
            sets=self._sets,
            latest=self._latest.to_json() if self._may_have_trials and self._latest is not None else None,
            verification_steps=self._steps,
        )

    def restore(self, progress: Progress) -> None:
        """Go on from what `progress` returned.

        Raises:
            NeatError: It holds no usable champion.
        """
        if progress.champion is not None:
            self.champion = _saved(progress.champion)
        if progress.latest is not None:
            self._latest = _saved(progress.latest)
        self.solved, self.evaluations = progress.solved, progress.evaluations
        self._tried = {bytes.fromhex(digest) for digest in progress.tried}
        self._best_mean = -np.inf if progress.best_mean is None else progress.best_mean
        self._sets = max(progress.sets, len(self._tried))
        self._steps = progress.verification_steps

    def candidate(self, genomes: Sequence[Genome], evaluation: Evaluation) -> tuple[int, Genome] | None:
        """Return the genome of this generation to be tried on fresh episodes, if one deserves it.

        Verification is far from free, so at most one genome of a generation is tried: the fittest that reaches the
        threshold and has not been tried before (champions are copied unchanged from generation to generation).
        """
        if self.solved:
            return None
        if evaluation.solver is not None:
            return evaluation.solver, played(genomes, evaluation, evaluation.solver)
        if self.task.threshold is None:
            return None
        for index in np.argsort(-evaluation.fitness, kind="stable"):
            if not evaluation.fitness[index] >= self.task.threshold:
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

    def remember(self, genome: Genome, fitness: float, generation: int, scaling: Scaling | None) -> None:
        """Keep the genome of a generation that `trial` tries: the best bet on other episodes."""
        self._latest = self._champion(genome, fitness, generation, scaling)

    @cached_property
    def _has_trials(self) -> bool:
        """Whether genomes below the threshold are tried at all: where chance has no part, none is lucky."""
        return self._may_have_trials and not begins_alike(self.task.config)

    def due(self, generation: int) -> bool:
        """Tell whether the best bet of this generation, should none reach the threshold, is to be tried."""
        return self._has_trials and (generation + 1) % self.experiment.run.trial_every == 0

    def trial(self, *, last: bool = False) -> Iterator[Trying | Attempt | Champion]:
        """Try the best bet of the last generation on a few fresh episodes, unless it was tried before.

        Args:
            last: Whether it is tried because the run has come to its end.
        """
        found = self._latest
        if not self._has_trials or self.solved or found is None or _fingerprint(found.genome) in self._tried:
            return
        yield Trying(generation=found.generation, report=False, below=True)
        self._tried.add(_fingerprint(found.genome))
        task = self.task.config
        try:
            fresh = self._verify(found.genome, found.scaling, self._next_set(), self._trial_episodes())
        except EvaluationError as error:
            if task.fault == "fail":
                raise
            _log.warning("the trial of generation %d's best bet counts for nothing: %s", found.generation, error)
            return
        enough = self.task.threshold is not None and fresh.mean >= self.task.threshold
        best = not enough and fresh.mean > self._best_mean
        yield Attempt(
            generation=found.generation, fitness=found.fitness, verification=fresh, accepted=False, best=best,
            below=True, last=last,
        )  # fmt: skip
        if enough:
            yield from self.attempt(
                found.genome, found.fitness, found.generation, found.scaling, by_own_rule=False, last=last
            )
        elif best:
            self._best_mean = fresh.mean
            yield self._crown(found)

    def attempt(
        self, genome: Genome, fitness: float, generation: int, scaling: Scaling | None, by_own_rule: bool,
        last: bool = False,
    ) -> Iterator[Trying | Attempt | Champion]:  # fmt: skip
        """Try a genome on fresh episodes, and make it the champion if it does better there than those before.

        A task with a rule of its own has already said that the genome solves it.
        """
        found = self._champion(genome, fitness, generation, scaling)
        if by_own_rule:
            self.solved = True
            yield self._crown(found)
            return
        yield Trying(generation=generation, report=False)
        self._tried.add(_fingerprint(genome))
        verification = self._verify(genome, scaling, self._next_set())
        self.solved = self.task.threshold is not None and verification.mean >= self.task.threshold
        best = verification.mean > self._best_mean
        yield Attempt(
            generation=generation, fitness=fitness, verification=verification, accepted=self.solved, best=best,
            last=last,
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
        )

    def _next_set(self) -> int:
        self._sets += 1
        return self._sets

    def _trial_episodes(self) -> int:
        return min(self.experiment.run.trial_episodes, self.task.config.verify_episodes)

    def outcome(self, population: Population, begin: float) -> Outcome:
        """Verify the champion on episodes that took no part in choosing it, and sum up."""
        if self.champion is None:
            raise RuntimeError("a run without generations has no outcome")
        verification = self._verify(self.champion.genome, self.champion.scaling, REPORT)
        return Outcome(
            status="solved" if self.solved else "extinct" if population.done else "finished",
            champion=self.champion,
            verification=verification,
            generations=population.generation,
            evaluations=self.evaluations or population.evaluations,
            threshold=self.task.threshold,
            rule=self.task.rule,
            steps=population.steps,
            verification_steps=self._steps,
            attempts=len(self._tried),
            seconds=time.perf_counter() - begin,
        )

    def _verify(
        self, genome: Genome, scaling: Scaling | None, number: int, episodes: int | None = None
    ) -> Verification:
        verification = self.task.verify(
            genome,
            self.experiment.config.network,
            seed=self.experiment.run.seed,
            episodes=episodes,
            scaling=scaling,
            attempt=number,
            workers=self.experiment.run.workers or available_cores(),
        )
        self._steps += verification.steps
        return verification


def played(genomes: Sequence[Genome], evaluation: Evaluation, index: int) -> Genome:
    """Return a copy of a genome as it was when its fitness was taken: after learning, if it learned."""
    return evaluation.learned.get(index, genomes[index]).copy()


def _saved(text: str) -> Champion:
    """Read a champion of a checkpoint.

    Raises:
        NeatError: It is none that can be used.
    """
    champion = Champion.from_json(text, "checkpoint")
    if not np.isfinite(champion.fitness):
        raise DataError("checkpoint: the champion's fitness is not a finite number")
    return champion


def _fingerprint(genome: Genome) -> bytes:
    """Identify a genome by its genes."""
    digest = hashlib.blake2b(digest_size=16)
    for genes in (genome.nodes, genome.connections):
        for name in genes.dtype.names or ():  # field by field: the bytes between fields are arbitrary
            digest.update(genes[name].tobytes())
    return digest.digest()
