"""An experiment: every setting of one run, read from TOML and written to it.

A file has a few names at the top (``name``, ``description``, ``preset``), and the sections ``[run]`` (the loop),
``[task]`` (the environment), ``[learning]`` (gradients during the run) and those of `neat.config`. Missing settings
come from the preset.

A setting given as ``section.key=value`` on the command line is handled like one in a file, with the same checks and
messages.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import tomli_w

from environments.tasks.settings import TaskConfig
from environments.tasks.task import traits_of
from experiments.folder.toml import LARGEST_FILE, parse_toml
from experiments.setting_messages import TOP, Sections, SettingsError, check_keys, located, nearest
from neat.breeding import EMITTERS
from neat.config import Config, replace
from neat.errors import ConfigError, did_you_mean
from neat.presets import PRESETS
from neat.selection import SCORES
from neat.settings.checking import check_fields, shown
from neat.settings.plain import plain

__all__ = [
    "Experiment",
    "LearningConfig",
    "RunConfig",
    "apply",
    "essence",
    "from_essence",
    "from_mapping",
    "from_toml",
    "parse_change",
    "to_toml",
]


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The loop around evolution: its length, seed, backend, trials and checkpoints."""

    seed: int = 0
    """Seed of all random numbers of the run: the same seed gives the same run."""
    generations: int = 300
    """Maximum number of generations."""
    steps: int = 0
    """Maximum number of environment steps, trials included and the final verification excluded; the run ends after the
    generation that reaches it. 0: no limit."""
    workers: int = 0
    """Number of threads or processes that play episodes; 0: one per processor core. Results do not depend on it."""
    backend: str = "auto"
    """The backend that plays the episodes; ``auto``: the fastest available. ``ray:HOST:PORT`` is a Ray cluster."""
    stop_when_solved: bool = True
    """Whether the run ends at the first champion that solves the task."""
    aim: float | None = None
    """Mean return that training aims at, if higher than the goal (``task.threshold``); by default the goal. A genome
    whose training fitness reaches the aim is verified on fresh episodes and must reach it there too; whether the task
    is solved is still decided by the goal. A stricter aim makes it likelier that the goal is also reached on further
    episodes."""
    trial_every: int = 10
    """Generations between two trials; 0: no trials. If no genome reaches the aim, a trial tests the
    fittest of a generation, and the mean of its weight search if there is one, on fresh episodes. The run returns the
    genome with the best trial, not the one with the luckiest training fitness. The last generation has a trial too. No
    genome has two. Tasks without randomness or with a solution test of their own (XOR, double pole balancing) have
    none."""
    trial_episodes: int = 20
    """Fresh episodes per trial, at most ``task.verify_episodes``. A trial ranks genomes; it never solves the task."""
    patience: int = 0
    """Generations without a new champion after which the run ends; 0: no limit."""
    checkpoint_every: int = 1
    """Generations between two checkpoints, from which `neat resume` continues; there is also one at the end."""
    checkpoint_seconds: float = 5.0
    """Minimum seconds between two checkpoints, so that fast generations do not wait for the disk. A power failure loses
    about this much work."""
    checkpoints_kept: int = 3
    """Number of recent checkpoints to keep, besides that of the best champion."""

    def __post_init__(self) -> None:
        check_fields(self, "run")
        if not 0 <= self.seed < 2**63:
            raise ConfigError(f"run.seed: expected a whole number from 0 to 2**63 - 1, got {self.seed}")
        if not 1 <= self.generations <= 10**9:
            raise ConfigError(f"run.generations: expected from 1 to 1,000,000,000, got {self.generations}")
        if not 0 <= self.steps <= 10**15:
            raise ConfigError(f"run.steps: expected environment steps, 0 for no limit, got {self.steps}")
        if not 0 <= self.workers <= 4096:
            raise ConfigError(f"run.workers: expected from 0 (one per core) to 4096, got {self.workers}")
        if self.aim is not None and not math.isfinite(self.aim):
            raise ConfigError(f"run.aim: expected a finite number, got {self.aim}")
        if not 0 <= self.trial_every <= 10**9:
            raise ConfigError(f"run.trial_every: expected generations, 0 for no trials, got {self.trial_every}")
        if not 1 <= self.trial_episodes <= 100_000:
            raise ConfigError(f"run.trial_episodes: expected from 1 to 100,000, got {self.trial_episodes}")
        if not 0 <= self.patience <= 10**9:
            raise ConfigError(f"run.patience: expected generations, 0 for no such end, got {self.patience}")
        for name in ("checkpoint_every", "checkpoints_kept"):
            if not 1 <= getattr(self, name) <= 10**9:
                raise ConfigError(f"run.{name}: expected at least 1, got {getattr(self, name)}")
        if not 0 <= self.checkpoint_seconds <= 10**9:
            raise ConfigError(f"run.checkpoint_seconds: expected seconds from 0, got {self.checkpoint_seconds}")


