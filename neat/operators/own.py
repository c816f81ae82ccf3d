"""Your own mutations: functions that change finished children in place, after NEAT's own operators.

They are compiled one by one when a population is made, so they need no file in this package.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from neat.compiled.parallel import SMALL_WORK, run_shards
from neat.compiled.random import Stream, rekey, uniform
from neat.errors import ConfigError, GenomeError
from neat.genes.schema import CONNECTION, NODE
from neat.genes.table import LINEAGE, Genomes
from neat.genes.validation import validate_all
from neat.operators.registry import OWN_MUTATION
from neat.registry import Registry

__all__ = ["OWN_MUTATIONS", "OwnMutations", "register_mutation"]

OWN_MUTATIONS: Registry[Callable[..., bool]] = Registry("mutation", {})
"""Registered mutations, by the name used in ``mutation.own``."""

_STRUCTURE = {"nodes": ("innovation", "kind"), "connections": ("innovation", "source", "target")}
_STREAM = int(Stream.OWN_MUTATIONS)
_PLACE = re.compile(r'(?:at|File) "?(.+?)"?,? (?:\(|line )(\d+)')
_HEADINGS = ("Failed in nopython mode", "During: ", "File ")
"""How lines of Numba's errors start that do not say what is wrong."""
_COLOUR = re.compile("\x1b\\[[0-9;]*m")


def register_mutation(name: str, function: Callable[..., bool]) -> Callable[..., bool]:
    """Register a mutation under a name for ``mutation.own``, and return it.

    Args:
        name: A new name.
        function: ``function(nodes, connections, rng)``, which Numba can compile. It changes the genes of one child in
            place (dtypes `neat.NODE` and `neat.CONNECTION`), and returns whether it changed anything. It may change
            weights, ``enabled``, functions and node values, but not which nodes and connections there are. ``rng``
            (uint64, shape (2,)) is the child's generator, for `neat.compiled.random.uniform` and
            `neat.compiled.random.below`.

    Raises:
        ConfigError: The name is taken.
    """
    return OWN_MUTATIONS.register(name, function)


class OwnMutations:
    """The mutations that ``mutation.own`` names, compiled, with their probabilities."""

    def __init__(self, chances: Mapping[str, float], *, weight_limit: float, acyclic: bool) -> None:
        """Find and compile them.

        Args:
            chances: Probability per child of each, by name.
            weight_limit: Largest absolute weight; larger ones are clipped.
            acyclic: Whether genomes must be acyclic.

        Raises:
            ConfigError: A mutation is unknown, takes other arguments, or cannot be compiled.
        """
        self._chances = {name: chance for name, chance in chances.items() if chance > 0.0}
        self._passes = [_compiled(name, OWN_MUTATIONS.find(name, "mutation.own")) for name in self._chances]
        self._limit = weight_limit
        self._acyclic = acyclic

    def __bool__(self) -> bool:
        return bool(self._passes)

    def apply(self, genomes: Genomes, spared: NDArray[np.bool_], seed: int, threads: int) -> None:
        """Change the genomes of a new generation in place, and note it in their lineage.

        Args:
            genomes: The generation, with lineage.
            spared: Shape (genomes,): which of them remain unchanged.
            seed: Seed of the run.
            threads: Number of threads; results do not depend on it.

        Raises:
            ConfigError: A mutation failed, changed the structure of a genome, or made an invalid one.
        """
        for number, name in enumerate(self._chances):
            before = {gene: getattr(genomes, gene)[list(names)].copy() for gene, names in _STRUCTURE.items()}
            try:
                self._apply_one(number, name, genomes, spared, seed, threads)
            except Exception as error:
                raise ConfigError(f"your mutation {name!r} failed: {type(error).__name__}: {error}") from error
            for gene, old in before.items():
                if (getattr(genomes, gene)[list(_STRUCTURE[gene])] != old).any():
                    raise ConfigError(
                        f"your mutation {name!r} changed {' or '.join(_STRUCTURE[gene])} of {gene}: it may change "
                        "only their other attributes; new structure needs an operator in neat/operators"
                    )
            np.clip(genomes.connections["weight"], -self._limit, self._limit, out=genomes.connections["weight"])
            try:
                validate_all(genomes, acyclic=self._acyclic)
            except GenomeError as error:
                raise ConfigError(f"your mutation {name!r} made an invalid genome: {error}") from error

    def _apply_one(
        self, number: int, name: str, genomes: Genomes, spared: NDArray[np.bool_], seed: int, threads: int
    ) -> None:
        """Apply one mutation, on several threads."""
        chance, mutate = self._chances[name], self._passes[number]

        def work(start: int, stop: int, _: int) -> None:
            mutate(
                start, stop, genomes.nodes, genomes.node_offsets, genomes.connections, genomes.connection_offsets,
                genomes.lineage, spared, chance, number, seed, genomes.generation, np.empty(2, np.uint64),
            )  # fmt: skip

        run_shards(work, len(genomes), threads, smallest=SMALL_WORK)


