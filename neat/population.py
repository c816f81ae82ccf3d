"""The population: evolves genomes from their fitness, one generation at a time (ask and tell)."""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Iterable, Mapping, Sized
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neat.breeding.breeding import Breeding
from neat.breeding.emitter import Parents
from neat.breeding.initial import fixed_nodes, initial_population
from neat.compiled.kernel import announce_compilation
from neat.compiled.parallel import available_cores
from neat.config import Config
from neat.errors import EvaluationError
from neat.genes.innovation import InnovationRegister
from neat.genes.schema import CONNECTION
from neat.genes.table import LINEAGE, Genome, Genomes
from neat.genes.validation import validate_all
from neat.history.generation import Generation
from neat.history.records import GenerationRecord, SpeciesRecord, count_enabled
from neat.notes import log_notes
from neat.registry import late
from neat.selection import SCORES, Evaluated, Score
from neat.settings.checking import shown
from neat.species.speciation import Speciation
from neat.species.stagnation import quotas, shared_fitness, stagnation_factors

__all__ = ["Population"]

_HUGE = 1e150


def _fitness(values: Any) -> NDArray[np.float64]:
    """Return fitness as an array, whatever iterable the user returned."""
    listed = list(values) if isinstance(values, Iterable) and not isinstance(values, Sized) else values
    try:
        return np.asarray(listed, np.float64)
    except (TypeError, ValueError):
        kind = type(values).__name__
        raise ValueError(
            f"expected fitness: one number for each genome, in order; got {kind} {shown(values)}"
        ) from None


