"""Comparisons: the arms use all of their budget and no more, meet the same episodes, and intervals cover."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import experiments.studies.arms
from environments.playing.intervals import mean_intervals
from experiments import load
from experiments.cli import main
from experiments.gradients.tuning import PolicyTuned
from experiments.studies.arms import ARMS, ArmJob, Curve, Point, run_arm
from experiments.studies.compare import ArmSummary, CompareConfig, Comparison, compare, effort
from experiments.studies.compare_report import _seconds, curves_figure, latex_table, table
from experiments.studies.success import independent_seeds
from neat.backprop.ppo import PPOConfig
from neat.errors import ConfigError, RunDirectoryError
from neat.population import Population

EXPERIMENT = load("CartPole-v1", changes=("population.size=12", "task.episodes=2"))
PPO = PPOConfig(environments=4, steps=64, batch_size=64, epochs=2, hidden=(8,))
CONFIG = CompareConfig(steps=6_000, seeds=2, looks=3, episodes=3, final_episodes=5)


def job(arm, seed=5, **changes):
    made = ArmJob(arm, seed, EXPERIMENT, PPO, budget=6_000, looks=3, episodes=3, final_episodes=5)
    return dataclasses.replace(made, **changes)


def coverage(draw, truth, runs, times=4_000):
    values = draw(np.random.default_rng(runs), (runs, times))
    _, low, high = mean_intervals(values)
    return np.mean((low <= truth) & (truth <= high))


@pytest.mark.parametrize("runs", [2, 5, 10, 30])
def test_intervals_cover_normal_values_as_often_as_they_say(runs):
    assert coverage(lambda rng, shape: rng.normal(3.0, 2.0, shape), 3.0, runs) == pytest.approx(0.95, abs=0.012)


def test_intervals_cover_nearly_as_often_where_most_runs_are_perfect():
    """Four runs of five at 500, the others spread below: as skewed as CartPole's returns get."""

    def draw(rng, shape):
        return np.where(rng.random(shape) < 0.8, 500.0, rng.uniform(200.0, 500.0, shape))

    assert 0.90 <= coverage(draw, 470.0, 30) <= 0.96


def test_a_single_run_has_no_interval():
    mean, low, high = mean_intervals([[1.0, 2.0]])
    assert mean.tolist() == [1.0, 2.0]
    assert np.isnan([low, high]).all()


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
    assert 0.9 * 6_000 < curve.used <= 6_000
    assert curve.generations >= (1 if arm == "neat+ppo" else 2)  # half of the budget
    assert (curve.policies == 0) if arm == "ppo" else (curve.policies >= 5 + 20 * curve.generations)


@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_can_be_repeated(arm):
    first, second = (run_arm(job(arm, budget=2_500)) for _ in range(2))
    for a, b in zip(first.points, second.points, strict=True):
        assert np.array_equal(a.returns, b.returns)


@pytest.mark.parametrize("arm", ["neat", "neat+ppo", "random"])
@pytest.mark.parametrize("fit", [True, False])
def test_a_budget_below_one_generation_is_refused(arm, fit):
    with pytest.raises(ConfigError, match="is less than"):
        run_arm(job(arm, budget=90, fit=fit))


@pytest.mark.parametrize("arm", ["neat", "neat+ppo", "random"])
def test_no_arm_answers_with_what_it_had_no_steps_for(arm, monkeypatch):
    """A generation that would go beyond the budget is cut, and neither answered with nor left out of the account."""
    offered, tuned = [], []
    monkeypatch.setattr(experiments.studies.arms._Looks, "offer", lambda self, policy, steps: offered.append(steps))

    def tune(genome, task, network, *, steps, **others):
        tuned.append(steps)
        return PolicyTuned(genome, 0.0, 0.0, steps, 0.0)

    monkeypatch.setattr(experiments.studies.arms, "tune_by_ppo", tune)
    for seed in range(4):
        offered.clear()
        tuned.clear()
        curve = run_arm(job(arm, seed=seed, budget=3_000))
        assert len(offered) > 1
        assert offered == sorted(offered)
        assert max(offered) <= curve.used <= 3_000
        if arm == "neat+ppo":
            assert 1_500 <= tuned[0] <= 1_700  # a tenth of NEAT's half at most is not used
        else:
            assert curve.used > 3_000 - 500  # less is left than an episode may take


def test_populations_follow_from_the_budget(monkeypatch):
    """About 25 generations of whatever length an episode has, within bounds."""
    sizes = []
    tell = Population.tell

    def listening(self, evaluated):
        sizes.append(len(self.genomes))
        return tell(self, evaluated)

    monkeypatch.setattr(Population, "tell", listening)
    run_arm(job("neat", budget=100_000))
    assert sizes[1] > 80  # first genomes fall after some 25 steps
    assert sizes[-1] == 20  # later ones balance for 500
    sizes.clear()
    run_arm(job("neat", fit=False))
    assert set(sizes) == {4, 12}  # 4 while it compiles


def test_arms_meet_the_same_episodes():
    """Two arms whose searches find the same genome are looked at alike; another seed has other episodes."""
    one, two = (run_arm(job(arm, budget=2_500)) for arm in ("neat", "neat"))
    assert np.array_equal(one.points[-1].returns, two.points[-1].returns)
    seeds = []
    looks = experiments.studies.arms._Looks(job("neat"))
    for arm in ("neat", "ppo", "random"):
        looks = experiments.studies.arms._Looks(job(arm))
        looks.offer(lambda those: seeds.append(tuple(those)) or np.zeros(len(those)), 0)
        looks.end()
    assert seeds[:3] == seeds[3:6] == seeds[6:]


