"""A run that starts from another one: its population, with other settings (`neat run TARGET --from RUN`).

`neat resume` continues a run unchanged. Here the population of a run's last checkpoint continues in a new folder with
another goal, another game with the same inputs and outputs, or other settings of evolution. Generations, evaluations,
steps and seconds continue to count, so that the figures include the whole history. Results under the old settings are
discarded: the champion, the best fitness and stagnation counts, the weight search. Settings that determine what genomes
consist of cannot change; such a change is an error.

The new folder has ``origin.json``::

    {"run": "runs/mountain-car-seed0", "generation": 9, "changed": {"task.threshold": [null, -100.0]}}
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import make_task
from experiments.folder.files import explained, finite, write_atomically
from experiments.folder.own_functions import register_own
from experiments.loop.checkpoints import Checkpoints, Progress, State
from experiments.loop.runner import fitted
from experiments.settings import Experiment, essence, from_essence
from neat.errors import ConfigError
from neat.population import Population

__all__ = ["ORIGIN", "Origin", "branch", "differences"]

ORIGIN = "origin.json"

_FIXED = ("genome.bias_node", "population.size", "population.innovation_scope")
_NOT_LOWERED = ("genome.weight_limit", "genome.bias_limit", "genome.response_limit")
_STATISTICS = ("count", "mean", "squares")
"""What an evaluator's state holds of running observation statistics."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a run comes from.

    Attributes:
        run: Folder of the run that it starts from.
        generation: The first generation it plays.
        changed: Settings that differ, as ``{"section.key": (before, now)}``.
    """

    run: Path
    generation: int
    changed: dict[str, tuple[Any, Any]]

    def __str__(self) -> str:
        changes = ", ".join(f"{name} {_word(old)} → {_word(new)}" for name, (old, new) in self.changed.items())
        return f"starts from {self.run} before generation {self.generation}; changed: {changes or 'nothing'}"

    def write(self, folder: Path) -> None:
        """Write ``origin.json``."""
        with explained(folder, "write to"):
            write_atomically(
                folder / ORIGIN, json.dumps(finite(dataclasses.asdict(self)), indent=1, default=str) + "\n"
            )


def branch(experiment: Experiment, run: Path) -> tuple[State, Origin]:
    """Return the state from which an experiment starts with the population of another run's last checkpoint.

    Raises:
        RunDirectoryError: There is no such run, or no checkpoint of it can be read.
        ConfigError: A setting differs that cannot change, or there is nothing left to play.
    """
    folder = run.parent if run.is_file() else run
    if not (folder / "config.toml").is_file():
        raise ConfigError(f"--from {run}: expected the folder of a run, but it has no config.toml")
    register_own(experiment)  # settings may name parts of one's own; checkpoints may not
    before = Checkpoints(folder).newest()[0]
    old, config = before.population, _fitted(experiment, before.population, folder)
    experiment = dataclasses.replace(experiment, config=config)
    generation = old.generation
    if old.done:
        raise ConfigError(f"--from {folder}: this run's population has died out")
    if generation >= experiment.run.generations:
        raise ConfigError(
            f"--from {folder}: that run has played {generation} generations and this one would count on, to "
            f"{experiment.run.generations}; try --generations {2 * generation}"
        )
    then = from_essence(before.progress.settings)
    changed = differences(then, from_essence(essence(experiment)))
    arrays = old.to_arrays(parts=False)
    counts, values, species = arrays["counts"].copy(), arrays["values"].copy(), arrays["species"].copy()
    counts[Population.COUNTS.index("improved")] = generation
    counts[Population.COUNTS.index("has champion")] = 0
    values[Population.VALUES.index("champion fitness")] = values[Population.VALUES.index("best")] = -math.inf
    if config.compatibility != old.config.compatibility:
        for name in ("threshold", "last threshold"):
            values[Population.VALUES.index(name)] = config.compatibility.threshold
    species["best"], species["improved"] = -math.inf, generation
    arrays |= {"counts": counts, "values": values, "species": species}
    population = Population.from_arrays(config, experiment.run.seed, arrays, old.threads)
    progress = Progress(
        sets=before.progress.sets,  # episodes that chose its champions are not drawn again
        seconds=before.progress.seconds,
        verification_steps=before.progress.verification_steps,
    )
    running = then.task.observation_scaling == experiment.task.observation_scaling == "running"
    seen = {name: before.evaluator[name] for name in _STATISTICS if running and name in before.evaluator}
    return State(population, progress, seen), Origin(run=folder, generation=generation, changed=changed)


def _fitted(experiment: Experiment, population: Population, folder: Path) -> Any:
    """Return the experiment's settings of evolution, having refused what the genomes of a population cannot become."""
    task = make_task(experiment.task)
    config, old = fitted(experiment.config, task), population.config
    for what in ("inputs", "outputs"):
        had, wants = getattr(old.genome, what), getattr(config.genome, what)
        if had != wants:
            raise ConfigError(
                f"genome.{what}: the networks of {folder} have {had}, {task.name} has {wants}: it cannot be played "
                "by them"
            )
    for name in (*_FIXED, *_NOT_LOWERED):
        section, _, key = name.partition(".")
        had, wants = (getattr(getattr(c, section), key) for c in (old, config))
        if had != wants and (name in _FIXED or wants < had):
            raise ConfigError(
                f"{name}: the genomes of {folder} were made with {_word(had)}, which cannot become {_word(wants)}; "
                f"leave it as it was (--set {name}={_word(had)}), or start without --from"
            )
    if config.acyclic and not old.acyclic:
        raise ConfigError(
            f"network.kind: genomes of {folder} may have cycles, so {old.network.kind!r} cannot become "
            f"{config.network.kind!r}; leave it as it was (--set network.kind={old.network.kind})"
        )
    return config


def differences(then: Experiment, now: Experiment) -> dict[str, tuple[Any, Any]]:
    """Return the settings in which two experiments differ, by name."""
    found = {}
    sections = [(name, getattr(then, name), getattr(now, name)) for name in ("run", "task", "learning")]
    sections += [
        (field.name, getattr(then.config, field.name), getattr(now.config, field.name))
        for field in dataclasses.fields(now.config)
    ]
    for section, before, after in sections:
        for field in dataclasses.fields(after):
            old, new = getattr(before, field.name), getattr(after, field.name)
            if old != new:
                found[f"{section}.{field.name}"] = (old, new)
    return found


def _word(value: Any) -> str:
    if value is None:
        return "(none)"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
