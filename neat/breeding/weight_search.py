"""Weight search: a method made for weights on those of one topology, as a part of every generation.

Evolution finds topologies; the weights inside one are found faster by a method made for that. So a share of each
generation (``search.share``) is not bred but drawn by a search (``search.method``; `neat.breeding.method`) around the
numbers of one genome, the *base*. These genomes are members of the population like all others: they are evaluated,
counted, assigned to species, and may become parents, by which their weights spread and new structure is tried on them.
The first of them is the search's mean itself, which is less of a lucky draw than the best of a sample. The others teach
the search, and so does, where the method learns from others, the best genome of the same topology that was bred.
Searched are weights and the values of nodes that evolve (`neat.breeding.searched`); functions are the base's.

The search moves on to a genome of another topology that does better than everything drawn, twice: as itself and, a
generation and other episodes later, as its unchanged copy (`reproduction.elites`: without copies it does not move so).
Numbers that both topologies have, by innovation number, keep what was learned about them (as in CMA-TWEANN: Moriguchi &
Honiden 2012). A search at a standstill begins anew around the best genome there is.

With ``search.share = 1`` nothing is bred, and a run is that method alone on the best of its first genomes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.breeding.emitter import Emitter, Parents
from neat.breeding.method import SEARCHES, SearchMethod
from neat.breeding.searched import Searched
from neat.config import Config
from neat.errors import DataError
from neat.genes.innovation import InnovationRegister
from neat.genes.schema import CONNECTION, NODE
from neat.genes.table import LINEAGE, Genome, Genomes
from neat.genes.validation import validate_all
from neat.operators.registry import ELITE, SEARCH
from neat.settings.checking import check

__all__ = ["WeightSearch"]

Vector = NDArray[np.float64]

_SMOOTHING = 0.1
"""Weight of the newest generation in the mean fitness by which a standstill is noticed."""
_TOLERANCE = 1e-9
"""What it must rise by, as a share of the best, to count as better."""


class WeightSearch(Emitter):
    """The search of one population.

    Attributes:
        base: The genome whose topology is searched, or None before the first generation is told.
        searched: Which of its numbers are.
        method: The search over them.
        smoothed: Mean score of what was drawn, smoothed over generations.
        best: The highest that has been since the search began at this base.
        improved: Generation of that.
    """

    STATE: ClassVar[Mapping[str, Any]] = {
        "nodes": NODE, "connections": CONNECTION, "vectors": np.float64, "values": np.float64, "counts": np.int64,
    }  # fmt: skip

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Begin without a base.

        Raises:
            ConfigError: The method is unknown, or is given too few genomes.
        """
        super().__init__(config, register, seed)
        self._methods = SEARCHES.find(config.search.method)
        expected = f"0, or at least {self._methods.least} of the {config.population.size} genomes"
        check(config.searched >= self._methods.least, "search.share", expected, config.search.share)
        self.base: Genome | None = None
        self.searched = Searched.of(None, config)
        self.method: SearchMethod = self._methods.begin(np.zeros(0), config.search)
        self.smoothed = self.best = -math.inf
        self.improved = 0
        self._rival = -1  # index in the last generation of the genome that did better than all drawn

    def offspring(self, parents: Parents, count: int) -> Genomes:
        """Learn from a generation that was evaluated, and return the genomes drawn for the next one."""
        genomes, score = parents.genomes, parents.score
        mother = parents.rows.start
        if self.base is None:
            mother = self._begin(genomes, score)
        else:
            kin, other = self._best_bred(parents)
            self._learn(parents, kin)
            better = other >= 0 and score[other] > score[parents.rows].max()
            rival, self._rival = self._rival, other if better else -1
            if self._rival >= 0 and _is_copy(genomes, self._rival, rival):
                mother = self._move(genomes, self._rival)
            elif self._stands_still(genomes.generation):
                mother = self._begin(genomes, score)
        return self._draw(genomes.generation, mother, count)

    def favourite(self, parents: Parents) -> int | None:
        """Return the row of the search's mean, which comes first."""
        return parents.rows.start if parents.rows.stop > parents.rows.start else None

    def _stands_still(self, generation: int) -> bool:
        """Return whether there is no use in going on here: no improvement for long, or a degenerate search."""
        return generation - self.improved > self.config.search.patience or not self._usable()

    def _usable(self) -> bool:
        """Return whether there can be samples, and the mean lies where genomes may."""
        mean, near = self.method.mean, self.searched
        tolerance = 1e-9 * np.maximum(np.abs(near.low), np.abs(near.high))
        inside = (mean >= near.low - tolerance).all() and (mean <= near.high + tolerance).all()
        return self.method.usable() and bool(inside)

    def _is_kin(self, genome: Genome) -> bool:
        """Return whether a genome is like the base in all but what is searched (and genes without effect)."""
        base = self.base
        enabled = genome.connections["enabled"] != 0
        if base is None or not np.array_equal(
            genome.connections["innovation"][enabled], base.connections["innovation"][self.searched.genes]
        ):
            return False
        if self.searched.values:  # then all of its nodes are needed, to read them
            same = np.array_equal(genome.nodes["innovation"], base.nodes["innovation"])
            fields = [name for name in genome.nodes.dtype.names or () if name not in self.searched.values]
            return same and all(np.array_equal(genome.nodes[name], base.nodes[name]) for name in fields)
        own = genome.nodes
        own = own[np.isin(own["innovation"], base.nodes["innovation"])]
        return np.array_equal(own, base.nodes[np.isin(base.nodes["innovation"], own["innovation"])])

    def _best_bred(self, parents: Parents) -> tuple[int, int]:
        """Return the indices of the best bred genomes that teach and that could be moved to, -1 where there is none.

        Those of the base's topology teach, if the method learns from others, and the rest could be moved to.
        """
        genomes, rows = parents.genomes, parents.rows
        kin = other = -1
        for index in np.argsort(-parents.score, kind="stable").tolist():
            if rows.start <= index < rows.stop:
                continue
            same = self.method.learns_from_others and self._is_kin(genomes[index])
            kin, other = (index if same and kin < 0 else kin), (index if not same and other < 0 else other)
            if kin >= 0 and other >= 0:
                break
        return kin, other

    def _learn(self, parents: Parents, kin: int) -> None:
        """Teach the search what the genomes drawn by it are worth, and one that was bred, if there is one."""
        genomes, score = parents.genomes, parents.score
        drawn, values = genomes[parents.rows], score[parents.rows]
        searched = self.searched
        if len(searched.numbers):
            x, worth = searched.read_all(drawn.nodes, drawn.connections, len(drawn))[1:], values[1:]
            if kin >= 0:
                genome = genomes[kin]
                own = self.method.pulled(Searched.of(genome, self.config).read(genome))
                x, worth = np.vstack([x, own]), np.append(worth, score[kin])
            self.method.pace(parents.steps)
            self.method.learn(np.ascontiguousarray(x), worth)
        mean = float((values / len(values)).sum())  # huge values must not overflow
        if math.isfinite(self.smoothed):
            mean = _SMOOTHING * mean + (1 - _SMOOTHING) * self.smoothed
        self.smoothed = mean
        if mean > self.best + _TOLERANCE * abs(self.best) or not math.isfinite(self.best):
            self.best, self.improved = mean, genomes.generation

    def _begin(self, genomes: Genomes, score: Vector) -> int:
        """Search around the best genome, equally wide in all directions; return its index."""
        best = int(np.argmax(score))
        self.base = genomes[best].copy()
        self.searched = Searched.of(self.base, self.config)
        self.method = self._methods.begin(self.searched.read(self.base), self.config.search)
        self._start(genomes.generation)
        return best

    def _move(self, genomes: Genomes, index: int) -> int:
        """Search around another genome, with what was learned about the numbers it shares."""
        before = self.searched.numbers
        self.base = genomes[index].copy()
        self.searched = Searched.of(self.base, self.config)
        numbers = self.searched.numbers
        place = np.searchsorted(before, numbers)
        shared = np.isin(numbers, before)
        self.method = self.method.moved(self.searched.read(self.base), np.where(shared, place, -1))
        self._start(genomes.generation)
        return index

    def _start(self, generation: int) -> None:
        self.smoothed = self.best = -math.inf
        self.improved = generation
        self._rival = -1

    @property
    def _nodes(self) -> NDArray[np.void]:
        return np.empty(0, NODE) if self.base is None else self.base.nodes

    @property
    def _genes(self) -> NDArray[np.void]:
        return np.empty(0, CONNECTION) if self.base is None else self.base.connections

    def _draw(self, generation: int, mother: int, rows: int) -> Genomes:
        """Return the genomes drawn for the next generation: the mean, and samples around it."""
        nodes, genes = np.tile(self._nodes, rows), np.tile(self._genes, rows)
        self.method.mean = self.searched.kept(self.method.mean)
        drawn = self.method.sample(rows - 1, self.seed, generation)
        self.searched.write_all(np.vstack([self.method.mean, self.searched.kept(drawn)]), nodes, genes)
        lineage = np.empty(rows, LINEAGE)
        lineage["mother"], lineage["father"], lineage["operators"] = mother, -1, SEARCH
        every = np.arange(rows + 1)
        return Genomes(nodes, every * len(self._nodes), genes, every * len(self._genes), generation + 1, lineage)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything `restore` needs; arrays are empty where there is no base yet."""
        m = self.method
        return {
            "nodes": self._nodes,
            "connections": self._genes,
            "vectors": np.concatenate([m.mean, m.memory()]),
            "values": np.array([m.step, self.smoothed, self.best], np.float64),
            "counts": np.array([m.updates, self.improved, self._rival], np.int64),
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]], genomes: Genomes, rows: slice) -> None:
        """Go on from what `to_arrays` returned.

        Raises:
            NeatError: No run can have left these arrays.
        """
        nodes, genes, vectors = arrays["nodes"], arrays["connections"], arrays["vectors"]
        if (
            arrays["values"].shape != (3,)
            or arrays["counts"].shape != (3,)
            or any(a.ndim != 1 for a in (nodes, genes, vectors))
        ):
            raise DataError("the weight search is not of the shape that it should be")
        if not len(nodes):
            if len(genes) or len(vectors):
                raise DataError("the weight search has no base")
            return
        base = Genome(nodes, genes)
        validate_all(Genomes.of([genomes[0], base]), acyclic=self.config.acyclic)
        self.base = base
        self.searched = Searched.of(base, self.config)
        n = len(self.searched.numbers)
        step, self.smoothed, self.best = (float(v) for v in arrays["values"])
        updates, self.improved, self._rival = (int(v) for v in arrays["counts"])
        if len(vectors) < n:
            raise DataError("the weight search is not of the size that its base says")
        self.method = self._methods.restored(vectors[:n].copy(), step, updates, vectors[n:], self.config.search)
        if not self._usable():
            raise DataError("the weight search has no usable distribution")
        if any(math.isnan(v) or v == math.inf for v in (self.smoothed, self.best)):
            raise DataError("the fitness of the weight search is out of range")
        now = genomes.generation
        if not (updates <= now and 0 <= self.improved <= now and -1 <= self._rival < len(genomes)):
            raise DataError("the counts of the weight search are out of range")
        drawn = genomes[rows]
        same = [(drawn.connections, genes, "innovation"), (drawn.connections, genes, "enabled")]
        same += [(drawn.nodes, nodes, "innovation")]
        for table, own, name in same:
            if len(table) != len(own) * len(drawn) or (table[name] != np.tile(own[name], len(drawn))).any():
                raise DataError("the last genomes are not those that the weight search has drawn")


def _is_copy(genomes: Genomes, index: int, parent: int) -> bool:
    """Return whether a genome is the unchanged copy of the one with index ``parent`` in the generation before."""
    if genomes.lineage is None or parent < 0:
        return False
    row = genomes.lineage[index]
    return bool(row["operators"] & ELITE) and int(row["mother"]) == parent
