"""Weight search: CMA-ES on the weights of one topology, as a part of every generation.

Evolution finds topologies; the weights inside one are found faster by a method made for that. So a share of each
generation (``search.share``) is not bred but drawn from a normal distribution over the weights of one genome, the
*base*. These genomes are members of the population like all others: they are evaluated, counted, assigned to species,
and may become parents, by which their weights spread and new structure is tried on them. The first of them is the
distribution's mean itself, which is less of a lucky draw than the best of a sample. The others teach the distribution
(`neat.cma`), and so does the best genome of the same topology that was bred. Only weights are searched: biases,
responses and functions of what is drawn are the base's.

The search moves on to a genome of another topology that does better than everything drawn, twice: as itself and, a
generation and other episodes later, as its unchanged copy (`reproduction.elites`: without copies it does not move so).
Weights that both topologies have, by innovation number, keep what was learned about them (as in CMA-TWEANN: Moriguchi &
Honiden 2012). A search at a standstill begins anew around the best genome there is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.cma import Distribution
from neat.config import Config
from neat.genes.schema import CONNECTION, NODE
from neat.genes.table import LINEAGE, Genome, Genomes
from neat.operators.registry import ELITE, SEARCH

__all__ = ["WeightSearch"]

Vector = NDArray[np.float64]

_SMOOTHING = 0.1
"""Weight of the newest generation in the mean fitness by which a standstill is noticed."""
_TOLERANCE = 1e-9
"""What it must rise by, as a share of the best, to count as better."""


class WeightSearch:
    """The search of one population.

    Attributes:
        rows: Number of genomes drawn for each generation; they are the last ones of the table.
        base: The genome whose topology is searched, or None before the first generation is told.
        distribution: Over the weights of its enabled connections, in their order.
        smoothed: Mean fitness of what was drawn, smoothed over generations.
        best: The highest that has been since the search began at this base.
        improved: Generation of that.
    """

    def __init__(self, config: Config, seed: int) -> None:
        self.rows = config.searched
        self.base: Genome | None = None
        self.distribution = Distribution.round(np.zeros(0), config.search.step)
        self.smoothed = self.best = -math.inf
        self.improved = 0
        self._config = config
        self._seed = seed
        self._rival = -1  # index in the last generation of the genome that did better than all drawn

    def next(self, genomes: Genomes, fitness: Vector) -> Genomes:
        """Learn from a generation that was evaluated, and return the genomes drawn for the next one.

        Args:
            genomes: The generation; once there is a base, its last ``rows`` genomes are what was drawn.
            fitness: float64, shape (genomes,).
        """
        mother = first = len(genomes) - self.rows
        if self.base is None:
            mother = self._begin(genomes, fitness)
        else:
            kin, other = self._best_bred(genomes, fitness)
            self._learn(genomes, fitness, kin)
            better = other >= 0 and fitness[other] > fitness[first:].max()
            rival, self._rival = self._rival, other if better else -1
            if self._rival >= 0 and _is_copy(genomes, self._rival, rival):
                mother = self._move(genomes, self._rival)
            elif self._stands_still(genomes.generation):
                mother = self._begin(genomes, fitness)
        return self._draw(genomes.generation, mother)

    def _stands_still(self, generation: int) -> bool:
        """Return whether there is no use in going on here: no improvement for long, or a degenerate distribution."""
        limit = self._config.genome.weight_limit
        return generation - self.improved > self._config.search.patience or not self.distribution.usable(limit)

    def _is_kin(self, genome: Genome) -> bool:
        """Return whether a genome is like the base in all but weights (and genes without effect)."""
        enabled = genome.connections["enabled"] != 0
        if not np.array_equal(genome.connections["innovation"][enabled], self._numbers):
            return False
        own, base = genome.nodes, self._nodes
        own = own[np.isin(own["innovation"], base["innovation"])]
        return np.array_equal(own, base[np.isin(base["innovation"], own["innovation"])])

    def _best_bred(self, genomes: Genomes, fitness: Vector) -> tuple[int, int]:
        """Return the indices of the best bred genomes of the base's topology and of others, -1 where there is none."""
        kin = other = -1
        for index in np.argsort(-fitness[: len(genomes) - self.rows], kind="stable").tolist():
            same = self._is_kin(genomes[index])
            kin, other = (index if same and kin < 0 else kin), (index if not same and other < 0 else other)
            if kin >= 0 and other >= 0:
                break
        return kin, other

    def _learn(self, genomes: Genomes, fitness: Vector, kin: int) -> None:
        """Teach the distribution what the genomes drawn from it are worth, and one that was bred, if there is one."""
        drawn = genomes[len(genomes) - self.rows :]
        values = fitness[len(genomes) - self.rows :]
        searched = self._searched
        if len(searched):
            weights, worth = drawn.connections["weight"].reshape(self.rows, -1)[1:, searched], values[1:]
            if kin >= 0:
                genes = genomes[kin].connections
                own = self.distribution.pulled(genes["weight"][genes["enabled"] != 0])
                weights, worth = np.vstack([weights, own]), np.append(worth, fitness[kin])
            self.distribution.learn(np.ascontiguousarray(weights), worth)
        mean = float((values / len(values)).sum())  # huge values must not overflow
        if math.isfinite(self.smoothed):
            mean = _SMOOTHING * mean + (1 - _SMOOTHING) * self.smoothed
        self.smoothed = mean
        if mean > self.best + _TOLERANCE * abs(self.best) or not math.isfinite(self.best):
            self.best, self.improved = mean, genomes.generation

    def _begin(self, genomes: Genomes, fitness: Vector) -> int:
        """Search around the best genome, equally wide in all directions; return its index."""
        best = int(np.argmax(fitness))
        self.base = genomes[best].copy()
        self.distribution = Distribution.round(self._weights, self._config.search.step)
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

    def _draw(self, generation: int, mother: int) -> Genomes:
        """Return the genomes drawn for the next generation: the mean, and samples around it."""
        nodes, rows = self._nodes, self.rows
        genes = np.tile(self._genes, rows)
        limit = self._config.genome.weight_limit
        weights = genes["weight"].reshape(rows, -1)
        weights[0, self._searched] = self.distribution.mean
        weights[1:, self._searched] = self.distribution.sample(rows - 1, limit, self._seed, generation)
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
            "search_nodes": self._nodes,
            "search_connections": self._genes,
            "search_vectors": np.concatenate([d.mean, d.path, d.step_path, d.factor.reshape(-1)]),
            "search_values": np.array([d.step, self.smoothed, self.best], np.float64),
            "search_counts": np.array([d.updates, self.improved, self._rival], np.int64),
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `to_arrays` returned."""
        if not len(arrays["search_nodes"]):
            return
        self.base = Genome(arrays["search_nodes"], arrays["search_connections"])
        n = len(self._searched)
        mean, path, step_path, factor = np.split(arrays["search_vectors"], [n, 2 * n, 3 * n])
        step, self.smoothed, self.best = (float(v) for v in arrays["search_values"])
        updates, self.improved, self._rival = (int(v) for v in arrays["search_counts"])
        self.distribution = Distribution(mean, step, factor.reshape(n, n), path, step_path, updates)


def _is_copy(genomes: Genomes, index: int, parent: int) -> bool:
    """Return whether a genome is the unchanged copy of the one with index ``parent`` in the generation before."""
    if genomes.lineage is None or parent < 0:
        return False
    row = genomes.lineage[index]
    return bool(row["operators"] & ELITE) and int(row["mother"]) == parent
