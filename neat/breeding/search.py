"""Weight search: CMA-ES on the weights of one topology, as a part of every generation.

Evolution finds topologies; the weights inside one are found faster by a method made for that. So a share of each
generation (``search.share``) is not bred but drawn from a normal distribution over the weights of one genome, the
*base*. These genomes are members of the population like all others: they are evaluated, counted, assigned to species,
and may become parents, by which their weights spread and new structure is tried on them. The first of them is the
distribution's mean itself, which is less of a lucky draw than the best of a sample. The others teach the distribution
(`neat.breeding.cma`), and so does the best genome of the same topology that was bred. Only weights are searched:
biases, responses and functions of what is drawn are the base's.

The search moves on to a genome of another topology that does better than everything drawn, twice: as itself and, a
generation and other episodes later, as its unchanged copy (`reproduction.elites`: without copies it does not move so).
Weights that both topologies have, by innovation number, keep what was learned about them (as in CMA-TWEANN: Moriguchi &
Honiden 2012). A search at a standstill begins anew around the best genome there is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.breeding.cma import Distribution
from neat.breeding.emitter import Emitter, Parents
from neat.config import Config
from neat.errors import DataError
from neat.genes.innovation import InnovationRegister
from neat.genes.schema import CONNECTION, NODE
from neat.genes.table import LINEAGE, Genome, Genomes
from neat.genes.validation import validate_all
from neat.operators.registry import ELITE, SEARCH

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
        distribution: Over the weights of its enabled connections, in their order.
        smoothed: Mean fitness of what was drawn, smoothed over generations.
        best: The highest that has been since the search began at this base.
        improved: Generation of that.
    """

    STATE: ClassVar[Mapping[str, Any]] = {
        "nodes": NODE, "connections": CONNECTION, "vectors": np.float64, "values": np.float64, "counts": np.int64,
    }  # fmt: skip

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Begin without a base."""
        super().__init__(config, register, seed)
        self.base: Genome | None = None
        self.distribution = Distribution.round(np.zeros(0), config.search.step)
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
        """Return the row of the distribution's mean, which comes first."""
        return parents.rows.start if parents.rows.stop > parents.rows.start else None

    def _stands_still(self, generation: int) -> bool:
        """Return whether there is no use in going on here: no improvement for long, or a degenerate distribution."""
        limit = self.config.genome.weight_limit
        return generation - self.improved > self.config.search.patience or not self.distribution.usable(limit)

    def _is_kin(self, genome: Genome) -> bool:
        """Return whether a genome is like the base in all but weights (and genes without effect)."""
        enabled = genome.connections["enabled"] != 0
        if not np.array_equal(genome.connections["innovation"][enabled], self._numbers):
            return False
        own, base = genome.nodes, self._nodes
        own = own[np.isin(own["innovation"], base["innovation"])]
        return np.array_equal(own, base[np.isin(base["innovation"], own["innovation"])])

    def _best_bred(self, parents: Parents) -> tuple[int, int]:
        """Return the indices of the best bred genomes of the base's topology and of others, -1 where there is none."""
        genomes, rows = parents.genomes, parents.rows
        kin = other = -1
        for index in np.argsort(-parents.score, kind="stable").tolist():
            if rows.start <= index < rows.stop:
                continue
            same = self._is_kin(genomes[index])
            kin, other = (index if same and kin < 0 else kin), (index if not same and other < 0 else other)
            if kin >= 0 and other >= 0:
                break
        return kin, other

    def _learn(self, parents: Parents, kin: int) -> None:
        """Teach the distribution what the genomes drawn from it are worth, and one that was bred, if there is one."""
        genomes, score = parents.genomes, parents.score
        drawn, values = genomes[parents.rows], score[parents.rows]
        searched = self._searched
        if len(searched):
            weights, worth = drawn.connections["weight"].reshape(len(drawn), -1)[1:, searched], values[1:]
            if kin >= 0:
                genes = genomes[kin].connections
                own = self.distribution.pulled(genes["weight"][genes["enabled"] != 0])
                weights, worth = np.vstack([weights, own]), np.append(worth, score[kin])
            self.distribution.learn(np.ascontiguousarray(weights), worth)
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
        self.distribution = Distribution.round(self._weights, self.config.search.step)
        self._start(genomes.generation)
        return best

    def _move(self, genomes: Genomes, index: int) -> int:
        """Search around a genome of another topology, with what was learned about the weights it shares."""
        before = self._numbers
        self.base = genomes[index].copy()
        place = np.searchsorted(before, self._numbers)
        shared = np.isin(self._numbers, before)
        self.distribution = self.distribution.moved(self._weights, np.where(shared, place, -1))
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

    @property
    def _searched(self) -> NDArray[np.int64]:
        """Places of the weights that are searched among the base's connection genes."""
        return np.flatnonzero(self._genes["enabled"])

    @property
    def _weights(self) -> Vector:
        """The base's own weights there."""
        weights: Vector = self._genes["weight"][self._searched]
        return weights

    @property
    def _numbers(self) -> NDArray[np.int32]:
        """Their innovation numbers."""
        numbers: NDArray[np.int32] = self._genes["innovation"][self._searched]
        return numbers

    def _draw(self, generation: int, mother: int, rows: int) -> Genomes:
        """Return the genomes drawn for the next generation: the mean, and samples around it."""
        nodes = self._nodes
        genes = np.tile(self._genes, rows)
        limit = self.config.genome.weight_limit
        weights = genes["weight"].reshape(rows, -1)
        weights[0, self._searched] = self.distribution.mean
        weights[1:, self._searched] = self.distribution.sample(rows - 1, limit, self.seed, generation)
        lineage = np.empty(rows, LINEAGE)
        lineage["mother"], lineage["father"], lineage["operators"] = mother, -1, SEARCH
        every = np.arange(rows + 1)
        return Genomes(
            np.tile(nodes, rows), every * len(nodes), genes, every * len(self._genes), generation + 1, lineage
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything `restore` needs; arrays are empty where there is no base yet."""
        d = self.distribution
        return {
            "nodes": self._nodes,
            "connections": self._genes,
            "vectors": np.concatenate([d.mean, d.path, d.step_path, d.factor.reshape(-1)]),
            "values": np.array([d.step, self.smoothed, self.best], np.float64),
            "counts": np.array([d.updates, self.improved, self._rival], np.int64),
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
        n = len(self._searched)
        if len(vectors) != 3 * n + n * n:
            raise DataError("the weight search is not of the size that its base says")
        mean, path, step_path, factor = np.split(vectors, [n, 2 * n, 3 * n])
        step, self.smoothed, self.best = (float(v) for v in arrays["values"])
        updates, self.improved, self._rival = (int(v) for v in arrays["counts"])
        self.distribution = Distribution(mean, step, factor.reshape(n, n), path, step_path, updates)
        if not self.distribution.usable(self.config.genome.weight_limit):
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
