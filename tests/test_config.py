"""Settings: their bounds, the help in their errors, and the published values in the presets."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import itertools
import math
import typing

import pytest

import neat.config
import neat.operators.crossover
import neat.operators.registry
from neat.config import (
    CompatibilityConfig,
    Config,
    GenomeConfig,
    MutationConfig,
    NetworkConfig,
    PopulationConfig,
    ReproductionConfig,
    SpeciesConfig,
    replace,
)
from neat.errors import ConfigError, NeatError
from neat.genes.schema import VALUES
from neat.operators import MUTATIONS
from neat.population import Population
from neat.presets import PRESETS
from neat.settings.ranges import Amount

SECTIONS = {f.name: type(getattr(Config(), f.name)) for f in dataclasses.fields(Config)}

# Stanley & Miikkulainen 2002, sections 3.3 and 4.1.
PAPER = {
    "population.size": 150,
    "population.innovation_scope": "generation",
    "compatibility.c1": 1.0,
    "compatibility.c2": 1.0,
    "compatibility.c3": 0.4,
    "compatibility.threshold": 3.0,
    "compatibility.normalise": True,
    "compatibility.small_genome": 20,
    "compatibility.target_species": 0,
    "species.representative": "random",
    "species.stagnation": 15,
    "species.stagnation_factor": 0.0,
    "species.population_stagnation": 20,
    "species.population_survivors": 2,
    "species.cull_interval": 0,
    "reproduction.survival": 0.2,
    "reproduction.elites": 1,
    "reproduction.elite_species_size": 6,
    "reproduction.elite_by": "members",
    "reproduction.mutate_only": 0.25,
    "reproduction.mate_only": 0.0,
    "reproduction.interspecies": 0.001,
    "mutation.weights": 0.8,
    "mutation.weight_perturb": 0.9,
    "mutation.weight_replace": 0.1,
    "mutation.weight_distribution": "uniform",
    "mutation.add_node": 0.03,
    "mutation.add_connection": 0.05,
    "mutation.toggle": 0.0,
    "mutation.reenable": 0.0,
    "mutation.severe": 0.0,
    "mutation.delete_node": 0.0,
    "mutation.delete_connection": 0.0,
    "mutation.structure_exclusive": False,
    "crossover.disable": 0.75,
    "crossover.unmatched": "fitter",
    "crossover.equal_fitness": "random",
    "crossover.average": 0.0,
    "network.sigmoid_slope": 4.9,
    "network.bias_value": 1.0,
    "genome.bias_node": True,
    "genome.initial": "full",
    "genome.activations": ("sigmoid",),
    "genome.output_activation": "sigmoid",
}
# Where the C++ program, version 1.2.1, differs (with the parameters of double pole balancing with velocities).
STANLEY = PAPER | {
    "compatibility.normalise": False,
    "genome.weight_limit": 8.0,
    "network.sigmoid_slope": 4.924273,
    "network.max_steps": 20,
    "network.passes": 1,
    "network.settle_first": True,
    "mutation.weight_step": 2.5,
    "mutation.severe": 0.5,
    "mutation.structure_exclusive": True,
    "reproduction.survival": 0.2,
    "reproduction.elite_by": "offspring",
    "reproduction.mate_only": 0.2,
    "reproduction.survivors": "beyond",
    "reproduction.selfing": True,
    "species.representative": "champion",
    "species.stagnation": 14,
    "species.stagnation_factor": 0.01,
    "species.population_stagnation": 19,
    "species.delta_coding": True,
    "species.lingering": True,
    "species.cull_interval": 30,
    "species.cull_age": 20,
    "crossover.average": 0.4,
    "crossover.enabled": "inherited",
    "mutation.weight_renewal": "step",
    "mutation.tail": 0.2,
    "mutation.tail_perturb": 0.5,
    "mutation.tail_replace": 0.2,
    "mutation.loops": 0.5,
    "mutation.split_oldest": 0.7,
    "mutation.shared_weight": True,
    "mutation.toggle_last": False,
}
# The program's own shares of perturbed and replaced weights are not among its published parameters.
for _name in ("mutation.weight_perturb", "mutation.weight_replace", "crossover.equal_fitness"):
    del STANLEY[_name]


def value(config, path):
    section, name = path.split(".")
    return getattr(getattr(config, section), name)


@pytest.mark.parametrize(("preset", "published"), [("paper", PAPER), ("stanley-1.2.1", STANLEY)])
def test_presets_hold_the_published_values(preset, published):
    config = Config.preset(preset)
    assert {path: value(config, path) for path in published} == published


@pytest.mark.parametrize("preset", [name for name in PRESETS if "hyperneat" not in name])  # they ask for a task
@pytest.mark.parametrize("kind", ["feedforward", "settling", "recurrent"])
def test_presets_run(preset, kind):
    config = Config.preset(preset, genome={"inputs": 2, "outputs": 1}, network={"kind": kind}, population={"size": 30})
    population = Population(config, seed=1, threads=1)
    for generation in range(35):
        population.ask()
        population.tell([float(i % 7) + generation * (i == 3) for i in range(30)])


def test_preset_with_changes():
    config = Config.preset("paper", population={"size": 1000}, compatibility={"c3": 3.0, "threshold": 4.0})
    assert (config.population.size, config.compatibility.c3, config.compatibility.threshold) == (1000, 3.0, 4.0)
    assert config.population.innovation_scope == "generation"
    assert Config.preset("paper").population.size == 150


def one_line(error, *parts):
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_unknown_preset():
    with pytest.raises(ConfigError) as error:
        Config.preset("papper")
    one_line(error, "'papper'", "paper", "stanley-1.2.1")


def test_unknown_section_names_the_nearest():
    with pytest.raises(ConfigError) as error:
        replace(Config(), {"speciess": {"stagnation": 3}})
    one_line(error, "speciess", "did you mean 'species'?")


def test_unknown_field_names_the_nearest():
    with pytest.raises(ConfigError) as error:
        replace(Config(), {"mutation": {"add_nodes": 0.1}})
    one_line(error, "mutation.add_nodes", "did you mean 'add_node'?")
    with pytest.raises(ConfigError) as error:
        Config.preset("default", population={"zzz": 1})
    one_line(error, "population.zzz")
    assert "did you mean" not in str(error.value)


AMOUNTS = {
    "genome.weight_scale", "genome.weight_limit", "genome.bias_scale", "genome.bias_limit", "genome.response_limit",
    "network.sigmoid_slope", "network.bias_value", "mutation.weight_step", "mutation.bias_step",
    "mutation.response_step", "compatibility.c1", "compatibility.c2", "compatibility.c3", "compatibility.threshold",
    "compatibility.threshold_step", "compatibility.threshold_min", "species.stagnation_factor", "search.step",
    "search.learning_rate", "search.top",
    "search.share", "search.decay", "search.refine_step", "genome.time_constant", "genome.time_constant_scale",
    "mutation.time_constant_step",
    "network.time_step",
    "repertoire.reevaluate", "repertoire.step",
}  # fmt: skip
"""Numbers that may be above 1 or have bounds of their own: all others are shares."""
NUMBERS = [
    (section, name)
    for section, record in SECTIONS.items()
    for name, kind in typing.get_type_hints(record).items()
    if kind is float
]


def test_amounts_are_numbers_that_there_are():
    assert {f"{section}.{name}" for section, name in NUMBERS} >= AMOUNTS


@pytest.mark.parametrize(("section", "name"), [pair for pair in NUMBERS if ".".join(pair) not in AMOUNTS])
def test_probabilities_are_from_0_to_1(section, name):
    record = SECTIONS[section]
    kind = name.partition("_")[2]  # perturb and replace add up to 1 at most
    other = {"perturb": "replace", "replace": "perturb"}.get(kind)
    rest = {f"{name.partition('_')[0]}_{other}": 0.0} if other else {}
    assert getattr(record(**{name: 0.0}), name) == 0.0
    assert getattr(record(**{name: 1.0}, **rest), name) == 1.0


MUTATION_FILES = [importlib.import_module(f"neat.operators.{name}") for name in MUTATIONS]


def annotated(record, kind):
    """The fields of a record of settings that are annotated with a kind of number."""
    return [name for name, hint in typing.get_type_hints(record, include_extras=True).items() if hint == kind]


NOT_NEGATIVE = [
    (GenomeConfig, ["weight_scale", "weight_limit", *annotated(GenomeConfig, Amount)]),
    (MutationConfig, annotated(MutationConfig, Amount)),
    (CompatibilityConfig, ["c1", "c2", "c3", "threshold", "threshold_step", "threshold_min", "small_genome",
                           "target_species"]),
    (SpeciesConfig, ["stagnation", "stagnation_factor", "protected", "population_stagnation", "cull_interval",
                     "cull_age"]),
    (ReproductionConfig, ["elites", "elite_species_size"]),
]  # fmt: skip


@pytest.mark.parametrize(("record", "name"), [(r, n) for r, names in NOT_NEGATIVE for n in names])
def test_amounts_are_finite_and_not_negative(record, name):
    record(**{name: 0})
    for bad in (-1, math.inf, math.nan):
        with pytest.raises(ConfigError, match=name):
            record(**{name: bad})


@pytest.mark.parametrize(
    ("record", "name", "bad"),
    [
        (PopulationConfig, "size", -5),
        (PopulationConfig, "size", 1),
        (PopulationConfig, "size", 10**9),
        (GenomeConfig, "inputs", -1),
        (GenomeConfig, "outputs", 10**9),
        (GenomeConfig, "initial_hidden", -1),
        (GenomeConfig, "activations", ()),
        (GenomeConfig, "aggregations", ()),
        (NetworkConfig, "max_steps", 0),
        (NetworkConfig, "passes", 0),
        (NetworkConfig, "sigmoid_slope", math.nan),
        (NetworkConfig, "bias_value", math.inf),
        (MutationConfig, "connection_tries", 0),
        (SpeciesConfig, "population_survivors", -1),
    ],
)
def test_bad_values_name_their_path_and_what_was_expected(record, name, bad):
    section = next(s for s, kind in SECTIONS.items() if kind is record)
    with pytest.raises(ConfigError) as error:
        record(**{name: bad})
    one_line(error, f"{section}.{name}", "expected", repr(bad))


@pytest.mark.parametrize("pair", [("weight_perturb", "weight_replace"), ("severe_perturb", "severe_replace")])
def test_shares_of_weights_add_up_to_1_at_most(pair):
    MutationConfig(**dict.fromkeys(pair, 0.5))
    with pytest.raises(ConfigError, match="at most 1"):
        MutationConfig(**dict.fromkeys(pair, 0.6))


@pytest.mark.parametrize("record", SECTIONS.values())
def test_settings_are_frozen_and_by_name_only(record):
    name = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record(), name, 1)
    with pytest.raises(TypeError):
        record(1)


def test_replace_leaves_the_original_alone():
    config = Config()
    changed = replace(config, {"population": {"size": 9}})
    assert (config.population.size, changed.population.size) == (150, 9)
    assert changed.mutation is config.mutation


def test_only_feedforward_genomes_are_kept_acyclic():
    kinds = ("feedforward", "settling", "recurrent")
    assert [replace(Config(), {"network": {"kind": k}}).acyclic for k in kinds] == [True, False, False]


def test_ranges_are_found_where_they_are_written():
    """The tests above would be empty if annotations were not found."""
    assert {"weight_step", "bias_step", "response_step"} <= set(dict(NOT_NEGATIVE)[MutationConfig])
    assert {"bias_scale", "bias_limit", "response_limit"} <= set(dict(NOT_NEGATIVE)[GenomeConfig])


@pytest.mark.parametrize("module", [neat.config, neat.operators.crossover, neat.operators.registry, *MUTATION_FILES])
def test_every_field_is_documented(module):
    tree = ast.parse(inspect.getsource(module))
    records = [
        node for node in tree.body if isinstance(node, ast.ClassDef) and node.name not in ("Config", "CrossoverRates")
    ]
    for record in records:
        body = [n for n in record.body if isinstance(n, (ast.AnnAssign, ast.Expr))]
        for node, following in itertools.pairwise([*body, None]):
            if isinstance(node, ast.AnnAssign):
                assert isinstance(following, ast.Expr), f"{record.name}.{node.target.id} has no text"  # type: ignore[union-attr]


def test_every_setting_of_a_value_is_documented():
    for _, evolution in VALUES:
        settings = (evolution.rate, evolution.step, evolution.limit, evolution.scale, evolution.start)
        assert all(setting.text.endswith(".") for setting in settings if setting is not None)


def test_settings_keep_their_order():
    """Digests of settings follow from it."""
    known = [
        "add_node", "add_connection", "connection_tries", "recurrent", "recurrent_only", "toggle", "toggle_last",
        "reenable", "loops", "split_oldest", "shared_weight", "delete_node", "delete_connection",
        "structure_exclusive", "weights", "weight_perturb", "weight_replace", "weight_step", "weight_renewal", "tail",
        "tail_perturb", "tail_replace", "weight_distribution", "severe", "severe_perturb", "severe_replace", "biases",
        "bias_step", "responses", "response_step", "activation", "aggregation",
    ]  # fmt: skip
    fields = [f.name for f in dataclasses.fields(MutationConfig)]
    assert [name for name in fields if name in known] == known
    fields = [f.name for f in dataclasses.fields(GenomeConfig)]
    known = [
        "inputs", "outputs", "bias_node", "initial", "initial_fraction", "initial_hidden", "weight_init",
        "weight_scale", "weight_limit", "bias_scale", "bias_limit", "response_limit", "activations",
        "output_activation", "aggregations",
    ]  # fmt: skip
    assert [name for name in fields if name in known] == known


def test_errors_are_one_family():
    assert issubclass(ConfigError, NeatError)
    assert issubclass(ConfigError, ValueError)
