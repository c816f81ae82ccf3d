"""Exported files at play in games: the same returns by the same actions, in every language."""

from __future__ import annotations

import importlib.util
import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import play

import neat
from environments.games.double_pole import DOUBLE_POLE_NO_VELOCITIES, generalisation_starts
from environments.games.single import GameEnv
from environments.tasks.settings import TaskConfig
from environments.watching.exporting import plan_of
from neat.exporters.checking import Reference
from neat.exporters.exporting import playing
from neat.exporters.javascript import _EXP

GAMES = {
    "CartPole-v1": (4, 2, "feedforward"),
    "LunarLander-v3": (8, 4, "feedforward"),
    "double-pole-no-velocities": (3, 1, "recurrent"),
}
NODE = shutil.which("node")
TOOLS = {"c": shutil.which("gcc"), "javascript": NODE, "onnx": importlib.util.find_spec("onnxruntime")}


def champion_of(inputs: int, outputs: int, kind: str) -> tuple[neat.Genome, neat.Config]:
    """Return a genome that has grown hidden nodes of several functions."""
    functions = ["sigmoid", "tanh", "gaussian", "relu"]
    config = neat.Config.preset(
        "recurrent" if kind == "recurrent" else "default",
        population={"size": 20},
        genome={"inputs": inputs, "outputs": outputs, "activations": functions},
        mutation={"add_node": 0.9, "activation": 0.5},
    )
    population = neat.Population(config, seed=5)
    for _ in range(8):
        population.tell([float(genome.hidden) for genome in population.ask()])
    assert population.champion is not None
    return population.champion, config


@pytest.mark.parametrize("game", GAMES)
def test_every_language_plays_the_same_actions(game: str, tmp_path: Path) -> None:
    if game.startswith("Lunar"):
        pytest.importorskip("Box2D")
    genome, config = champion_of(*GAMES[game])
    assert genome.hidden > 3
    task = TaskConfig(environment=game)
    policy = plan_of(genome, config.network, task)
    env = GameEnv(DOUBLE_POLE_NO_VELOCITIES)
    starts = list(generalisation_starts())[300:310]

    def played(player: play.Player) -> tuple[list[float], np.ndarray]:
        return (
            play.examined(player, env, starts, 200) if game.startswith("double") else play.played(player, task, [7, 8])
        )

    expected, actions = played(Reference(policy))
    targets = [target for target in play.TARGETS if TOOLS.get(target, True)]
    for exported in neat.export(policy, targets, tmp_path):
        with playing(exported, policy) as player:
            assert player is not None
            returns, own = played(player)
        assert returns == expected, exported.target
        count, most = play.differing(own, actions)
        assert (most < 1e-9) if exported.target == "onnx" else (count == 0), (exported.target, count, most)


@pytest.mark.skipif(NODE is None, reason="there is no Node")
def test_javascript_rounds_exp_as_the_c_library_does(tmp_path: Path) -> None:
    """Where the C library is glibc: its last bit, in all but one of a million."""
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(0.0, 3.0, 20_000), rng.uniform(-690.0, 690.0, 5_000), [0.0, -0.0, 700.0, -745.0]])
    x.tofile(tmp_path / "x")
    text = (
        f'import fs from "node:fs";\n{_EXP}\nconst b = fs.readFileSync("x");\n'
        "const x = new Float64Array(b.buffer, b.byteOffset, b.length / 8);\n"
        'fs.writeFileSync("y", new Uint8Array(Float64Array.from(x, exponential).buffer));\n'
    )
    (tmp_path / "exp.mjs").write_text(text)
    subprocess.run([str(NODE), "exp.mjs"], cwd=tmp_path, check=True)
    own, expected = np.fromfile(tmp_path / "y"), np.array([math.exp(value) for value in x])
    assert np.abs(own - expected).max() <= (np.abs(expected) * 2.3e-16).max()
    assert (own != expected).sum() <= (1 if sys.platform == "linux" else len(x) // 5)
