"""Settings given from Python are checked as those in a file are, by the annotations of their records."""

from __future__ import annotations

import dataclasses
import math
import typing
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from environments import TaskConfig, make_task
from environments.tasks.task import TASKS
from experiments.settings import Experiment, LearningConfig, RunConfig, essence, from_essence, from_toml, to_toml
from neat.backprop.dqn import DQNConfig
from neat.backprop.ppo import PPOConfig
from neat.config import Config
from neat.errors import ConfigError
from neat.settings.checking import check_fields

RECORDS: dict[str, Any] = {
    **{field.name: type(getattr(Config(), field.name)) for field in dataclasses.fields(Config)},
    "run": RunConfig,
    "task": TaskConfig,
    "learning": LearningConfig,
    "ppo": PPOConfig,
    "dqn": DQNConfig,
}
FIELDS = [
    (section, name, kind) for section, record in RECORDS.items() for name, kind in typing.get_type_hints(record).items()
]
IDS = [f"{section}.{name}" for section, name, _ in FIELDS]


def wrong(kind: Any) -> list[Any]:
    """Return values that an annotation does not allow."""
    if typing.get_origin(kind) is Literal:
        return ["no_such_choice", 1, None, [typing.get_args(kind)[0]]]
    return {
        int: ["1", 1.5, True, None, np.float64(1.5), np.array([1, 2]), 2.0],
        float: ["0.5", True, None, [0.5], 10**400],
        bool: ["true", 1, None, np.int64(1)],
        str: [1, None, ["x"]],
    }.get(kind, [object()])


@pytest.mark.parametrize(("section", "name", "kind"), FIELDS, ids=IDS)
def test_what_the_annotation_does_not_allow_is_refused(section: str, name: str, kind: Any) -> None:
    for value in wrong(kind):
        with pytest.raises(ConfigError, match=rf"^{section}\.{name}: expected ") as caught:
            RECORDS[section](**{name: value})
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("section", "name", "kind"), FIELDS, ids=IDS)
def test_numbers_of_numpy_become_pythons(section: str, name: str, kind: Any) -> None:
    usual = getattr(RECORDS[section](), name)
    given = {int: np.int64, float: np.float64, bool: np.bool_, str: np.str_}.get(type(usual), lambda value: value)(
        usual
    )
    found = getattr(RECORDS[section](**{name: given}), name)
    assert type(found) is type(usual)
    assert found == usual


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "Full",
            "genome.initial: expected one of full, partial, empty, hidden, random, got 'Full' (did you mean 'full'?)",
        ),
        ("unconnected", "genome.initial: expected one of full, partial, empty, hidden, random, got 'unconnected'"),
    ],
)
def test_a_misspelt_choice_is_answered_with_the_nearest(value: str, message: str) -> None:
    for wrong in (
        lambda: Config.preset(genome={"initial": value}),
        lambda: from_toml(f"[task]\nenvironment = 'xor'\n[genome]\ninitial = '{value}'", name="x"),
    ):
        with pytest.raises(ConfigError) as caught:
            wrong()
        assert str(caught.value) == message


def test_equivalent_values_become_the_annotated_type() -> None:
    genome = Config.preset(genome={"activations": ["tanh", np.str_("relu")], "weight_scale": 3}).genome
    assert genome.activations == ("tanh", "relu")
    assert repr(genome.weight_scale) == "3.0"
    assert repr(RunConfig(seed=np.float64(3.0)).seed) == "3"  # type: ignore[arg-type]
    assert TaskConfig(kwargs={"n": np.int32(3), "deep": [{"x": np.float32(0.5)}]}).kwargs == {
        "n": 3,
        "deep": [{"x": 0.5}],
    }


def test_sections_and_records_of_another_kind_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^genome: expected a table of settings, got 5$"):
        Config.preset(genome=5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"^population: expected a PopulationConfig, got \{'size': 10\}$"):
        Config(population={"size": 10})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="unknown preset 'defalt' \\(did you mean 'default'"):
        Experiment(name="x", preset="defalt", task=TaskConfig(environment="xor"))


def test_a_record_that_does_not_check_itself_would_be_noticed() -> None:
    @dataclasses.dataclass(frozen=True)
    class Record:
        size: int = 1

    check_fields(Record(np.int8(3)), "x")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"x\.size: expected a whole number, got math.nan|nan"):
        check_fields(Record(math.nan), "x")  # type: ignore[arg-type]


UNUSED = {
    "wrappers": ({"name": "FlattenObservation"},), "episodes": 7, "threshold": 9.0, "max_episode_steps": 7,
    "actions": "sample", "observation_scaling": "running", "fault": "worst", "time_limit": 1.0, "remake": "always",
    "racing": True, "slots": 7, "examination": "species", "verify_episodes": 7, "kwargs": {"x": 1},
    "behaviour": "auto", "behaviour_episodes": "concatenate", "objectives": 2, "episode_seeds": (1, 2, 3, 4, 5),
    "step_reward": -0.1, "observation_clip": 5.0,
}  # fmt: skip
USED = {
    "xor": {"threshold"},
    "double-pole": {"kwargs", "racing"},
    "double-pole-no-velocities": {"kwargs", "racing", "examination"},
    "boxes": {"kwargs", "threshold"},
    "data": {"kwargs", "threshold"},
    **{name: {"threshold"} for name in ("retina", "es-xor", "parity-3", "circle", "sine")},
}


@pytest.mark.parametrize("task", list(TASKS))
def test_a_task_refuses_what_it_would_ignore(task: str, tmp_path: Path) -> None:
    assert {field.name for field in dataclasses.fields(TaskConfig)} == {"environment", *UNUSED}
    for name, value in UNUSED.items():
        if name in USED[task]:
            continue
        with pytest.raises(ConfigError, match=rf"^task\.{name}: the task '{task}' has no such setting, got .*leave"):
            make_task(TaskConfig(environment=task, **{name: value}))
    kwargs = {}
    if task == "data":
        kwargs = {"file": str(tmp_path / "a.csv"), "target": "y"}
        (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{i},{i / 3}\n" for i in range(40)))
    make_task(TaskConfig(environment=task, episodes=1, kwargs=kwargs))  # as the bundled files say


def test_an_examination_is_for_one_task_only() -> None:
    with pytest.raises(ConfigError, match=r"task\.examination: .*only double-pole-no-velocities uses it"):
        make_task(TaskConfig(environment="CartPole-v1", examination="species"))


def test_arrays_given_to_an_environment_are_kept_as_lists() -> None:
    experiment = Experiment(name="x", task=TaskConfig(environment="A-v0", kwargs={"prices": np.arange(3.0)}))
    assert from_toml(to_toml(experiment), name="x").task.kwargs == {"prices": [0.0, 1.0, 2.0]}
    assert from_essence(essence(experiment)).task.kwargs == {"prices": [0.0, 1.0, 2.0]}
    assert experiment.task.kwargs["prices"] == [0.0, 1.0, 2.0], "the game is given what a resumed run would give it"


@pytest.mark.parametrize("value", [object(), [None], list(range(300_000)), [[[[[[[[[[1]]]]]]]]]]], ids=range(4))
def test_what_no_file_could_give_back_is_refused_before_a_run(value: Any) -> None:
    experiment = Experiment(name="x", task=TaskConfig(environment="A-v0", kwargs={"thing": value}))
    with pytest.raises(ConfigError) as caught:
        to_toml(experiment)
    assert "\n" not in str(caught.value)