class Population:
    """A population that evolves.

    Example:
        >>> population = Population(config, seed=7)
        >>> while not population.done:
        ...     genomes = population.ask()
        ...     population.tell([fitness_of(genome) for genome in genomes])

    The same seed and settings give the same run, bit for bit, with any number of threads.

    Attributes:
        config: Settings.
        seed: Seed of all random numbers of evolution.
        champion: The fittest genome so far (a copy), or None before the first `tell`. Fitness of different generations
            may come from different episodes.
        champion_fitness: Its fitness.
        evaluations: Number of evaluations so far.
        steps: Environment steps so far.
    """

    def __init__(self, config: Config, seed: int, threads: int | None = None) -> None:
        """Create the first generation.

        Args:
            config: Settings; ``genome.inputs`` and ``genome.outputs`` must be set.
            seed: Any integer from 0 to 2**63 - 1.
            threads: Threads for reproduction and speciation; all cores by default.

        Raises:
            ConfigError: The number of inputs or outputs is not set, or a function is unknown.
            ValueError: The seed is out of range.
        """
        self._prepare(config, seed, threads)
        log_notes(config)
        self._begin(0)

    def _prepare(self, config: Config, seed: int, threads: int | None) -> None:
        """Set what does not depend on genomes."""
        if not 0 <= seed < 2**63:
            raise ValueError(f"expected a seed from 0 to 2**63 - 1, got {seed}")
        announce_compilation()
        self.config = config
        self.seed = seed
        self.threads = threads or available_cores()
        self._fixed_nodes = fixed_nodes(config)  # inputs, bias and outputs, which all genomes have
        self.register = InnovationRegister(self._fixed_nodes)
        self.champion: Genome | None = None
        self.champion_fitness = -math.inf
        self.evaluations = 0
        self.steps = 0
        self._started = time.perf_counter()
        self._asked = False

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the whole state to a file, between `tell` and `ask`; `load` continues from it bit for bit.

        Raises:
            RuntimeError: The population waits for `tell`.
            OSError: The file cannot be written; an old one is untouched.
        """
        late("neat.files.checkpoint:save_checkpoint")(path, self)

    @classmethod
    def load(cls, path: str | os.PathLike[str], threads: int | None = None) -> Population:
        """Return the population from a file of `save`, or from a checkpoint of a run.

        Args:
            path: The file.
            threads: Threads for reproduction and speciation; results do not depend on it.

        Raises:
            DataError: The file is of another kind or damaged, or uses an activation of your own that is not registered.
            OSError: The file cannot be read.
        """
        population: Population = late("neat.files.checkpoint:load_checkpoint")(path, threads)[0]
        return population

    def to_arrays(self, *, parts: bool = True) -> dict[str, NDArray[Any]]:
        """Return the whole state as arrays, from which `from_arrays` continues bit for bit.

        Args:
            parts: Whether to include the state of emitters and the score; without it they start afresh.

        Raises:
            RuntimeError: The population waits for `tell`: the genomes would be evaluated twice.
        """
        if self._asked:
            raise RuntimeError("the state of a population is saved between tell() and ask(): call tell() first")
        genomes, speciation = self._genomes, self.speciation
        champion = self.champion or genomes[0]
        representatives = speciation.representatives
        lineage = np.empty(0, LINEAGE) if genomes.lineage is None else genomes.lineage
        counts = (
            self.generation, self.evaluations, self.steps, self._improved, speciation.next_id,
            self.champion is not None, self._done,
        )  # fmt: skip
        seconds = time.perf_counter() - self._started
        values = (self.champion_fitness, self._best, speciation.threshold, self._threshold, seconds)
        return {
            "nodes": genomes.nodes,
            "node_offsets": genomes.node_offsets,
            "connections": genomes.connections,
            "connection_offsets": genomes.connection_offsets,
            "lineage": lineage,
            "species": speciation.species,
            "members": speciation.members,
            "representatives": np.concatenate([np.empty(0, CONNECTION), *representatives]),
            "representative_offsets": np.cumsum([0, *map(len, representatives)], dtype=np.int64),
            **self.register.to_arrays(),
            **(self._parts() if parts else {}),
            "champion_nodes": champion.nodes,
            "champion_connections": champion.connections,
            "counts": np.array(counts, np.int64),
            "values": np.array(values, np.float64),
        }

    COUNTS = ("generation", "evaluations", "steps", "improved", "next id", "has champion", "done")
    """Names of the entries of the array ``counts`` of `to_arrays`."""
    VALUES = ("champion fitness", "best", "threshold", "last threshold", "seconds")
    """Names of the entries of the array ``values`` of `to_arrays`."""

    @classmethod
    def from_arrays(
        cls, config: Config, seed: int, arrays: Mapping[str, NDArray[Any]], threads: int | None = None
    ) -> Population:
        """Return the population described by `to_arrays` (`neat.files.checkpoint` checks arrays from a file first).

        Raises:
            GenomeError: A genome is invalid.
        """
        population = cls.__new__(cls)  # without a first generation, which could be far larger than the file
        population._prepare(config, seed, threads)
        generation, population.evaluations, population.steps, improved, next_id, has_champion, done = (
            int(n) for n in arrays["counts"]
        )
        champion_fitness, best, threshold, last_threshold, seconds = (float(v) for v in arrays["values"])
        genomes = Genomes(
            arrays["nodes"], arrays["node_offsets"], arrays["connections"], arrays["connection_offsets"], generation,
            arrays["lineage"],
        )  # fmt: skip
        champion = Genome(arrays["champion_nodes"], arrays["champion_connections"])
        validate_all(genomes, acyclic=config.acyclic)
        validate_all(Genomes.of([genomes[0], champion]), acyclic=config.acyclic)
        population._genomes = genomes
        population.champion = champion if has_champion else None
        population.champion_fitness = champion_fitness
        population._best, population._improved, population._done = best, improved, bool(done)
        population._threshold = last_threshold
        population._started = time.perf_counter() - seconds
        population.register = InnovationRegister.from_arrays(arrays)
        population.speciation = speciation = Speciation(config)
        speciation.species, speciation.members = arrays["species"], arrays["members"]
        bounds = arrays["representative_offsets"]
        speciation.representatives = [arrays["representatives"][a:b] for a, b in itertools.pairwise(bounds)]
        speciation.threshold, speciation.next_id = threshold, next_id
        population._make_parts()
        population.breeding.restore(arrays, genomes)
        scores = {k.removeprefix("score_"): a for k, a in arrays.items() if k.startswith("score_")}
        if scores:
            population.score.restore(scores)
        return population

    def _begin(self, generation: int, next_species: int = 1) -> None:
        """Start from new genomes; innovation numbers assigned before are not reused."""
        self._genomes = initial_population(self.config, self.register, self.seed, generation)
        self.speciation = Speciation(self.config, next_species)
        self._threshold = self.speciation.threshold
        self.speciation.assign(self._genomes, generation, self.threads)
        self._make_parts()
        self._best = -math.inf
        self._improved = generation
        self._asked = False
        self._done = False

    def _parts(self) -> dict[str, NDArray[Any]]:
        own = {f"score_{name}": array for name, array in self.score.to_arrays().items()}
        return {**self.breeding.to_arrays(), **own}

    def _make_parts(self) -> None:
        """Create the emitters and the score, without state."""
        self.breeding = Breeding(self.config, self.register, self.seed)
        self.score: Score = SCORES.find(self.config.selection.method, "selection.method")(self.config, self.seed)
        self.score.threads, self.score.total_steps = self.threads, self.steps

    @property
    def generation(self) -> int:
        """Number of the present generation, from 0."""
        return self._genomes.generation

    @property
    def lineage(self) -> NDArray[np.void]:
        """Parents and operators of the present generation's genomes, dtype `neat.genes.table.LINEAGE`."""
        if self._genomes.lineage is None:
            return np.array([(-1, -1, 0)] * len(self._genomes), LINEAGE)
        return self._genomes.lineage

    @property
    def genomes(self) -> Genomes:
        """The present generation, which `ask` returns."""
        return self._genomes

    @property
    def done(self) -> bool:
        """Whether all species are extinct and ``population.extinction`` is ``"stop"``."""
        return self._done

    def ask(self) -> Genomes:
        """Return the present generation for evaluation.

        Raises:
            RuntimeError: `ask` was called twice without `tell`, or the population is extinct.
        """
        if self._done:
            raise RuntimeError("ask() after the population died out: population.extinction = 'restart' continues")
        if self._asked:
            raise RuntimeError("ask() was called twice: call tell() with the fitness of the last genomes first")
        self._asked = True
        self._genomes.species = self.speciation.species["id"][self.speciation.members]
        return self._genomes

    def withdraw(self) -> None:
        """Undo `ask`: the same generation will be returned again."""
        self._asked = False

    def tell(self, evaluated: ArrayLike | Evaluated) -> Generation:
        """Take the fitness of the genomes that `ask` returned, and make the next generation.

        Args:
            evaluated: Fitness of each genome in order (any iterable of floats; higher is better, negative values are
                allowed), or an evaluation with ``fitness`` and ``steps``.

        Returns:
            The evaluated generation, with its record.

        Raises:
            RuntimeError: `tell` was called without `ask`.
            ValueError: The fitness has another shape, or is not numeric.
            EvaluationError: A fitness is not finite.
        """
        if not self._asked:
            raise RuntimeError("tell() was called without ask(): ask() for genomes first")
        fitness = _fitness(getattr(evaluated, "fitness", evaluated))
        if fitness.shape != (len(self._genomes),):
            raise ValueError(f"expected fitness of shape ({len(self._genomes)},), got shape {fitness.shape}")
        if not np.isfinite(fitness).all():
            index = int(np.argmin(np.isfinite(fitness)))
            raise EvaluationError(
                f"fitness of genome {index} of generation {self.generation} is {fitness[index]}: "
                "every fitness must be a finite number"
            )
        steps = int(getattr(evaluated, "steps", 0))
        self.steps += steps
        self.score.total_steps = self.steps
        rescored = self.score.rescored(steps)
        if rescored:
            self.speciation.species["best"] = self._best = -math.inf
        self.evaluations += len(fitness)
        self._asked = False
        genomes, best = self._genomes, int(fitness.argmax())
        if fitness[best] > self.champion_fitness:
            self.champion, self.champion_fitness = genomes[best].copy(), float(fitness[best])
        score = self._scored(fitness, evaluated)
        share = self._share_offspring(score)
        record = self._record(fitness, best, extinct=share is None)
        parents = Parents(
            genomes, fitness, score, self.speciation.members, np.empty(0, np.int64) if share is None else share,
            champions_only=share is not None and self._coded, threads=self.threads,
            steps=self.steps, rescored=rescored,
            evaluation=cast(Evaluated, evaluated) if hasattr(evaluated, "fitness") else None,
        )  # fmt: skip
        told = Generation(genomes, fitness, score, self.breeding.favourite(parents), record)
        if share is not None:
            self._advance(parents)
        elif self.config.population.extinction == "restart":
            self._begin(self.generation + 1, self.speciation.next_id)
        else:
            self._done = True
        return told

    def _scored(self, fitness: NDArray[np.float64], evaluated: ArrayLike | Evaluated) -> NDArray[np.float64]:
        """Return the selection scores of the present generation."""
        evaluation = evaluated if hasattr(evaluated, "fitness") else SimpleNamespace(fitness=fitness, steps=0)
        score = np.asarray(self.score.score(self._genomes, cast(Evaluated, evaluation)), np.float64)
        if score is fitness:  # already checked
            return score
        if score.shape != fitness.shape or not np.isfinite(score).all():
            found = f"shape {score.shape}" if score.shape != fitness.shape else "one that is not finite"
            raise EvaluationError(
                f"the score {self.config.selection.method!r} (selection.method) must be a finite number for each of "
                f"{len(fitness)} genomes: got {found}"
            )
        return score

    def _share_offspring(self, score: NDArray[np.float64]) -> NDArray[np.int64] | None:
        """Update the history of species; return the number of offspring of each, or None if none may reproduce."""
        species, members = self.speciation.species, self.speciation.members
        shares, self._sizes, self._species_best = shared_fitness(score, members, len(species))
        better = self._species_best > species["best"]
        species["best"][better] = self._species_best[better]
        species["improved"][better] = self.generation
        if not self.score.COMPARABLE:  # with earlier scores: then stagnation is undefined
            species["improved"] = self._improved = self.generation
        self._stagnation = self.generation - species["improved"]
        best = float(np.maximum.reduce(score))
        if best > self._best:
            self._best, self._improved = best, self.generation
        self._coded = False
        bred = self.config.population.size - self.breeding.emitted  # the size may have been changed
        if not bred:  # other emitters make all genomes: no species reproduces, and none goes extinct
            return np.zeros(len(species), np.int64)
        factors = stagnation_factors(species, self._species_best, self.generation, self._improved, self.config.species)
        if not factors.any():
            return None
        if 0 < self.config.species.population_stagnation < self.generation - self._improved:
            self._coded = self.config.species.delta_coding
            self._improved = self.generation  # the survivors get time to improve before the next pruning
            species["improved"][factors > 0] = self.generation
        shares = factors if self._coded else shares * factors
        return quotas(shares if np.add.reduce(shares) > 0 else factors, bred)

    def _advance(self, parents: Parents) -> None:
        """Make and speciate the next generation."""
        speciation = self.speciation
        speciation.choose_representatives(parents.genomes, parents.score, self.seed)
        self._genomes = self.breeding.next(parents)
        if parents.quotas.any() and not self.config.species.lingering:
            speciation.keep(parents.quotas > 0)
        self._threshold = speciation.threshold
        speciation.assign(self._genomes, self.generation, self.threads)

    def _record(self, fitness: NDArray[np.float64], best: int, *, extinct: bool) -> GenerationRecord:
        genomes, species = self._genomes, self.speciation.species
        first, end = genomes.connection_offsets[best : best + 2].tolist()
        hidden = int(genomes.node_offsets[best + 1] - genomes.node_offsets[best]) - self._fixed_nodes
        largest = max(float(fitness[best]), -float(np.minimum.reduce(fitness)))
        unit = largest if largest > _HUGE else 1.0  # otherwise the square of a deviation could overflow
        scaled = fitness / unit if unit != 1.0 else fitness
        total = np.add.reduce(scaled)  # as in `mean` and `std`, without their overhead
        mean = total / len(scaled)
        spread = scaled - mean
        columns = (species["id"], self._sizes, self.generation - species["born"], self._species_best,
                   self._stagnation)  # fmt: skip
        return GenerationRecord(
            generation=self.generation,
            best=float(fitness[best]),
            mean=float(mean * unit),
            sd=float(math.sqrt(np.add.reduce(spread * spread) / len(scaled)) * unit),
            threshold=self._threshold,
            hidden_mean=(len(genomes.nodes) - len(genomes) * self._fixed_nodes) / len(genomes),
            connections_mean=count_enabled(genomes.connections) / len(genomes),
            champion_hidden=hidden,
            champion_connections=int(count_enabled(genomes.connections[first:end])),
            champion_index=best,
            evaluations=self.evaluations,
            steps=self.steps,
            seconds=time.perf_counter() - self._started,
            restarted=extinct and self.config.population.extinction == "restart",
            species=tuple(map(SpeciesRecord, *(c.tolist() for c in columns))),
        )
