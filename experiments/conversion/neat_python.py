"""Converts configuration files of neat-python to experiments of this project.

Every option is converted, with a comment if its meaning is different here. An option without a counterpart is named in
a comment. No option is dropped silently.
"""

from __future__ import annotations

import configparser
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import tomli_w

from environments.tasks.settings import NO_GAME
from experiments.folder.toml import LARGEST_FILE
from experiments.settings import from_toml
from neat.errors import ConfigError
from neat.files.text import decode_text

__all__ = ["CODE", "Converted", "convert"]

CODE = (
    "neat.Config(...) of neat-python           -> config = experiments.load('THIS FILE').config",
    "Population(config); pop.run(f, n)         -> neat.Population(config, seed=7); ask() and tell() in a loop",
    "f(genomes, config) sets genome.fitness    -> tell([fitness(genome) for genome in population.ask()])",
    "FeedForwardNetwork.create(genome, config) -> neat.Network(genome, config.network)",
    "net.activate(inputs); net.reset()         -> the same",
    "StatisticsReporter, StdOutReporter        -> experiments.Recorder('runs/mine', population)",
    "ParallelEvaluator(n, f)                   -> task.evaluator(..., workers=n), for environments of Gymnasium",
    "pickle of the winner                      -> genome.to_json(), neat.Genome.from_json(text)",
    "Checkpointer.restore_checkpoint(file)     -> experiments.load_run('runs/mine').population()",
    "visualize.draw_net(config, winner)        -> neat draw runs/mine",
)
"""What to change in a program."""

_ACTIVATIONS = {"sin": "sine", "gauss": "gaussian", "lelu": "leaky_relu"} | {
    name: name
    for name in (
        *("sigmoid", "tanh", "relu", "elu", "selu", "softplus", "identity", "clamped", "abs", "hat", "square", "cube"),
    )
}
_SCALES = {
    "tanh": "tanh(2.5 z) in neat-python, tanh(z) here",
    "sin": "sin(5 z) in neat-python, sin(z) here",
    "gauss": "exp(-5 z^2) in neat-python, exp(-z^2) here",
    "softplus": "0.2 log(1 + exp(5 z)) in neat-python, log(1 + exp(z)) here",
    "lelu": "0.005 z below 0 in neat-python, 0.01 z here",
}
_AGGREGATIONS = {"maxabs": "max_abs"} | {n: n for n in ("sum", "product", "max", "min", "median", "mean")}


@dataclass
class Converted:
    """A converted file.

    Attributes:
        text: The experiment, as TOML with comments.
        carried: Options with the same meaning here.
        changed: Options with a different meaning here, each with the difference.
        left: Options without a counterpart, each with the reason.
    """

    text: str = ""
    carried: list[str] = field(default_factory=list)
    changed: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


def convert(content: str | bytes, where: str, environment: str | None = None) -> Converted:
    """Convert a configuration file of neat-python to an experiment.

    Args:
        content: The content of the file.
        where: Name of the file, for messages.
        environment: A task for the experiment, which then sets the numbers of inputs and outputs.

    Raises:
        ConfigError: It is not a configuration file of neat-python, or an option has an invalid value.
    """
    return _Conversion(content, where, environment).converted()


