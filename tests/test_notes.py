"""Settings without effect are spoken of, in one line each; those with an effect, and those nobody chose, are not."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from environments import TaskConfig
from experiments.loop.notes import notes as notes_of
from experiments.settings import Experiment, LearningConfig, RunConfig, from_mapping, from_toml, to_toml
from experiments.targets import bundled, load
from neat.config import Config
from neat.notes import _RULES, _log_once, notes
from neat.population import Population
from neat.presets import PRESETS

SHAPE = {"inputs": 2, "outputs": 1}
CASES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"mutation": {"recurrent": 0.3}}, {"network": {"kind": "recurrent"}}, "mutation.recurrent = 0.3 has no effect"),
    ({"mutation": {"loops": 0.3}}, {"network": {"kind": "recurrent"}}, "mutation.loops = 0.3 has no effect without"),
    ({"network": {"passes": 3}}, {"network": {"kind": "recurrent"}}, "network.passes = 3 has no effect without"),
    ({"network": {"max_steps": 9}}, {"network": {"kind": "settling"}}, "network.max_steps = 9 has no effect without"),
    ({"genome": {"initial_hidden": 3}}, {"genome": {"initial": "hidden"}}, "genome.initial_hidden = 3 has no effect"),
    ({"mutation": {"bias_step": 3.0}}, {"mutation": {"biases": 0.1}}, "mutation.bias_step = 3.0 has no effect without"),
    ({"network": {"time_step": 0.1}}, {"network": {"kind": "ctrnn"}}, "network.time_step = 0.1 has no effect without"),
    ({"genome": {"time_constant": 0.1}}, {"network": {"kind": "ctrnn"}}, "genome.time_constant = 0.1 has no effect"),
    ({"search": {"step": 3.0}}, {"search": {"share": 0.5}}, "search.step = 3.0 has no effect without search.share"),
    ({"species": {"protected": 5, "stagnation": 0}}, {"species": {"stagnation": 9}}, "species.protected = 5 has no"),
    ({"genome": {"activations": ("tanh", "relu")}}, {"mutation": {"activation": 0.1}}, "all but the first, 'tanh'"),
    ({"genome": {"initial": "hidden"}}, {"genome": {"initial_hidden": 2}}, "makes no hidden node"),
]


def both(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    return {section: {**a.get(section, {}), **b.get(section, {})} for section in {*a, *b}}


@pytest.mark.parametrize(("idle", "remedy", "line"), CASES)
def test_a_setting_is_spoken_of_until_what_it_needs_is_there(
    idle: dict[str, Any], remedy: dict[str, Any], line: str
) -> None:
    (found,) = notes(Config.preset(**idle))
    assert line in found
    assert notes(Config.preset(**both(idle, remedy))) == []


def test_every_rule_names_settings_that_there_are() -> None:
    for rule in _RULES:
        for name in rule.names:
            section, _, field = name.partition(".")
            assert hasattr(getattr(Config(), section), field), name
        assert isinstance(rule.effective(Config()), bool | np.bool_)


@pytest.mark.parametrize("preset", PRESETS)
def test_nobody_is_told_of_what_a_preset_chose(preset: str) -> None:
    assert notes(Config.preset(preset)) == []


@pytest.mark.parametrize("name", bundled())
def test_bundled_experiments_have_no_idle_setting(name: str) -> None:
    assert notes_of(load(name)) == []


def test_a_recurrent_network_without_recurrent_connections_is_spoken_of() -> None:
    config = Config.preset(network={"kind": "recurrent"}, mutation={"recurrent": 0.0})
    assert notes(config) == [
        "network.kind = 'recurrent': no connection will close a cycle; mutation.recurrent = 0.5 lets them"
    ]


def recurs(config: Config) -> bool:
    population = Population(config, seed=1, threads=1)
    for _ in range(15):
        population.tell(np.arange(len(population.ask())))
    genes = population.genomes.connections
    outputs = genes["source"] >= config.genome.inputs + config.genome.bias_node
    return bool((outputs & (genes["source"] == genes["target"])).any() or (genes["source"] > genes["target"]).any())


def test_asking_for_recurrent_networks_is_enough_to_get_recurrent_connections() -> None:
    data = {"task": {"environment": "xor"}, "genome": SHAPE}
    for config in (
        Config.preset(network={"kind": "recurrent"}, genome=SHAPE),
        from_mapping(data, changes=["network.kind=recurrent"]).config,
        from_mapping({**data, "network": {"kind": "recurrent"}}).config,
        from_mapping(data, preset="recurrent").config,
    ):
        assert config.mutation.recurrent == 0.5
        assert recurs(config)


def test_what_is_given_about_recurrence_stands() -> None:
    for given in ({"recurrent": 0.0}, {"recurrent": 0.2}, {"recurrent_only": 0.2}):
        mutation = Config.preset(network={"kind": "recurrent"}, mutation=given).mutation
        assert (mutation.recurrent, mutation.recurrent_only) == (
            given.get("recurrent", 0.0),
            given.get("recurrent_only", 0.0),
        )
    experiment = from_mapping(
        {"task": {"environment": "xor"}, "network": {"kind": "recurrent"}, "mutation": {"recurrent": 0.0}}
    )
    assert from_toml(to_toml(experiment), name="x").config.mutation.recurrent == 0.0


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"learning": LearningConfig(epochs=9)}, "learning.epochs = 9 has no effect without learning.inheritance"),
        (
            {"learning": LearningConfig(inheritance="lamarckian", epochs=9)},
            "learning.epochs = 9 has no effect without a",
        ),
        ({"run": RunConfig(trial_every=0, trial_episodes=9)}, "run.trial_episodes = 9 has no effect without"),
        ({"task": TaskConfig(environment="LunarLander-v3", racing=True, episodes=3)}, "task.racing has no effect with"),
        (
            {"task": TaskConfig(environment="xor"), "run": RunConfig(trial_every=3)},
            "run.trial_every = 3 has no effect:",
        ),
    ],
)
def test_settings_of_tasks_loops_and_learning_are_spoken_of(changes: dict[str, Any], line: str) -> None:
    experiment = Experiment(**{"name": "x", "task": TaskConfig(environment="LunarLander-v3"), **changes})
    (found,) = notes_of(experiment)
    assert found.startswith(line)


def test_python_is_told_by_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    _log_once.cache_clear()
    config = Config.preset(network={"passes": 7}, genome=SHAPE)
    with caplog.at_level(logging.WARNING, logger="neat.notes"):
        Population(config, seed=1)
        Population(config, seed=2)
    assert [r.getMessage() for r in caplog.records] == [
        "network.passes = 7 has no effect without network.kind = 'recurrent' or 'ctrnn'"
    ]


def test_starts_that_a_run_is_too_short_for_are_spoken_of() -> None:
    changes = ["search.starts=3", "search.start_generations=50", "run.generations=152"]
    (found,) = notes_of(load("pendulum-cma", changes=changes))
    assert (
        found == "search.starts = 3 needs 153 generations before the best start continues, and run.generations is 152"
    )
    assert not notes_of(load("pendulum-cma", changes=[*changes[:2], "run.generations=153"]))


def test_a_search_alone_from_genomes_without_connections_is_spoken_of() -> None:
    alone = Config.preset("ars", genome={"initial": "empty"})
    assert any("genome.initial = 'empty': with search.share = 1 no connection" in line for line in notes(alone))
    for other in ({"search": {"share": 0.5}, "genome": {"initial": "empty"}}, {"genome": {"initial": "full"}}):
        assert not any("genome.initial" in line for line in notes(Config.preset("ars", **other)))
