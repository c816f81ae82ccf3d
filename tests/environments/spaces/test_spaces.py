"""Observations in, actions out: every kind of space, against Gymnasium's own flatten and by hand."""

import math

import gymnasium
import numpy as np
import pytest
from arena_games import ACTIONS, OBSERVATIONS
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from environments.playing.observation_scaling import RunningStatistics, bounds_scaling, gather, scale, scaling_table
from environments.spaces.actions import ActionDecoder, action_table, scale_outputs
from environments.spaces.names import input_names, output_names
from environments.spaces.observations import ObservationEncoder
from neat.compiled.random import Stream, make_generator
from neat.errors import ConfigError, EvaluationError
from neat.functions.activations import ACTIVATIONS, apply
from neat.networks.network import Network

RNG = np.zeros(2, np.uint64)


@pytest.mark.parametrize("space", OBSERVATIONS.values(), ids=OBSERVATIONS)
def test_observations_are_those_of_gymnasiums_flatten(space):
    encoder = ObservationEncoder(space)
    space.seed(3)
    x = np.zeros(encoder.size)
    read = encoder.reader(x)
    assert encoder.size == spaces.flatdim(space) == len(encoder.names) == len(set(encoder.names))
    for _ in range(20):
        observation = space.sample()
        expected = np.asarray(spaces.flatten(space, observation), float)
        assert np.array_equal(encoder.encode(observation), expected)
        assert read(observation) is x
        assert np.array_equal(x, expected)


@pytest.mark.parametrize(
    ("environment", "size"), [("FrozenLake-v1", 16), ("Taxi-v4", 500), ("Blackjack-v1", 45), ("CliffWalking-v1", 48)]
)
def test_toy_text_sizes(environment, size):
    env = gymnasium.make(environment)
    observation, _ = env.reset(seed=1)
    x = ObservationEncoder(env.observation_space).encode(observation)
    assert x.shape == (size,)
    assert set(np.unique(x)) == {0.0, 1.0}


@pytest.mark.parametrize(
    "space", [spaces.Text(5), spaces.Sequence(spaces.Discrete(2)), spaces.Graph(spaces.Box(0, 1, (1,)), None)]
)
def test_spaces_without_a_size_are_named(space):
    nested = spaces.Dict({"part": space})
    for kind in (ObservationEncoder, ActionDecoder):
        for wrapped in (space, nested):
            with pytest.raises(ConfigError, match=f"of kind {type(space).__name__} have no fixed size") as caught:
                kind(wrapped)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("space", "observation", "message"),
    [
        (OBSERVATIONS["Box"], np.zeros(4, np.float32), r"shape \(4,\), expected \(3,\)"),
        (OBSERVATIONS["Box"], np.array([0, np.inf, 0]), "not finite .element 1 is inf"),
        (OBSERVATIONS["Discrete"], 3, "expected -1 to 2"),
        (OBSERVATIONS["MultiDiscrete"], np.array([0, 3]), "outside its space"),
        (OBSERVATIONS["MultiBinary"], np.zeros(3), r"expected \(2, 2\)"),
        (OBSERVATIONS["Dict"], {"a": 1}, "lacks a part"),
    ],
)
def test_bad_observations(space, observation, message):
    with pytest.raises(EvaluationError, match=message):
        ObservationEncoder(space).encode(observation)


def test_names_of_inputs():
    assert ObservationEncoder(OBSERVATIONS["Box"]).names == ("obs[0]", "obs[1]", "obs[2]")
    assert ObservationEncoder(OBSERVATIONS["Discrete"]).names == ("obs=-1", "obs=0", "obs=1", "obs=2")
    assert ObservationEncoder(OBSERVATIONS["Dict"]).names == ("obs.a=0", "obs.a=1", "obs.a=2", "obs.b[0]", "obs.b[1]")
    assert input_names("CartPole-v1", ("obs[0]",) * 4)[2] == "pole angle"
    assert input_names("mine:CartPole-v3", ("a", "b")) == ("a", "b")
    assert output_names("LunarLander-v3", ("",) * 4)[2] == "main engine"
    assert output_names("LunarLander-v3", ("",) * 2) == ("main engine", "side engines")


@pytest.mark.parametrize("space", ACTIONS.values(), ids=ACTIONS)
@pytest.mark.parametrize("sample", [False, True])
@pytest.mark.parametrize("activation", [*(a.name for a in ACTIVATIONS), "of_my_own"])
def test_every_action_is_within_its_space(space, sample, activation):
    decoder = ActionDecoder(space, sample=sample)
    decide = decoder.decoder([activation] * decoder.size, make_generator(1, Stream.ACTIONS))
    rng = np.random.default_rng(5)
    for scale_of in (0.1, 1.0, 30.0):
        for _ in range(5):
            raw = rng.normal(size=decoder.size) * scale_of
            y = raw if activation == "of_my_own" else apply(activation, raw)
            action = decide(y)
            assert space.contains(action), (y, action)


