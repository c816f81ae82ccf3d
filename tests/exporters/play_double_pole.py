"""The examination of a champion without velocities, played from exported files step by step::

    python tests/exporters/play_double_pole.py runs/double-pole-no-velocities-seed0 python c javascript onnx

100,000 steps from the usual start, and 1,000 from each of 625 others, as `neat verify` has it.
"""

from __future__ import annotations

import sys
import tempfile
import time

import numpy as np

from environments.games.double_pole import generalisation_starts
from environments.games.single import GameEnv
from environments.tasks.task import make_task
from experiments.folder.exportable import Exportable
from experiments.folder.saved import load_champion
from neat.exporters.exporting import export, playing


def balanced(env, player, start, limit):
    """Return the steps that a player balances from a start."""
    observation, _ = env.reset(seed=0, options=start)
    first = np.ones(1, np.bool_)
    for step in range(limit):
        action = player.play(observation[None].astype(float), first)[1][0]
        first[:] = False
        observation, _, terminated, _, _ = env.step(action)
        if terminated:
            return step  # the one that fell does not count
    return limit


def main():
    run, *targets = sys.argv[1:]
    champion = load_champion(run)
    task = make_task(champion.task)
    verified = task.verify(champion.genome, champion.network, seed=0)
    print(f"verified: {verified.mean:.3f} steps from 625 starts, solved: {verified.solved}", flush=True)
    env = GameEnv(task.game)
    source = Exportable(champion)
    with tempfile.TemporaryDirectory() as out:
        for exported in export(source, targets, out):
            began = time.perf_counter()
            with playing(exported, source.policy_plan()) as player:
                long = balanced(env, player, {}, 100_000)
                others = [balanced(env, player, start, 1_000) for start in generalisation_starts()]
            same = sum(a == b for a, b in zip(others, verified.returns.tolist(), strict=True))
            print(
                f"{exported.target}: {long:,} steps, then {np.mean(others):.3f} from 625 starts, the same from {same}; "
                f"{sum(n >= 1_000 for n in others)} of them held ({time.perf_counter() - began:.0f} s)",
                flush=True,
            )


if __name__ == "__main__":
    main()
