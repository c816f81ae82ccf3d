"""The ancestry of a run's genomes, in ``lineage.jsonl`` of its folder.

The file has a line for each generation::

    {"generation": 7, "nodes": 8, "connections": 21, "genomes": [[4, 17, -1, 1026, 214.0], ...],
     "gained": [[31, [9], [22, 23]], ...]}

It has the highest innovation numbers so far, and the genomes that matter to later generations (parents of the next one,
the fittest): index, mother and father (indices in the previous generation, -1 for none), operator flags and training
fitness. ``gained`` is about the next generation: index of a child, and the nodes and connections that it has and its
fitter parent lacks. Generations count from 0. A line depends only on its generation, so a resumed run continues where
the file was cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from experiments.display.reporters import Reporter
from experiments.folder.files import AnyPath, Lines, read_lines
from neat.history.ancestry import Relatives, gained_genes, kept_relatives
from neat.history.generation import Generation
from neat.population import Population

__all__ = ["LineageReporter", "read_lineage", "relatives_of"]

_NAME = "lineage.jsonl"


class LineageReporter(Reporter):
    """Appends the relatives of every generation to ``lineage.jsonl`` of a run folder."""

    def __init__(self, folder: AnyPath) -> None:
        self._lines = Lines(Path(folder) / _NAME)

    def bred(self, relatives: Relatives) -> None:
        """Append a generation."""
        line = {
            "generation": relatives.generation,
            "nodes": relatives.nodes,
            "connections": relatives.connections,
            "genomes": [[index, *values] for index, values in relatives.genomes.items()],
            "gained": [[index, *numbers] for index, numbers in (relatives.gained or {}).items()],
        }
        self._lines.append(line)

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def relatives_of(generation: Generation, population: Population, others: Sequence[int] = ()) -> Relatives:
    """Return the lineage record of a generation, after the population has made the next one.

    Args:
        generation: The generation that `Population.tell` returned.
        population: The population after this call.
        others: Indices of more genomes to store, besides the fittest one and the parents.
    """
    genomes, fitness = generation.genomes, generation.fitness
    highest = (
        int(genomes.nodes["innovation"].max(initial=-1)),
        int(genomes.connections["innovation"].max(initial=-1)),
    )
    children = None if population.done else population.lineage
    gained = None if population.done else gained_genes(genomes, population.genomes, fitness)
    return kept_relatives(generation.number, highest, generation.lineage, fitness, children, others, gained)


_Number = Annotated[int, Meta(ge=-1, lt=2**53)]


class _Line(msgspec.Struct):
    generation: _Number
    nodes: _Number
    connections: _Number
    genomes: list[tuple[_Number, _Number, _Number, Annotated[int, Meta(ge=0, lt=2**32)], float | None]]
    gained: list[tuple[_Number, list[_Number], list[_Number]]] | None = None


def read_lineage(folder: AnyPath) -> list[Relatives]:
    """Read ``lineage.jsonl`` of a run folder. Without the file, the result is empty.

    A last line that a crash has truncated is left out.

    Raises:
        RunDirectoryError: The file cannot be read, or a line is invalid.
    """
    path = Path(folder) / _NAME
    if not path.is_file():
        return []
    history = []
    for line in read_lines(path, _Line, "a generation's relatives"):
        genomes = {
            index: (mother, father, operators, float("nan") if fitness is None else fitness)
            for index, mother, father, operators, fitness in line.genomes
        }
        gained = None if line.gained is None else {index: (nodes, genes) for index, nodes, genes in line.gained}
        history.append(Relatives(line.generation, line.nodes, line.connections, genomes, gained))
    return history
