"""Which genome a run answers with: a champion is believed only when it is verified.

A champion counts as solving when its training fitness reaches the task's threshold **and** the mean return over
``task.verify_episodes`` fresh episodes does. Trying many champions selects a lucky one, so the score that is reported
comes from a second, independent set of episodes, drawn after acceptance. Tasks with a rule of their own (XOR) say
themselves who solved them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence

import numpy as np

from environments.evaluation import Evaluation
from environments.task import Scaling
from environments.tasks import Task
from environments.verification import Verification
from experiments.champion import Champion
from experiments.checkpoints import Progress
from experiments.events import Attempt, Outcome, Trying
from experiments.settings import Experiment
from neat.errors import DataError
from neat.genome import Genome
from neat.parallel import available_cores
from neat.population import Population

__all__ = ["REPORT", "Selection", "played"]

REPORT = 0
"""Number of the set of fresh episodes behind the reported score; champions are tried on sets 1, 2, 3, …"""


class Selection:
    """Which genome the run answers with.

    The fittest in training, until genomes reach the threshold: then the one that did best on fresh episodes.
    """

    def __init__(self, experiment: Experiment, task: Task) -> None:
        self.experiment = experiment
        self.task = task
        self.champion: Champion | None = None
        self.solved = False
        self.evaluations = 0
        self._tried: set[bytes] = set()
        self._best_mean = -np.inf
        self._steps = 0

    def progress(self) -> Progress:
        """Return everything `restore` needs."""
        return Progress(
            champion=None if self.champion is None else self.champion.to_json(),
            solved=self.solved,
            evaluations=self.evaluations,
            tried=sorted(digest.hex() for digest in self._tried),
            best_mean=self._best_mean if np.isfinite(self._best_mean) else None,
            verification_steps=self._steps,
        )

    def restore(self, progress: Progress) -> None:
        """Go on from what `progress` returned.

        Raises:
            NeatError: It holds no usable champion.
        """
        if progress.champion is not None:
            self.champion = Champion.from_json(progress.champion, "checkpoint")
            if not np.isfinite(self.champion.fitness):
                raise DataError("checkpoint: the champion's fitness is not a finite number")
        self.solved, self.evaluations = progress.solved, progress.evaluations
        self._tried = {bytes.fromhex(digest) for digest in progress.tried}
        self._best_mean = -np.inf if progress.best_mean is None else progress.best_mean
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
        if not self._tried and not self.solved and (self.champion is None or fitness > self.champion.fitness):
            yield self._crown(genome, fitness, generation, scaling)

    def attempt(
        self, genome: Genome, fitness: float, generation: int, scaling: Scaling | None, by_own_rule: bool
    ) -> Iterator[Trying | Attempt | Champion]:
        """Try a genome on fresh episodes, and make it the champion if it does better there than those before.

        A task with a rule of its own has already said that the genome solves it.
        """
        if by_own_rule:
            self.solved = True
            yield self._crown(genome, fitness, generation, scaling)
            return
        yield Trying(generation=generation, report=False)
        self._tried.add(_fingerprint(genome))
        verification = self._verify(genome, scaling, len(self._tried))
        self.solved = self.task.threshold is not None and verification.mean >= self.task.threshold
        yield Attempt(generation=generation, fitness=fitness, verification=verification, accepted=self.solved)
        if verification.mean > self._best_mean:
            self._best_mean = verification.mean
            yield self._crown(genome, fitness, generation, scaling)

    def _crown(self, genome: Genome, fitness: float, generation: int, scaling: Scaling | None) -> Champion:
        self.champion = Champion(
            genome=genome,
            network=self.experiment.config.network,
            task=self.experiment.task,
            scaling=scaling,
            fitness=fitness,
            generation=generation,
            seed=self.experiment.run.seed,
        )
        return self.champion

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

    def _verify(self, genome: Genome, scaling: Scaling | None, number: int) -> Verification:
        verification = self.task.verify(
            genome,
            self.experiment.config.network,
            seed=self.experiment.run.seed,
            scaling=scaling,
            attempt=number,
            workers=self.experiment.run.workers or available_cores(),
        )
        self._steps += verification.steps
        return verification


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
