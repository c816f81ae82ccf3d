"""Exports against the networks they are, by the real tools, and what they refuse."""

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
import fleet

import neat
from environments.tasks.settings import TaskConfig
from environments.watching.exporting import action_parts, plan_of, play_exported
from neat.errors import ConfigError, EvaluationError, MissingExtraError
from neat.exporters import EXPORTERS, Amounts, Choice, Options, PolicyPlan
from neat.exporters.checking import Recording, Reference, actions_of
from neat.exporters.exporting import playing
from neat.exporters.expressions import UnreadableError, read
from neat.exporters.program import one_line
from neat.exporters.torch import with_parameters
from neat.functions.activations import ACTIVATIONS, register_activation
from neat.genes.table import Genome
from neat.networks.network import Network
from neat.networks.settings import NetworkConfig

TOOLS = {
    "c": shutil.which("gcc"),
    "javascript": shutil.which("node"),
    "onnx": importlib.util.find_spec("onnxruntime"),
    "torch": importlib.util.find_spec("torch"),
}


def needs(target: str) -> None:
    if not TOOLS.get(target, True):
        pytest.skip(f"nothing here runs {target}")


@pytest.mark.parametrize("target", EXPORTERS)
def test_every_target_is_the_network_it_was(target: str) -> None:
    """All kinds, activations, aggregations and parts of actions, with memory over episodes."""
    needs(target)
    many = [policy for kind in fleet.KINDS for policy in fleet.policies(kind, 22)]
    found = fleet.compare(target, many[::3] if target == "c" else many, fleet.recording(20))
    assert found["worst"] < 1e-9, found
    assert found["compared"] > 0.8, found


@pytest.mark.parametrize("target", ["c", "onnx"])
def test_single_precision_is_near(target: str, tmp_path: Path) -> None:
    needs(target)
    policy = fleet.policies("feedforward", 1)[0]
    for exported in neat.export(policy, target, tmp_path, precision="single", recording=fleet.recording(50)):
        assert exported.difference is not None
        assert 1e-12 < exported.difference < 1e-4


def genome(activation: str = "tanh") -> Genome:
    made = neat.Population(
        neat.Config.preset(genome={"inputs": 2, "outputs": 2, "output_activation": activation}, population={"size": 2}),
        seed=1,
    ).ask()[0]
    return made.copy()


def half(x: float) -> float:
    """A function of one's own: conditions, a name, a number from around it."""
    scaled = SCALE * x
    if x < 0:
        return 0.0
    return math.sqrt(scaled) + scaled**2


SCALE = 0.5


def searching(x: float) -> float:
    total = 0.0
    while total < x:
        total += 1.0
    return total


@pytest.mark.parametrize("target", ["python", "c", "javascript", "numpy", "onnx", "formula"])
def test_a_function_of_ones_own_is_exported_too(target: str, tmp_path: Path) -> None:
    needs(target)
    register_activation("half", half)
    made = genome("half")
    for exported in neat.export(made, target, tmp_path):
        assert exported.difference is None if target == "formula" else exported.difference < 1e-12
    assert "half" in exported.files[-1].read_bytes().decode(errors="replace") or target == "onnx"


def test_one_that_cannot_be_said_is_refused_by_name(tmp_path: Path) -> None:
    register_activation("searching", searching)
    with pytest.raises(ConfigError, match="activation 'searching' cannot be exported: line 3 of it"):
        neat.export(genome("searching"), ["python", "c"], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["return x if x else y", "return open(x)", "return x ** 0.3", "x = 1", "import os"])
def test_expressions_are_arithmetic_only(text: str) -> None:
    with pytest.raises(UnreadableError):
        read(text)


def test_long_sums_keep_their_order(tmp_path: Path) -> None:
    made = neat.Population(
        neat.Config.preset(genome={"inputs": 70, "outputs": 1}, population={"size": 2}), seed=1
    ).ask()[0]
    for exported in neat.export(made, ["python", "c"], tmp_path):
        assert exported.difference == 0.0


def test_a_network_without_connections_answers_nought(tmp_path: Path) -> None:
    made = genome()
    made.connections["enabled"] = 0
    for kind in fleet.KINDS:
        for exported in neat.export(
            made, ["python", "javascript", "numpy"], tmp_path, network=NetworkConfig(kind=kind)
        ):
            assert exported.difference == 0.0


def test_files_that_differ_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neat.exporters.functions._BODIES", {"tanh": "return sin(x)"})
    from neat.exporters.functions import _expression

    _expression.cache_clear()
    try:
        with pytest.raises(EvaluationError, match="python: the exported files differ from the network by"):
            neat.export(genome(), "python", tmp_path / "out")
    finally:
        _expression.cache_clear()
    assert not (tmp_path / "out").exists()


def test_what_is_asked_wrongly_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown target of export 'pyton' \(did you mean 'python'"):
        neat.export(genome(), "pyton", tmp_path)
    with pytest.raises(ConfigError, match="drop: only for formula, not for python"):
        neat.export(genome(), "python", tmp_path, drop=0.1)
    with pytest.raises(ConfigError, match="expected a run, a champion"):
        neat.export(3, "python", tmp_path)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="letters, digits and underscores"):
        neat.export(genome(), "python", tmp_path, name="../../x")


def test_names_end_no_comment_and_break_no_line(tmp_path: Path) -> None:
    """A stranger's champion brings names; they are text in programs, never a part of them."""
    wild = 'a\n*/ #include <x> """ \\ import os; os.abort()'
    assert "\n" not in one_line(wild)
    assert "*/" not in one_line(wild)
    policy = PolicyPlan(network=Network(genome()).plan, title=wild, input_names=(wild, wild), output_names=(wild, wild))
    for exported in neat.export(policy, ["python", "c", "javascript", "formula"], tmp_path):
        assert exported.difference in (0.0, None)
    source = (tmp_path / "policy.py").read_text(encoding="utf-8")
    assert source.count('"""') == 4


