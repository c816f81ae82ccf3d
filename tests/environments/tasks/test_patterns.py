"""Tasks of patterns: what is shown, what answers are worth, and that the same genome is asked on finer fields."""

from __future__ import annotations

import numpy as np
import pytest

from environments import make_task
from environments.tasks.boxes import at_resolution
from environments.tasks.settings import TaskConfig
from experiments.loop.runner import fitted
from experiments.targets import load
from neat.breeding.initial import make_genome
from neat.errors import ConfigError
from neat.genes.table import Genomes
from neat.networks.settings import NetworkConfig

NAMES = ("boxes", "retina", "es-xor", "parity-3", "circle", "sine")


def task(name, **settings):
    return make_task(TaskConfig(environment=name, **settings))


@pytest.mark.parametrize("name", NAMES)
def test_targets_are_right_and_their_opposite_is_wrong(name):
    made = task(name)
    if name == "boxes":
        wanted = np.zeros((75, 121))
        wanted[np.arange(75), made.middles[:, 0] * 11 + made.middles[:, 1]] = 1.0
    else:
        wanted = made.targets
    answers = np.stack([wanted, -wanted])
    fitness, solves = made.score(answers)
    assert solves.tolist() == [True, False]
    assert fitness[0] > fitness[1]
    assert (made.inputs, made.outputs) == (len(made.input_names), len(made.output_names))
    assert fitted(load(name).config, made).genome.inputs in (4, 6)


def test_the_retina_has_eight_objects_on_each_side():
    made = task("retina")
    assert made.patterns.shape == (256, 8)
    assert (made.targets > 0).sum(axis=0).tolist() == [128, 128]
    left = made.patterns[:, [0, 1, 4, 5]] > 0
    objects = {tuple(row) for row, target in zip(left.tolist(), made.targets[:, 0], strict=True) if target > 0}
    outer = {(1, 0, 0, 0), (0, 0, 1, 0), (1, 0, 1, 0)}
    three = {tuple(int(i != gone) for i in range(4)) for gone in range(4)}
    assert objects == {*outer, *three, (1, 1, 1, 1)}
    right = made.patterns[:, [3, 2, 7, 6]] > 0  # mirrored
    assert {tuple(row) for row, t in zip(right.tolist(), made.targets[:, 1], strict=True) if t > 0} == objects


def test_a_side_of_the_retina_that_is_mostly_right_is_worth_more_than_one_left_alone():
    made = task("retina")
    undecided, one, most, guessed = (made.targets.copy() for _ in range(4))
    undecided[:] = 0.0
    one[:, 1] = 0.0
    most[made.targets[:, 1] > 0, 1] = np.where(np.arange(128) % 2 == 0, 1.0, -1.0)
    guessed[0] = -0.5 * made.targets[0]
    fitness, solves = made.score(np.stack([undecided, one, most, guessed, made.targets * 1e-9]))
    assert np.allclose(1000.0 / fitness - 1.0, [512, 256, 128, 3, 512])
    assert solves.tolist() == [False, False, False, False, True]


class TestBoxes:
    def test_every_trial_shows_a_large_box_and_a_small_one_apart(self):
        made = task("boxes")
        assert made.patterns.shape == (75, 121)
        assert len({tuple(field) for field in made.patterns}) == 75
        for field, (row, column) in zip(made.patterns.reshape(75, 11, 11), made.middles, strict=True):
            assert field.sum() == 10
            assert field[row - 1 : row + 2, column - 1 : column + 2].sum() == 9

    def test_finer_fields_are_the_same_pictures(self):
        coarse, fine = task("boxes"), task("boxes", kwargs={"resolution": 33})
        small = fine.patterns.reshape(75, 11, 3, 11, 3)
        assert (small == coarse.patterns.reshape(75, 11, 1, 11, 1)).all()
        assert (fine.middles == 3 * coarse.middles + 1).all()
        with pytest.raises(ConfigError, match=r"resolution: expected 11, 33, 55 or another odd multiple of 11, got 22"):
            task("boxes", kwargs={"resolution": 22})
        with pytest.raises(ConfigError, match="boxes has only the setting resolution, got size"):
            task("boxes", kwargs={"size": 22})

    def test_a_cppn_that_connects_near_nodes_solves_them_at_any_resolution(self):
        experiment = load("boxes")
        made = task("boxes")
        config = fitted(experiment.config, made)
        # A weight that falls with distance: Gaussians of x1 - x2 and y1 - y2, multiplied by a sum in a Gaussian.
        from neat.functions.activations import activation_index

        genome = make_genome(
            config,
            [(0, 6, 1.5), (2, 6, -1.5), (1, 7, 1.5), (3, 7, -1.5), (6, 8, 1.0), (7, 8, 1.0), (8, 5, 1.0)],
            hidden=3,
        )
        for node, name in ((6, "square"), (7, "square"), (8, "gaussian"), (5, "identity")):
            genome.nodes["activation"][node] = activation_index(name)
        for side in (11, 33):
            fine = task("boxes", kwargs={"resolution": side})
            with fine.evaluator(at_resolution(config.network, side)) as evaluator:
                evaluation = evaluator.evaluate(Genomes.of([genome]))
            assert evaluation.fitness[0] > 0.99
        assert evaluation.solver == 0 or side == 33
        measures = made.measures(genome, config.network)
        assert measures["score at 11"] == measures["in the box at 11"] == 1.0


def test_settings_without_use_are_refused():
    with pytest.raises(ConfigError, match=r"task.wrappers: the task 'retina' has no such setting.*not an environment"):
        task("retina", wrappers=[{"name": "X"}])
    with pytest.raises(ConfigError, match="unknown backend 'compile' for the task 'sine'"):
        task("sine").evaluator(NetworkConfig(), backend="compile")
