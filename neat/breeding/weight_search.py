"""Weight search: a continuous optimiser for the weights of one topology, as part of every generation.

NEAT finds topologies, but a dedicated method finds the weights of one topology faster. So a fraction of each generation
(``search.share``) is not produced by reproduction but sampled by a search method (``search.method``;
`neat.breeding.method`) around the weights of one genome, the *base*. The sampled genomes are ordinary members of the
population: they are evaluated, assigned to species and may become parents, so that good weights spread and new
structure is tried on them. The first of them is the mean of the search, which depends less on luck than the best of a
sample; ``search.averaging`` averages it over generations (Polyak & Juditsky 1992). The search learns from the others
and, if the method can learn from other vectors, also from the best bred genome with the same topology. It covers
weights and evolvable node values (`neat.breeding.searched`); activation and aggregation functions are those of the
base.

The search moves to a genome with another topology if that genome beats all sampled ones twice: first itself and, one
generation and other episodes later, its unchanged copy (an elite; with ``reproduction.elites = 0`` this does not
happen). What was learned about numbers that both topologies share, by innovation number, is kept (as in CMA-TWEANN:
Moriguchi & Honiden 2012). If the search stagnates, it restarts around the best genome.

With ``search.share = 1`` there is no reproduction: the run is the search method alone, starting from the best initial
genome.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.breeding.emitter import Emitter, Parents
from neat.breeding.method import SEARCHES, SearchMethod
from neat.breeding.refined import Refined
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
"""Weight of the newest generation in the smoothed mean score, by which stagnation is detected."""
_TOLERANCE = 1e-9
"""Relative improvement of the smoothed score that counts as better."""


class WeightSearch(Emitter):
    """The weight search of one population.

    Attributes:
        base: The genome whose topology is searched, or None before the first evaluation.
        searched: Which numbers of the base are searched.
        method: The search method.
        average: float64, shape (n,): the method's mean, averaged over generations (``search.averaging``).
        smoothed: Mean score of the samples, smoothed over generations.
        best: Highest smoothed score since the search started at this base.
        improved: Generation of that score.
    """

    STATE: ClassVar[Mapping[str, Any]] = {
        "nodes": NODE, "connections": CONNECTION, "vectors": np.float64, "values": np.float64, "counts": np.int64,
        "average": np.float64,
    }  # fmt: skip

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Start without a base.

        Raises:
            ConfigError: The method is unknown, or gets too few genomes.
        """
        super().__init__(config, register, seed)
        search = config.search
        kinds = [SEARCHES.find(search.method, "search.method")]
        if search.refine:
            kinds.append(SEARCHES.find(search.refine, "search.refine"))
        self._methods: type[SearchMethod] = Refined if search.refine else kinds[0]
        least = max(kind.least for kind in kinds)
        names = " and ".join(repr(name) for name in (search.method, search.refine) if name)
        expected = f"0, or at least {least} of the {config.population.size} genomes for {names}"
        check(config.searched >= least, "search.share", expected, search.share)
        self.clear()

    def clear(self) -> None:
        """Forget the base and everything learned."""
        self.base: Genome | None = None
        self.searched = Searched.of(None, self.config)
        self.method: SearchMethod = self._methods.begin(np.zeros(0), self.config.search)
        self.average = self.method.mean
        self.smoothed = self.best = -math.inf
        self.improved = 0
        self._challenger = -1  # index in the previous generation of the genome that beat all samples

    def offspring(self, parents: Parents, count: int) -> Genomes:
        """Learn from an evaluated generation, and return samples for the next one."""
        genomes, score = parents.genomes, parents.score
        mother = parents.rows.start
        if parents.rescored:
            self.smoothed = self.best = -math.inf
        if self.base is None:
            mother = self._begin(genomes, score)
        else:
            alike, other = self._best_bred(parents)
            self._learn(parents, alike)
            better = other >= 0 and score[other] > score[parents.rows].max()
            challenger, self._challenger = self._challenger, other if better else -1
            if self._challenger >= 0 and _is_copy(genomes, self._challenger, challenger):
                mother = self._move(genomes, self._challenger)
            elif self._stands_still(genomes.generation):
                mother = self._begin(genomes, score)
        return self._draw(genomes.generation, mother, count)

    def favourite(self, parents: Parents) -> int | None:
        """Return the row of the search's mean, the first one; None before the search has made genomes."""
        return parents.rows.start if self.base is not None and parents.rows.stop > parents.rows.start else None

    def _stands_still(self, generation: int) -> bool:
        """Return whether the search should restart: no improvement for long, or a degenerate distribution."""
        return generation - self.improved > self.config.search.patience or not self._usable()

    def _usable(self) -> bool:
        """Return whether the method can sample, and its mean is within the bounds."""
        mean, near = self.method.mean, self.searched
        tolerance = 1e-9 * np.maximum(np.abs(near.low), np.abs(near.high))
        inside = (mean >= near.low - tolerance).all() and (mean <= near.high + tolerance).all()
        return self.method.usable() and bool(inside)

    def _same_topology(self, genome: Genome) -> bool:
        """Return whether a genome equals the base except for the searched numbers (and genes without effect)."""
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
        """Return the index of the best bred genome to learn from and of the best one to move to, -1 for none.

        The first has the base's topology and exists only if the method can learn from other vectors. The second is any
        other.
        """
        genomes, rows = parents.genomes, parents.rows
        alike = other = -1
        for index in np.argsort(-parents.score, kind="stable").tolist():
            if rows.start <= index < rows.stop:
                continue
            same = self.method.learns_from_others and self._same_topology(genomes[index])
            if same and alike < 0:
                alike = index
            if not same and other < 0:
                other = index
            if alike >= 0 and other >= 0:
                break
        return alike, other

    def _learn(self, parents: Parents, alike: int) -> None:
        """Pass the scores of the sampled genomes to the method, and that of a bred genome, if there is one."""
        genomes, score = parents.genomes, parents.score
        drawn, values = genomes[parents.rows], score[parents.rows]
        searched = self.searched
        if len(searched.numbers):
            x, worth = searched.read_all(drawn.nodes, drawn.connections, len(drawn))[1:], values[1:]
            if alike >= 0:
                genome = genomes[alike]
                own = self.method.pulled(Searched.of(genome, self.config).read(genome))
                x, worth = np.vstack([x, own]), np.append(worth, score[alike])
            self.method.pace(parents.steps)
            self.method.learn(np.ascontiguousarray(x), worth)
            newest = 1.0 / min(self.config.search.averaging, max(1, self.method.updates))  # the first ones count alike
            self.average = (1.0 - newest) * self.average + newest * self.method.mean
        mean = float((values / len(values)).sum())  # huge values must not overflow
        if math.isfinite(self.smoothed):
            mean = _SMOOTHING * mean + (1 - _SMOOTHING) * self.smoothed
        self.smoothed = mean
        if mean > self.best + _TOLERANCE * abs(self.best) or not math.isfinite(self.best):
            self.best, self.improved = mean, genomes.generation

    def _begin(self, genomes: Genomes, score: Vector) -> int:
        """Start the search at the best genome, with equal width in all directions; return its index."""
        best = int(np.argmax(score))
        self.base = genomes[best].copy()
        self.searched = Searched.of(self.base, self.config)
        self.method = self._methods.begin(self.searched.read(self.base), self.config.search)
        self._start(genomes.generation)
        return best

    def _move(self, genomes: Genomes, index: int) -> int:
        """Move the search to another genome, and keep what was learned about shared numbers."""
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
        self.average = self.method.mean.copy()
        self.smoothed = self.best = -math.inf
        self.improved = generation
        self._challenger = -1

    @property
    def _nodes(self) -> NDArray[np.void]:
        return np.empty(0, NODE) if self.base is None else self.base.nodes

    @property
    def _genes(self) -> NDArray[np.void]:
        return np.empty(0, CONNECTION) if self.base is None else self.base.connections

    def _draw(self, generation: int, mother: int, rows: int) -> Genomes:
        """Return the genomes for the next generation: the mean, and samples around it."""
        nodes, genes = np.tile(self._nodes, rows), np.tile(self._genes, rows)
        self.method.mean = self.searched.kept(self.method.mean)
        drawn = self.method.sample(rows - 1, self.seed, generation)
        self.searched.write_all(np.vstack([self.searched.kept(self.average), self.searched.kept(drawn)]), nodes, genes)
        lineage = np.empty(rows, LINEAGE)
        lineage["mother"], lineage["father"], lineage["operators"] = mother, -1, SEARCH
        every = np.arange(rows + 1)
        return Genomes(nodes, every * len(self._nodes), genes, every * len(self._genes), generation + 1, lineage)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state for `restore`; the arrays are empty before there is a base."""
        m = self.method
        return {
            "nodes": self._nodes,
            "connections": self._genes,
            "vectors": np.concatenate([m.mean, m.memory()]),
            "values": np.array([m.step, self.smoothed, self.best], np.float64),
            "counts": np.array([m.updates, self.improved, self._challenger], np.int64),
            "average": self.average,
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]], genomes: Genomes, rows: slice) -> None:
        """Restore the state that `to_arrays` returned.

        Raises:
            NeatError: The arrays are not a valid state.
        """
        self.load(arrays, genomes)
        if self.base is None:
            return
        nodes, genes, drawn = self.base.nodes, self.base.connections, genomes[rows]
        same = [(drawn.connections, genes, "innovation"), (drawn.connections, genes, "enabled")]
        same += [(drawn.nodes, nodes, "innovation")]
        for table, own, name in same:
            if len(table) != len(own) * len(drawn) or (table[name] != np.tile(own[name], len(drawn))).any():
                raise DataError("the last genomes are not those that the weight search has drawn")

    def load(self, arrays: Mapping[str, NDArray[Any]], genomes: Genomes) -> None:
        """Take over the state that `to_arrays` returned, whatever genomes were drawn last.

        Raises:
            NeatError: The arrays are not a valid state.
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
        updates, self.improved, self._challenger = (int(v) for v in arrays["counts"])
        if len(vectors) < n:
            raise DataError("the weight search is not of the size that its base says")
        self.method = self._methods.restored(vectors[:n].copy(), step, updates, vectors[n:], self.config.search)
        self.average = arrays["average"]
        if self.average.shape != (n,) or not np.isfinite(self.average).all():
            raise DataError("the average of the weight search is not of the size or range that it should be")
        if not self._usable():
            raise DataError("the weight search has no usable distribution")
        if any(math.isnan(v) or v == math.inf for v in (self.smoothed, self.best)):
            raise DataError("the fitness of the weight search is out of range")
        now = genomes.generation
        if not (updates <= now and 0 <= self.improved <= now and -1 <= self._challenger < len(genomes)):
            raise DataError("the counts of the weight search are out of range")


def _is_copy(genomes: Genomes, index: int, parent: int) -> bool:
    """Return whether a genome is an unchanged copy of genome ``parent`` of the previous generation."""
    if genomes.lineage is None or parent < 0:
        return False
    row = genomes.lineage[index]
    return bool(row["operators"] & ELITE) and int(row["mother"]) == parent
