"""The events of a run as data: reporters receive them, and `experiments.loop.runner.evolve` yields them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from environments.evaluators.evaluation import Fault
from environments.playing.verification import Verification
from environments.tasks.settings import Scaling
from experiments.doctor.finding import Finding
from experiments.folder.behaviours import Behaved
from experiments.folder.champion import Champion
from experiments.settings import Experiment
from neat.history.ancestry import Relatives
from neat.history.generation import Generation
from neat.history.records import GenerationRecord

__all__ = ["Attempt", "Behaved", "Event", "Faults", "Finding", "Noticed", "Outcome", "Played", "Started", "Trying"]


@dataclass(frozen=True, kw_only=True)
class Started:
    """A run is about to start."""

    experiment: Experiment
    """Its settings, with the numbers of inputs and outputs that the task sets."""
    task: str
    """Name of the task."""
    inputs: int
    """Number of observations a network is given."""
    outputs: int
    """Number of outputs it has."""
    threshold: float | None
    """The goal: mean return that counts as solved; None where the task names none."""
    rule: str | None
    """When the task itself says that a genome solves it, in words, if it does."""
    backend: str
    """Who plays the episodes."""
    workers: int
    """Threads or processes that play."""
    about: tuple[str, ...] = ()
    """What else the task has to say of itself, in lines."""
    aim: float | None = None
    """Mean return that training aims at (``run.aim``): the goal or above."""
    compiles: bool
    """Whether machine code has yet to be made: the first generation then takes some seconds longer."""
    generation: int = 0
    """The first generation to be played; above 0 where a run is resumed."""

    def as_dict(self) -> dict[str, Any]:
        """Return the settings that matter most, for JSON."""
        experiment = self.experiment
        return {
            "experiment": experiment.name,
            "task": self.task,
            "environment": experiment.task.environment,
            "preset": experiment.preset,
            "changed": experiment.changed(),
            "seed": experiment.run.seed,
            "population": experiment.config.population.size,
            "generations_at_most": experiment.run.generations,
            "threshold": self.threshold,
            "aim": self.aim,
            "rule": self.rule,
            **({"about": list(self.about)} if self.about else {}),
            "backend": self.backend,
            "workers": self.workers,
        }


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Episodes of a generation that could not be scored; their genomes got its worst fitness (``task.fault``)."""

    generation: int
    faults: tuple[Fault, ...]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the faults one by one, for JSON; ``seed`` is what `env.reset` was given."""
        return [
            {"generation": self.generation, "genome": fault.genome, "seed": fault.seed, "message": fault.message}
            for fault in self.faults
        ]


@dataclass(frozen=True, kw_only=True)
class Played:
    """A generation was evaluated; its genomes do not change any more."""

    generation: Generation
    """The generation."""
    scaling: Scaling | None
    """What its observations were scaled by."""


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """Something that may keep the run from learning, with the setting that helps."""

    generation: int
    findings: tuple[Finding, ...]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the findings one by one, for JSON."""
        return [{"generation": self.generation, **finding.as_dict()} for finding in self.findings]


@dataclass(frozen=True, kw_only=True)
class Trying:
    """A champion is about to play fresh episodes, which may take a while."""

    generation: int
    report: bool
    """Whether these are the episodes of the final verification, whose score is reported."""
    below: bool = False
    """Whether it is tried without having reached the aim; see `Attempt.below`."""
    mean: bool = False
    """Whether it is the mean of the weight search."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A genome was tested on fresh episodes: its training fitness reached the aim, or a trial was due."""

    generation: int
    fitness: float
    """Its training fitness."""
    verification: Verification
    """What it scored on fresh episodes."""
    accepted: bool
    """Whether it solves the task: training fitness and their mean reach the aim, and that of ``report`` the goal."""
    best: bool = False
    """Whether it is the champion now: it did better than all that were tried before."""
    below: bool = False
    """Whether its training fitness is below the aim, or there is no aim: then it is a trial on ``run.trial_episodes``,
    which cannot accept it. If the trial reaches the aim, a verification on all ``task.verify_episodes`` follows and
    counts instead."""
    mean: bool = False
    """Whether it is the mean of the weight search."""
    last: bool = False
    """Whether it took place because the run ended. A run that is resumed from there discards it."""
    report: Verification | None = None
    """Its score in the final verification, if ``verification`` reached the aim. The run continues if this is below the
    goal."""

    def as_dict(self) -> dict[str, Any]:
        """Return the attempt, for JSON."""
        return {
            "generation": self.generation,
            "fitness": self.fitness,
            "accepted": self.accepted,
            "best": self.best,
            "below": self.below,
            "mean": self.mean,
            "last": self.last,
            "verification": self.verification.as_dict(),
            "report": None if self.report is None else self.report.as_dict(),
        }


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of a run."""

    status: Literal["solved", "finished", "extinct"]
    """``solved``: the reported score reaches the goal (`experiments.loop.selection.judged`). ``finished``: all
    generations were played. ``extinct``: no species was left and ``population.extinction`` is ``stop``."""
    accepted: bool
    """Whether the champion had passed a verification before, which ends a run. A solved run without it played all its
    generations, since no genome reached the aim."""
    champion: Champion
    verification: Verification | None
    """The reported score: fresh episodes that took no part in choosing the champion."""
    threshold: float | None
    """The goal: mean return that counts as solved; None where the task names none."""
    rule: str | None
    """When the task itself says that a genome solves it, in words, if it does."""
    generations: int
    """Generations played."""
    evaluations: int
    """Genomes evaluated, up to and including the solver where the task names one and the run ends with it."""
    steps: int
    """Environment steps of training."""
    verification_steps: int
    """Environment steps of verification."""
    attempts: int
    """Number of genomes tested on fresh episodes, below the aim or at it."""
    seconds: float
    """Wall-clock time, verification and compilation included."""
    evaluations_to_solve: int | None = None
    """Genomes evaluated when a champion was first accepted; None if none was. A run may go on after that."""
    illuminates: bool = False
    """Whether the result is a repertoire, so that missing the goal is no failure (`neat.Config.illuminates`)."""

    @property
    def solved(self) -> bool:
        """Whether the champion's reported score reaches the goal."""
        return self.status == "solved"

    @property
    def cost(self) -> int:
        """Evaluations until a champion was accepted, or all if none was."""
        return self.evaluations if self.evaluations_to_solve is None else self.evaluations_to_solve

    def as_dict(self) -> dict[str, Any]:
        """Return what came out, for JSON."""
        genome = self.champion.genome
        return {
            "status": self.status,
            "solved": self.solved,
            "accepted": self.accepted,
            "illuminates": self.illuminates,
            "verification": None if self.verification is None else self.verification.as_dict(),
            "fitness": self.champion.fitness,
            "champion_generation": self.champion.generation,
            "hidden": genome.hidden,
            "connections": genome.enabled,
            "generations": self.generations,
            "evaluations": self.evaluations,
            "evaluations_to_solve": self.evaluations_to_solve,
            "steps": self.steps,
            "verification_steps": self.verification_steps,
            "attempts": self.attempts,
            "seconds": self.seconds,
        }


Event = (
    Started | Faults | Noticed | GenerationRecord | Played | Behaved | Relatives | Champion | Trying | Attempt | Outcome
)
"""What a run consists of. A `Champion` is yielded whenever the run has a new one."""
