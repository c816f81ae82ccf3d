"""Random numbers for compiled code: a counter-based generator, so that the number of threads cannot change a run.

Every random number is a pure function of (seed, stream, generation, index, draw): SplitMix64 with a stream-specific odd
increment (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", sections 3 - 5). A generator is
an array of two 64-bit words ``[position, step]``, created once per thread and re-keyed for each genome, so re-keying
allocates nothing. NumPy's generators (35 µs to create) are used only for the initial states of Gymnasium environments.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import inlined_uncounted, uncounted

__all__ = ["Stream", "below", "make_generator", "normal", "rekey", "uniform"]


class Stream(IntEnum):
    """Independent streams of random numbers within a generation: a new draw in one does not change the others."""

    INITIAL = 0
    PARENTS = 1
    OFFSPRING = 2
    REPRESENTATIVES = 3
    ACTIONS = 4
    SEARCH = 5
    CHANCE = 6
    ELITES = 7
    OWN_MUTATIONS = 8


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_MIX_C = np.uint64(0xFF51AFD7ED558CCD)
_MIX_D = np.uint64(0xC4CEB9FE1A85EC53)
_ONE = np.uint64(1)
_S11, _S27, _S30, _S31, _S32, _S33 = (np.uint64(s) for s in (11, 27, 30, 31, 32, 33))
_TO_UNIT = 2.0**-53


@inlined_uncounted
def _mix(z):  # type: ignore[no-untyped-def]
    """Scramble 64 bits: Stafford's variant 13 of the MurmurHash3 finaliser, as in SplitMix64.

    In plain Python, with all results modulo 2**64 (``tests/compiled/test_random.py`` has the whole generator)::

        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB
        return z ^ (z >> 31)
    """
    z = (z ^ (z >> _S30)) * _MIX_A
    z = (z ^ (z >> _S27)) * _MIX_B
    return z ^ (z >> _S31)


@uncounted
def _mix_step(z):  # type: ignore[no-untyped-def]
    """Scramble 64 bits into an odd increment (the MurmurHash3 finaliser, as SplitMix64 makes its gammas)."""
    z = (z ^ (z >> _S33)) * _MIX_C
    z = (z ^ (z >> _S33)) * _MIX_D
    return (z ^ (z >> _S33)) | _ONE


@uncounted
def rekey(rng, seed, stream, generation, index):  # type: ignore[no-untyped-def]
    """Set ``rng`` (uint64, shape (2,)) to the first number of (seed, stream, generation, index)."""
    z = _mix(np.uint64(seed) + _GOLDEN)
    z = _mix(z ^ (np.uint64(stream) + _GOLDEN))
    z = _mix(z ^ (np.uint64(generation) + _GOLDEN))
    z = _mix(z ^ (np.uint64(index) + _GOLDEN))
    rng[0] = z
    rng[1] = _mix_step(z + _GOLDEN)


@inlined_uncounted
def _next(rng):  # type: ignore[no-untyped-def]
    rng[0] += rng[1]
    return _mix(rng[0])


@inlined_uncounted
def uniform(rng):  # type: ignore[no-untyped-def]
    """Draw a float64 from [0, 1), with all 53 bits."""
    return (_next(rng) >> _S11) * _TO_UNIT


@inlined_uncounted
def below(rng, n):  # type: ignore[no-untyped-def]
    """Draw an integer from ``0 … n - 1`` (n < 2**31; Lemire's multiply-shift, bias below 2**-32)."""
    return np.int64(((_next(rng) >> _S32) * np.uint64(n)) >> _S32)


@uncounted
def normal(rng):  # type: ignore[no-untyped-def]
    """Draw a float64 from the standard normal distribution (Box & Muller 1958, cosine half)."""
    u = 1.0 - uniform(rng)
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * uniform(rng))


def make_generator(seed: int, stream: Stream, generation: int = 0, index: int = 0) -> NDArray[np.uint64]:
    """Return a generator set to the first number of the given key (uint64, shape (2,))."""
    rng = np.zeros(2, np.uint64)
    rekey(rng, seed, int(stream), generation, index)
    return rng
