"""Earlier champions of a run, to be played and drawn again."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

from experiments.folder.champion import Champion
from experiments.folder.champions import read_champions
from experiments.folder.directory import RunDirectory
from neat.errors import ConfigError, RunDirectoryError

__all__ = ["champions_at"]

_MOST = 12
LAST = "last"


def champions_at(folder: Path, generations: Sequence[str]) -> list[tuple[str, Champion]]:
    """Return the champions of a run at given generations, each with its name, such as ``generation 12``.

    Args:
        folder: The run folder.
        generations: Numbers from 0, or ``last``. One string may hold several, separated by commas: ``0,10,last``.

    Raises:
        ConfigError: A generation does not exist in the run, or there are more than 12.
        RunDirectoryError: There is no run, or it stored no champions.
        GenomeError: A genome breaks a rule of valid genomes.
    """
    words = [word.strip() for given in generations for word in given.split(",") if word.strip()]
    if len(words) > _MOST:
        raise ConfigError(f"--generation: expected at most {_MOST} generations side by side, got {len(words)}")
    directory = RunDirectory.open(folder)
    final = directory.champion()
    if all(word == LAST for word in words):
        return [(_last(final), final)] * len(words)
    steps = read_champions(directory.path).champions
    if not steps:
        raise RunDirectoryError(
            f"{directory.path}: expected a champions.jsonl with the champions of the run, found none"
        )
    end = max([step.generation for step in steps] + [final.generation])
    if (directory.path / "metrics.jsonl").is_file():
        end = max([end, *(int(record["generation"]) for record in directory.metrics())])
    found = []
    for word in words:
        if word == LAST:
            found.append((_last(final), final))
            continue
        if not word.isascii() or not word.isdigit() or int(word) > end:
            raise ConfigError(f"--generation: expected numbers from 0 to {end}, or 'last', got {word!r}")
        had = [step for step in steps if step.generation <= int(word)]
        if not had:
            raise ConfigError(f"--generation {word}: the run's first champion is of generation {steps[0].generation}")
        fitness = math.nan if had[-1].fitness is None else had[-1].fitness
        own = had[-1].scaling
        champion = dataclasses.replace(
            final,
            genome=had[-1].genome,
            generation=had[-1].generation,
            fitness=fitness,
            scaling=final.scaling if own is None else own,
        )
        found.append((f"generation {word}", champion))
    return found


def _last(champion: Champion) -> str:
    return f"generation {champion.generation} (last champion)"
