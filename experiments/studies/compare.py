"""NEAT compared with gradients and random search: several seeds of each arm on one budget, and the statistics."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.playing.intervals import mean_intervals
from environments.tasks.settings import TaskConfig
from experiments.settings import Experiment
from experiments.studies.arms import ARMS, ArmJob, Curve, run_arm
from experiments.studies.budgeted_search import CONTEST_SHARE, GENERATIONS, LARGEST, SMALLEST
from experiments.studies.curves import CurveFile
from experiments.studies.zoo import ZOO, zoo_entry
from neat.backprop.ppo import PPOConfig
from neat.errors import ConfigError, did_you_mean

__all__ = ["ArmSummary", "CompareConfig", "Comparison", "compare", "effort"]


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Settings of a comparison."""

    steps: int
    """Environment steps that each seed of each arm may use."""
    seeds: int = 30
    """Seeds of each arm."""
    arms: tuple[str, ...] = ARMS
    """Which arms."""
    looks: int = 20
    """Looks at each, evenly spaced over the budget."""
    episodes: int = 20
    """Fresh episodes of a look."""
    final_episodes: int = 100
    """Fresh episodes of the last look."""
    seed: int = 0
    """What the arms' seeds are derived from."""
    fit: bool = True
    """True: population size and episodes per genome are derived from the budget
    (`experiments.studies.budgeted_search`). False: the experiment's values are used."""

    def __post_init__(self) -> None:
        for name in ("steps", "seeds", "looks", "episodes", "final_episodes"):
            if getattr(self, name) < 1:
                raise ConfigError(f"compare.{name}: expected at least 1, got {getattr(self, name)!r}")
        for arm in self.arms:
            if arm not in ARMS:
                raise ConfigError(f"unknown arm {arm!r}{did_you_mean(arm, ARMS)}: expected some of {', '.join(ARMS)}")
        if not self.arms:
            raise ConfigError(f"compare.arms: expected some of {', '.join(ARMS)}, got none")


@dataclass(frozen=True)
class ArmSummary:
    """The results of one arm over its seeds.

    Attributes:
        arm: Its name.
        steps: Budget used up at each look, int64, shape (looks,).
        seconds: Median over the seeds of the processor time at each look, float64, shape (looks,).
        mean: Mean over the seeds of the mean return at each look.
        low: Lower end of its 95% interval (Student's t); NaN for a single seed.
        high: Upper end.
        final: Mean return of each seed at the last look, float64, shape (seeds,).
        solved: Share of the seeds whose last mean return reaches the threshold, or None without a threshold.
        total_seconds: Mean wall-clock time of a seed.
        total_processor_seconds: Mean processor time of a seed.
        parameters: Mean number of parameters of the last policies.
        connections: Mean number of their connections.
        hidden: Mean number of their hidden nodes or units.
        share: Mean share of the budget that was used.
        generations: Median number of complete generations, batches or updates.
        policies: Median number of genomes tried; 0 for PPO.
        beyond: Difference to NEAT on the same seeds, with its 95% interval (paired t); None for NEAT, or without it.
    """

    arm: str
    steps: NDArray[np.int64]
    seconds: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    final: NDArray[np.float64]
    solved: float | None
    total_seconds: float
    total_processor_seconds: float
    parameters: float
    connections: float
    hidden: float
    share: float
    generations: float
    policies: float
    beyond: tuple[float, float, float] | None

    @classmethod
    def of(
        cls, curves: Sequence[Curve], threshold: float | None, *, budget: int, neat: Sequence[Curve] = ()
    ) -> ArmSummary:
        """Return the summary of one arm's seeds, beside NEAT's on the same seeds."""
        means = np.array([[point.mean for point in curve.points] for curve in curves])
        seconds = np.array([[point.processor_seconds for point in curve.points] for curve in curves])
        mean, low, high = mean_intervals(means)
        beyond = None
        if neat and curves[0].arm != "neat":
            theirs = {curve.seed: curve.points[-1].mean for curve in neat}
            centre, lower, upper = mean_intervals([[c.points[-1].mean - theirs[c.seed]] for c in curves])
            beyond = (float(centre[0]), float(lower[0]), float(upper[0]))
        return cls(
            arm=curves[0].arm,
            steps=np.array([point.steps for point in curves[0].points]),
            seconds=np.median(seconds, axis=0),
            mean=mean,
            low=low,
            high=high,
            final=means[:, -1],
            solved=None if threshold is None else float(np.mean(means[:, -1] >= threshold)),
            total_seconds=float(np.mean([curve.points[-1].seconds for curve in curves])),
            total_processor_seconds=float(seconds[:, -1].mean()),
            parameters=float(np.mean([curve.parameters for curve in curves])),
            connections=float(np.mean([curve.connections for curve in curves])),
            hidden=float(np.mean([curve.hidden for curve in curves])),
            share=float(np.mean([curve.used for curve in curves])) / budget,
            generations=float(np.median([curve.generations for curve in curves])),
            policies=float(np.median([curve.policies for curve in curves])),
            beyond=beyond,
        )


