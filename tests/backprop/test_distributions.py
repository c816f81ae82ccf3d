"""Distributions over actions: probabilities, entropies, samples and gradients."""

import itertools

import numpy as np
import pytest
from scipy import stats
from test_autodiff import error

from neat.backprop.distributions import Categorical, Gaussian, StateDependentGaussian

BATCH, FEATURES = 6, 5


def make(kind, rng):
    policy = {
        "categorical": lambda: Categorical(4),
        "gaussian": lambda: Gaussian(3),
        "gsde": lambda: StateDependentGaussian(2, FEATURES),
    }[kind]()
    policy.parameters[:] = rng.normal(-0.5, 0.5, len(policy.parameters))
    outputs = rng.normal(size=(BATCH, policy.outputs))
    features = np.tanh(rng.normal(size=(BATCH, FEATURES)))
    policy.begin(BATCH, rng)
    return policy, outputs, features, policy.sample(outputs, features, rng)


KINDS = ["categorical", "gaussian", "gsde"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_gradients_agree_with_finite_differences(kind, seed):
    rng = np.random.default_rng(seed)
    policy, outputs, features, actions = make(kind, rng)
    u, v = rng.normal(size=(2, BATCH))

    def objective():
        log_p, entropy = policy.evaluate(outputs, features, actions)
        return u @ log_p + v @ entropy

    in_outputs, in_parameters = policy.gradients(outputs, features, actions, u, v)
    for array, gradient in ((outputs, in_outputs), (policy.parameters, in_parameters)):
        numeric = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            kept, sides = array[index], []
            for h in (1e-5, -1e-5):
                array[index] = kept + h
                sides.append(objective())
            array[index] = kept
            numeric[index] = (sides[0] - sides[1]) / 2e-5
        assert error(gradient, numeric) < 1e-6


def test_categorical_probabilities_and_samples():
    rng = np.random.default_rng(0)
    policy, logits = Categorical(3), np.log([[0.2, 0.3, 0.5]])
    none = np.empty((1, 0))
    for action, p in enumerate((0.2, 0.3, 0.5)):
        log_p, entropy = policy.evaluate(logits, none, np.array([action]))
        assert log_p[0] == pytest.approx(np.log(p))
        assert entropy[0] == pytest.approx(stats.entropy([0.2, 0.3, 0.5]))
    drawn = policy.sample(np.repeat(logits, 20_000, axis=0), none, rng)
    np.testing.assert_allclose(np.bincount(drawn) / 20_000, [0.2, 0.3, 0.5], atol=0.015)
    assert policy.mode(logits).tolist() == [2]


def test_gaussian_density_and_samples():
    rng = np.random.default_rng(0)
    policy = Gaussian(2)
    policy.parameters[:] = np.log([0.5, 2.0])
    mean, none = np.array([[1.0, -1.0]]), np.empty((1, 0))
    action = np.array([[0.3, 0.4]])
    log_p, entropy = policy.evaluate(mean, none, action)
    assert log_p[0] == pytest.approx(stats.norm(mean[0], [0.5, 2.0]).logpdf(action[0]).sum())
    assert entropy[0] == pytest.approx(stats.norm(0, [0.5, 2.0]).entropy().sum())
    drawn = policy.sample(np.repeat(mean, 20_000, axis=0), none, rng)
    np.testing.assert_allclose(drawn.mean(axis=0), mean[0], atol=0.05)
    np.testing.assert_allclose(drawn.std(axis=0), [0.5, 2.0], rtol=0.03)
    assert policy.mode(mean) is mean


def test_state_dependent_noise_is_held_and_has_the_stated_variance():
    rng = np.random.default_rng(0)
    policy = StateDependentGaussian(2, 3, log_std=-0.3)
    policy.parameters[:] += rng.normal(0, 0.3, 6)
    mean, features = np.zeros((1, 2)), np.array([[0.5, -0.9, 0.1]])
    policy.begin(1, rng)
    first = policy.sample(mean, features, rng)
    assert np.array_equal(policy.sample(mean, features, rng), first)
    policy.begin(1, rng)
    assert not np.array_equal(policy.sample(mean, features, rng), first)
    policy.begin(40_000, rng)
    drawn = policy.sample(np.zeros((40_000, 2)), np.repeat(features, 40_000, axis=0), rng)
    variance = features[0] ** 2 @ np.exp(2 * policy.parameters).reshape(3, 2)
    np.testing.assert_allclose(drawn.var(axis=0), variance, rtol=0.03)
    log_p, _ = policy.evaluate(mean, features, np.array([[0.2, -0.4]]))
    expected = stats.norm(0, np.sqrt(variance)).logpdf([0.2, -0.4]).sum()
    assert log_p[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_extreme_outputs_stay_finite(kind):
    policy, outputs, features, actions = make(kind, np.random.default_rng(1))
    outputs *= 1e6
    for array in itertools.chain(
        policy.evaluate(outputs, features, actions),
        policy.gradients(outputs, features, actions, np.ones(BATCH), np.ones(BATCH)),
    ):
        assert np.isfinite(array).all()
