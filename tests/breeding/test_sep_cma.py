"""Separable CMA-ES: its update against plain NumPy, and what it is for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neat.breeding.cma import constants
from neat.breeding.sep_cma import Separable
from neat.config import SearchConfig
from neat.errors import DataError


def begin(mean, step=0.5):
    return Separable.begin(np.array(mean, float), SearchConfig(method="sep-cma", step=step))


class Plain:
    """Ros & Hansen 2008: the tutorial's update with C kept diagonal, learned (n + 2) / 3 times as fast."""

    def __init__(self, mean, step):
        self.mean, self.step, self.c = np.array(mean), step, np.ones(len(mean))
        self.path, self.step_path, self.updates = np.zeros(len(mean)), np.zeros(len(mean)), 0

    def learn(self, x, fitness):
        n = len(self.mean)
        k = constants(n, len(x))
        w = k.weights[: k.mu]
        c_1, c_mu = k.c_1 * (n + 2) / 3, k.c_mu * (n + 2) / 3
        if c_1 + c_mu > 0.99:
            c_1, c_mu = 0.99 * c_1 / (c_1 + c_mu), 0.99 * c_mu / (c_1 + c_mu)
        y = (x[sorted(range(len(x)), key=lambda i: -fitness[i])[: k.mu]] - self.mean) / self.step
        average = w @ y
        self.step_path = (1 - k.c_sigma) * self.step_path + math.sqrt(
            k.c_sigma * (2 - k.c_sigma) * k.mu_eff
        ) * average / np.sqrt(self.c)
        self.updates += 1
        length = np.linalg.norm(self.step_path) / math.sqrt(1 - (1 - k.c_sigma) ** (2 * self.updates))
        h = length < (1.4 + 2 / (n + 1)) * k.chi
        self.path = (1 - k.c_c) * self.path + h * math.sqrt(k.c_c * (2 - k.c_c) * k.mu_eff) * average
        kept = 1 - c_1 - c_mu + (0 if h else c_1 * k.c_c * (2 - k.c_c))
        self.c = kept * self.c + c_1 * self.path**2 + c_mu * (w @ y**2)
        self.mean = self.mean + self.step * average
        self.step *= math.exp(min(1.0, k.c_sigma / k.d_sigma * (length / k.chi - 1)))


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 12), samples=st.integers(4, 30), seed=st.integers(0, 2**31), stretch=st.floats(1.0, 30.0))
def test_the_update_is_the_papers(n, samples, seed, stretch):
    ours, plain = begin(np.full(n, 0.7), 0.4), Plain(np.full(n, 0.7), 0.4)
    for generation in range(8):
        x = ours.sample(samples, seed, generation)
        fitness = -((x * stretch ** np.linspace(0, 1, n)) ** 2).sum(axis=1)
        ours.learn(x, fitness)
        plain.learn(x, fitness)
        np.testing.assert_allclose(ours.mean, plain.mean, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(ours.deviation**2, plain.c, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(ours.path, plain.path, rtol=1e-6, atol=1e-9)
        assert ours.step == pytest.approx(plain.step, rel=1e-6)


def test_numbers_of_different_scales_are_found():
    n = 100
    scale = 10.0 ** (2 * np.arange(n) / (n - 1))
    d = begin(np.ones(n))
    for generation in range(900):
        x = d.sample(20, 1, generation)
        d.learn(x, -((x * scale) ** 2).sum(axis=1))
    assert ((d.mean * scale) ** 2).sum() < 1e-3
    widest = d.deviation * scale  # what is a hundred times as steep is searched a hundred times as narrow
    assert widest.max() / widest.min() < 10


def test_what_is_pulled_lies_no_farther_than_samples_do():
    d = begin(np.zeros(4))
    d.deviation[:] = [1, 2, 3, 4]
    far = d.pulled(np.full(4, 100.0))
    assert np.linalg.norm(far / (0.5 * d.deviation)) == pytest.approx(2 + 8 / 6)
    assert d.pulled(np.full(4, 0.1)).tolist() == [0.1] * 4


def test_moved_keeps_what_is_known_of_shared_entries():
    d = begin(np.zeros(3))
    d.deviation[:], d.path[:] = [1, 2, 3], [4, 5, 6]
    moved = d.moved(np.arange(3.0), np.array([2, -1, 0]))
    assert (moved.mean.tolist(), moved.deviation.tolist(), moved.path.tolist()) == ([0, 1, 2], [3, 1, 1], [6, 0, 4])
    assert moved.step == d.step


def test_what_is_no_distribution_is_not_usable():
    good = begin(np.zeros(2))
    assert good.usable()
    for name, value in (("deviation", 0.0), ("path", np.nan), ("mean", np.inf), ("step_path", 1e60)):
        bad = begin(np.zeros(2))
        getattr(bad, name)[0] = value
        assert not bad.usable()
    with pytest.raises(DataError, match="not of the size"):
        Separable.restored(np.zeros(2), 0.1, 0, np.zeros(5), SearchConfig())
