"""PPO: its arithmetic against slow references, toy environments with a known optimum, CartPole."""

import dataclasses
import math

import numpy as np
import pytest
import toy_games  # noqa: F401 - registers environments
from gymnasium import spaces
from test_autodiff import error

import experiments.gradients.experience
from environments.tasks.settings import TaskConfig
from experiments.gradients.agent import verify_agent
from experiments.gradients.experience import vector_environment
from experiments.gradients.ppo import perceptrons, train_ppo
from experiments.studies.zoo import ZOO, zoo_entry
from neat.backprop.distributions import Categorical
from neat.backprop.mlp import MLP
from neat.backprop.ppo import PPO, Experience, PPOConfig, advantages
from neat.errors import ConfigError

SMALL = PPOConfig(environments=4, steps=32, batch_size=32, epochs=4, learning_rate=3e-3, hidden=(16,), gamma=0.0)


def random_experience(rng, learner, n=12):
    observations = rng.normal(size=(n, 3))
    actions = learner.act(observations)
    gains = rng.normal(size=n)
    return Experience(observations, actions, gains, gains + rng.normal(size=n))


@pytest.mark.parametrize(
    "space", [spaces.Discrete(3), spaces.Box(-1.0, 1.0, (2,), np.float32)], ids=["discrete", "box"]
)
@pytest.mark.parametrize("sde", [False, True])
@pytest.mark.parametrize("value_clip", [0.0, 0.3])
def test_the_gradient_is_that_of_the_loss(space, sde, value_clip):
    rng = np.random.default_rng(4)
    config = PPOConfig(hidden=(5, 4), sde=sde, entropy_coefficient=0.05, environments=12, value_clip=value_clip)
    learner = perceptrons(config, rng, space, 3, rng).learner
    learner.begin()
    data = random_experience(rng, learner)
    old, _ = learner.policy.evaluate(*learner._actor_pass(data.observations)[:2], data.actions)
    box = isinstance(space, spaces.Box)
    learner.parameters += (0.2 if not box else 0.04 if sde else 0.1) * rng.normal(size=len(learner.parameters))
    batch = rng.permutation(12)[:8]
    gain = data.advantages[batch]
    gain = (gain - gain.mean()) / (gain.std(ddof=1) + 1e-8)

    def loss():
        outputs, features, _ = learner._actor_pass(data.observations[batch])
        new, entropy = learner.policy.evaluate(outputs, features, data.actions[batch])
        ratio = np.exp(new - old[batch])
        objective = np.minimum(ratio * gain, np.clip(ratio, 0.8, 1.2) * gain)
        values, targets = learner.values(data.observations[batch]), data.returns[batch]
        before = targets - data.advantages[batch]
        value_loss = (values - targets) ** 2
        if value_clip:
            value_loss = np.maximum(value_loss, (before + np.clip(values - before, -0.3, 0.3) - targets) ** 2)
        return -objective.mean() - 0.05 * entropy.mean() + 0.5 * value_loss.mean()

    gradient, record = learner.gradient(data, old, batch, 0.2)
    numeric = np.zeros_like(gradient)
    for i in range(len(gradient)):
        kept, sides = learner.parameters[i], []
        for h in (1e-6, -1e-6):
            learner.parameters[i] = kept + h
            sides.append(loss())
        learner.parameters[i] = kept
        numeric[i] = (sides[0] - sides[1]) / 2e-6
    assert 0.0 < record[3] < 1.0  # some examples are clipped, some are not
    if sde and box:  # gSDE's noise gives no gradient to hidden layers: compare what it does not touch
        hidden = sum(
            w.size + b.size for w, b in zip(learner.actor.weights[:-1], learner.actor.biases[:-1], strict=True)
        )
        gradient, numeric = gradient[hidden:], numeric[hidden:]
    assert error(gradient, numeric) < 1e-6


def test_values_within_the_clip_range_keep_their_whole_gradient():
    """Where nothing is clipped, the two losses are one and differ by rounding alone."""
    gradients = []
    for value_clip in (0.0, 1e9):
        rng = np.random.default_rng(4)
        config = PPOConfig(hidden=(5, 4), environments=200, value_clip=value_clip)
        learner = perceptrons(config, rng, spaces.Discrete(3), 3, rng).learner
        learner.begin()
        data = random_experience(rng, learner)
        old, _ = learner.policy.evaluate(*learner._actor_pass(data.observations)[:2], data.actions)
        learner.parameters += 0.1 * rng.normal(size=len(learner.parameters))
        gradients.append(learner.gradient(data, old, np.arange(len(data.returns)), 0.2)[0])
    assert np.array_equal(*gradients)


def test_advantages_agree_with_the_sum_of_discounted_errors():
    rng = np.random.default_rng(0)
    rewards, values, last = rng.normal(size=(9, 3)), rng.normal(size=(9, 3)), rng.normal(size=3)
    ended = rng.random((9, 3)) < 0.25
    following = np.vstack([values[1:], last])
    expected = np.zeros((9, 3))
    for i in range(3):
        for t in range(9):
            factor = 1.0
            for k in range(t, 9):
                goes_on = not ended[k, i]
                expected[t, i] += factor * (rewards[k, i] + 0.9 * following[k, i] * goes_on - values[k, i])
                factor *= 0.9 * 0.7
                if not goes_on:
                    break
    np.testing.assert_allclose(advantages(rewards, values, ended, last, 0.9, 0.7), expected, atol=1e-12)


