"""Experiment files: what they may say, and what is said about those that say something else."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.commands.run import experiment_from
from experiments.folder.toml import DEEPEST, LARGEST_FILE
from experiments.settings import (
    Experiment,
    RunConfig,
    from_mapping,
    from_toml,
    parse_change,
    to_toml,
)
from experiments.targets import bundled, load
from neat.config import Config
from neat.errors import ConfigError

TASK = '[task]\nenvironment = "CartPole-v1"\n'


def read(text: str = "", *changes: str) -> Experiment:
    return from_toml(TASK + text, name="mine", changes=changes)


def test_settings_of_a_file_are_named_with_its_line():
    text = '[task]\nenvironment = "CartPole-v1"\n\n[population]\nsiz = 3\n[mutation]\nadd_nod = 0.1\n'
    with pytest.raises(ConfigError) as caught:
        from_toml(text, name="mine", where="mine.toml", changes=["run.sed=1"])
    assert str(caught.value) == (
        "mine.toml, line 5: unknown setting 'population.siz' (did you mean 'population.size'?); and "
        "mine.toml, line 7: unknown setting 'mutation.add_nod' (did you mean 'mutation.add_node'?); and "
        "unknown setting 'run.sed' (did you mean 'run.seed'?)"
    )
    with pytest.raises(ConfigError, match=r"^mine.toml, line 3: task.episodes: expected"):
        from_toml('[task]\nenvironment = "CartPole-v1"\nepisodes = "x"', name="mine", where="mine.toml")
    with pytest.raises(ConfigError, match=r"^task.episodes: expected"):  # an option's fault is not the file's
        from_toml(
            '[task]\nenvironment = "CartPole-v1"\nepisodes = 2', name="mine", where="m", changes=["task.episodes=x"]
        )


def test_a_file_changes_its_preset_and_nothing_else() -> None:
    experiment = from_toml(f'preset = "stanley-1.2.1"\n{TASK}[mutation]\nadd_node = 0.125\n', name="mine")
    expected = Config.preset("stanley-1.2.1", mutation={"add_node": 0.125})
    assert experiment.config == expected
    assert experiment.changed() == {"mutation.add_node": 0.125}


def test_a_share_may_fit_only_together_with_the_preset() -> None:
    # weight_perturb = 1 beside the paper's weight_replace = 0.1 is refused; beside this preset's 0 it is fine.
    assert from_toml(f'preset = "stanley-1.2.1"\n{TASK}[mutation]\nweight_perturb = 1.0\n', name="mine")
    with pytest.raises(ConfigError, match=r"weight_perturb \+ mutation.weight_replace: expected a sum of at most 1"):
        from_toml(f'preset = "paper"\n{TASK}[mutation]\nweight_perturb = 1.0\n', name="mine")


def test_changes_override_the_file_and_the_preset_overrides_both_presets() -> None:
    experiment = from_toml(
        f'preset = "paper"\n{TASK}[population]\nsize = 20\n',
        name="mine",
        changes=["population.size=30", "run.seed=5", "genome.output_activation=tanh", "task.kwargs.x=[1, 2]"],
        preset="stanley-1.2.1",
    )
    assert experiment.preset == "stanley-1.2.1"
    assert experiment.config.population.size == 30
    assert experiment.run.seed == 5
    assert experiment.config.genome.output_activation == "tanh"
    assert experiment.task.kwargs == {"x": [1, 2]}
    assert experiment.config.crossover.average == 0.4


@pytest.mark.parametrize("name", bundled())
def test_bundled_experiments_are_sound_and_survive_writing(name: str) -> None:
    experiment = load(name)
    assert experiment.name == name
    assert experiment.description
    assert from_toml(to_toml(experiment), name="other") == experiment


@given(
    seed=st.integers(0, 2**63 - 1),
    size=st.integers(2, 10_000_000),
    share=st.floats(0.0, 1.0),
    threshold=st.none() | st.floats(-1e300, 1e300),
    text=st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30),
    kwargs=st.dictionaries(st.text(min_size=1, max_size=5), st.booleans() | st.integers(-99, 99), max_size=3),
)
def test_writing_and_reading_gives_the_same_experiment(
    seed: int, size: int, share: float, threshold: float | None, text: str, kwargs: dict[str, object]
) -> None:
    experiment = from_mapping(
        {
            "name": "x",
            "description": text,
            "run": {"seed": seed},
            "task": {"environment": "CartPole-v1", "kwargs": kwargs}
            | ({} if threshold is None else {"threshold": threshold}),
            "population": {"size": size},
            "mutation": {"add_node": share},
        }
    )
    assert from_toml(to_toml(experiment), name="other") == experiment


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[mutation]\nadd_nod = 0.1\n", "unknown setting 'mutation.add_nod' (did you mean 'mutation.add_node'?)"),
        ("[population]\nadd_node = 0.1\n", "unknown setting 'population.add_node' (did you mean 'mutation.add_node'?)"),
        ("[mutatoin]\nadd_node = 0.1\n", "unknown section 'mutatoin' (did you mean 'mutation'?)"),
        ("[mutation]\nadd_node = 'often'\n", "mutation.add_node: expected a number, got 'often'"),
        ("[mutation]\nadd_node = true\n", "mutation.add_node: expected a number, got true"),
        ("[mutation]\nadd_node = 1.5\n", "mutation.add_node: expected a probability from 0 to 1, got 1.5"),
        ("[mutation]\nadd_node = nan\n", "mutation.add_node: expected a probability from 0 to 1, got nan"),
        ("[population]\nsize = 1.5\n", "population.size: expected a whole number, got 1.5"),
        ("[population]\nsize = -5\n", "population.size: expected from 2 to 10,000,000 genomes, got -5"),
        (
            "[network]\nkind = 'recurent'\n",
            "network.kind: expected one of feedforward, settling, recurrent, ctrnn, got 'recurent' "
            "(did you mean 'recurrent'?)",
        ),
        ("[genome]\nactivations = 'tanh'\n", "genome.activations: expected an array, got 'tanh'; write ['tanh']"),
        ("[genome]\nactivations = ['tanh', 3]\n", "genome.activations[1]: expected a string, got 3"),
        ("[run]\nseed = -1\n", "run.seed: expected a whole number from 0 to 2**63 - 1, got -1"),
        ("[run]\nworkers = -1\n", "run.workers: expected from 0 (one per core) to 4096, got -1"),
        ("[run]\ngenerations = 0\n", "run.generations: expected from 1 to 1,000,000,000, got 0"),
        ("[[mutation]]\nadd_node = 1\n", "mutation: expected a section, got [{'add_node': 1}]; write [mutation]"),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("mutation.add_nod=0.1", "unknown setting 'mutation.add_nod' (did you mean 'mutation.add_node'?)"),
        ("mutation.add_node", "--set: expected section.key=value (such as mutation.add_node=0.1)"),
        ("add_node=0.1", "--set: expected section.key=value (such as mutation.add_node=0.1)"),
        (".=1", "--set: expected section.key=value"),
        ("population.size=many", "population.size: expected a whole number, got 'many'"),
        ("population.size.more=3", "population.size: expected a whole number, got {'more': 3}"),
        ("task.environment.x=3", "--set task.environment.x=3: task.environment is a value, not a section"),
        ("preset=papr", "unknown preset 'papr'"),
    ],
)
def test_changes_take_the_same_path(change: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read("", change)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_top_level_mistakes() -> None:
    with pytest.raises(ConfigError, match="description: expected a string, got 3"):
        from_toml("description = 3\n" + TASK, name="mine")
    with pytest.raises(ConfigError, match="unknown setting 'sed' "):
        from_toml("sed = 3\n" + TASK, name="mine")
    with pytest.raises(ConfigError, match="environment: expected a Gymnasium id"):
        from_toml("", name="mine")
    with pytest.raises(ConfigError, match="task: expected a section, got 'CartPole-v1'"):
        from_toml('task = "CartPole-v1"', name="mine")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[task\n", "mine: not a TOML file: "),
        (b"\xff\xfea", "mine: not a TOML file: "),
        (b"a = " + b"[" * 100_000 + b"]" * 100_000, "mine: not a TOML file: nested too deeply"),
        (b"#" * (LARGEST_FILE + 1), "mine: an experiment file has at most 1,048,576 bytes"),
        (TASK.encode() + b"[task.kwargs]\nx = " + b"[" * 20 + b"]" * 20, f"may be nested {DEEPEST} deep"),
    ],
)
def test_hostile_files_are_refused(text: bytes, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_toml(text, name="mine")
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("0.5", 0.5), ("true", True), ('["a", "b"]', ["a", "b"]), ("tanh", "tanh"), ('"3"', "3"), ("", "")],
)
def test_values_are_toml_and_names_need_no_quotes(text: str, value: object) -> None:
    assert parse_change(f"a.b={text}") == (["a", "b"], value)


def test_a_value_cannot_smuggle_in_other_settings() -> None:
    keys, value = parse_change("a.b=1\nc = 2")
    assert (keys, value) == (["a", "b"], "1\nc = 2")


def test_experiments_cannot_change() -> None:
    experiment = read()
    with pytest.raises(dataclasses.FrozenInstanceError):
        experiment.name = "other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        RunConfig().seed = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ("generations=5", "got 'generations=5' (did you mean 'run.generations'?)"),
        ("size=5", "(did you mean 'population.size'?)"),
        ("gnerations=5", "(did you mean 'run.generations'?)"),
        ("task.solved_at=3", "; [task] has environment, kwargs, wrappers, episodes, episode_seeds, threshold"),
        ("task.add_node=3", "(did you mean 'mutation.add_node'?)"),
        ("zzz.x=3", "; there are run, task, learning, population"),
    ],
)
def test_misspelt_settings_are_told_where_they_live(change: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read("", change)
    assert hint in str(caught.value)


def test_changes_may_be_a_mapping() -> None:
    changed = load("xor", changes={"population.size": 50, "genome.activations": ["tanh", "relu"]})
    assert changed == load("xor", changes=["population.size=50", "genome.activations=['tanh', 'relu']"])
    with pytest.raises(ConfigError, match="population: expected a section"):
        load("xor", changes={"population": 50})


def test_a_section_given_as_a_setting_names_its_settings() -> None:
    with pytest.raises(ConfigError, match="'population' is a section, with the settings size"):
        load("xor", changes=["population=50"])


def test_an_option_and_a_setting_of_the_same_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"population\.size is given twice"):
        experiment_from("xor", population=20, changes=("population.size=abc",))
