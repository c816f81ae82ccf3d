"""Deep Q-learning: its gradient and memory against slow references, toy environments with a known optimum."""

import dataclasses

import numpy as np
import pytest
import toy_games  # noqa: F401 - registers environments
from test_autodiff import error

from environments.tasks.settings import TaskConfig
from experiments.gradients.agent import verify_agent
from experiments.gradients.dqn import train_dqn
from experiments.studies.zoo import DQN_ZOO, dqn_entry
from neat.backprop.dqn import DQN, DQNConfig, ReplayBuffer, Transitions
from neat.backprop.mlp import MLP
from neat.errors import ConfigError

SMALL = DQNConfig(
    memory=1_000, first_steps=100, gradient_steps=2, batch_size=32, gamma=0.0, learning_rate=3e-3, target_every=100,
    hidden=(16,),
)  # fmt: skip


def learner(seed=0, **changes):
    config = dataclasses.replace(SMALL, **changes)
    return DQN(MLP((2, 5, 3), ["tanh", "identity"], seed=seed), config, np.random.default_rng(seed))


def random_transitions(rng, n=20):
    return Transitions(
        rng.normal(size=(n, 2)), rng.integers(3, size=n), rng.normal(size=n) * 1.5, rng.normal(size=(n, 2)),
        rng.random(n) < 0.3,
    )  # fmt: skip


def test_the_gradient_is_that_of_the_loss():
    rng = np.random.default_rng(3)
    made = learner(gamma=0.9)
    older = made.network.parameters.copy()
    made.parameters[:] += 0.3 * rng.normal(size=len(made.parameters))
    batch = random_transitions(rng)
    then = MLP((2, 5, 3), ["tanh", "identity"])
    then.parameters = older

    def errors():
        found = []
        for i in range(20):
            target = batch.rewards[i]
            if not batch.terminated[i]:
                target += 0.9 * max(then.predict(batch.following[i]))
            found.append(made.network.predict(batch.observations[i])[batch.actions[i]] - target)
        return found

    def loss():
        return np.mean([0.5 * e * e if abs(e) <= 1.0 else abs(e) - 0.5 for e in errors()])

    gradient, value = made.gradient(batch)
    assert value == pytest.approx(loss(), rel=1e-12)
    assert 3 < sum(abs(e) > 1.0 for e in errors()) < 17  # both branches of the loss
    numeric = np.zeros_like(gradient)
    for i in range(len(gradient)):
        kept, sides = made.parameters[i], []
        for h in (1e-6, -1e-6):
            made.parameters[i] = kept + h
            sides.append(loss())
        made.parameters[i] = kept
        numeric[i] = (sides[0] - sides[1]) / 2e-6
    assert error(gradient, numeric) < 1e-6


def test_targets_come_from_the_older_copy_until_it_is_renewed():
    made = learner(gamma=0.9)
    batch = random_transitions(np.random.default_rng(0))
    before = made.gradient(batch)[1]
    last_bias = slice(-3, None)
    made.parameters[last_bias] += 1.0  # every Q(s, a) and, once it is renewed, every Q'(s', a') grows by 1
    moved = made.gradient(batch)[1]
    made.renew_target()
    renewed = made.gradient(batch)[1]
    assert len({before, moved, renewed}) == 3
    made.parameters[last_bias] -= 1.0
    made.renew_target()
    assert made.gradient(batch)[1] == pytest.approx(before, rel=1e-12)


def test_memory_forgets_the_oldest():
    memory = ReplayBuffer(5, 1)
    with pytest.raises(RuntimeError, match="empty memory"):
        memory.draw(1, np.random.default_rng(0))
    for i in range(8):
        memory.add(np.array([i]), i, -i, np.array([i + 1]), i % 2 == 0)
    assert len(memory) == 5
    drawn = memory.draw(500, np.random.default_rng(0))
    assert set(drawn.actions.tolist()) == {3, 4, 5, 6, 7}
    assert np.array_equal(drawn.observations[:, 0], drawn.actions)
    assert np.array_equal(drawn.following[:, 0], drawn.actions + 1)
    assert np.array_equal(drawn.rewards, -drawn.actions)
    assert np.array_equal(drawn.terminated, drawn.actions % 2 == 0)


