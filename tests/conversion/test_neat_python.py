"""Configuration files of neat-python: each option is carried over, changed with a word about it, or named as left."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import neat
from experiments.cli import main
from experiments.conversion.neat_python import convert
from experiments.settings import from_toml
from neat.errors import ConfigError

BASE = {
    "NEAT": {"fitness_criterion": "max", "fitness_threshold": "3.9", "pop_size": "30", "reset_on_extinction": "False"},
    "DefaultGenome": {
        "activation_default": "sigmoid", "activation_mutate_rate": "0.0", "activation_options": "sigmoid",
        "aggregation_default": "sum", "aggregation_mutate_rate": "0.0", "aggregation_options": "sum",
        "bias_init_mean": "0.0", "bias_init_stdev": "1.0", "bias_max_value": "30.0", "bias_min_value": "-30.0",
        "bias_mutate_power": "0.5", "bias_mutate_rate": "0.7", "bias_replace_rate": "0.1",
        "compatibility_disjoint_coefficient": "1.0", "compatibility_weight_coefficient": "0.5",
        "conn_add_prob": "0.5", "conn_delete_prob": "0.4", "enabled_default": "True", "enabled_mutate_rate": "0.01",
        "feed_forward": "True", "initial_connection": "full", "node_add_prob": "0.2", "node_delete_prob": "0.1",
        "num_hidden": "0", "num_inputs": "2", "num_outputs": "1",
        "response_init_mean": "1.0", "response_init_stdev": "0.0", "response_max_value": "30.0",
        "response_min_value": "-30.0", "response_mutate_power": "0.0", "response_mutate_rate": "0.0",
        "response_replace_rate": "0.0",
        "weight_init_mean": "0.0", "weight_init_stdev": "1.5", "weight_max_value": "25", "weight_min_value": "-25",
        "weight_mutate_power": "0.4", "weight_mutate_rate": "0.8", "weight_replace_rate": "0.1",
    },
    "DefaultSpeciesSet": {"compatibility_threshold": "3.0"},
    "DefaultStagnation": {"species_fitness_func": "max", "max_stagnation": "20", "species_elitism": "2"},
    "DefaultReproduction": {"elitism": "2", "survival_threshold": "0.2"},
}  # fmt: skip


def ini(**changes: str | None) -> str:
    """Return the file with options changed, added, or (None) left out."""
    lines = []
    left = dict(changes)
    for section, options in BASE.items():
        lines.append(f"[{section}]")
        for name, value in options.items():
            value = left.pop(name, value)
            if value is not None:
                lines.append(f"{name} = {value}")
        if section == "DefaultGenome":
            own = [name for name in left if not name.startswith(("min_species", "seed", "no_fitness"))]
            lines += [f"{name} = {left.pop(name)}" for name in own]
        elif section in ("NEAT", "DefaultReproduction"):
            own = [name for name in left if name.startswith(("seed", "no_fitness") if section == "NEAT" else "min_")]
            lines += [f"{name} = {left.pop(name)}" for name in own]
    return "\n".join(lines)


VARIANTS: dict[str, dict[str, str | None]] = {
    "xor": {},
    "recurrent": {"feed_forward": "False", "initial_connection": "unconnected"},
    "partial": {"initial_connection": "partial_nodirect 0.3"},
    "hidden": {"initial_connection": "full_nodirect", "num_hidden": "4"},
    "feature selection": {"initial_connection": "fs_neat_nohidden", "num_inputs": "5"},
    "functions": {
        "activation_options": "sigmoid tanh gauss inv", "activation_mutate_rate": "0.1",
        "aggregation_options": "sum maxabs",
    },
    "random function": {"activation_default": "random", "activation_options": "relu sin"},
    "uniform": {"weight_init_type": "uniform", "bias_init_type": "uniform", "bias_init_mean": "0.5"},
    "structure": {
        "single_structural_mutation": "true", "structural_mutation_surer": "default", "enabled_default": "False",
    },
    "ctrnn": {
        "time_constant_init_mean": "2.0", "time_constant_init_stdev": "0.3", "time_constant_init_type": "gaussian",
        "time_constant_max_value": "20", "time_constant_min_value": "0.1", "time_constant_mutate_rate": "0.1",
        "time_constant_replace_rate": "0.0", "time_constant_mutate_power": "0.2", "feed_forward": "False",
    },
    "mean species": {"species_fitness_func": "mean", "min_species_size": "2", "fitness_criterion": "mean", "seed": "7"},
    "no end": {"no_fitness_termination": "True", "response_init_stdev": "0.2", "bias_mutate_rate": "0.8", "odd": "1"},
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_every_option_is_accounted_for_and_the_result_evolves(name: str) -> None:
    text = ini(**VARIANTS[name])
    done = convert(text, "config")
    options = set(re.findall(r"^(\w+) =", text, re.M))
    assert options == {*done.carried, *done.changed, *done.left}
    assert not set(done.left) & {*done.carried, *done.changed}
    for option in (*done.changed, *done.left):
        assert re.search(rf"#.*\b{option}\b", done.text) or option == "activation_default", option
    config = from_toml(done.text, name="config").config
    population = neat.Population(config, seed=1)
    for _ in range(2):
        genomes = population.ask()
        neat.Network(genomes[0], config.network).activate([0.5] * genomes[0].inputs)
        population.tell([float(len(genome.connections)) for genome in genomes])


def test_values_are_carried_over() -> None:
    config = from_toml(convert(ini(), "config").text, name="config").config
    assert config.population.size == 30
    assert config.population.extinction == "stop"
    assert (config.genome.weight_scale, config.genome.weight_limit, config.genome.weight_init) == (1.5, 25.0, "normal")
    assert (config.mutation.weight_perturb, config.mutation.weight_replace) == (0.8, 0.1)
    assert (config.mutation.add_connection, config.mutation.delete_connection) == (0.5, 0.4)
    assert (config.mutation.add_node, config.mutation.delete_node) == (0.2, 0.1)
    assert not config.genome.bias_node
    assert config.network.sigmoid_slope == 5.0
    assert (config.species.stagnation, config.species.protected, config.reproduction.elites) == (20, 2, 2)
    assert from_toml(convert(ini(**VARIANTS["ctrnn"]), "c").text, name="c").config.network.kind == "ctrnn"
    assert convert(ini(num_inputs="4"), "c", "CartPole-v1").left["num_inputs"] == "the task sets it (CartPole-v1)"


def test_what_is_no_such_file() -> None:
    for text, message in (
        ("pop_size = 3", "not a configuration file"),
        ("[Other]\nx = 1", r"a section \[NEAT\], got Other"),
        (ini(pop_size="many"), "pop_size: expected a number, got 'many'"),
        (ini(pop_size="1"), "population.size"),
        (ini(feed_forward="perhaps"), "feed_forward: expected true or false"),
        (ini(weight_mutate_rate="nan"), "weight_mutate_rate: expected a finite number"),
        ("[NEAT]\npop_size = %(x)s", "pop_size: expected a number"),
        ("x" * 2_000_000, "at most"),
    ):
        with pytest.raises(ConfigError, match=message):
            convert(text, "config")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config-feedforward"
    file.write_text(ini(min_species_size="2"), encoding="utf-8")
    out = tmp_path / "mine.toml"
    assert main(["convert", str(file), "--out", str(out), "--environment", "CartPole-v1"]) == 0
    assert "min_species_size: species get the offspring" in capsys.readouterr().err
    assert 'environment = "CartPole-v1"' in out.read_text(encoding="utf-8")
    assert main(["convert", str(file), "--out", str(out)]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "none")]) == 2


def test_names_from_a_file_stay_in_their_comments() -> None:
    done = convert(ini(odd="1\n  [run]\n  seed = 3"), 'a"\n[task]\nx')
    assert from_toml(done.text, name="x").run.seed == 0
    assert from_toml(done.text, name="x").name
