"""A run's folder from Python: policies that play as verification plays, columns, paths as text, own functions."""

from __future__ import annotations

import importlib
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import neat
from environments import GenomePolicy, TaskConfig, make_task, verification_seeds
from environments.evaluators.shard import register_activations
from environments.making.environment import make_environment
from experiments import Champion, Experiment, RunConfig, RunDirectory, load, load_run, run
from experiments.cli import main
from experiments.folder.saved import SavedRun, load_champion
from experiments.settings import from_toml, to_toml
from neat.errors import ConfigError, EvaluationError, GenomeError, NeatError, RunDirectoryError
from neat.functions.activations import ACTIVATIONS


def abs_like(x: float) -> float:
    return x if x > 0 else -x


def register_swirl() -> None:
    """Import the game, whose function a fixture takes out again after every test, and register that function."""
    importlib.import_module("own_activation").register()


def follow(seed: int = 3, **changes: Any) -> Experiment:
    """An experiment in a game that needs its observations scaled, played by a recurrent network."""
    task = {"environment": "own_activation:Follow-v0", "observation_scaling": "running", "episodes": 1}
    config = neat.Config.preset(
        population={"size": 10},
        network={"kind": "recurrent"},
        mutation={"recurrent": 0.5},
        **changes.pop("sections", {}),
    )
    settings = RunConfig(seed=seed, generations=3, workers=1, backend="serial", trial_every=0)
    return Experiment(name="follow", run=settings, task=TaskConfig(**{**task, **changes}), config=config)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with an activation function of its own."""
    register_swirl()
    path = tmp_path_factory.mktemp("runs") / "follow"
    sections = {"genome": {"activations": ("swirl",), "output_activation": "swirl"}}
    run(follow(sections=sections, verify_episodes=5), out=str(path))
    del ACTIVATIONS[[entry.name for entry in ACTIVATIONS].index("swirl") :]
    return path


def returns(policy: Any, task: TaskConfig, seeds: list[int]) -> list[float]:
    env = make_environment(task)
    found = []
    for seed in seeds:
        observation, _ = env.reset(seed=seed)
        policy.reset(seed)
        total, ended = 0.0, False
        while not ended:
            observation, reward, terminated, truncated, _ = env.step(policy(observation))
            total += float(reward)
            ended = terminated or truncated
        found.append(total)
    env.close()
    return found


def test_a_policy_plays_as_verification_does(folder: Path) -> None:
    """Scaling, recurrent state and actions: the very returns that the run reported."""
    register_swirl()
    loaded = load_run(str(folder))
    policy, champion = loaded.policy(), loaded.champion
    assert champion.scaling is not None
    assert (
        returns(policy, champion.task, verification_seeds(champion.seed, 5)) == loaded.result["verification"]["returns"]
    )


@pytest.mark.parametrize(
    ("game", "actions", "sizes"), [("Acrobot-v1", "argmax", (6, 3)), ("CartPole-v1", "sample", (4, 2))]
)
def test_a_policy_of_discrete_actions(game: str, actions: str, sizes: tuple[int, int]) -> None:
    task = TaskConfig(environment=game, observation_scaling="bounds", actions=actions, max_episode_steps=150)
    config = neat.Config.preset(genome={"inputs": sizes[0], "outputs": sizes[1]}, population={"size": 5})
    genome = neat.Population(config, seed=1).ask()[0]
    policy = GenomePolicy(genome, config.network, task)
    verified = make_task(task).verify(genome, config.network, seed=4, episodes=3)
    assert returns(policy, task, verification_seeds(4, 3)) == verified.returns.tolist()
    with pytest.raises(
        EvaluationError, match=rf"not an observation of '{game}'.*shape \(3,\), expected \({sizes[0]},\)"
    ):
        policy(np.zeros(3, np.float32))


def test_a_policy_for_another_game_is_refused() -> None:
    config = neat.Config.preset(genome={"inputs": 2, "outputs": 1}, population={"size": 5})
    genome = neat.Population(config, seed=1).ask()[0]
    with pytest.raises(ConfigError, match="6 inputs and 3 outputs, this genome 2 and 1"):
        GenomePolicy(genome, config.network, TaskConfig(environment="Acrobot-v1"))


def test_without_a_game_a_policy_gives_outputs() -> None:
    config = neat.Config.preset(genome={"inputs": 2, "outputs": 1}, population={"size": 5})
    genome = neat.Population(config, seed=1).ask()[0]
    for task in (None, TaskConfig(environment="xor")):
        policy = GenomePolicy(genome, config.network, task)
        assert policy([1.0, 0.0]).tolist() == genome.network(config.network).activate([1.0, 0.0]).tolist()


def test_columns_settings_and_result(folder: Path) -> None:
    register_swirl()
    loaded = load_run(folder)
    assert loaded.metrics["generation"].tolist() == [0, 1, 2]
    assert loaded.metrics["best"].dtype == np.float64
    assert loaded.metrics["evaluations"].tolist() == [10, 20, 30]
    assert loaded.metrics["species"].min() >= 1
    assert loaded.config.network.kind == "recurrent"
    assert loaded.experiment.task.observation_scaling == "running"
    assert loaded.result["status"] in ("finished", "solved")
    assert loaded.population().generation == 3


def test_paths_are_text_or_what_stands_for_a_path(folder: Path) -> None:
    register_swirl()
    for kind in (str, Path):
        assert Champion.read(kind(folder / "champion.json")).genome == load_run(kind(folder)).champion.genome
        assert RunDirectory.open(kind(folder)).path == folder
        assert load(kind(folder / "config.toml")).name == "follow"
        assert SavedRun.load(kind(folder)).name == "follow"
        assert load_champion(kind(folder)).seed == 3


def test_a_function_of_ones_own_is_asked_for(folder: Path) -> None:
    with pytest.raises(GenomeError, match=r"'swirl'.*neat\.register_activation\('swirl', function\)"):
        Champion.read(folder / "champion.json")
    neat.register_activation("swirl", abs_like)
    assert Champion.read(folder / "champion.json").generation >= 0


def test_commands_register_what_the_module_of_the_game_brings(folder: Path, tmp_path: Path) -> None:
    """In a process of its own, where nothing has imported the game: reading, verifying and drawing."""
    code = (
        "import sys; from experiments.cli import main; folder = sys.argv[1]; "
        "codes = [main(['verify', folder, '--workers', '2']), main(['draw', folder, '--out', sys.argv[2]])]; "
        "from experiments import load_run; load_run(folder).policy(); load_run(folder).champions; print(codes)"
    )
    file = tmp_path / "try.py"
    file.write_text("if __name__ == '__main__':\n    " + code)
    done = subprocess.run(
        [sys.executable, str(file), str(folder), str(tmp_path / "a.png")], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["[0, 0]"], done.stderr


def test_resume_registers_it_too(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(folder, tmp_path / "follow"))
    sys.modules.pop("own_activation", None)  # as in a new process
    gymnasium.registry.pop("Follow-v0", None)
    assert main(["resume", str(folder), "--generations", "4", "--quiet"]) == 0
    assert load_run(folder).metrics["generation"].tolist() == [0, 1, 2, 3]
    capsys.readouterr()


# A folder from Python ------------------------------------------------------------------------------------------------


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(follow())
    assert not list(tmp_path.iterdir())


def test_a_folder_is_not_taken_twice(folder: Path) -> None:
    with pytest.raises(RunDirectoryError, match="already holds a run"):
        run(follow(), out=folder)


def test_numpy_values_are_kept_as_plain_ones(tmp_path: Path) -> None:
    kwargs = {"prices": np.arange(3.0), "deep": {"n": [np.int64(3), np.bool_(True)]}}
    task = TaskConfig(environment="own_activation:Follow-v0", kwargs=kwargs, episodes=np.int64(2))
    assert task.kwargs == {"prices": [0.0, 1.0, 2.0], "deep": {"n": [3, True]}}
    assert type(task.episodes) is int
    run(follow(kwargs={"prices": np.arange(3.0)}), out=tmp_path / "run")
    loaded = load_run(tmp_path / "run")
    assert loaded.champion.task.kwargs == loaded.experiment.task.kwargs == {"prices": [0.0, 1.0, 2.0]}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (print, "builtin_function_or_method"),
        ([1, None], r"prices\[1\]: .*no None"),
        (None, "no None"),
        (math.inf, "finite"),
        (2**70, "finite numbers"),
        ({1: 2}, "names as keys"),
        (list(range(400_000)), "a separate file"),
        (eval("[" * 12 + "]" * 12), "nested"),
    ],
)
def test_what_no_folder_keeps_is_refused_before_the_run(value: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        run(follow(kwargs={"prices": value}), out=tmp_path / "run")
    assert "task" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_without_a_folder_any_argument_will_do() -> None:
    outcome = run(follow(kwargs={"prices": print}))
    assert outcome.generations == 3


def test_long_lists_come_back_in_a_champion(tmp_path: Path) -> None:
    task = TaskConfig(environment="own_activation:Follow-v0", kwargs={"prices": [0.123456789] * 20_000})
    config = neat.Config.preset(genome={"inputs": 2, "outputs": 1}, population={"size": 5})
    champion = Champion(
        genome=neat.Population(config, seed=1).ask()[0],
        network=config.network,
        task=task,
        fitness=0.0,
        generation=0,
        seed=0,
    )
    (tmp_path / "champion.json").write_text(champion.to_json())
    assert Champion.read(tmp_path / "champion.json").task == task


# Text that somebody edited -------------------------------------------------------------------------------------------

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_are_read_as_editors_save_them(encoding: str, folder: Path, tmp_path: Path) -> None:
    register_swirl()
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("config.toml", "champion.json", "result.json"):
        (copy / name).write_bytes((folder / name).read_text("utf-8").encode(encoding))
    assert load(copy / "config.toml") == load(folder / "config.toml")
    assert load_run(copy).champion.genome == load_run(folder).champion.genome
    assert load_run(copy).result == load_run(folder).result
    assert SavedRun.load(copy).settings == SavedRun.load(folder).settings
    genome = load_run(folder).champion.genome
    assert neat.Genome.from_json(genome.to_json().encode(encoding)) == genome
    assert neat.Genome.from_json("\ufeff" + genome.to_json()) == genome
    assert from_toml("\ufeff" + to_toml(follow()), name="x") == from_toml(to_toml(follow()), name="x")


@pytest.mark.parametrize("content", ["name = 'ä'".encode("latin-1"), "name = 'a'".encode("utf-16-le")])
def test_other_encodings_are_named_in_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="save it as UTF-8"):
        load(tmp_path / "a.toml")
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(NeatError, match="save it as UTF-8"):
        Champion.read(tmp_path / "a.json")


# A genome by itself --------------------------------------------------------------------------------------------------


def test_a_genome_is_drawn_and_played_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    task = make_task(TaskConfig(environment="CartPole-v1"))
    config = neat.Config.preset(genome={"inputs": task.inputs, "outputs": task.outputs}, population={"size": 5})
    genome = neat.Population(config, seed=1).ask()[0]
    Path("genome.json").write_text(genome.to_json(), encoding="utf-8")
    assert main(["draw", "genome.json"]) == 0
    assert Path("genome.png").is_file()
    assert main(["play", "genome.json", "--task", "CartPole-v1", "--video", "a.gif"]) == 0
    assert Path("a.gif").is_file()
    capsys.readouterr()
    assert main(["verify", "genome.json", "--task", "CartPole-v1", "--episodes", "5", "--json"]) in (0, 1)
    said = json.loads(capsys.readouterr().out)
    assert said["mean"] == task.verify(genome, config.network, seed=0, episodes=5).mean
    assert main(["play", "genome.json"]) == 2
    assert "--task" in capsys.readouterr().err


def test_a_genome_with_a_cycle_is_read_as_recurrent(tmp_path: Path) -> None:
    config = neat.Config.preset(
        genome={"inputs": 2, "outputs": 1}, population={"size": 20}, network={"kind": "recurrent"},
        mutation={"recurrent": 1.0, "add_connection": 1.0},
    )  # fmt: skip
    population = neat.Population(config, seed=1)
    for _ in range(3):
        population.tell([float(len(genome.connections)) for genome in population.ask()])
    (tmp_path / "genome.json").write_text(population.champion.to_json())
    assert load_champion(str(tmp_path / "genome.json")).network.kind == "recurrent"


def test_a_champion_keeps_its_game(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register_swirl()
    assert main(["verify", str(folder), "--task", "CartPole-v1"]) == 2
    assert "already has a game" in capsys.readouterr().err


# Functions of one's own on worker processes --------------------------------------------------------------------------


def test_a_worker_takes_functions_that_their_module_registers_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bends.py").write_text(
        "import neat\ndef a(x):\n    return x\ndef b(x):\n    return -x\n"
        "neat.register_activation('a', a)\nneat.register_activation('b', b)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    before = len(ACTIVATIONS)
    assert ACTIVATIONS[-1].origin == "built-in"
    register_activations((("a", "bends:a"), ("b", "bends:b")))
    assert [entry.name for entry in ACTIVATIONS[before:]] == ["a", "b"]
    with pytest.raises(ConfigError, match="in another order"):
        register_activations((("b", "bends:b"), ("a", "bends:a")))
