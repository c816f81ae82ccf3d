"""The reference of settings says what the records say, and `neat settings` shows it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from experiments.cli import main
from experiments.reference.settings import Setting, sections
from experiments.reference.text import as_markdown
from experiments.settings import from_mapping
from neat.config import Config
from neat.errors import ConfigError


def setting(path: str) -> Setting:
    section, _, name = path.rpartition(".")
    (found,) = (s for part in sections() if part.name == section for s in part.settings if s.name == name)
    return found


ALL = [(section.name, s) for section in sections() for s in section.settings]


@pytest.mark.parametrize(("section", "told"), ALL, ids=lambda value: getattr(value, "name", value))
def test_every_setting_has_a_text_and_numbers_a_range(section: str, told: Setting) -> None:
    assert told.text.endswith((".", "…")), f"{section}.{told.name}: {told.text!r}"
    if told.kind.startswith(("number", "whole number")) and (section, told.name) not in (
        ("network.substrate", "initial_depth"),  # as deep as another setting allows
        ("network.substrate.layers", "radius"),
    ):
        assert told.range, f"{section}.{told.name} has no range"


def test_every_field_of_the_records_is_there() -> None:
    told = {f"{section.name}.{s.name}" for section in sections() for s in section.settings}
    for part in dataclasses.fields(Config):
        for field in dataclasses.fields(getattr(Config(), part.name)):
            assert f"{part.name}.{field.name}" in told or (part.name, field.name) == ("network", "substrate")


def test_defaults_are_those_of_an_experiment_that_says_nothing() -> None:
    experiment = from_mapping({"task": {"environment": "CartPole-v1"}})
    assert setting("mutation.add_node").default == repr(experiment.config.mutation.add_node)
    assert setting("run.generations").default == repr(experiment.run.generations)
    assert setting("task.threshold").default == ""


def test_presets_are_told_where_they_differ() -> None:
    told = setting("mutation.add_node").presets
    assert told["paper"] == repr(Config.preset("paper").mutation.add_node)
    assert "recurrent" not in told  # the same as default


def test_a_range_is_what_the_check_expects() -> None:
    for path, value in (("population.size", 1), ("run.trial_episodes", 0), ("mutation.toggle", 2.0)):
        section, name = path.split(".")
        with pytest.raises(ConfigError, match=setting(path).range):
            from_mapping({"task": {"environment": "xor"}, section: {name: value}})


def test_the_command_shows_sections_settings_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings"]) == 0
    assert "mutation " in capsys.readouterr().out
    assert main(["settings", "mutation.add_node"]) == 0
    shown = capsys.readouterr().out
    assert "add_node = 0.025" in shown
    assert "delete_node" not in shown
    assert main(["settings", "stagnation", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"species.stagnation", "species.stagnation_factor"} <= {f"{r['section']}.{r['name']}" for r in rows}


def test_a_word_that_occurs_nowhere_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "mutation.ad_node"]) == 2
    assert "did you mean 'mutation.add_node'" in capsys.readouterr().err


def test_tables_have_as_many_cells_in_every_row() -> None:
    for line in as_markdown(sections()).splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 5, line
