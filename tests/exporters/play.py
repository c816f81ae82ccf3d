"""Champions at play from exported files: the episodes behind the verified score, every action beside the network's::

    python tests/exporters/play.py runs/cartpole-seed0 runs/lunar-lander-seed0 runs/double-pole-no-velocities-seed0

A game of Gymnasium is played as `neat verify` plays it, 100 episodes of it. Double pole balancing without velocities is
its examination: 100,000 steps from the usual start, and 1,000 from each of 625 others.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from environments.games.double_pole import generalisation_starts
from environments.games.single import GameEnv
from environments.playing.episode import verification_seeds
from environments.tasks.settings import TaskConfig
from environments.tasks.task import make_task
from environments.watching.exporting import play_exported
from experiments.folder.exportable import Exportable
from experiments.folder.saved import load_champion
from experiments.loop.selection import REPORT
from neat.exporters.checking import Answers, Reference
from neat.exporters.exporting import export, playing
from neat.exporters.policy_plan import PolicyPlan
from neat.exporters.target import Player

TARGETS = ("python", "c", "javascript", "onnx")


class Noting:
    """A player whose actions are noted."""

    def __init__(self, player: Player) -> None:
        self.player, self.actions = player, []

    def play(self, observations: np.ndarray, begins: np.ndarray) -> Answers:
        answers = self.player.play(observations, begins)
        self.actions.append(answers[1][0].copy())
        return answers


def played(player: Player, task: TaskConfig, seeds: list[int]) -> tuple[list[float], np.ndarray]:
    """Return what a player reaches in a game of Gymnasium, and all its actions, shape (steps, numbers)."""
    noting = Noting(player)
    returns = play_exported(noting, task, seeds)
    return returns, np.array(noting.actions)


def balanced(player: Player, env: GameEnv, start: dict[str, float], limit: int) -> tuple[int, np.ndarray]:
    """Return the steps of double pole balancing from a start, and all actions."""
    noting = Noting(player)
    observation, _ = env.reset(seed=0, options=start)
    first = np.ones(1, np.bool_)
    for step in range(limit):
        action = noting.play(observation[None].astype(float), first)[1][0]
        first[:] = False
        observation, _, terminated, _, _ = env.step(action)
        if terminated:
            return step, np.array(noting.actions)  # the one that fell does not count
    return limit, np.array(noting.actions)


def examined(player: Player, env: GameEnv, starts: list[Any], long: int) -> tuple[list[float], np.ndarray]:
    """Return the steps from the usual start and from others, and all actions."""
    done = [balanced(player, env, {}, long), *(balanced(player, env, start, 1_000) for start in starts)]
    return [float(steps) for steps, _ in done], np.concatenate([actions for _, actions in done])


def differing(actions: np.ndarray, expected: np.ndarray) -> tuple[int, float]:
    """Return how many actions differ, and by how much at most, in as many as both have."""
    n = min(len(actions), len(expected))
    apart = np.abs(actions[:n] - expected[:n]).max(axis=1)
    return int((apart > 0.0).sum()) + abs(len(actions) - len(expected)), float(apart.max(initial=0.0))


def follow(run: str, words: argparse.Namespace) -> None:
    """Play one run from all targets, and say how it went."""
    champion = load_champion(run)
    source, task = Exportable(champion), make_task(champion.task)
    policy: PolicyPlan = source.policy_plan()
    verified = task.verify(champion.genome, champion.network, seed=champion.seed, scaling=champion.scaling)
    poles = champion.task.environment == "double-pole-no-velocities"
    env = GameEnv(task.game) if poles else None  # type: ignore[attr-defined]
    starts = list(generalisation_starts())[: words.starts]
    seeds = verification_seeds(champion.seed, words.episodes, REPORT)

    def play(player: Player) -> tuple[list[float], np.ndarray]:
        return examined(player, env, starts, words.long) if env else played(player, champion.task, seeds)

    expected, actions = play(Reference(policy))
    returns = verified.returns[: len(expected) - poles].tolist()
    same = sum(a == b for a, b in zip(expected[poles:], returns, strict=True))
    print(f"{run}: verified {verified.mean:.6g}; the network again: {same} of {len(returns)} alike", flush=True)
    with tempfile.TemporaryDirectory() as out:
        for exported in export(source, words.targets, Path(out)):
            began = time.perf_counter()
            with playing(exported, policy) as player:
                if player is None:
                    print(f"  {exported.target}: not played")
                    continue
                found, own = play(player)
            other, most = differing(own, actions)
            alike = sum(a == b for a, b in zip(found, expected, strict=True))
            print(
                f"  {exported.target}: {alike} of {len(found)} returns alike, mean {np.mean(found[poles:]):.6g}; "
                f"{other:,} of {len(actions):,} actions differ, by {most:.1e} at most "
                f"({time.perf_counter() - began:.0f} s)",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--targets", nargs="+", default=TARGETS)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--starts", type=int, default=625)
    parser.add_argument("--long", type=int, default=100_000)
    words = parser.parse_args()
    for run in words.runs:
        follow(run, words)


if __name__ == "__main__":
    main()