def test_memory_that_is_not_full_draws_what_it_has():
    memory = ReplayBuffer(1_000, 1)
    memory.add(np.array([7.0]), 1, 0.5, np.array([8.0]), False)
    assert memory.draw(20, np.random.default_rng(0)).observations.tolist() == [[7.0]] * 20


def test_exploration_falls_and_then_stays():
    config = dataclasses.replace(SMALL, exploration_share=0.2, exploration_end=0.1)
    assert [config.exploration(done) for done in (0.0, 0.1, 0.2, 1.0)] == pytest.approx([1.0, 0.55, 0.1, 0.1])
    assert dataclasses.replace(config, exploration_share=0.0).exploration(0.0) == pytest.approx(0.1)


def test_exploration_is_how_often_actions_are_random():
    made = learner()
    observation = np.array([0.3, -0.2])
    best = int(made.network.predict(observation).argmax())
    chosen = np.array([made.act(observation, 0.6) for _ in range(3_000)])
    assert np.mean(chosen != best) == pytest.approx(0.4, abs=0.03)  # of the random ones a third is the best
    assert {made.act(observation, 0.0) for _ in range(50)} == {best}


@pytest.mark.parametrize("start", [0, 2])
def test_the_known_optimum_is_reached(start):
    task = TaskConfig(environment="Identity-v0", kwargs={"start": start})
    agent = train_dqn(task, SMALL, steps=4_000, seed=1)
    assert verify_agent(agent, task, seed=1, episodes=10).mean == 10.0


def test_a_time_limit_is_not_an_end():
    config = dataclasses.replace(SMALL, gamma=0.9, learning_rate=0.01)
    agent = train_dqn(TaskConfig(environment="CutOff-v0"), config, steps=12_000, seed=0)
    assert agent.learner.network.predict(np.ones(1)).max() == pytest.approx(10.0, rel=0.1)


def test_nothing_is_learned_before_the_first_steps_are_over():
    task, returns = TaskConfig(environment="Identity-v0"), []
    config = dataclasses.replace(SMALL, first_steps=300, exploration_share=0.0, exploration_end=0.0)
    waiting = [train_dqn(task, config, steps=steps, seed=2).learner.parameters for steps in (1, 300)]
    assert np.array_equal(*waiting)
    after = train_dqn(task, config, steps=304, seed=2, after_episode=lambda step, total: returns.append((step, total)))
    assert not np.array_equal(after.learner.parameters, waiting[0])
    assert [step for step, _ in returns] == list(range(10, 301, 10))
    assert len({total for _, total in returns}) > 3  # at random, though ε is 0


def test_the_same_seed_gives_the_same_agent():
    task = TaskConfig(environment="MountainCar-v0")
    agents = [train_dqn(task, SMALL, steps=500, seed=seed) for seed in (3, 3, 4)]
    assert np.array_equal(agents[0].learner.parameters, agents[1].learner.parameters)
    assert not np.array_equal(agents[0].learner.parameters, agents[2].learner.parameters)


def test_cart_pole_is_learned():
    entry = DQN_ZOO["CartPole-v1"]
    task = TaskConfig(environment="CartPole-v1")
    agent = train_dqn(task, dataclasses.replace(entry.config, hidden=(64, 64)), steps=30_000, seed=0)
    assert verify_agent(agent, task, seed=0, episodes=20).mean >= 150.0  # at random it is 22


def test_settings_of_the_zoo():
    assert dqn_entry("MountainCar-v0").steps == 120_000
    assert dqn_entry("MountainCar-v0").goal == pytest.approx(-110.7)
    assert dqn_entry("Unknown-v0").config == DQNConfig()


def test_what_cannot_be_learned_is_refused():
    with pytest.raises(ConfigError, match="expected actions of kind Discrete"):
        train_dqn(TaskConfig(environment="Target-v0"), SMALL, steps=10)
    for changes, message in (
        ({"memory": 0}, "dqn.memory"),
        ({"gamma": 1.5}, "dqn.gamma"),
        ({"first_steps": -1}, "dqn.first_steps"),
        ({"learning_rate": 0.0}, "dqn.learning_rate"),
        ({"hidden": ()}, "dqn.hidden"),
    ):
        with pytest.raises(ConfigError, match=message):
            dataclasses.replace(SMALL, **changes)