def test_updates_of_ppo_use_the_budget():
    whole = experiments.studies.arms._whole_updates
    assert whole(PPOConfig(environments=8, steps=32), 50_000).steps == 32  # 195 updates, 99.8%
    assert whole(PPOConfig(environments=16, steps=1024), 500_000).steps == 1008  # 31 updates instead of 30.5


def test_summary():
    def curve(seed, *means):
        points = tuple(Point(100 * (i + 1), 0.5 * (i + 1), 0.25 * (i + 1), np.array([m])) for i, m in enumerate(means))
        return Curve("neat", seed, points, parameters=10 + seed, connections=6, hidden=seed, used=190 + seed,
                     generations=seed, policies=20 * seed)  # fmt: skip

    curves = [curve(1, 1.0, 10.0), curve(2, 3.0, 20.0), curve(3, 5.0, 60.0)]
    summary = ArmSummary.of(curves, threshold=20.0, budget=200)
    assert summary.steps.tolist() == [100, 200]
    assert summary.mean.tolist() == [3.0, 30.0]
    half = 4.302653 * np.std([10.0, 20.0, 60.0], ddof=1) / np.sqrt(3)
    assert summary.low[1] == pytest.approx(30.0 - half)
    assert summary.high[1] == pytest.approx(30.0 + half)
    assert summary.share == pytest.approx(0.96)
    assert (summary.generations, summary.policies) == (2.0, 40.0)
    assert summary.beyond is None
    others = [
        dataclasses.replace(
            c, arm="ppo", points=(c.points[0], dataclasses.replace(c.points[1], returns=c.points[1].returns + 5.0))
        )
        for c in curves
    ]
    assert ArmSummary.of(others, None, budget=200, neat=curves).beyond == (5.0, 5.0, 5.0)
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
    assert "settings changed for this task: mutation.add_node = 0.1\n" in f"{words}\n"
    assert "1 episode per genome, 20 to 150 genomes so that 25 generations fit" in words
    assert "(instead of task.episodes = 2, population.size = 12, genome.initial = empty, which --as-is keeps)" in words
    own = "\n".join(effort(EXPERIMENT, dataclasses.replace(CONFIG, fit=False)))
    assert "settings changed for this task: task.episodes = 2, population.size = 12" in own
    assert "12 genomes, 2 episodes each" in own


def test_small_returns_have_the_decimals_of_their_intervals():
    def curve(arm, seed, mean):
        points = (Point(6_000, 1.0, 1.0, np.array([mean])),)
        return Curve(arm, seed, points, parameters=1, connections=1, hidden=0, used=6_000, generations=1, policies=0)

    means = {"neat": (0.5, 0.52), "ppo": (0.75, 0.52)}
    curves = tuple(curve(arm, seed, mean) for arm in means for seed, mean in zip((1, 3), means[arm], strict=True))
    config = dataclasses.replace(CONFIG, arms=("neat", "ppo"))
    text = table(Comparison(EXPERIMENT, PPO, config, 0.7, curves))
    assert "| NEAT | 0.51 [0.38, 0.64] | 0.51 | 0.50 |" in text
    assert "| PPO | 0.6 [-0.8, 2.1] | 0.6 | 0.5 | 50% | +0.1 [-1.5, 1.7] |" in text  # half-widths above 1
    latex = latex_table(Comparison(EXPERIMENT, PPO, config, 0.7, curves), ["seeds: 1, 3"])
    assert "{seeds: 1, 3} " in latex


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
    words = ["compare", "CartPole-v1", "--seeds", "1", "--steps", "5000", "--looks", "2", "--episodes", "2"]
    settings = ["--set", "population.size=12", "--set", "ppo.steps=16", "--arms", "neat", "ppo", "--workers", "1"]
    assert main([*words, "--final-episodes", "3", *settings, "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "budget: 5,000 environment steps" in printed
    assert any(line.split() == ["arm", "NEAT", "PPO"] for line in printed.splitlines())
    assert "| PPO |" in (tmp_path / "out" / "table.md").read_text()
    for name in ("table.md", "table.tex"):
        assert f"seeds: {independent_seeds(1)[0]}" in (tmp_path / "out" / name).read_text()
        assert "Versions: " in (tmp_path / "out" / name).read_text()
    data = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert data["ppo"]["steps"] == 16
    assert data["compare"]["fit"] is False  # the population was set
    assert [arm["arm"] for arm in data["arms"]] == ["neat", "ppo"]
    lines = (tmp_path / "out" / "curves.jsonl").read_text().splitlines()
    assert [len(json.loads(line)["points"]) for line in lines] == [2, 2]
    for name in ("curves.png", "curves.svg", "table.md", "table.tex"):
        assert (tmp_path / "out" / name).stat().st_size > 100


def test_an_interruption_says_how_to_go_on(tmp_path, capsys, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.studies.compare.compare", stop)
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "CartPole-v1"]) == 130
    folder = Path("runs") / "compare-cartpole-seed0"  # without --out, the next command would take another one
    assert f"To continue: neat compare CartPole-v1 --out {folder}\n" in capsys.readouterr().err


def test_mistakes_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown arm 'neet' \(did you mean 'neat'\?\)"):
        CompareConfig(steps=10, arms=("neet",))
    with pytest.raises(ConfigError, match=r"compare\.seeds"):
        CompareConfig(steps=10, seeds=0)
    with pytest.raises(ConfigError, match="first update needs 256 steps"):
        run_arm(job("ppo", budget=100))
    with pytest.raises(ConfigError, match="has no episodes"):
        run_arm(job("neat", experiment=load("xor")))
