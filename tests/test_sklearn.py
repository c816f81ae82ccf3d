"""NEAT as estimators: scikit-learn's own checks, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

import neat
from neat.sklearn import NEATClassifier, NEATRegressor
from neat.supervised import loss_of


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("estimator", [NEATClassifier, NEATRegressor])
def test_they_pass_the_checks_of_scikit_learn(estimator: type) -> None:
    check_estimator(estimator(population=20, generations=5, epochs=60))


def test_they_learn() -> None:
    x, y = load_iris(return_X_y=True)
    model = NEATClassifier(population=30, generations=15, random_state=0)
    assert cross_val_score(model, x, y, cv=3).mean() > 0.9
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = np.stack([x[:, 0] + 1.0, 3.0 * x[:, 1] - x[:, 0]], axis=1)
    assert NEATRegressor(population=30, generations=10, random_state=0).fit(x, y).score(x, y) > 0.95


def test_evolution_alone_learns_and_seeds_repeat() -> None:
    x, y = load_iris(return_X_y=True)
    models = [NEATClassifier(30, 10, epochs=0, random_state=3).fit(x, y) for _ in range(2)]
    assert models[0].genome_ == models[1].genome_
    assert models[0].score(x, y) > 0.6
    assert models[0].n_iter_ == len(models[0].history_)
    assert isinstance(models[0].genome_, neat.Genome)
    assert NEATClassifier(30, 50, patience=2, epochs=0, random_state=3).fit(x, y).n_iter_ < 50


def test_settings_reach_evolution() -> None:
    x, y = load_iris(return_X_y=True)
    model = NEATClassifier(20, 3, settings={"network": {"kind": "recurrent"}}, random_state=0).fit(x, y)
    assert model.network_.config.kind == "recurrent"


def test_losses_are_those_of_the_definitions() -> None:
    outputs, targets = np.array([[1.0, 3.0]]), np.array([[0.0, 1.0]])
    assert loss_of(outputs, targets, "squared") == 2.5
    assert loss_of(outputs, targets, "softmax") == pytest.approx(-np.log(np.exp(3) / (np.exp(1) + np.exp(3))))
    assert np.isfinite(loss_of(np.array([[1e30, -1e30]]), targets, "softmax"))