@functools.cache  # a population that begins anew, and the emitter map-elites, need the same ones again
def _compiled(name: str, function: Callable[..., bool]) -> Any:
    """Return the pass over children ``start … stop - 1`` that applies one mutation."""
    source = getattr(function, "py_func", function)
    if len(inspect.signature(source).parameters) != 3:
        raise ConfigError(
            f"your mutation {name!r}: expected a function of (nodes, connections, rng), got "
            f"{source.__name__}{inspect.signature(source)}"
        )
    own = numba.njit(boundscheck=True)(source)  # a mistake is an error then, not a write to other memory

    @numba.njit(nogil=True)  # type: ignore[misc, unused-ignore]
    def mutate(  # type: ignore[no-untyped-def]
        start, stop, nodes, node_offsets, genes, gene_offsets, lineage, spared, chance, number, seed, generation, rng
    ):
        for child in range(start, stop):
            if not spared[child]:
                rekey(rng, seed, _STREAM, generation, child + (number << 40))
                if uniform(rng) < chance and own(
                    nodes[node_offsets[child] : node_offsets[child + 1]],
                    genes[gene_offsets[child] : gene_offsets[child + 1]],
                    rng,
                ):
                    lineage[child].operators |= OWN_MUTATION

    try:  # compiled now, for no children, so that mistakes show before anything is evaluated
        none = np.zeros(1, np.int64)
        mutate(
            0, 0, np.empty(0, NODE), none, np.empty(0, CONNECTION), none, np.empty(0, LINEAGE), np.empty(0, np.bool_),
            0.0, 0, 0, 0, np.empty(2, np.uint64),
        )  # fmt: skip
    except Exception as error:  # of Numba, or of Python inside it, such as a KeyError for an unknown attribute
        raise ConfigError(f"your mutation {name!r} cannot be compiled: {_reason(error, source)}") from error
    (signature,) = own.nopython_signatures
    if numba.types.unliteral(signature.return_type) != numba.types.boolean:
        raise ConfigError(
            f"your mutation {name!r} has to return whether it changed the genome, True or False; it returns "
            f"{str(signature.return_type).replace('none', 'None')}"
        )
    return mutate


def _reason(error: Exception, function: Callable[..., bool]) -> str:
    """Return why Numba cannot compile a function, and where, in one line."""
    path, line = function.__code__.co_filename, str(function.__code__.co_firstlineno)
    if isinstance(error, KeyError):  # an attribute that the genes lack
        fields = f"nodes have {', '.join(NODE.names or ())}; connections have {', '.join(CONNECTION.names or ())}"
        return f"there is no field {error}: {fields} ({path}, line {line})"
    lines = [text.strip() for text in _COLOUR.sub("", str(error)).splitlines() if text.strip()]
    found = filter(None, map(_PLACE.search, lines))
    places = [place for place in found if Path(place[1]).name == Path(path).name]
    told = [text for text in lines if not text.startswith(_HEADINGS)]
    return f"{told[0] if told else type(error).__name__} ({path}, line {places[0][2] if places else line})"
