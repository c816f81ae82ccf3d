"""The register of innovations: which structural change has which innovation number.

The same new connection (source, target) always gets the same number. So does the same split of a connection: a split is
identified by (connection number, k), where k is the smallest value whose node the genome lacks. A genome that splits a
re-enabled connection a second time therefore gets a new node. With ``innovation_scope = "generation"`` the register is
cleared after each generation, as in the 2002 paper (section 3.2).

Children only *propose* structure. Numbers are assigned here, in one serial pass in the order of the children, so that
they do not depend on threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.errors import GenomeError

__all__ = ["InnovationRegister", "connection_number", "split_number"]

_EMPTY = np.int64(-1)
_SHIFT = 32
_SPLIT_SHIFT = 20
_CONNECTIONS, _NODES, _PAIR_COUNT, _SPLIT_COUNT = range(4)
_MOST_PROBES = 50
"""Maximum average number of probes per entry when a table is filled; tables of real runs need fewer than two."""
_LAST_NUMBER = np.iinfo(np.int32).max - 1_000_000


@kernel
def _home(keys, key):  # type: ignore[no-untyped-def]
    """Return the first slot for ``key``; every bit of the key has an influence, in tables of every size.

    This is the finaliser of SplitMix64 (Steele, Lea & Flood 2014). With a simple product, the low bits of the result
    would not depend on the source, which is in the high bits of the key: in small tables, all sources would collide.
    """
    z = np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((z ^ (z >> np.uint64(31))) & np.uint64(keys.size - 1))


@kernel
def _place(keys, key):  # type: ignore[no-untyped-def]
    """Return the slot of ``key``, or the free slot for it, in an open-addressing table (linear probing)."""
    mask = keys.size - 1
    i = _home(keys, key)
    while keys[i] != _EMPTY and keys[i] != key:
        i = (i + 1) & mask
    return i


@kernel
def _rehash(keys, values, new_keys, new_values):  # type: ignore[no-untyped-def]
    for i in range(keys.size):
        if keys[i] != _EMPTY:
            place = _place(new_keys, keys[i])
            new_keys[place] = keys[i]
            new_values[place] = values[i]


@kernel
def connection_number(counters, keys, values, source, target):  # type: ignore[no-untyped-def]
    """Return the innovation number of the connection source → target; a new one on its first appearance."""
    key = (np.int64(source) << _SHIFT) | np.int64(target)
    place = _place(keys, key)
    if keys[place] == _EMPTY:
        keys[place] = key
        values[place] = counters[_CONNECTIONS]
        counters[_CONNECTIONS] += 1
        counters[_PAIR_COUNT] += 1
    return values[place]


@kernel
def split_number(counters, keys, values, connection, k):  # type: ignore[no-untyped-def]
    """Return the number of the node made by split ``k`` of a connection; a new one on its first appearance."""
    key = (np.int64(connection) << _SPLIT_SHIFT) | np.int64(k)
    place = _place(keys, key)
    if keys[place] == _EMPTY:
        keys[place] = key
        values[place] = counters[_NODES]
        counters[_NODES] += 1
        counters[_SPLIT_COUNT] += 1
    return values[place]


class InnovationRegister:
    """The innovation numbers assigned so far.

    Attributes:
        counters: int64, shape (4,): next connection number, next node number, connections and splits in the register.
        pair_keys, pair_values: Hash table from (source, target) to connection number.
        split_keys, split_values: Hash table from (connection number, k) to node number.
    """

    def __init__(self, first_node: int) -> None:
        """Start without connections; hidden nodes are numbered from ``first_node``."""
        self.counters = np.array([0, first_node, 0, 0], np.int64)
        self.forget()

    def forget(self) -> None:
        """Clear the register; numbers are never assigned twice."""
        self.pair_keys, self.pair_values = _table(64)
        self.split_keys, self.split_values = _table(64)
        self.counters[_PAIR_COUNT] = self.counters[_SPLIT_COUNT] = 0

    def reserve(self, connections: int, splits: int) -> None:
        """Make room for that many more innovations; the tables stay at most half full.

        Raises:
            GenomeError: The 32-bit innovation numbers of the run are exhausted.
        """
        next_connection, next_node, pairs, split = self.counters.tolist()
        if max(next_connection + connections, next_node + splits) > _LAST_NUMBER:
            raise GenomeError("this run has used all 2**31 innovation numbers: use population.innovation_scope = 'run'")
        self.pair_keys, self.pair_values = _grown(self.pair_keys, self.pair_values, pairs + connections)
        self.split_keys, self.split_values = _grown(self.split_keys, self.split_values, split + splits)

    def connection(self, source: int, target: int) -> int:
        """Return the number of the connection source → target; a new one on its first appearance."""
        self.reserve(1, 0)
        return int(connection_number(self.counters, self.pair_keys, self.pair_values, source, target))

    def split(self, connection: int, k: int = 0) -> int:
        """Return the number of the node made by split ``k`` of a connection; a new one on its first appearance."""
        self.reserve(0, 1)
        return int(split_number(self.counters, self.split_keys, self.split_values, connection, k))

    def to_arrays(self) -> dict[str, NDArray[np.int64]]:
        """Return the register as arrays: ``counters``, and rows (key, number) in ``pairs`` and ``splits``."""
        return {
            "counters": self.counters.copy(),
            "pairs": _rows(self.pair_keys, self.pair_values),
            "splits": _rows(self.split_keys, self.split_values),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> InnovationRegister:
        """Return the register described by the arrays of `to_arrays`.

        Raises:
            GenomeError: The keys were crafted to make look-ups extremely slow.
        """
        register = cls(0)
        pairs, splits = arrays["pairs"], arrays["splits"]
        register.reserve(len(pairs), len(splits))
        if not (
            _fill(register.pair_keys, register.pair_values, pairs)
            and _fill(register.split_keys, register.split_values, splits)
        ):
            raise GenomeError("the innovation register's keys collide, as those of no run do")
        register.counters[:] = arrays["counters"]
        return register

    @property
    def nbytes(self) -> int:
        """Memory in bytes, which grows over a run with ``innovation_scope = "run"``."""
        return sum(a.nbytes for a in (self.pair_keys, self.pair_values, self.split_keys, self.split_values))


def _table(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.full(size, _EMPTY), np.zeros(size, np.int64)


def _grown(
    keys: NDArray[np.int64], values: NDArray[np.int64], entries: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if 2 * entries <= keys.size:
        return keys, values
    new_keys, new_values = _table(1 << int(4 * entries - 1).bit_length())
    _rehash(keys, values, new_keys, new_values)
    return new_keys, new_values


def _rows(keys: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    used = keys != _EMPTY
    rows = np.stack([keys[used], values[used]], axis=1)
    return rows[np.argsort(rows[:, 1], kind="stable")]


@kernel
def _fill(keys, values, rows):  # type: ignore[no-untyped-def]
    """Enter rows of (key, value); return False if crafted keys make the table slow."""
    mask = keys.size - 1
    farther = 0
    for r in range(rows.shape[0]):
        key = rows[r, 0]
        i = _home(keys, key)
        while keys[i] != _EMPTY and keys[i] != key:
            i = (i + 1) & mask
            farther += 1
            if farther > _MOST_PROBES * (rows.shape[0] + 100):
                return False
        keys[i] = key
        values[i] = rows[r, 1]
    return True