@dataclass(frozen=True)
class Comparison:
    """All curves of a comparison, with its settings.

    Attributes:
        experiment: Task and settings of evolution.
        ppo: Settings of PPO.
        config: Settings of the comparison.
        threshold: Mean return that counts as solved, if there is one.
        curves: One for each arm and seed, in the order of the arms and seeds.
    """

    experiment: Experiment
    ppo: PPOConfig
    config: CompareConfig
    threshold: float | None
    curves: tuple[Curve, ...]

    def summaries(self) -> list[ArmSummary]:
        """Return a summary of each arm."""
        by_arm = {arm: [curve for curve in self.curves if curve.arm == arm] for arm in self.config.arms}
        neat = by_arm.get("neat", [])
        return [
            ArmSummary.of(curves, self.threshold, budget=self.config.steps, neat=neat)
            for curves in by_arm.values()
            if curves
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return settings and figures, plain; the raw curves are in ``curves.jsonl``."""
        return {
            "experiment": asdict(self.experiment),
            "ppo": asdict(self.ppo),
            "compare": asdict(self.config),
            "threshold": self.threshold,
            "seeds": sorted({curve.seed for curve in self.curves}),
            "arms": [_plain(summary) for summary in self.summaries()],
        }


def _plain(summary: ArmSummary) -> dict[str, Any]:
    """Return a summary with lists in place of arrays."""
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in vars(summary).items()}


def compare(
    experiment: Experiment,
    config: CompareConfig,
    *,
    ppo: PPOConfig | None = None,
    workers: int = 1,
    folder: Path | None = None,
    after_curve: Callable[[Curve], None] | None = None,
) -> Comparison:
    """Play all seeds of all arms, each on one core.

    Args:
        experiment: Task and settings of evolution.
        config: Settings of the comparison.
        ppo: Settings of PPO; by default the zoo's.
        workers: Number of seeds played in parallel, each in its own process; use at most one per core to measure times.
        folder: Folder in which each curve is stored when it is complete; stored curves are not repeated.
        after_curve: Called after each seed of each arm.

    Raises:
        ConfigError: A task that an arm cannot play.
        RunDirectoryError: The folder cannot be read or written, or has a comparison with other settings.
        MissingExtraError: The environment needs a package that is not installed.
    """
    from environments import make_task
    from experiments.studies.success import independent_seeds

    ppo = ppo or zoo_entry(experiment.task.environment).config
    seeds = independent_seeds(config.seeds, entropy=config.seed)
    jobs = [
        ArmJob(
            arm, seed, experiment, ppo, config.steps, config.looks, config.episodes, config.final_episodes, config.fit
        )
        for seed in seeds
        for arm in config.arms
    ]
    kept = None if folder is None else CurveFile(folder, jobs[0])
    curves = {} if kept is None else dict(kept.curves)
    missing = [job for job in jobs if (job.arm, job.seed) not in curves]

    def take(curve: Curve) -> None:
        curves[curve.arm, curve.seed] = curve
        if kept is not None:
            kept.keep(curve)
        if after_curve is not None:
            after_curve(curve)

    try:
        if workers <= 1:
            for job in missing:
                take(run_arm(job))
        elif missing:
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(min(workers, len(missing)), mp_context=context) as pool:
                for future in as_completed([pool.submit(run_arm, job) for job in missing]):
                    take(future.result())
    finally:
        if kept is not None:
            kept.close()
    ordered = tuple(curves[arm, seed] for arm in config.arms for seed in seeds)
    return Comparison(experiment, ppo, config, make_task(experiment.task).threshold, ordered)


def effort(experiment: Experiment, config: CompareConfig) -> list[str]:
    """Return notes on what each arm was given: its budget, and how its settings were tuned."""
    environment = experiment.task.environment
    changed = {**_changed_task(experiment.task), **experiment.changed()}
    fitted = ("task.episodes", "task.racing", "population.size", "genome.initial") if config.fit else ()
    unused = ", ".join(f"{key} = {changed.pop(key)}" for key in fitted if key in changed)
    settings = ", ".join(f"{key} = {value}" for key, value in changed.items()) or "none"
    zoo = (
        "RL Baselines3 Zoo's, tuned there for this environment"
        if environment in ZOO
        else "Stable-Baselines3's defaults, not tuned for this environment"
    )
    size = (
        f"1 episode per genome, {SMALLEST} to {LARGEST} genomes so that {GENERATIONS} generations fit the budget"
        if config.fit
        else f"{experiment.config.population.size} genomes, {experiment.task.episodes} episodes each"
    )
    size += f" (instead of {unused}, which --as-is keeps)" if unused else ""
    return [
        f"budget: {config.steps:,} environment steps for each of {config.seeds} seeds of each arm, on one core each",
        f"neat: preset {experiment.preset!r}, settings changed for this task: {settings}",
        f"neat, neat+ppo and random: {size}; of the steps used, up to {CONTEST_SHARE:.0%} are fresh episodes in which "
        "the fittest of every generation challenges the best so far",
        "neat+ppo: the same for half of the budget, then PPO with one set of settings for all tasks",
        f"ppo: settings {zoo}",
        "random: first genomes of the same settings in batches of the same size, the same contest",
        f"a look: {config.episodes} fresh episodes ({config.final_episodes} at the end), the same for all arms of a "
        "seed, without exploration, outside the budget",
        "verified return: mean over the seeds [95% interval, Student's t]; seeds are odd numbers, settings and rules "
        "were chosen on even ones",
    ]


def _changed_task(task: TaskConfig) -> dict[str, Any]:
    """Return the settings of a task that differ from the defaults, such as the number of episodes per genome."""
    default = asdict(TaskConfig(environment=task.environment))
    return {f"task.{key}": value for key, value in asdict(task).items() if value != default[key]}