def test_box_actions_by_hand():
    box = ACTIONS["Box"]  # [-2, 2] and [0, 7]

    def act(space, activation, *y):
        return ActionDecoder(space).decoder([activation] * len(y), RNG)(np.array(y)).tolist()

    assert act(box, "sigmoid", 0.0, 1.0) == [-2.0, 7.0]
    assert act(box, "sigmoid", 0.5, 0.5) == [0.0, 3.5]
    assert act(box, "tanh", -1.0, 0.0) == [-2.0, 3.5]
    assert act(box, "identity", 0.0, 50.0) == [0.0, 7.0]
    assert act(box, "identity", 0.5, 0.0) == pytest.approx([2 * math.tanh(0.5), 3.5])
    assert act(box, "relu", 0.0, 0.0) == [-2.0, 0.0]
    assert act(ACTIONS["Infinite"], "sigmoid", 0.0, 0.75) == [-1.0, 0.5]
    assert act(ACTIONS["Infinite"], "identity", -30.0, 4.0) == [-30.0, 4.0]
    assert act(ACTIONS["Half"], "tanh", -1.0, -1.0) == [0.0, 1.0]
    assert act(ACTIONS["Half"], "identity", -1.0, -100.0) == [0.0, -100.0]
    assert act(ACTIONS["Whole"], "sigmoid", 0.0, 0.24, 0.26, 1.0) == [[0, 2], [3, 10]]


def test_discrete_actions_by_hand():
    def act(space, *y):
        return ActionDecoder(space).decoder(["tanh"] * len(y), RNG)(np.array(y))

    assert act(ACTIONS["Discrete"], 0.1, 0.4, 0.4) == 6  # the first of equals; values start at 5
    assert type(act(ACTIONS["Discrete"], 0.1, 0.4, 0.4)) is int
    assert act(ACTIONS["MultiDiscrete"], 0.0, 1.0, 0.2, 0.1, 0.3).tolist() == [1, 2]
    assert act(ACTIONS["MultiBinary"], -0.1, 0.1, 0.0).tolist() == [0, 1, 0]
    move, aim = act(ACTIONS["Tuple"], 0.0, 1.0, 0.5)
    assert (move, aim.tolist()) == (1, [0.5])
    assert act(ACTIONS["Dict"], -1.0, 1.0, 0.2, 0.1) == {"aim": pytest.approx([-1.0, 1.0]), "move": 0}


def test_sampled_actions_follow_softmax():
    y = np.log(np.array([0.5, 0.2, 0.3]))
    decide = ActionDecoder(ACTIONS["Discrete"], sample=True).decoder(
        ["identity"] * 3, make_generator(3, Stream.ACTIONS)
    )
    counts = np.bincount([decide(y) - 5 for _ in range(20_000)], minlength=3)
    assert counts / 20_000 == pytest.approx([0.5, 0.2, 0.3], abs=0.015)


@pytest.mark.parametrize("activation", [a.name for a in ACTIVATIONS])
def test_ranges_are_those_of_the_functions(activation):
    x = np.concatenate([np.linspace(-50, 50, 100_001), [-1e6, 1e6]])
    y = apply(activation, x)
    a, b = next((a.low, a.high) for a in ACTIVATIONS if a.name == activation)
    assert y.min() >= a - 1e-9
    assert y.max() <= b + 1e-9
    assert y.min() == pytest.approx(a, abs=1e-2) if math.isfinite(a) else y.min() < -100
    assert y.max() == pytest.approx(b, abs=1e-2) if math.isfinite(b) else y.max() > 100


def test_an_output_that_is_no_number_gives_a_valid_action():
    action = np.empty(1)
    scale_outputs(np.array([np.nan]), 0, action_table(["identity"], np.array([2.0]), np.array([3.0])), action)
    assert action[0] == 2.0


def test_activations_are_read_from_the_genome():
    from arena import linear

    assert Network(linear([[1.0], [2.0]], activation="tanh")).output_activations == ("tanh", "tanh")


def test_scaling_from_bounds():
    low, high = np.array([-4.8, -np.inf, 0.0, 0.0]), np.array([4.8, np.inf, 10.0, np.inf])
    table = scaling_table(bounds_scaling(low, high), 4, clip=False)
    out = np.empty(4)
    scale(np.array([2.4, 70.0, 10.0, 3.0]), table, out)
    assert out == pytest.approx([0.5, 70.0, 1.0, 3.0])


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.integers(0, 1000))
def test_running_statistics_are_those_of_all_observations(lengths, seed):
    rng = np.random.default_rng(seed)
    parts = [rng.normal(3.0, 2.0, size=(n, 2)) for n in lengths]
    rows = np.zeros((len(parts), 5))
    for row, part in zip(rows, parts, strict=True):
        for x in part:
            gather(x, row)
    statistics = RunningStatistics(2)
    statistics.merge(rows[:2])
    restored = RunningStatistics(2)
    restored.restore(statistics.state())
    restored.merge(rows[2:])
    everything = np.concatenate(parts)
    assert restored.count == len(everything)
    if len(everything) >= 2:
        assert restored.mean == pytest.approx(everything.mean(axis=0))
        assert restored.deviation == pytest.approx(everything.std(axis=0))
        out = np.empty(2)
        scale(everything[0], scaling_table(restored.scaling(), 2, clip=True), out)
        assert out == pytest.approx((everything[0] - everything.mean(axis=0)) / everything.std(axis=0).clip(1e-4))


def test_statistics_of_another_task_are_refused():
    with pytest.raises(ConfigError, match="of 3 inputs do not fit a task with 2 inputs"):
        RunningStatistics(2).restore(RunningStatistics(3).state())
    with pytest.raises(ConfigError, match="expected 2 finite numbers in 'shift'"):
        scaling_table({"shift": np.zeros(3), "factor": np.ones(2)}, 2, clip=False)
