"""`neat ppo` and `neat dqn`: agents over seeds, their figures and the exit code, Stable-Baselines3 beside them."""

import ctypes
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import toy_games  # noqa: F401 - registers environments

from environments.playing.verification import Verification
from environments.tasks.settings import TaskConfig
from experiments.cli import main
from experiments.gradients.agent_study import LEARNERS, AgentResults, TrainedAgent, changed, train_agents
from experiments.gradients.allocation import keep_freed_memory
from experiments.studies.zoo import ZooEntry
from neat.backprop.dqn import DQNConfig
from neat.backprop.ppo import PPOConfig
from neat.errors import ConfigError

PPO = ("environments=4", "steps=32", "batch_size=32", "epochs=4", "learning_rate=3e-3", "hidden=[16]", "gamma=0.0")
DQN = ("memory=1000", "batch_size=32", "gamma=0.0", "learning_rate=3e-3", "hidden=[16]", "gradient_steps=2")


def words(method, changes, *more):
    settings = [word for change in changes for word in ("--set", change)]
    return [method, "Identity-v0", "--seeds", "2", "--episodes", "5", "--alone", *settings, *more]


@pytest.mark.parametrize(("method", "changes", "steps"), [("ppo", PPO, 6_000), ("dqn", DQN, 4_000)])
def test_the_command_in_words_and_in_json(capsys, method, changes, steps):
    assert main(words(method, changes, "--steps", str(steps), "--seed", "1")) == 0
    printed = capsys.readouterr().out
    assert f"Identity-v0: {method.upper()}, 2 seeds, at least {steps:,} steps each" in printed
    assert "mean return 10.00 over 2 seeds (sd between seeds 0.00)" in printed
    assert main(words(method, changes, "--steps", str(steps), "--seed", "1", "--json")) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["agent", "agent", "figures"]
    assert [event["seed"] for event in events[:2]] == [1, 2]
    assert events[2]["neat-arena"]["mean"] == 10.0
    assert events[2]["zoo"]["mean"] is None


def test_an_agent_worse_than_the_zoo_s_is_a_failure(capsys):
    little = ["ppo", "CartPole-v1", "--steps", "200", "--episodes", "3", "--alone"]
    assert main(little) == 1
    assert "495, its mean less its deviation, is not reached" in capsys.readouterr().out


def test_processes_change_nothing():
    task, config = TaskConfig(environment="CartPole-v1"), changed(PPOConfig(), PPO)
    alone, beside = (
        list(train_agents(task, config, steps=300, seeds=[1, 2], episodes=3, workers=workers)) for workers in (1, 2)
    )
    assert [t.seed for t in beside] == [1, 2]
    for a, b in zip(alone, beside, strict=True):
        assert np.array_equal(a.verification.returns, b.verification.returns)


def test_figures_of_a_study():
    def agent(seed, mean):
        return TrainedAgent(
            "neat-arena", seed, 100, 0.5, Verification.of(np.array([mean]), steps=1, seed=seed, threshold=None)
        )

    study = AgentResults((agent(1, 2.0), agent(2, 4.0)))
    assert (study.mean, study.sd, study.speed) == (3.0, pytest.approx(math.sqrt(2.0)), 200.0)
    assert math.isnan(AgentResults((agent(1, 2.0),)).sd)
    assert ZooEntry(PPOConfig(), 10, -100.0, 20.0).goal == -120.0
    assert ZooEntry(PPOConfig(), 10, 500.0, 0.0).goal == 495.0


def test_settings_can_be_changed():
    assert changed(PPOConfig(), ["gamma=0.9", "ppo.hidden=[8, 8]"]) == PPOConfig(gamma=0.9, hidden=(8, 8))
    assert changed(DQNConfig(), ["dqn.target_every=5"]) == DQNConfig(target_every=5)
    for config, change, message in (
        (PPOConfig(), "gama=0.9", r"unknown setting 'ppo\.gama' \(did you mean 'gamma'\?\)"),
        (DQNConfig(), "target_evry=5", r"unknown setting 'dqn\.target_evry' \(did you mean 'target_every'\?\)"),
        (PPOConfig(), 'steps="many"', r"ppo\.steps: expected a whole number"),
        (DQNConfig(), "gamma=2.0", r"dqn\.gamma: expected a number from 0 to 1"),
    ):
        with pytest.raises(ConfigError, match=message):
            changed(config, [change])


def test_mistakes_are_refused(capsys):
    assert main(["ppo", "CartPole-v1", "--seeds", "0"]) == 2
    assert "--seeds: expected at least 1, got 0" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="did you mean 'neat-arena'"):
        list(
            train_agents(TaskConfig(environment="CartPole-v1"), PPOConfig(), steps=1, seeds=[0], learners=["neat-aren"])
        )


@pytest.mark.parametrize(("config", "changes"), [(PPOConfig(), PPO), (DQNConfig(), DQN)])
def test_stable_baselines3_plays_the_same_episodes(config, changes):
    pytest.importorskip("stable_baselines3")
    task = TaskConfig(environment="CartPole-v1")
    found = list(train_agents(task, changed(config, changes), steps=200, seeds=[3], episodes=3, learners=LEARNERS))
    assert [agent.learner for agent in found] == list(LEARNERS)
    assert all(agent.steps >= 200 and len(agent.verification.returns) == 3 for agent in found)


def test_freed_memory_is_kept_where_the_allocator_can_be_told(monkeypatch):
    told = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(mallopt=lambda *words: told.append(words)))
    keep_freed_memory()
    assert told == [(-1, 2**28), (-3, 2**25)]
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())  # no glibc
    keep_freed_memory()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: ctypes.c_int(name))  # Windows: TypeError
    keep_freed_memory()
    assert len(told) == 2
