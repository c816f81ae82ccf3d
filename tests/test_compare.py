"""Comparisons: the arms keep to their budget, meet the same episodes, and are summed up by rliable's method."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import experiments.arms
from experiments import load
from experiments.arms import ARMS, Curve, Job, Point, run_arm
from experiments.cli import main
from experiments.compare import ArmSummary, CompareConfig, compare, effort
from experiments.compare_report import _seconds, curves_figure, table
from experiments.intervals import bootstrap_interval, interquartile_mean
from experiments.tuning import PolicyTuned
from neat.backprop.ppo import PPOConfig
from neat.errors import ConfigError, RunDirectoryError

EXPERIMENT = load("CartPole-v1", changes=("population.size=8", "task.episodes=2"))
PPO = PPOConfig(environments=4, steps=64, batch_size=64, epochs=2, hidden=(8,))
CONFIG = CompareConfig(steps=6_000, seeds=2, looks=3, episodes=3, final_episodes=5)


def job(arm, seed=5, **changes):
    made = Job(arm, seed, EXPERIMENT, PPO, budget=6_000, looks=3, episodes=3, final_episodes=5)
    return dataclasses.replace(made, **changes)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_interquartile_mean_is_the_trimmed_mean(values):
    assert interquartile_mean(values) == pytest.approx(stats.trim_mean(values, 0.25), abs=1e-6)


def test_bootstrap_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for i in range(200):
        low, high = bootstrap_interval(rng.normal(3.0, 1.0, 20), seed=i, resamples=500)
        covered += low <= 3.0 <= high
    assert 170 <= covered <= 198


def test_bootstrap_keeps_the_points_of_a_run_together():
    runs = np.arange(6.0)[:, None] + np.array([0.0, 100.0])
    low, high = bootstrap_interval(runs)
    assert (high - low)[0] == pytest.approx((high - low)[1])
    assert bootstrap_interval(np.ones((4, 3)))[0].tolist() == [1.0] * 3


@pytest.mark.parametrize("arm", ARMS)
def test_every_arm_has_all_its_looks(arm):
    curve = run_arm(job(arm))
    assert [point.steps for point in curve.points] == [2_000, 4_000, 6_000]
    assert [len(point.returns) for point in curve.points] == [3, 3, 5]
    assert all(0.0 < point.mean <= 500.0 for point in curve.points)
    for a, b in zip(curve.points, curve.points[1:], strict=False):
        assert 0.0 <= a.seconds <= b.seconds
        assert 0.0 <= a.processor_seconds <= b.processor_seconds
    if arm == "ppo":
        assert (curve.parameters, curve.connections, curve.hidden) == (8 * 5 + 2 * 9, 8 * 4 + 2 * 8, 8)
    else:
        assert 0 < curve.connections <= curve.parameters


@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_can_be_repeated(arm):
    first, second = (run_arm(job(arm, budget=2_500)) for _ in range(2))
    for a, b in zip(first.points, second.points, strict=True):
        assert np.array_equal(a.returns, b.returns)


@pytest.mark.parametrize("arm", ["neat", "neat+ppo", "random"])
def test_what_does_not_fit_the_budget_does_not_count(arm):
    little = run_arm(job(arm, budget=10))  # less than one generation
    first = run_arm(job("neat", budget=11))
    assert np.array_equal(little.points[-1].returns, first.points[-1].returns)


@pytest.mark.parametrize("arm", ["neat", "neat+ppo", "random"])
def test_no_arm_answers_with_what_it_had_no_steps_for(arm, monkeypatch):
    """A generation that would go beyond the budget may neither be answered with nor leave less for fine-tuning."""
    evolved, tuned = [], []
    monkeypatch.setattr(experiments.arms._Looks, "offer", lambda self, policy, steps: evolved.append(steps))

    def tune(genome, task, network, *, steps, **others):
        tuned.append(steps)
        return PolicyTuned(genome, 0.0, 0.0, steps, 0.0)

    monkeypatch.setattr(experiments.arms, "tune_by_ppo", tune)
    for seed in range(8):
        evolved.clear()
        tuned.clear()
        run_arm(job(arm, seed=seed, budget=2_000))
        assert len(evolved) > 1
        assert max(evolved) <= (1_000 if arm == "neat+ppo" else 2_000)
        assert tuned == ([2_000 - max(evolved)] if arm == "neat+ppo" else [])


def test_arms_meet_the_same_episodes():
    """With a budget too small for one generation, all arms but PPO answer with the same genome."""
    curves = [run_arm(job(arm, budget=10)) for arm in ("neat", "random")]
    assert np.array_equal(curves[0].points[0].returns, curves[1].points[0].returns)
    other = run_arm(job("neat", budget=10, seed=6))
    assert not np.array_equal(curves[0].points[0].returns, other.points[0].returns)


def test_summary():
    def curve(seed, *means):
        points = tuple(Point(100 * (i + 1), 0.5 * (i + 1), 0.25 * (i + 1), np.array([m])) for i, m in enumerate(means))
        return Curve("neat", seed, points, parameters=10 + seed, connections=6, hidden=seed)

    summary = ArmSummary.of([curve(1, 1.0, 10.0), curve(2, 3.0, 20.0), curve(3, 5.0, 60.0)], threshold=20.0)
    assert summary.steps.tolist() == [100, 200]
    assert summary.mean.tolist() == [3.0, 30.0]
    assert summary.low[1] == 10.0
    assert summary.high[1] == 60.0
    assert summary.solved == pytest.approx(2 / 3)
    assert summary.parameters == 12.0
    assert summary.total_seconds == 1.0
    assert summary.total_processor_seconds == 0.5
    assert summary.seconds.tolist() == [0.25, 0.5]


@pytest.mark.parametrize(("seconds", "text"), [(0.00412, "0.0041"), (4.4, "4.4"), (43.3, "43"), (1234.5, "1,234")])
def test_times_in_tables_have_two_digits_at_least(seconds, text):
    assert _seconds(seconds) == text


def test_comparison_table_and_picture():
    seen = []
    result = compare(EXPERIMENT, CONFIG, ppo=PPO, after_curve=seen.append)
    assert len(seen) == len(result.curves) == 8
    assert [curve.arm for curve in result.curves] == [arm for arm in ARMS for _ in range(2)]
    assert result.threshold == 475.0
    text = table(result)
    assert text.count("\n") == 5
    assert "| NEAT |" in text
    assert "random search" in text
    assert len(curves_figure(result).axes) == 2
    assert json.dumps(result.as_dict())
    words = "\n".join(effort(EXPERIMENT, CONFIG))
    assert "6,000 environment steps" in words
    assert "settings changed for this task: task.episodes = 2, population.size = 8" in words


def test_processes_change_nothing():
    config = dataclasses.replace(CONFIG, arms=("neat", "random"), steps=2_500)
    alone, beside = (compare(EXPERIMENT, config, ppo=PPO, workers=workers) for workers in (1, 2))
    for a, b in zip(alone.curves, beside.curves, strict=True):
        assert (a.arm, a.seed) == (b.arm, b.seed)
        assert all(np.array_equal(p.returns, q.returns) for p, q in zip(a.points, b.points, strict=True))


def test_a_comparison_goes_on_where_it_was_stopped(tmp_path):
    config = dataclasses.replace(CONFIG, arms=("neat", "random"), steps=2_500)
    seen = []
    whole = compare(EXPERIMENT, config, ppo=PPO)
    first = dataclasses.replace(config, seeds=1)
    compare(EXPERIMENT, first, ppo=PPO, folder=tmp_path)
    kept = tmp_path / "curves.jsonl"
    kept.write_text(kept.read_text() + kept.read_text().splitlines()[0][:40])  # cut short by a crash
    again = compare(EXPERIMENT, config, ppo=PPO, folder=tmp_path, after_curve=seen.append)
    assert [(curve.arm, curve.seed) for curve in seen] == [(curve.arm, curve.seed) for curve in whole.curves[1::2]]
    for a, b in zip(whole.curves, again.curves, strict=True):
        assert (a.arm, a.seed, a.parameters, a.connections) == (b.arm, b.seed, b.parameters, b.connections)
        assert all(np.array_equal(p.returns, q.returns) for p, q in zip(a.points, b.points, strict=True))
    assert len(kept.read_text().splitlines()) == 4
    with pytest.raises(RunDirectoryError, match="made with other settings"):
        compare(EXPERIMENT, dataclasses.replace(config, looks=2), ppo=PPO, folder=tmp_path)
    kept.write_text("{}\n")
    with pytest.raises(RunDirectoryError, match="line 1: expected a curve"):
        compare(EXPERIMENT, config, ppo=PPO, folder=tmp_path)


def test_the_command(tmp_path, capsys):
    words = ["compare", "CartPole-v1", "--seeds", "1", "--steps", "2500", "--looks", "2", "--episodes", "2"]
    settings = ["--set", "population.size=6", "--set", "ppo.steps=16", "--arms", "neat", "ppo", "--workers", "1"]
    assert main([*words, "--final-episodes", "3", *settings, "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "budget: 2,500 environment steps" in printed
    assert "| PPO |" in printed
    data = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert data["ppo"]["steps"] == 16
    assert [len(curve["points"]) for curve in data["curves"]] == [2, 2]
    for name in ("curves.png", "curves.svg", "table.md"):
        assert (tmp_path / "out" / name).stat().st_size > 100


def test_mistakes_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown arm 'neet' \(did you mean 'neat'\?\)"):
        CompareConfig(steps=10, arms=("neet",))
    with pytest.raises(ConfigError, match=r"compare\.seeds"):
        CompareConfig(steps=10, seeds=0)
    with pytest.raises(ConfigError, match="first update needs 256 steps"):
        run_arm(job("ppo", budget=100))
    with pytest.raises(ConfigError, match="has no episodes"):
        run_arm(job("neat", experiment=load("xor")))
