"""The counter-based generator: SplitMix64 as published, even, and independent by key."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from neat.compiled.kernel import kernel
from neat.compiled.random import Stream, below, make_generator, normal, rekey, uniform

keys = st.tuples(st.integers(0, 2**63 - 1), st.sampled_from(list(Stream)), st.integers(0, 2**40), st.integers(0, 2**40))


@kernel
def draws(rng, n, count):  # type: ignore[no-untyped-def]
    out = np.empty(count, np.int64)
    for i in range(count):
        out[i] = below(rng, n)
    return out


@kernel
def uniforms(rng, count):  # type: ignore[no-untyped-def]
    out = np.empty(count)
    for i in range(count):
        out[i] = uniform(rng)
    return out


@kernel
def normals(rng, count):  # type: ignore[no-untyped-def]
    out = np.empty(count)
    for i in range(count):
        out[i] = normal(rng)
    return out


def test_reference_is_splitmix64_as_published():
    """First outputs of Vigna's splitmix64.c for the state 1234567."""
    generator = reference.SplitMix(1234567, 0x9E3779B97F4A7C15)
    assert [generator.next() for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@given(keys, st.integers(1, 2**31 - 1))
@settings(max_examples=100, deadline=None)
def test_draws_are_splitmix64_from_the_key(key, n):
    rng = make_generator(*key)
    plain = reference.SplitMix(int(rng[0]), int(rng[1]))
    assert plain.step % 2 == 1
    for _ in range(5):
        assert uniform(rng) == plain.uniform()
        assert below(rng, n) == plain.below(n)


@given(keys)
@settings(max_examples=50, deadline=None)
def test_rekeying_starts_again(key):
    rng = make_generator(*key)
    first = uniforms(rng, 4)
    rekey(rng, key[0], int(key[1]), key[2], key[3])
    assert uniforms(rng, 4).tolist() == first.tolist()


def test_streams_seeds_generations_and_indices_differ():
    starts = [
        tuple(uniforms(make_generator(seed, stream, generation, index), 2))
        for seed, stream, generation, index in itertools.product(range(8), Stream, range(8), range(8))
    ]
    assert len(set(starts)) == len(starts)
    first = np.array([s[0] for s in starts])
    assert abs(first.mean() - 0.5) < 4 * math.sqrt(1 / 12 / len(first))


def test_keys_that_add_up_to_the_same_differ():
    a = uniforms(make_generator(1, Stream.PARENTS, 2, 3), 2)
    b = uniforms(make_generator(1, Stream.PARENTS, 3, 2), 2)
    c = uniforms(make_generator(2, Stream.INITIAL, 2, 3), 2)
    assert len({tuple(x) for x in (a, b, c)}) == 3


@pytest.mark.parametrize("stream", list(Stream))
def test_uniform_is_even(stream):
    x = uniforms(make_generator(11, stream), 100_000)
    assert x.min() >= 0.0
    assert x.max() < 1.0
    counts = np.histogram(x, 100, (0, 1))[0]
    chi2 = ((counts - 1000.0) ** 2 / 1000.0).sum()
    assert 50 < chi2 < 160  # 99 degrees of freedom: both tails beyond 1 in 10,000
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 0.013


def test_first_draws_of_neighbouring_keys_are_even():
    """Reproduction draws a few numbers from each of many keys."""
    x = np.array([uniforms(make_generator(3, Stream.OFFSPRING, 7, index), 3) for index in range(20_000)])
    for column in x.T:
        chi2 = ((np.histogram(column, 50, (0, 1))[0] - 400.0) ** 2 / 400.0).sum()
        assert 20 < chi2 < 95
    assert abs(np.corrcoef(x[:-1, 0], x[1:, 0])[0, 1]) < 0.03
    assert abs(np.corrcoef(x[:, 0], x[:, 1])[0, 1]) < 0.03


@pytest.mark.parametrize("n", [1, 2, 3, 7, 20])
def test_below_is_even(n):
    counts = np.bincount(draws(make_generator(5, Stream.ACTIONS), n, 60_000), minlength=n)
    assert len(counts) == n
    chi2 = ((counts - 60_000 / n) ** 2 / (60_000 / n)).sum()
    assert chi2 < 50


def test_below_reaches_both_ends_of_large_ranges():
    n = 2**31 - 1
    x = draws(make_generator(6, Stream.ACTIONS), n, 10_000)
    assert 0 <= x.min() < n / 1000
    assert n - n / 1000 < x.max() < n


def test_normal_is_normal():
    x = normals(make_generator(8, Stream.INITIAL), 100_000)
    assert np.isfinite(x).all()
    assert abs(x.mean()) < 0.015
    assert abs(x.std() - 1.0) < 0.01
    assert abs((x**3).mean()) < 0.05
    assert abs((np.abs(x) < 1.0).mean() - 0.6827) < 0.007