@dataclass(frozen=True, kw_only=True)
class LearningConfig:
    """Gradient training of genomes during a run (feed-forward networks)."""

    inheritance: Literal["none", "lamarckian", "baldwinian"] = "none"
    """``none``: genomes do not learn. ``lamarckian``: learned weights are inherited. ``baldwinian``: learning changes
    fitness only."""
    who: Literal["champion", "all"] = "champion"
    """Which genomes learn: the ``champion`` of a generation, or ``all``."""
    every: int = 1
    """Generations between two learning phases."""
    steps: int = 20_000
    """Games: environment steps of PPO per genome and learning phase, including those that choose the best network."""
    epochs: int = 50
    """Tasks with examples (XOR): passes over the examples per genome and learning phase."""
    optimizer: Literal["sgd", "momentum", "adam"] = "adam"
    """Tasks with examples: variant of gradient descent."""
    learning_rate: float = 0.05
    """Tasks with examples: learning rate η. Larger values learn faster and less stably."""
    cost: Literal["squared_error", "cross_entropy", "softmax_cross_entropy"] = "squared_error"
    """Tasks with examples: cost function that is minimised."""
    trainable: tuple[Literal["weights", "biases", "responses"], ...] = ("weights", "biases", "responses")
    """Which genes gradient training changes."""

    def __post_init__(self) -> None:
        check_fields(self, "learning")
        for name in ("every", "steps", "epochs"):
            if getattr(self, name) < 1:
                raise ConfigError(f"learning.{name}: expected at least 1, got {getattr(self, name)}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0.0):
            raise ConfigError(f"learning.learning_rate: expected a positive number, got {self.learning_rate}")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """All settings of one run. ``config`` holds the sections of `neat.config`, at the same level as [run] in a file."""

    name: str
    """Short name; the run folder is named after it."""
    description: str = ""
    """One line on what is to be learned."""
    preset: str = "default"
    """Preset for settings that the file does not give: a name in `neat.presets.PRESETS`."""
    run: RunConfig = field(default_factory=RunConfig)
    """The loop."""
    task: TaskConfig
    """The environment or data."""
    learning: LearningConfig = field(default_factory=LearningConfig)
    """Gradient training of genomes."""
    config: Config = field(default_factory=Config)
    """Evolution and networks."""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.preset not in PRESETS:
            hint = did_you_mean(self.preset, PRESETS)
            raise ConfigError(f"unknown preset {self.preset!r}{hint}: expected one of {', '.join(PRESETS)}")

    def changed(self) -> dict[str, Any]:
        """Return the settings of evolution that differ from the preset, as ``{"section.key": value}``.

        The numbers of inputs and outputs, which the task sets, are not included.
        """
        base, mine = dataclasses.asdict(Config.preset(self.preset)), dataclasses.asdict(self.config)
        return {
            f"{section}.{key}": value
            for section, values in mine.items()
            for key, value in values.items()
            if value != base[section][key] and f"{section}.{key}" not in ("genome.inputs", "genome.outputs")
        }


def from_toml(
    text: str | bytes,
    *,
    name: str,
    where: str | None = None,
    changes: Iterable[str] | Mapping[str, Any] = (),
    preset: str | None = None,
) -> Experiment:
    """Read an experiment from the text of a TOML file.

    Args:
        text: The file's content (UTF-8 if bytes).
        name: Name of the experiment where the file gives none.
        where: What messages call the text, such as the path of its file; by default ``name``.
        changes: Settings that override the file's, each ``section.key=value``.
        preset: Overrides the file's preset.

    Raises:
        ConfigError: The text is no TOML, is too large or too deep, or a setting is unknown, of the wrong type or out
            of range.
    """
    data = {"name": name, **parse_toml(text, where or name)}
    changes = changes if isinstance(changes, Mapping) else tuple(changes)  # read twice
    try:
        return from_mapping(data, changes=changes, preset=preset)
    except ConfigError as error:
        if where is None:
            raise
        given = changes if isinstance(changes, Mapping) else [change.partition("=")[0].strip() for change in changes]
        parts = error.messages if isinstance(error, SettingsError) else [str(error)]
        raise SettingsError([located(part, text, where, given) for part in parts]) from None


def from_mapping(
    data: Mapping[str, Any], *, changes: Iterable[str] | Mapping[str, Any] = (), preset: str | None = None
) -> Experiment:
    """Check a mapping shaped like an experiment file and return the experiment.

    Args:
        data: The sections.
        changes: Settings that override the mapping's, each ``section.key=value``; or a mapping of
            ``section.key`` to value.
        preset: Overrides the mapping's preset.

    Raises:
        ConfigError: A setting is unknown, of the wrong type or out of range; the message names its path.
    """
    data = {key: dict(value) if isinstance(value, Mapping) else value for key, value in data.items()}
    if isinstance(changes, Mapping):
        for path, value in changes.items():
            _put(data, path.split("."), value, path)
    else:
        for change in changes:
            apply(data, change)
    if preset is not None:
        data["preset"] = preset
    check_keys(data, _sections())
    top = {key: _text(data, key) for key in TOP if key in data}
    evolution = {f.name: data[f.name] for f in dataclasses.fields(Config) if f.name in data}
    config = replace(Config.preset(top.get("preset", "default")), evolution)
    if not data.get("task", {}).get("environment"):
        raise ConfigError("task.environment: expected a Gymnasium id, 'module:Id' or a built-in task, got nothing")
    task = {**_followed(config), **data["task"]}
    return Experiment(
        **{"name": "experiment", **top},
        run=RunConfig(**data.get("run", {})),
        task=TaskConfig(**task),
        learning=LearningConfig(**data.get("learning", {})),
        config=config,
    )


def _followed(config: Config) -> dict[str, Any]:
    """Return settings of the task that follow from those of evolution where a file leaves them open."""
    method = config.selection.method
    score = method in SCORES and SCORES[method].needs_behaviours(config)
    emitters = any(name in EMITTERS and EMITTERS[name].needs_behaviours(config) for name in config.breeding.emitters)
    return {"behaviour": "auto"} if score or emitters else {}


def to_toml(experiment: Experiment) -> str:
    """Return the experiment as a TOML file with every setting; `from_toml` reads it back unchanged.

    Settings that are None are left out, since TOML has no such value.

    Raises:
        ConfigError: An argument of the environment or of a wrapper cannot be stored in a file, or there are too many.
    """
    _check_kept("task.kwargs", experiment.task.kwargs)
    _check_kept("task.wrappers", experiment.task.wrappers)
    text = tomli_w.dumps(_data(experiment))
    if len(text.encode()) > LARGEST_FILE:
        raise ConfigError(
            f"task: settings of {len(text):,} characters, expected at most {LARGEST_FILE:,}: put data into a separate "
            "file and give the game its path"
        )
    parse_toml(text, "task.kwargs")
    return text


def _check_kept(path: str, value: Any) -> None:
    """Reject values that TOML and JSON cannot store and restore."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ConfigError(f"{path}: expected names as keys, got {shown(key)}, which no run's folder can keep")
            _check_kept(f"{path}.{key}", item)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            _check_kept(f"{path}[{i}]", item)
    elif value is None:
        raise ConfigError(f"{path}: a run's folder has no None to keep: leave it out, or run without a folder")
    elif not (
        isinstance(value, (str, bool))
        or (isinstance(value, int) and -(2**63) <= value < 2**63)
        or (isinstance(value, float) and math.isfinite(value))
    ):
        raise ConfigError(
            f"{path}: expected text, finite numbers, true or false, or lists or tables of these, which a run's folder "
            f"can keep, got {shown(value)} ({type(value).__name__})"
        )


def _data(experiment: Experiment) -> dict[str, Any]:
    """Return every setting as plain data, shaped like an experiment file."""
    data: dict[str, Any] = {key: getattr(experiment, key) for key in TOP}
    data["run"] = _without_none(dataclasses.asdict(experiment.run))
    data["task"] = _without_none(dataclasses.asdict(experiment.task))
    data["learning"] = dataclasses.asdict(experiment.learning)
    data.update(_without_none(dataclasses.asdict(experiment.config)))
    found: dict[str, Any] = plain(data)
    return found


def essence(experiment: Experiment) -> str:
    """Return the settings that determine a run's results, as text: all but names and execution settings.

    Values equal to the defaults of the records are left out, so that a setting added in a later version, with a default
    that changes nothing, does not change the text. Settings without effect are left out too: those of trials or a
    weight search that is not used.
    """
    run = RunConfig(
        seed=experiment.run.seed, trial_every=experiment.run.trial_every, trial_episodes=experiment.run.trial_episodes,
        aim=experiment.run.aim,
    )  # fmt: skip
    data = _data(dataclasses.replace(experiment, run=run))
    plain = _plain_data()
    found = {
        section: {key: value for key, value in values.items() if key not in base or value != base[key]}
        for section, values in data.items()
        if (base := plain.get(section)) is not None
    }
    if not run.trial_every:
        found["run"].pop("trial_episodes", None)
    if traits_of(experiment.task).deterministic:
        found["run"] = {"seed": run.seed}
    if not experiment.config.searched:
        del found["search"]
    return tomli_w.dumps({section: values for section, values in found.items() if values})


def from_essence(text: str) -> Experiment:
    """Read the text of `essence`.

    Raises:
        ConfigError: It is something else.
    """
    data = parse_toml(text, "run")
    check_keys(data, _sections())
    whole = {section: {**values, **data.get(section, {})} for section, values in _plain_data().items()}
    return from_mapping({"name": "run", **whole})


def _plain_data() -> dict[str, dict[str, Any]]:
    """Return every section as its record has it where nothing is set."""
    data = _data(Experiment(name="run", run=RunConfig(), task=TaskConfig(), learning=LearningConfig(), config=Config()))
    sections = {key: value for key, value in data.items() if key not in TOP}
    del sections["run"]["seed"], sections["task"]["environment"]
    return sections


def parse_change(text: str) -> tuple[list[str], Any]:
    """Split ``section.key=value`` into its path and its value.

    The value is read as TOML (``3``, ``0.5``, ``true``, ``["tanh", "relu"]``); if that fails, it is a plain string, so
    that names need no quotes.

    Raises:
        ConfigError: There is no ``=``, or no dot before it.
    """
    path, equals, value = text.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys) or (len(keys) < 2 and keys[0] not in TOP):
        sections = _sections()
        hint = nearest(keys[0], sections) if equals and len(keys) == 1 else ""
        if keys[0] in sections:
            hint = f"; {keys[0]!r} is a section, with the settings {', '.join(sections[keys[0]])}"
        raise ConfigError(f"--set: expected section.key=value (such as mutation.add_node=0.1), got {text!r}{hint}")
    value = value.strip()
    if "\n" not in value and len(value) < 10_000:
        try:
            return keys, tomllib.loads(f"value = {value}")["value"]
        except (tomllib.TOMLDecodeError, RecursionError):
            pass
    return keys, value


def apply(data: dict[str, Any], change: str) -> None:
    """Put ``section.key=value`` into a mapping shaped like an experiment file."""
    keys, value = parse_change(change)
    _put(data, keys, value, f"--set {change}")


def _put(data: dict[str, Any], keys: list[str], value: Any, said: str) -> None:
    table = data
    for depth, key in enumerate(keys[:-1], start=1):
        inner = table.get(key, {})
        if not isinstance(inner, Mapping):
            raise ConfigError(f"{said}: {'.'.join(keys[:depth])} is a value, not a section")
        table[key] = dict(inner)
        table = table[key]
    table[keys[-1]] = value


def _fields_of(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind))


def _sections() -> Sections:
    """Return every section of an experiment file with the keys it may have."""
    found = {"run": _fields_of(RunConfig), "task": _fields_of(TaskConfig), "learning": _fields_of(LearningConfig)}
    found |= {f.name: _fields_of(f.default_factory) for f in dataclasses.fields(Config)}
    return found


def _text(data: Mapping[str, Any], key: str) -> str:
    if not isinstance(data[key], str):
        raise ConfigError(f"{key}: expected a string, got {shown(data[key])}")
    return str(data[key])


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return value
