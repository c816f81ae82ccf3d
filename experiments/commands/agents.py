"""The common part of `neat ppo` and `neat dqn`: training of agents, rows, figures and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.gradients.agent_study import AgentResults, TrainedAgent
    from experiments.studies.zoo import ZooEntry

__all__ = ["compare_agents"]

_HEAD = (
    f"{'learner':>17}  {'seed':>6}  {'mean':>9}  {'sd':>8}  {'worst':>9}  {'steps':>11}  {'seconds':>8}  {'steps/s':>8}"
)


def compare_agents(
    method: str,
    environment: str,
    entry: ZooEntry[Any],
    changes: Sequence[str],
    *,
    seeds: int,
    seed: int,
    steps: int | None,
    episodes: int,
    workers: int,
    alone: bool,
    json: bool,
) -> int:
    """Train and verify agents, print the results, and return the exit code.

    Args:
        method: Name of the method, for messages.
        environment: A Gymnasium id.
        entry: The zoo's settings, budget and figures.
        changes: Changes to the settings, each ``key=value``.
        seeds: Number of agents.
        seed: Seed of the first agent.
        steps: Environment steps, or None for the zoo's number.
        episodes: Fresh episodes of each verification.
        workers: Number of agents trained in parallel.
        alone: Skip Stable-Baselines3 even if it is installed.
        json: Print JSON.

    Raises:
        ConfigError: A number below 1, an unknown setting, or an environment that the method cannot play.
        MissingExtraError: A package is not installed.
    """
    import json as writer

    from environments.tasks.registry import refuse_without_environment
    from environments.tasks.settings import TaskConfig
    from experiments.display.describe import counted
    from experiments.folder.files import finite
    from experiments.gradients.agent_study import LEARNERS, AgentResults, changed, train_agents
    from experiments.gradients.sb3 import is_installed
    from neat.errors import ConfigError

    for name, value in (("seeds", seeds), ("episodes", episodes), ("steps", 1 if steps is None else steps)):
        if value < 1:
            raise ConfigError(f"--{name}: expected at least 1, got {value}")
    task = TaskConfig(environment=environment)
    refuse_without_environment(task, f"neat {method.lower()}")
    config = changed(entry.config, changes)
    budget = steps or entry.steps
    learners = LEARNERS[:1] if alone or not is_installed() else LEARNERS
    if not json:
        verified = f"verified on {episodes} fresh episodes"
        print(f"{environment}: {method}, {counted(seeds, 'seed')}, at least {budget:,} steps each, {verified}")
        print(_HEAD)
    done: dict[str, list[TrainedAgent]] = {learner: [] for learner in learners}
    for agent in train_agents(
        task,
        config,
        steps=budget,
        seeds=range(seed, seed + seeds),
        episodes=episodes,
        learners=learners,
        workers=workers,
    ):
        done[agent.learner].append(agent)
        print(writer.dumps(finite({"event": "agent", **agent.as_dict()})) if json else _row(agent), flush=True)
    studies = {learner: AgentResults(tuple(found)) for learner, found in done.items()}
    ours = studies[LEARNERS[0]]
    good_enough = not ours.mean < entry.goal  # true if the zoo has no figure
    if json:
        figures = {name: {"mean": s.mean, "sd": s.sd, "steps_per_second": s.speed} for name, s in studies.items()}
        zoo = {"mean": entry.mean, "sd": entry.sd, "steps": entry.steps}
        print(writer.dumps(finite({"event": "figures", **figures, "zoo": zoo, "good_enough": good_enough})))
    else:
        for line in _figures(studies, entry, good_enough):
            print(line)
    return 0 if good_enough else 1


def _row(agent: TrainedAgent) -> str:
    v = agent.verification
    return (
        f"{agent.learner:>17}  {agent.seed:>6}  {v.mean:>9.2f}  {v.sd:>8.2f}  {v.minimum:>9.2f}  "
        f"{agent.steps:>11,}  {agent.seconds:>8.1f}  {agent.speed:>8,.0f}"
    )


def _figures(studies: dict[str, AgentResults], entry: ZooEntry[Any], good_enough: bool) -> list[str]:
    from experiments.display.describe import counted

    lines = [
        f"{learner}: mean return {study.mean:.2f} over {counted(len(study.agents), 'seed')}"
        + (f" (sd between seeds {study.sd:.2f})" if len(study.agents) > 1 else "")
        + f", {study.speed:,.0f} steps/s"
        for learner, study in studies.items()
    ]
    if entry.mean == entry.mean:
        lines.append(
            f"the zoo's agent: {entry.mean:g} ± {entry.sd:g} after {entry.steps:,} steps; "
            f"{entry.goal:g}, its mean less its deviation, is {'reached' if good_enough else 'not reached'}"
        )
    return lines
