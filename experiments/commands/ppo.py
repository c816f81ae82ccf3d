"""`neat ppo`: train policies by PPO, and compare them with the zoo's figures and Stable-Baselines3."""

from __future__ import annotations

from typing import Annotated

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import option

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
    """Train policies of fixed topology with PPO, and verify them on fresh episodes.

    Settings are those of RL Baselines3 Zoo, or Stable-Baselines3's defaults for environments that the zoo does not
    have. If Stable-Baselines3 is installed, it is trained with the same settings, budget and seeds. The exit code is 1
    if the mean over the seeds is below the zoo's mean minus its standard deviation (at least 1%).

    Args:
        environment: A Gymnasium id such as CartPole-v1.
        seeds: Number of agents to train.
        seed: Seed of the first agent; the others follow.
        steps: Environment steps of each training; by default the zoo's. PPO completes its last rollout.
        episodes: Fresh episodes of each verification.
        workers: Number of agents trained in parallel, each in its own process; keep 1 to measure speed.
        set: A setting of PPO, such as gamma=0.98.
        alone: Skip Stable-Baselines3 even if it is installed.
        json: Print one JSON object per line: each agent, then the figures.
    """
    from experiments.gradients.blas import use_one_thread

    use_one_thread()
    from experiments.commands.agents import compare_agents
    from experiments.studies.zoo import zoo_entry

    return compare_agents(
        "PPO", environment, zoo_entry(environment), set, seeds=seeds, seed=seed, steps=steps, episodes=episodes,
        workers=workers, alone=alone, json=json,
    )  # fmt: skip
