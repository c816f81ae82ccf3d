"""Notes on settings that have no effect because of another setting: one line each, never an error."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from neat.config import Config
from neat.networks.decoders.settings import SubstrateConfig
from neat.networks.kinds import kind_of
from neat.presets import PRESETS

__all__ = ["log_notes", "notes"]

_log = logging.getLogger(__name__)


class _Rule(NamedTuple):
    """Settings that have an effect only if another one allows it."""

    names: tuple[str, ...]
    """``section.field`` of each."""
    effective: Callable[[Config], bool]
    needs: str
    """The condition, for the message "… has no effect without"."""


def _recurs(c: Config) -> bool:
    return c.network.kind != "feedforward" and c.mutation.recurrent + c.mutation.recurrent_only > 0.0


_RULES = (
    _Rule(
        ("mutation.recurrent", "mutation.recurrent_only"),
        lambda c: c.network.kind != "feedforward",
        "network.kind = 'recurrent', 'ctrnn' or 'settling'",
    ),
    _Rule(
        ("mutation.recurrent", "mutation.recurrent_only", "mutation.connection_tries"),
        lambda c: c.mutation.add_connection > 0.0,
        "mutation.add_connection above 0",
    ),
    _Rule(("mutation.loops",), _recurs, "mutation.recurrent or recurrent_only above 0 (and a network with cycles)"),
    _Rule(
        ("network.passes", "network.settle_first"),
        lambda c: kind_of(c.network.kind).keeps_state,
        "network.kind = 'recurrent' or 'ctrnn'",
    ),
    _Rule(
        ("network.max_steps",),
        lambda c: not c.acyclic and (not kind_of(c.network.kind).keeps_state or c.network.settle_first),
        "network.kind = 'settling' (or 'recurrent' or 'ctrnn' with network.settle_first)",
    ),
    _Rule(
        (
            *("network.time_step", "genome.time_constant", "genome.time_constant_scale"),
            *("mutation.time_constants", "mutation.time_constant_step"),
        ),
        lambda c: "time_constant" in kind_of(c.network.kind).attributes,
        "network.kind = 'ctrnn'",
    ),
    _Rule(
        ("mutation.time_constant_step",), lambda c: c.mutation.time_constants > 0.0, "mutation.time_constants above 0"
    ),
    _Rule(("network.bias_value",), lambda c: c.genome.bias_node, "genome.bias_node"),
    _Rule(
        ("network.sigmoid_slope",),
        lambda c: (
            c.network.encoding != "direct"
            or not {"sigmoid", "bipolar_sigmoid"}.isdisjoint((c.genome.output_activation, *c.genome.activations))
        ),
        "a sigmoid in genome.activations or genome.output_activation",
    ),
    _Rule(
        ("genome.initial_fraction",),
        lambda c: c.genome.initial in ("partial", "random"),
        "genome.initial = 'partial' or 'random'",
    ),
    _Rule(
        ("genome.initial_hidden",),
        lambda c: c.genome.initial in ("hidden", "random"),
        "genome.initial = 'hidden' or 'random'",
    ),
    _Rule(
        ("genome.bias_limit",),
        lambda c: c.genome.bias_scale > 0.0 or c.mutation.biases > 0.0,
        "genome.bias_scale or mutation.biases above 0",
    ),
    _Rule(("mutation.bias_step",), lambda c: c.mutation.biases > 0.0, "mutation.biases above 0"),
    _Rule(
        ("genome.response_limit", "mutation.response_step"),
        lambda c: c.mutation.responses > 0.0,
        "mutation.responses above 0",
    ),
    _Rule(
        ("mutation.activation",),
        lambda c: len(c.genome.activations) > 1,
        "several functions in genome.activations",
    ),
    _Rule(
        ("mutation.aggregation",),
        lambda c: len(c.genome.aggregations) > 1,
        "several functions in genome.aggregations",
    ),
    _Rule(("mutation.toggle_last",), lambda c: c.mutation.toggle > 0.0, "mutation.toggle above 0"),
    _Rule(("mutation.split_oldest",), lambda c: c.mutation.add_node > 0.0, "mutation.add_node above 0"),
    _Rule(
        ("mutation.weight_step", "mutation.weight_distribution", "mutation.severe", "mutation.tail"),
        lambda c: c.mutation.weights > 0.0 or c.species.delta_coding,
        "mutation.weights above 0",
    ),
    _Rule(
        ("mutation.severe_perturb", "mutation.severe_replace"),
        lambda c: c.mutation.severe > 0.0,
        "mutation.severe above 0",
    ),
    _Rule(("mutation.tail_perturb", "mutation.tail_replace"), lambda c: c.mutation.tail > 0.0, "mutation.tail above 0"),
    _Rule(
        (
            "crossover.unmatched", "crossover.equal_fitness", "crossover.average", "crossover.disable",
            "crossover.enabled", "reproduction.mate_only", "reproduction.interspecies", "reproduction.selfing",
        ),
        lambda c: c.reproduction.mutate_only < 1.0,
        "reproduction.mutate_only below 1",
    ),
    _Rule(
        ("reproduction.elite_species_size", "reproduction.elite_by"),
        lambda c: c.reproduction.elites > 0,
        "reproduction.elites above 0",
    ),
    _Rule(
        ("compatibility.threshold_step", "compatibility.threshold_min"),
        lambda c: c.compatibility.target_species > 0,
        "compatibility.target_species above 0",
    ),
    _Rule(("compatibility.small_genome",), lambda c: c.compatibility.normalise, "compatibility.normalise"),
    _Rule(
        ("species.stagnation_factor", "species.protected"),
        lambda c: c.species.stagnation > 0,
        "species.stagnation above 0",
    ),
    _Rule(
        ("species.population_survivors", "species.delta_coding"),
        lambda c: c.species.population_stagnation > 0,
        "species.population_stagnation above 0",
    ),
    _Rule(("species.cull_age",), lambda c: c.species.cull_interval > 0, "species.cull_interval above 0"),
    _Rule(("search.method", "search.step", "search.patience"), lambda c: c.searched > 0, "search.share above 0"),
    _Rule(("search.refine",), lambda c: c.searched > 0, "search.share above 0"),
    _Rule(("search.refine_after", "search.refine_step"), lambda c: bool(c.search.refine), "search.refine"),
    _Rule(("search.start_generations",), lambda c: c.search.starts > 1, "search.starts above 1"),
    _Rule(
        ("search.learning_rate", "search.horizon", "search.final", "search.top", "search.shaping",
         "search.decay"),
        lambda c: c.searched > 0 and "ars" in (c.search.method, c.search.refine),
        "search.method or search.refine = 'ars' (and search.share above 0)",
    ),
)  # fmt: skip


def notes(config: Config) -> list[str]:
    """Return a line for each setting without effect because of another one, and for recurrent networks without cycles.

    Settings with the value of the record or a preset were not chosen by the user, and get no note.
    """
    found = []
    for rule in _RULES:
        if not rule.effective(config):
            found += [
                f"{name} = {_value(config, name)!r} has no effect without {rule.needs}"
                for name in rule.names
                if not _is_usual(config, name)
            ]
    grows = config.mutation.add_connection > 0.0
    direct = config.network.encoding == "direct"
    if direct and kind_of(config.network.kind).keeps_state and not (_recurs(config) and grows):
        lacking = "mutation.recurrent = 0.5" if grows else "mutation.add_connection above 0"
        found.append(f"network.kind = {config.network.kind!r}: no connection will close a cycle; {lacking} lets them")
    if config.genome.initial in ("hidden", "random") and not config.genome.initial_hidden:
        found.append(f"genome.initial = {config.genome.initial!r} makes no hidden node: genome.initial_hidden is 0")
    alone = config.searched == config.population.size  # then nothing adds connections
    if alone and direct and config.genome.initial == "empty":
        found.append(
            "genome.initial = 'empty': with search.share = 1 no connection is ever added; 'full' has all of them"
        )
    if config.network.encoding == "direct" and config.network.substrate != SubstrateConfig():
        found.append("network.substrate has no effect without network.encoding = 'hyperneat' or 'es-hyperneat'")
    if config.network.encoding in ("hyperneat", "es-hyperneat") and config.genome.output_activation == "sigmoid":
        found.append(
            "genome.output_activation = 'sigmoid': a CPPN's outputs are then never negative, and neither are weights; "
            "'bipolar_sigmoid' has both signs"
        )
    for functions, mutation in (("activations", "activation"), ("aggregations", "aggregation")):
        names = getattr(config.genome, functions)
        if len(names) > 1 and not getattr(config.mutation, mutation):
            found.append(f"genome.{functions}: all but the first, {names[0]!r}, need mutation.{mutation} above 0")
    return list(dict.fromkeys(found))


def _value(config: Config, name: str) -> Any:
    section, _, field = name.partition(".")
    return getattr(getattr(config, section), field)


def _is_usual(config: Config, name: str) -> bool:
    """Tell whether a setting has its value in the record or in a preset; presets are made only as needed."""
    value = _value(config, name)
    return value == _value(_PLAIN, name) or any(value == _value(Config.preset(preset), name) for preset in PRESETS)


_PLAIN = Config()


@functools.cache
def _log_once(line: str) -> None:
    _log.warning("%s", line)


def log_notes(config: Config) -> None:
    """Log the notes, each line once per process; without a logging setup, Python prints warnings."""
    for line in notes(config):
        _log_once(line)
