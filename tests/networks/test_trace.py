"""Traces against the plain reference: the value of every node after every pass."""

from __future__ import annotations

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import genomes

from neat.config import NetworkConfig
from neat.networks.trace import Tracer


def shown(plan, values):
    """The values of all nodes in the genome's order; those that lead to no output are left out and emit 0."""
    return [v if n in plan.useful or n not in plan.computed else 0.0 for n, v in values.items()]


@given(genomes(cyclic=True), st.integers(1, 8), st.integers(0, 9))
@settings(max_examples=150, deadline=None)
def test_settling_is_traced_step_by_step(genome, max_steps, seed):
    tracer = Tracer(genome, NetworkConfig(kind="settling", max_steps=max_steps))
    plan = reference.Plan(genome)
    for _ in range(2):
        x = np.random.default_rng(seed).normal(size=genome.inputs)
        passes = tracer.step(x)
        assert 1 <= len(passes) <= max(max_steps, plan.depth() or 0, 1)
        sensors = plan.sensors(x, 1.0)
        values, active = dict.fromkeys(plan.node, 0.0) | sensors, set(sensors)
        for found in passes:
            values, active = reference.step(plan, values, active, 4.9)
            assert found.tolist() == shown(plan, values)


@given(genomes(), st.integers(1, 4), st.booleans(), st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_recurrent_is_traced_pass_by_pass_over_an_episode(genome, passes, settle_first, max_steps):
    config = NetworkConfig(kind="recurrent", passes=passes, settle_first=settle_first, max_steps=max_steps)
    tracer = Tracer(genome, config)
    for _episode in range(2):
        tracer.reset()
        plain = reference.Recurrent(genome, passes, settle_first, max_steps)
        for seed in range(3):
            x = np.random.default_rng(seed).normal(size=genome.inputs)
            plain.values |= plain.plan.sensors(x, 1.0)
            found = tracer.step(x)
            assert len(found) == passes or (seed == 0 and settle_first and len(found) > passes)
            for values in found:
                plain.step()
                assert values.tolist() == shown(plain.plan, plain.values)


@pytest.mark.parametrize("kind", ["feedforward", "settling"])
def test_what_was_shown_is_not_overwritten(kind):
    from strategies import make

    tracer = Tracer(make(1, 1, 1, [(0, 3, 1.0), (3, 2, 1.0)]), NetworkConfig(kind=kind))
    first = [values.tolist() for values in tracer.step([0.5])]
    kept = tracer.step([0.5])
    tracer.step([-3.0])
    assert [values.tolist() for values in kept] == first