def test_actions_are_those_of_every_space() -> None:
    from gymnasium import spaces

    from environments.spaces.actions import ActionDecoder

    space = spaces.Dict(
        {
            "a": spaces.Discrete(3, start=-1),
            "b": spaces.Box(-2.0, 5.0, (2,), np.float64),
            "c": spaces.MultiDiscrete([2, 3]),
            "d": spaces.MultiBinary(2),
            "e": spaces.Box(0, 9, (1,), np.int64),
        }
    )
    decoder = ActionDecoder(space)
    activations = ["tanh", "sigmoid", "identity"] * 4 + ["tanh"]
    parts = tuple(action_parts(space, activations))
    assert [type(part) for part in parts] == [Choice, Amounts, Choice, Choice, Amounts, Amounts]
    decide = decoder.decoder(activations[: decoder.size], np.zeros(2, np.uint64))
    policy = PolicyPlan(network=Network(genome()).plan, actions=parts)
    rng = np.random.default_rng(0)
    for _ in range(20):
        y = rng.normal(size=decoder.size)
        action = decide(y)
        flat = np.concatenate([np.atleast_1d(action[key]).astype(float).reshape(-1) for key in space.spaces])
        assert np.allclose(actions_of(policy, y[None])[0], flat)


@pytest.mark.parametrize("target", ["python", "c", "javascript", "onnx"])
def test_cart_pole_is_played_alike(target: str, tmp_path: Path) -> None:
    needs(target)
    config = neat.Config.preset(genome={"inputs": 4, "outputs": 2}, population={"size": 2})
    made = neat.Population(config, seed=3).ask()[0]
    task = TaskConfig(environment="CartPole-v1", observation_scaling="bounds")
    policy = plan_of(made, NetworkConfig(kind="recurrent"), task)
    (exported,) = neat.export(policy, target, tmp_path)
    with playing(exported, policy) as player:
        assert player is not None
        returns = play_exported(player, task, [1, 3, 5])
    assert returns == play_exported(Reference(policy), task, [1, 3, 5])
    assert len(set(returns)) > 1


def test_drawn_actions_are_refused() -> None:
    made = neat.Population(
        neat.Config.preset(genome={"inputs": 4, "outputs": 2}, population={"size": 2}), seed=1
    ).ask()[0]
    with pytest.raises(ConfigError, match="actions of this run are drawn"):
        plan_of(made, NetworkConfig(), TaskConfig(environment="CartPole-v1", actions="sample"))


def test_trained_parameters_come_back_into_the_genome(tmp_path: Path) -> None:
    needs("torch")
    made = genome()
    neat.export(made, "torch", tmp_path)
    code = (
        "import torch, policy_torch as p; m = p.Policy(); o = torch.optim.SGD(m.parameters(), 0.1)\n"
        "x = torch.tensor([[0.5, -1.0]], dtype=torch.float64); before = m(x).sum(); before.backward(); o.step()\n"
        "assert m(x).sum() < before\n"
        "print([v.tolist() for v in m.state_dict().values()], m(x)[0].tolist(), sep='|')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    state, outputs = (eval(part) for part in done.stdout.split("|"))
    parameters = dict(zip(("weight", "bias", "response"), state, strict=True))
    trained = with_parameters(made, parameters)
    assert trained != made
    assert np.allclose(Network(trained).activate([0.5, -1.0]), outputs, atol=1e-12)
    with pytest.raises(ConfigError, match="weight: expected 6 finite numbers"):
        with_parameters(made, parameters | {"weight": [1.0]})


def test_small_terms_are_left_out_of_formulas_within_the_bound(tmp_path: Path) -> None:
    made = genome()
    made.connections["weight"] = [2.0, 1e-3, 1.0, 1e-4, 3.0, 1.5]
    (exported,) = neat.export(made, "formula", tmp_path, drop=0.01)
    assert 0.0 < exported.difference <= 0.01
    text = (tmp_path / "policy.txt").read_text(encoding="utf-8")
    assert "2 of 6 terms are left out" in text
    (exact,) = neat.export(made, "formula", tmp_path)
    assert "left out" not in (tmp_path / "policy.txt").read_text(encoding="utf-8")
    assert exact.difference is None


def test_a_target_of_ones_own(tmp_path: Path) -> None:
    class Words:
        summary, options = "how many nodes", ()

        def write(self, policy: PolicyPlan, options: Options) -> dict[str, str]:
            return {f"{policy.name}.words": f"{len(policy.network.nodes)} nodes"}

        def player(self, policy: PolicyPlan, options: Options, folder: Path) -> None:
            return None

    neat.register_exporter("words", Words)  # type: ignore[arg-type]
    try:
        (exported,) = neat.export(genome(), "words", tmp_path)
    finally:
        del EXPORTERS._things["words"]
    assert exported.files[0].read_text() == "2 nodes"


def test_recordings_say_what_is_wrong() -> None:
    with pytest.raises(ConfigError, match="expected observations of shape"):
        Recording(np.zeros(3), np.zeros(3, np.bool_), "x")
    assert len(ACTIVATIONS) >= 22


def test_a_missing_package_is_told_before_any_episode_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Source:
        def policy_plan(self) -> PolicyPlan:
            return fleet.policies("feedforward", 1)[0]

        def recording(self) -> Recording:
            raise AssertionError("episodes are played before the package is missed")

    monkeypatch.setattr("neat.exporters.onnx.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"neat-arena\[export\]"):
        neat.export(Source(), "onnx", tmp_path)
