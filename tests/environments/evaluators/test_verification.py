"""Verification: fresh episodes, counted whole, with an honest interval."""

import math

import gymnasium
import numpy as np
import pytest
from arena import genomes_for, linear
from scipy import stats

from environments import TaskConfig, make_task, verification_seeds
from environments.evaluators import verifying as module
from environments.playing.intervals import mean_interval
from environments.playing.verification import Verification
from neat.config import NetworkConfig
from neat.errors import EvaluationError
from neat.networks.network import Network

BALANCER = linear([[-0.1, -0.3, -1.0, -1.0], [0.1, 0.3, 1.0, 1.0]])


@pytest.mark.parametrize("n", [2, 3, 4, 5, 10, 11, 100, 1000])
def test_the_interval_is_students(n):
    returns = np.random.default_rng(n).normal(5, 3, n)
    expected = stats.t.interval(0.95, n - 1, loc=returns.mean(), scale=stats.sem(returns))
    assert mean_interval(returns) == pytest.approx(expected, rel=1e-9)


def test_one_episode_has_no_interval():
    verification = Verification.of(np.array([3.0]), steps=1, seed=1, threshold=3.0)
    assert math.isnan(verification.low)
    assert verification.as_dict()["high"] is None
    assert verification.solved
    assert verification.as_dict()["returns"] == [3.0]


def test_a_balancing_network_is_verified_on_cart_pole():
    task = make_task(TaskConfig(environment="CartPole-v1"))
    verification = task.verify(BALANCER, NetworkConfig(), seed=3)
    assert verification.solved
    assert (verification.episodes, len(verification.returns)) == (100, 100)
    assert verification.steps == verification.returns.sum()
    assert verification.minimum >= 475
    again = task.verify(BALANCER, NetworkConfig(), seed=3)
    assert np.array_equal(verification.returns, again.returns)


def test_cart_poles_side_by_side_play_whole_and_fresh_episodes():
    """Each return is that of the same start, played alone in the environment itself."""
    task = make_task(TaskConfig(environment="CartPole-v1"))
    config, genomes = genomes_for(task, size=10, generations=3)
    for genome in [*genomes][:4]:
        verification = task.verify(genome, config.network, seed=9, episodes=50)
        envs = gymnasium.make_vec("CartPole-v1", 50, vectorization_mode="vector_entry_point")
        starts, _ = envs.reset(seed=verification_seeds(9, 1)[0])
        states = envs.unwrapped.state.copy()
        assert len({tuple(s) for s in starts}) == 50
        network = Network(genome, config.network)
        returns = []
        for state in states.T:
            env = gymnasium.make("CartPole-v1")
            env.reset()
            env.unwrapped.state = tuple(state)
            observation, total, ended = np.array(state, np.float32), 0.0, False
            while not ended:
                observation, reward, terminated, truncated, _ = env.step(int(np.argmax(network.activate(observation))))
                total += reward
                ended = terminated or truncated
            returns.append(total)
        # The vector environment computes in float64 as the single one does, with the same formulas.
        assert verification.returns.tolist() == returns
        assert verification.steps == sum(returns)


def test_side_by_side_and_one_by_one_agree_on_the_mean(monkeypatch):
    task = make_task(TaskConfig(environment="CartPole-v1"))
    config, genomes = genomes_for(task, size=30)
    best = max(genomes, key=lambda g: task.verify(g, config.network, seed=1, episodes=20).mean)
    fast = task.verify(best, config.network, seed=2, episodes=300)
    monkeypatch.setattr(module, "_has_cart_poles", lambda config: False)
    slow = task.verify(best, config.network, seed=2, episodes=300)
    assert stats.ttest_ind(fast.returns, slow.returns).pvalue > 0.001


@pytest.mark.parametrize("workers", [1, 3])
def test_other_environments_use_the_fresh_seeds(workers):
    task = make_task(TaskConfig(environment="Pendulum-v1", verify_episodes=6))
    torque = linear([[0.1, 0.2, 0.3]], activation="tanh")
    verification = task.verify(torque, NetworkConfig(), seed=5, workers=workers)
    env = gymnasium.make("Pendulum-v1")
    network = Network(torque, NetworkConfig())
    expected = []
    for seed in verification_seeds(5, 6):
        observation, _ = env.reset(seed=seed)
        total, ended = 0.0, False
        while not ended:
            observation, reward, _, ended, _ = env.step((2 * network.activate(observation)).astype(np.float32))
            total += float(reward)
        expected.append(total)
    assert verification.returns.tolist() == expected
    assert verification.steps == 1200
    assert not verification.solved


def test_attempts_are_fresh():
    task = make_task(TaskConfig(environment="CartPole-v1"))
    config, genomes = genomes_for(task, size=4)
    first, second = (task.verify(genomes[0], config.network, seed=1, attempt=i) for i in (0, 1))
    assert first.returns.tolist() != second.returns.tolist()


def test_the_champions_scaling_is_used():
    task = make_task(TaskConfig(environment="CartPole-v1", observation_scaling="running"))
    upside_down = {"shift": np.zeros(4), "factor": -np.ones(4)}
    assert task.verify(BALANCER, NetworkConfig(), seed=1).mean > 475
    assert task.verify(BALANCER, NetworkConfig(), seed=1, scaling=upside_down).mean < 50


def test_settings_change_the_environment_that_verifies():
    short = make_task(TaskConfig(environment="CartPole-v1", max_episode_steps=30))
    assert short.verify(BALANCER, NetworkConfig(), seed=1).mean == 30
    doubled = make_task(TaskConfig(environment="CartPole-v1", wrappers=({"name": "arena_games:Double"},)))
    assert doubled.verify(BALANCER, NetworkConfig(), seed=1, episodes=5).mean == 1000


def test_faults_are_named():
    task = make_task(TaskConfig(environment="arena_games:Bad-v0", fault="worst"))
    with pytest.raises(EvaluationError, match=r"on fire in step \(.*, line \d+\) \(verification, seed \d+\)"):
        task.verify(linear([[-1.0], [1.0]]), NetworkConfig(), seed=1)