class _Conversion:
    def __init__(self, content: str | bytes, where: str, environment: str | None) -> None:
        if len(content) > LARGEST_FILE:
            raise ConfigError(f"{where}: a configuration file has at most {LARGEST_FILE:,} bytes")
        parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=("#", ";"))
        try:
            parser.read_string(decode_text(content), where)
        except (configparser.Error, ValueError) as error:
            raise ConfigError(f"{where}: not a configuration file: {' '.join(str(error).split())[:200]}") from None
        if not parser.has_section("NEAT"):
            found = ", ".join(parser.sections()[:5]) or "none"
            raise ConfigError(
                f"{where}: expected a configuration file of neat-python with a section [NEAT], got {found}"
            )
        self.where, self.environment = where, environment
        self.options = {name: value for section in parser.sections() for name, value in parser[section].items()}
        self.sections = {name: section for section in parser.sections() for name in parser[section]}
        self.settings: dict[str, dict[str, tuple[Any, str]]] = {}
        self.result = Converted()
        self.seen: set[str] = set()

    # ---------------------------------------------------------------------------------------------------- reading

    def number(self, name: str, default: float | None = None) -> float | None:
        """Return an option as a number; ``default`` if it is missing."""
        text = self.options.get(name)
        if text is None or text == "None":
            return default
        try:
            value = float(text)
        except ValueError:
            raise ConfigError(f"{self.where}: {name}: expected a number, got {text[:50]!r}") from None
        if not math.isfinite(value):
            raise ConfigError(f"{self.where}: {name}: expected a finite number, got {text[:50]!r}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Return an option as a truth value."""
        text = self.options.get(name, str(default)).lower()
        if text not in configparser.ConfigParser.BOOLEAN_STATES:
            raise ConfigError(f"{self.where}: {name}: expected true or false, got {text[:50]!r}")
        return configparser.ConfigParser.BOOLEAN_STATES[text]

    def put(self, path: str, value: Any, *names: str, note: str = "") -> None:
        """Set a setting, and record which of the options named are converted by it."""
        section, key = path.split(".")
        present = [name for name in names if name in self.options]
        for name in present:
            self.seen.add(name)
            if note:
                self.result.changed[name] = note
            else:
                self.result.carried.append(name)
        comment = note
        if present and note:
            comment = f"{', '.join(present)}: {note}"
        self.settings.setdefault(section, {})[key] = (value, comment)

    def leave(self, name: str, why: str) -> None:
        """Record that an option has no counterpart, if the file has it."""
        if name in self.options and name not in self.seen:
            self.seen.add(name)
            self.result.left[name] = why

    def same(self, path: str, name: str, kind: Callable[[float], Any] = float, note: str = "") -> None:
        """Convert a number whose meaning is the same."""
        value = self.number(name)
        if value is not None:
            self.put(path, kind(value), name, note=note)

    # -------------------------------------------------------------------------------------------------- converting

    def converted(self) -> Converted:
        """Convert the file."""
        self._run()
        self._genome()
        self._functions()
        self._values()
        self._structure()
        self._species()
        for name in self.options:
            self.leave(
                name, "not known" if "iz" not in self.sections[name].lower() else "there are no spiking networks"
            )
        self.result.text = self._text()
        try:
            from_toml(self.result.text, name=self.where)
        except ConfigError as error:
            raise ConfigError(f"{self.where}: {error}") from None
        return self.result

    def _run(self) -> None:
        note = "" if self.environment else "for a loop in your program; for neat run, put a game here"
        self.put("task.environment", self.environment or NO_GAME, note=note)
        self.same("population.size", "pop_size", int)
        if "reset_on_extinction" in self.options:
            restart = self.flag("reset_on_extinction")
            self.put("population.extinction", "restart" if restart else "stop", "reset_on_extinction")
        if "fitness_threshold" in self.options:
            note = "here the mean over fresh episodes must reach it, not only a fitness in training"
            self.put("task.threshold", self.number("fitness_threshold"), "fitness_threshold", note=note)
        if "no_fitness_termination" in self.options:
            self.put("run.stop_when_solved", not self.flag("no_fitness_termination"), "no_fitness_termination")
        self.same("run.seed", "seed", int)
        if self.options.get("fitness_criterion", "max") == "max":
            self.seen.add("fitness_criterion")
            self.result.carried.append("fitness_criterion")
        self.leave("fitness_criterion", "champions are always the fittest (max)")
        self.leave("seed", "not a number; here every run has a seed, by default 0")

    def _genome(self) -> None:
        for ours, name in (("inputs", "num_inputs"), ("outputs", "num_outputs")):
            if self.environment is None:
                self.same(f"genome.{ours}", name, int)
            else:
                self.leave(name, f"the task sets it ({self.environment})")
        self.put("genome.bias_node", False, note="every node has a bias, as in neat-python")
        hidden = int(self.number("num_hidden", 0.0) or 0)
        words = self.options.get("initial_connection", "unconnected").split()
        start, fraction = words[0] if words else "unconnected", words[1] if len(words) > 1 else "0.5"
        note = ""
        if start.startswith("full"):
            initial = "hidden" if hidden else "full"
            if hidden and start != "full_nodirect":
                note = "with hidden nodes there are no direct connections here"
        elif start.startswith("partial"):
            try:
                self.put("genome.initial_fraction", float(fraction))
            except ValueError:
                raise ConfigError(f"{self.where}: initial_connection: expected a fraction, got {fraction!r}") from None
            initial = "partial"
            note = "" if not hidden and start != "partial_direct" else "without hidden nodes and cycles here"
        elif start.startswith("fs_neat"):
            initial, note = "partial", "in neat-python one input to all outputs; here about as many, anywhere"
            self.put("genome.initial_fraction", round(1.0 / max(self.number("num_inputs", 1.0) or 1.0, 1.0), 6))
        else:
            initial = "empty"
        self.put("genome.initial", initial, "initial_connection", note=note)
        if hidden and initial == "hidden":
            self.put("genome.initial_hidden", hidden, "num_hidden")
        elif hidden:
            self.leave("num_hidden", 'first genomes have hidden nodes only with initial = "hidden"')
        else:
            self.seen.add("num_hidden")
            self.result.carried.append("num_hidden")
        recurrent = not self.flag("feed_forward", True)
        lags = any(name.startswith("time_constant") for name in self.options)
        self.put("network.kind", "ctrnn" if lags else "recurrent" if recurrent else "feedforward", "feed_forward")
        if recurrent or lags:
            self.put("mutation.recurrent", 0.5, note="share of new connections that may close a cycle")

    def _functions(self) -> None:
        options = self.options.get("activation_options", self.options.get("activation_default", "sigmoid")).split()
        first = self.options.get("activation_default", "random")
        order = ([first] if first in _ACTIVATIONS else []) + [name for name in options if name != first]
        known = [_ACTIVATIONS[name] for name in order if name in _ACTIVATIONS]
        strange = [name for name in dict.fromkeys([*options, first]) if name not in _ACTIVATIONS and name != "random"]
        notes = [f"{name}: {_SCALES[name]}" for name in order if name in _SCALES]
        if strange:
            notes.append(f"{', '.join(strange)}: not available here; add it with neat.register_activation")
        names = tuple(dict.fromkeys(known)) or ("sigmoid",)
        self.put("genome.activations", list(names), "activation_options", note="; ".join(notes))
        note = "of outputs; mutation does not change it here" if len(names) > 1 else ""
        self.put("genome.output_activation", names[0], "activation_default", note=note)
        if first == "random":
            self.result.changed["activation_default"] = "random in neat-python; the first option here"
        if "sigmoid" in names:
            self.put("network.sigmoid_slope", 5.0, note="as in neat-python: 1 / (1 + exp(-5 z))")
        rate = self.number("activation_mutate_rate")
        if rate is not None:
            value, note = self._per_child(rate, len(names))
            self.put("mutation.activation", value, "activation_mutate_rate", note=note)
        options = self.options.get("aggregation_options", self.options.get("aggregation_default", "sum")).split()
        first = self.options.get("aggregation_default", "random")
        order = ([first] if first in _AGGREGATIONS else []) + [name for name in options if name != first]
        strange = [name for name in options if name not in _AGGREGATIONS]
        names = tuple(dict.fromkeys(_AGGREGATIONS[name] for name in order if name in _AGGREGATIONS)) or ("sum",)
        note = f"{', '.join(strange)}: not available here" if strange else ""
        self.put("genome.aggregations", list(names), "aggregation_options", "aggregation_default", note=note)
        rate = self.number("aggregation_mutate_rate")
        if rate is not None:
            value, note = self._per_child(rate, len(names))
            self.put("mutation.aggregation", value, "aggregation_mutate_rate", note=note)

    def _per_child(self, rate: float, choices: int) -> tuple[float, str]:
        """Return a probability per node as one per child."""
        if rate == 0.0 or choices < 2:
            return 0.0, ""
        return min(1.0, rate), "per node in neat-python; per child here, for one of its nodes"

    def _values(self) -> None:
        perturb = self.number("weight_mutate_rate", 0.0) or 0.0
        replaced = self.number("weight_replace_rate", 0.0) or 0.0
        self.put("mutation.weights", 1.0, note="every child; each weight by the two shares below, as in neat-python")
        self.put("mutation.weight_perturb", perturb, "weight_mutate_rate")
        self.put("mutation.weight_replace", min(replaced, 1.0 - min(perturb, 1.0)), "weight_replace_rate")
        self.put("mutation.weight_distribution", "normal")
        self.same("mutation.weight_step", "weight_mutate_power")
        self._first("weight", "weight_init", "weight_scale")
        self._limit("weight", "weight_limit")
        for name, rate, step in (
            ("bias", "biases", "bias_step"),
            ("response", "responses", "response_step"),
            ("time_constant", "time_constants", "time_constant_step"),
        ):
            own = (self.number(f"{name}_mutate_rate", 0.0) or 0.0, self.number(f"{name}_replace_rate", 0.0) or 0.0)
            if not any(option.startswith(f"{name}_") for option in self.options):
                continue
            exact = own in ((perturb, replaced), (0.0, 0.0))
            total = perturb + replaced
            share = 0.0 if own == (0.0, 0.0) else 1.0 if exact or total == 0.0 else min(1.0, sum(own) / total)
            note = "" if exact else "here the share of children whose values mutate like their weights"
            options = (f"{name}_mutate_rate", f"{name}_replace_rate")
            self.put(f"mutation.{rate}", round(share, 6), *options, note=note)
            self.same(f"mutation.{step}", f"{name}_mutate_power")
            if name == "response":
                first = (self.number("response_init_mean", 1.0), self.number("response_init_stdev", 0.0))
                for option in ("response_init_mean", "response_init_stdev", "response_init_type"):
                    if first == (1.0, 0.0) and option in self.options:
                        self.seen.add(option)
                        self.result.carried.append(option)
                    self.leave(option, "responses start at 1")
                self._limit("response", "response_limit")
            elif name == "bias":
                self._first("bias", None, "bias_scale")
                self._limit("bias", "bias_limit")
            else:
                self._time_constants()

    def _first(self, name: str, distribution: str | None, scale: str) -> None:
        """Convert the distribution of first values."""
        deviation = self.number(f"{name}_init_stdev", 1.0) or 0.0
        uniform = "uniform" in self.options.get(f"{name}_init_type", "gaussian").lower()
        if distribution is not None:
            self.put(f"genome.{distribution}", "uniform" if uniform else "normal", f"{name}_init_type")
            wide = uniform
        else:
            wide = "uniform" in self.options.get("weight_init_type", "gaussian").lower()
            if uniform != wide:
                self.leave(f"{name}_init_type", "drawn like weights")
            elif f"{name}_init_type" in self.options:
                self.seen.add(f"{name}_init_type")
                self.result.carried.append(f"{name}_init_type")
        self.put(f"genome.{scale}", 2.0 * deviation if wide else deviation, f"{name}_init_stdev")
        mean = self.number(f"{name}_init_mean", 0.0)
        if mean == 0.0 and f"{name}_init_mean" in self.options:
            self.seen.add(f"{name}_init_mean")
            self.result.carried.append(f"{name}_init_mean")
        self.leave(f"{name}_init_mean", "the mean of first values is 0 here")

    def _limit(self, name: str, ours: str) -> None:
        high, low = self.number(f"{name}_max_value"), self.number(f"{name}_min_value")
        if high is None and low is None:
            return
        high, low = high if high is not None else 30.0, low if low is not None else -30.0
        note = "" if high == -low else "here the limits are symmetric"
        self.put(f"genome.{ours}", max(abs(high), abs(low)), f"{name}_max_value", f"{name}_min_value", note=note)

    def _time_constants(self) -> None:
        mean = self.number("time_constant_init_mean", 1.0) or 1.0
        within = min(max(mean, 0.01), 10.0)
        note = "" if mean == within else "from 0.01 to 10 here; network.time_step sets the unit"
        self.put("genome.time_constant", within, "time_constant_init_mean", note=note)
        self.same("genome.time_constant_scale", "time_constant_init_stdev")
        self.leave("time_constant_init_type", "drawn like weights")
        for option in ("time_constant_max_value", "time_constant_min_value"):
            self.leave(option, "time constants stay from 0.01 to 10")

    def _structure(self) -> None:
        for ours, name in (
            ("add_node", "node_add_prob"), ("delete_node", "node_delete_prob"),
            ("add_connection", "conn_add_prob"), ("delete_connection", "conn_delete_prob"),
        ):  # fmt: skip
            self.same(f"mutation.{ours}", name)
        if "single_structural_mutation" in self.options:
            only = self.flag("single_structural_mutation")
            self.put("mutation.structure_exclusive", only, "single_structural_mutation")
        self.leave("structural_mutation_surer", "a node or connection that finds no place is not added")
        rate = self.number("enabled_mutate_rate")
        if rate is not None:
            note = "" if rate == 0.0 else "per connection in neat-python; per child here, for one of its connections"
            self.put("mutation.toggle", min(rate, 1.0), "enabled_mutate_rate", note=note)
        if self.options.get("enabled_default", "true").lower() in ("true", "1", "yes", "on"):
            self.seen.add("enabled_default")
            self.result.carried.append("enabled_default")
        self.leave("enabled_default", "new connections are enabled")
        for option in ("enabled_rate_to_true_add", "enabled_rate_to_false_add"):
            if self.number(option, 0.0) == 0.0 and option in self.options:
                self.seen.add(option)
                self.result.carried.append(option)
            self.leave(option, "mutation.reenable enables a disabled connection")
        self.put("crossover.average", 0.0, note="as in neat-python: matching genes come from one parent or the other")
        self.put("crossover.disable", 0.75, note="as in neat-python")

    def _species(self) -> None:
        c = self.number("compatibility_disjoint_coefficient")
        if c is not None:
            self.put("compatibility.c1", c, "compatibility_disjoint_coefficient")
            self.put("compatibility.c2", c)
        note = "only of connection weights; in neat-python also of biases, responses and functions of nodes"
        self.same("compatibility.c3", "compatibility_weight_coefficient", note=note)
        note = "distances are smaller here, since nodes do not count: use a smaller threshold for as many species"
        self.same("compatibility.threshold", "compatibility_threshold", note=note)
        self.put("compatibility.small_genome", 0, note="as in neat-python: always divided by the genes")
        self.put("compatibility.target_species", 0, note="as in neat-python: constant; 10 would adjust it")
        self.same("species.stagnation", "max_stagnation", int)
        self.same("species.protected", "species_elitism", int)
        self.put("species.population_stagnation", 0, note="as in neat-python: never reduced to two species")
        if self.options.get("species_fitness_func", "mean") == "max":
            self.seen.add("species_fitness_func")
            self.result.carried.append("species_fitness_func")
        self.leave("species_fitness_func", "a species improves when its best genome does (max)")
        self.same("reproduction.elites", "elitism", int)
        self.put("reproduction.elite_species_size", 1, note="as in neat-python: also in small species")
        self.same("reproduction.survival", "survival_threshold")
        self.leave("min_species_size", "species get the offspring that their shared fitness gives them")
        self.put("reproduction.mutate_only", 0.0, note="as in neat-python: two parents, of one species")
        self.put("reproduction.interspecies", 0.0, note="as in neat-python")

    # ----------------------------------------------------------------------------------------------------- writing

    def _text(self) -> str:
        lines = [f"# Converted from {_words(self.where)}, a configuration file of neat-python.", "#"]
        lines += ["# What to change in the code:", *(f"#   {line}" for line in CODE), ""]
        if self.result.left:
            lines += ["# Without a counterpart:"]
            lines += [f"#   {name} = {_words(self.options[name])}: {why}" for name, why in self.result.left.items()]
            lines += [""]
        lines += [
            f"name = {tomli_w.dumps({'x': _words(self.where.rpartition('/')[2])})[4:].strip()}",
            'preset = "default"',
        ]
        order = ("run", "task", "population", "genome", "network", "mutation", "crossover", "compatibility", "species")
        for section in (*order, "reproduction"):
            if section not in self.settings:
                continue
            lines += ["", f"[{section}]"]
            for key, (value, note) in self.settings[section].items():
                shown = (
                    "[" + ", ".join(f'"{name}"' for name in value) + "]"
                    if isinstance(value, list)
                    else (tomli_w.dumps({"x": value})[4:].strip())
                )
                lines.append(f"{key} = {shown}{f'  # {_words(note)}' if note else ''}")
        return "\n".join([*lines, ""])


def _words(text: str) -> str:
    """Return text that is safe in a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:300]).split())
