"""`neat ppo`: train policies by gradients (PPO) and verify them, beside the zoo's figures and Stable-Baselines3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import option

if TYPE_CHECKING:
    from experiments.ppo_study import PPOStudy, PPOTrial
    from experiments.zoo import ZooEntry

__all__ = ["command"]


def command(
    environment: Positional[Annotated[str, arg(metavar="ENVIRONMENT")]],
    *,
    seeds: Annotated[int, arg(metavar="N")] = 1,
    seed: Annotated[int, arg(metavar="N")] = 0,
    steps: Annotated[int | None, option("N")] = None,
    episodes: Annotated[int, arg(metavar="N")] = 100,
    workers: Annotated[int, arg(metavar="N")] = 1,
    set: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="KEY=VALUE")]] = (),
    alone: bool = False,
    json: bool = False,
) -> int:
    """Train policies of a fixed topology with PPO, and verify them on fresh episodes.

    Settings are those of RL Baselines3 Zoo, or Stable-Baselines3's defaults for environments it does not have. Where
    Stable-Baselines3 is installed it is trained with the same settings, budget and seeds. Ends with exit code 1 if the
    mean over the seeds is below the zoo's mean less its deviation (at least 1%).

    Args:
        environment: A Gymnasium id such as CartPole-v1.
        seeds: How many agents to train.
        seed: The first one's seed; the others follow.
        steps: Environment steps of each training; by default the zoo's.
        episodes: Fresh episodes of each verification.
        workers: Agents trained side by side, each in its own process; for speeds leave it at 1.
        set: A setting of PPO, such as gamma=0.98.
        alone: Leave out Stable-Baselines3 also where it is installed.
        json: Write one JSON object a line: each agent, then the figures.
    """
    from experiments.blas import use_one_thread

    use_one_thread()
    import json as writer

    from environments.task import TaskConfig
    from experiments.directory import finite
    from experiments.ppo_study import LEARNERS, PPOStudy, changed, ppo_trials
    from experiments.sb3 import is_installed
    from experiments.zoo import zoo_entry
    from neat.errors import ConfigError

    for name, value in (("seeds", seeds), ("episodes", episodes), ("steps", 1 if steps is None else steps)):
        if value < 1:
            raise ConfigError(f"--{name}: expected at least 1, got {value}")
    entry = zoo_entry(environment)
    config = changed(entry.config, set)
    budget = steps or entry.steps
    learners = LEARNERS[:1] if alone or not is_installed() else LEARNERS
    if not json:
        print(f"{environment}: PPO, {seeds} seed(s), {budget:,} steps each, verified on {episodes} fresh episodes")
        print(_HEAD)
    done: dict[str, list[PPOTrial]] = {learner: [] for learner in learners}
    for trial in ppo_trials(
        TaskConfig(environment=environment),
        config,
        steps=budget,
        seeds=range(seed, seed + seeds),
        episodes=episodes,
        learners=learners,
        workers=workers,
    ):
        done[trial.learner].append(trial)
        print(writer.dumps(finite({"event": "agent", **trial.as_dict()})) if json else _row(trial), flush=True)
    studies = {learner: PPOStudy(tuple(trials)) for learner, trials in done.items()}
    ours = studies[LEARNERS[0]]
    good_enough = not ours.mean < entry.goal  # true where the zoo has no figure
    if json:
        figures = {name: {"mean": s.mean, "sd": s.sd, "steps_per_second": s.speed} for name, s in studies.items()}
        zoo = {"mean": entry.mean, "sd": entry.sd, "steps": entry.steps}
        print(writer.dumps(finite({"event": "figures", **figures, "zoo": zoo, "good_enough": good_enough})))
    else:
        for line in _figures(studies, entry, good_enough):
            print(line)
    return 0 if good_enough else 1


_HEAD = (
    f"{'learner':>17}  {'seed':>6}  {'mean':>9}  {'sd':>8}  {'worst':>9}  {'steps':>11}  {'seconds':>8}  {'steps/s':>8}"
)


def _row(trial: PPOTrial) -> str:
    v = trial.verification
    return (
        f"{trial.learner:>17}  {trial.seed:>6}  {v.mean:>9.2f}  {v.sd:>8.2f}  {v.minimum:>9.2f}  "
        f"{trial.steps:>11,}  {trial.seconds:>8.1f}  {trial.speed:>8,.0f}"
    )


def _figures(studies: dict[str, PPOStudy], entry: ZooEntry, good_enough: bool) -> list[str]:
    lines = [
        f"{learner}: mean return {study.mean:.2f} over {len(study.trials)} seed(s)"
        + (f" (sd between seeds {study.sd:.2f})" if len(study.trials) > 1 else "")
        + f", {study.speed:,.0f} steps/s"
        for learner, study in studies.items()
    ]
    if entry.mean == entry.mean:
        lines.append(
            f"the zoo's agent: {entry.mean:g} ± {entry.sd:g} after {entry.steps:,} steps; "
            f"{entry.goal:g}, its mean less its deviation, is {'reached' if good_enough else 'not reached'}"
        )
    return lines
