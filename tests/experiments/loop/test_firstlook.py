"""The first look: what keeps a run from learning is said in one line, and healthy runs hear nothing."""

from __future__ import annotations

import importlib.util
import io
import json
import logging
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from scripted import Scripted, of, play, weight

from environments.tasks.task import is_registered
from experiments.display.reporters import JsonReporter, PlainReporter
from experiments.loop.events import Finding, Noticed
from experiments.loop.runner import evolve, run
from experiments.settings import Experiment, from_mapping
from experiments.targets import bundled, load


class Market(gymnasium.Env[Any, Any]):
    """Prices near ``level``: buy (1) before they rise, sell (0) before they fall."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = spaces.Discrete(2)

    def __init__(self, level: float = 30_000.0, spread: float = 100.0, pays: bool = True) -> None:
        self.level, self.spread, self.pays = level, spread, pays

    def _observe(self) -> np.ndarray[Any, Any]:
        self.up = bool(self.np_random.random() < 0.5)
        return np.array([self.level + self.spread * (1 if self.up else -1), self.level])

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.left = 20
        return self._observe(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        reward = float(bool(action) == self.up) if self.pays else 0.0
        self.left -= 1
        return self._observe(), reward, self.left == 0, False, {}


gymnasium.register("test_firstlook/Market-v0", entry_point=Market, max_episode_steps=100)


def market(generations: int = 1, threshold: float | None = None, **given: Any) -> Experiment:
    """Return an experiment on the market: sections of settings, and ``kwargs`` of the game."""
    kwargs = {"level": given.pop("level", 30_000.0), "spread": given.pop("spread", 100.0)}
    kwargs["pays"] = given.pop("pays", True)
    task = {"environment": "test_firstlook/Market-v0", "kwargs": kwargs, "episodes": 2, "verify_episodes": 2}
    if threshold is not None:
        task["threshold"] = threshold
    if "scaling" in given:
        task["observation_scaling"] = given.pop("scaling")
    loop = {"backend": "serial", "workers": 1, "generations": generations, "trial_every": 0}
    return from_mapping({"run": loop, "task": task, "population": {"size": 30}, **given})


def findings(experiment: Experiment) -> list[Finding]:
    return [finding for event in of(list(evolve(experiment)), Noticed) for finding in event.findings]


def names(experiment: Experiment) -> list[str]:
    return [finding.name for finding in findings(experiment)]


def test_prices_are_too_large_and_the_setting_named_brings_the_best_rule() -> None:
    (found,) = findings(market())
    assert (found.name, found.setting) == ("huge-inputs", "task.observation_scaling=running")
    assert "inputs reach 3.01e+04 (obs[0])" in found.evidence
    assert found.setting in str(found)
    assert "\n" not in str(found)
    # What it says helps: with it, the same run learns the rule.
    scaled = market(12, scaling="running")
    assert of(list(evolve(scaled)), Noticed) == []
    assert max(event.best for event in evolve(scaled) if hasattr(event, "best") and hasattr(event, "species")) == 20.0


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"level": 0.0, "spread": 1e-4}, "tiny-inputs"),
        ({"level": 0.0, "spread": 1.0, "pays": False}, "constant-fitness"),
        ({"level": 50.0, "spread": 1e-9}, "same-outputs"),
        ({"level": 60.0, "spread": 1.0}, "one-action"),
        ({"level": 0.0, "spread": 1.0, "threshold": 5.0}, "goal-by-chance"),
    ],
)
def test_what_cannot_learn_is_named(given: dict[str, Any], name: str) -> None:
    assert names(market(**given)) == [name]


def test_inputs_of_very_different_size() -> None:
    wrapped = market(level=0.0, spread=1.0)
    scale = {"name": "test_firstlook:Uneven"}
    task = wrapped.task.replace(wrappers=(scale,))
    assert names(Experiment(**{**vars(wrapped), "task": task})) == ["uneven-inputs"]


class Uneven(gymnasium.ObservationWrapper[Any, Any, Any]):
    def observation(self, observation: Any) -> Any:
        return np.array([observation[0] * 50.0, self.np_random.random() * 0.01])


def test_a_market_that_can_be_learned_is_healthy() -> None:
    assert names(market(3, level=0.0, spread=1.0)) == []


def test_a_start_without_connections_is_looked_at_later(monkeypatch: pytest.MonkeyPatch) -> None:
    empty: dict[str, Any] = {"genome": {"initial": "empty"}, "pays": False, "level": 0.0, "spread": 1.0}
    assert names(market(3, **empty)) == []
    events = of(list(evolve(market(12, **empty))), Noticed)
    assert [(event.generation, [f.name for f in event.findings]) for event in events] == [(10, ["constant-fitness"])]


def test_a_standstill_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    still = Scripted(lambda genomes: np.full(20, 500.0) - np.arange(20), threshold=None)
    (event,) = of(play(still, monkeypatch, generations=40), Noticed)
    assert (event.generation, event.findings[0].name, event.findings[0].setting) == (
        20, "standstill", "task.threshold=500",
    )  # fmt: skip
    below = Scripted(lambda genomes: np.full(20, 500.0) - np.arange(20), threshold=1000.0)
    (event,) = of(play(below, monkeypatch, generations=60), Noticed)
    assert (event.generation, event.findings[0].name) == (50, "standstill")
    assert "below 1000" in str(event.findings[0])
    moving = Scripted(lambda genomes: weight(genomes) + genomes.generation, threshold=None)
    assert of(play(moving, monkeypatch, generations=40), Noticed) == []


def test_it_is_shown_logged_and_written_as_json(caplog: pytest.LogCaptureFixture) -> None:
    plain, lines = io.StringIO(), io.StringIO()
    with caplog.at_level(logging.WARNING, logger="experiments"):
        run(market(), PlainReporter(plain), JsonReporter(lines))
        assert caplog.messages == []  # reporters have shown it
        run(market())
    assert [line for line in plain.getvalue().splitlines() if line.startswith("note: inputs reach")]
    notices = [d for d in map(json.loads, lines.getvalue().splitlines()) if d["event"] == "notice"]
    assert [(d["name"], d["generation"], d["setting"]) for d in notices] == [
        ("huge-inputs", 0, "task.observation_scaling=running")
    ]
    assert [m for m in caplog.messages if m.startswith("generation 0: inputs reach")] == caplog.messages != []


def test_looking_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.loop import firstlook

    def results() -> list[Any]:
        return [e.best for e in evolve(market(3, level=0.0, spread=1.0)) if hasattr(e, "species")]

    before = results()
    monkeypatch.setattr(firstlook.FirstLook, "after", lambda *_: ())
    assert results() == before


_NEEDS = {"bipedal-walker": "Box2D", "bipedal-walker-ars": "Box2D", "swimmer": "mujoco", "swimmer-ars": "mujoco",
          "half-cheetah-ars": "mujoco", "hopper": "mujoco",
          "lunar-lander": "Box2D", "lunar-lander-continuous": "Box2D",
          "lunar-lander-continuous-cma": "Box2D",
          "half-cheetah": "mujoco", "walker2d": "mujoco", "inverted-double-pendulum": "mujoco"}  # fmt: skip


@pytest.mark.parametrize("name", bundled())
def test_bundled_experiments_are_healthy(name: str) -> None:
    needs = _NEEDS.get(name)
    if needs and importlib.util.find_spec(needs) is None:
        pytest.skip(f"needs {needs}")
    changes = ["run.generations=1", "run.workers=1", "run.trial_every=0"]
    if not is_registered(load(name).task):
        changes.append("task.verify_episodes=1")
    if needs:
        changes += ["task.episodes=1", "population.size=40", "run.backend=serial", "task.max_episode_steps=200"]
    if load(name).config.genome.initial == "empty":
        changes[0] = "run.generations=11"
    assert names(load(name, changes=changes)) == []