def test_parameters_are_one_vector():
    rng = np.random.default_rng(0)
    actor, critic = MLP((3, 4, 2), "tanh"), MLP((3, 4, 1), "tanh", seed=1)
    learner = PPO(actor, critic, Categorical(2), SMALL, rng)
    assert len(learner.parameters) == actor.parameter_count + critic.parameter_count
    before = learner.values(np.ones((1, 3)))
    learner.parameters += 0.1
    assert learner.values(np.ones((1, 3))) != before
    assert np.shares_memory(learner.parameters, actor.weights[0])


@pytest.mark.parametrize("start", [0, 2])
def test_discrete_actions_reach_the_known_optimum(start):
    task = TaskConfig(environment="Identity-v0", kwargs={"start": start})
    agent = train_ppo(task, SMALL, steps=6_000, seed=1)
    assert verify_agent(agent, task, seed=1, episodes=10).mean == 10.0


@pytest.mark.parametrize("sde", [False, True])
def test_box_actions_reach_the_known_optimum(sde):
    task = TaskConfig(environment="Target-v0")
    config = dataclasses.replace(SMALL, sde=sde, sde_sample_frequency=2, log_std=-0.5)
    agent = train_ppo(task, config, steps=12_000, seed=1)
    assert verify_agent(agent, task, seed=1, episodes=10).mean > -0.3  # the best constant action gets -3.3


def test_a_time_limit_is_not_an_end():
    config = dataclasses.replace(SMALL, gamma=0.9, learning_rate=0.02, gae_lambda=0.95, epochs=10)
    agent = train_ppo(TaskConfig(environment="CutOff-v0"), config, steps=10_000, seed=0)
    assert agent.learner.values(np.ones((1, 1)))[0] == pytest.approx(10.0, rel=0.1)


def test_normalised_observations_and_rewards():
    rewards = []
    config = dataclasses.replace(SMALL, normalise=True)
    agent = train_ppo(
        TaskConfig(environment="Pendulum-v1"), config, steps=1_000, seed=0,
        after_update=lambda progress, agent: rewards.append(progress.update.value_loss) is not None,
    )  # fmt: skip
    assert agent.table.shape == (3, 3)
    assert agent.table[1, 2] == pytest.approx(1 / 3, rel=0.9)  # angular velocity spans more than the sines and cosines
    assert max(rewards) < 100.0  # rewards of -16 and less would give more


def test_the_same_seed_gives_the_same_agent():
    task = TaskConfig(environment="CartPole-v1")
    config = dataclasses.replace(ZOO["CartPole-v1"].config, hidden=(8,))
    agents = [train_ppo(task, config, steps=1_000, seed=seed) for seed in (3, 3, 4)]
    assert np.array_equal(agents[0].learner.parameters, agents[1].learner.parameters)
    assert not np.array_equal(agents[0].learner.parameters, agents[2].learner.parameters)


def test_compiled_twins_change_nothing(monkeypatch):
    task = TaskConfig(environment="CartPole-v1")
    config = dataclasses.replace(ZOO["CartPole-v1"].config, hidden=(8,))
    fast = train_ppo(task, config, steps=1_000, seed=3)
    monkeypatch.setattr(experiments.gradients.experience, "twin_of", lambda task: None)
    envs = vector_environment(task, 2)
    assert type(envs).__name__ == "SyncVectorEnv"
    envs.close()
    plain = train_ppo(task, config, steps=1_000, seed=3)
    assert np.array_equal(fast.learner.parameters, plain.learner.parameters)


def test_training_can_be_ended():
    seen = []
    agent = train_ppo(
        TaskConfig(environment="Identity-v0"), SMALL, steps=10_000, seed=0,
        after_update=lambda progress, agent: bool(seen.append((progress, agent())) or len(seen) == 2),
    )  # fmt: skip
    assert agent.steps == seen[-1][0].steps == 2 * 4 * 32
    assert seen[0][1].steps == 128
    assert seen[0][0].episodes == 12
    assert 0.0 <= seen[0][0].mean_return <= 10.0


def test_cart_pole_is_learned():
    entry = ZOO["CartPole-v1"]
    task = TaskConfig(environment="CartPole-v1")
    agent = train_ppo(task, entry.config, steps=40_000, seed=0)
    verification = verify_agent(agent, task, seed=0, episodes=20)
    assert verification.mean >= 475.0
    assert verification.solved


def test_settings_of_the_zoo():
    assert zoo_entry("CartPole-v1").steps == 100_000
    assert zoo_entry("Pendulum-v1").config.sde
    assert math.isnan(zoo_entry("Unknown-v0").mean)
    assert zoo_entry("Unknown-v0").config == PPOConfig()


def test_what_cannot_be_learned_is_refused():
    with pytest.raises(ConfigError, match="did you mean 'CartPole-v1'"):
        train_ppo(TaskConfig(environment="CartPol-v1"), SMALL, steps=10)
    with pytest.raises(ConfigError, match="expected actions of kind Discrete or Box"):
        perceptrons(SMALL, np.random.default_rng(0), spaces.MultiBinary(3), 2, np.random.default_rng(0))
    for changes, message in (
        ({"environments": 0}, "ppo.environments"),
        ({"gamma": 1.5}, "ppo.gamma"),
        ({"learning_rate": 0.0}, "ppo.learning_rate"),
        ({"schedule": "cosine"}, "ppo.schedule"),
        ({"hidden": ()}, "ppo.hidden"),
    ):
        with pytest.raises(ConfigError, match=message):
            dataclasses.replace(SMALL, **changes)
