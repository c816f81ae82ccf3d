"""Benchmarks: the arithmetic exactly, the harness on tiny sizes, other programs replaced by scripts of our own."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from environments.tasks.settings import TaskConfig
from experiments.bench import cartpole, double_pole, harness, solving, startup, step, venv, xor
from experiments.bench.activation import random_genome
from experiments.bench.options import DoublePoleOptions, HarnessOptions, StartupOptions, StepOptions, XorOptions
from experiments.bench.report import Table, number, spread
from experiments.bench.scaling import doublings
from experiments.bench.solving import Solution, rows, solve
from experiments.bench.timing import Series, growth_exponent, in_turn, ratios
from experiments.cli import main
from experiments.loop.runner import fitted
from experiments.targets import load
from neat.errors import ConfigError
from neat.networks.network import Network


class TestTiming:
    def test_median_and_range(self) -> None:
        series = Series.of([3, 1, 10, 2])
        assert (series.median, series.low, series.high) == (2.5, 1.0, 10.0)
        assert series.scaled(10).values == (30.0, 10.0, 100.0, 20.0)
        assert series.as_dict()["values"] == [3.0, 1.0, 10.0, 2.0]

    def test_nothing_measured(self) -> None:
        assert math.isnan(Series(()).median)
        assert spread(Series(())) == "–"

    def test_programs_take_turns_and_the_warm_up_does_not_count(self) -> None:
        calls: list[str] = []
        counts = {"a": 0, "b": 100}

        def program(name: str) -> int:
            calls.append(name)
            counts[name] += 1
            return counts[name]

        found = in_turn({"a": lambda: program("a"), "b": lambda: program("b")}, rounds=2, warm_up=1)
        assert calls == ["a", "b"] * 3
        assert found == {"a": [2, 3], "b": [102, 103]}

    def test_ratios_are_taken_round_by_round(self) -> None:
        found = ratios(Series.of([10, 60, 20]), Series.of([5, 20, 2]))
        assert found.values == (2.0, 3.0, 10.0)
        assert found.median == 3.0  # the ratio of the medians would be 4

    def test_ratios_need_pairs(self) -> None:
        with pytest.raises(ValueError, match="got 1 and 2"):
            ratios(Series.of([1]), Series.of([1, 2]))

    @pytest.mark.parametrize("exponent", [0.5, 1.0, 1.7])
    def test_growth_exponent_of_a_power(self, exponent: float) -> None:
        sizes = [150, 1_000, 10_000, 100_000]
        assert growth_exponent(sizes, [3e-6 * n**exponent for n in sizes]) == pytest.approx(exponent, abs=1e-12)

    @pytest.mark.parametrize(("sizes", "times"), [([10, 10], [1, 2]), ([1, 2], [0, 1]), ([1, 2], [1])])
    def test_growth_exponent_refuses(self, sizes: list[float], times: list[float]) -> None:
        with pytest.raises(ValueError, match="expected"):
            growth_exponent(sizes, times)


class TestReport:
    @pytest.mark.parametrize(
        ("value", "text"),
        [(1234567.0, "1,234,567"), (123.4, "123"), (12.34, "12.3"), (1.0, "1.00"), (0.01234, "0.0123"), (0.0, "0.00"),
         (math.nan, "–"), (2e-9, "0.000000")],
    )  # fmt: skip
    def test_three_digits_that_count(self, value: float, text: str) -> None:
        assert number(value) == text

    def test_spread(self) -> None:
        assert spread(Series.of([1, 2, 4]), "ms") == "2.00 ms (1.00–4.00)"
        assert spread(Series.of([2]), "ms") == "2.00 ms"


class TestSolving:
    def test_rows_compare_with_the_first_program(self) -> None:
        table = Table("", solving.HEAD)
        ours = (Solution(1.0, True, 100), Solution(3.0, True, 300))
        theirs = (Solution(10.0, True, 1_000), Solution(50.0, False, 45_000))
        first, second = rows(table, {"ours": ours, "theirs": theirs})
        assert second["median_times_ours"] == 15.0
        assert second["mean_times_ours"] == 15.0
        assert (second["solved"], second["runs"]) == (1, 2)
        assert second["evaluations_mean"] == 1_000  # runs that found nothing do not count
        assert first["evaluations_mean"] == 200
        assert len(table.rows[0]) == len(table.rows[1]) == len(solving.HEAD)

    def test_no_run_solved(self) -> None:
        (figures,) = rows(Table("", solving.HEAD), {"ours": (Solution(1.0, False, 45_000),)})
        assert math.isnan(figures["evaluations_mean"])
        assert figures["evaluations_median"] is None

    def test_xor_counts_up_to_the_solver_and_repeats(self) -> None:
        first, second = (solve(load("xor"), 3, threads) for threads in (1, 2))
        assert first.solved
        assert first.evaluations == second.evaluations
        assert (first.generations - 1) * 24 < first.evaluations <= first.generations * 24

    def test_a_run_that_is_cut_short(self) -> None:
        found = solve(load("xor", changes=["run.generations=1"]), 3, 1)
        assert (found.solved, found.evaluations, found.generations) == (False, 24, 1)

    def test_cartpole_is_verified(self) -> None:
        found = solve(load("cartpole", changes=["task.verify_episodes=5"]), 1, 1)
        assert found.solved
        assert found.evaluations == found.generations * 40
        assert found.steps > 0

    @pytest.mark.parametrize(("measure", "options"), [(xor, XorOptions), (double_pole, DoublePoleOptions)])
    def test_race_without_others(self, measure: Any, options: Any) -> None:
        report = measure.measure(options(seeds=1, without_peers=True, threads=1))
        (figures,) = report.figures["programs"]
        assert (figures["program"], figures["runs"], figures["solved"]) == ("neat-arena", 1, 1)


class FakePeer:
    """Answers as a peer's script does, from a list of generations."""

    version = "1.0"

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def ask(self, request: str, **arguments: Any) -> dict[str, Any]:
        self.requests.append((request, arguments))
        if request == "generation":
            return {"seconds": 0.2, "processor": 0.1, "genes": 50.0, "species": 3}
        return {"threshold": 0.7} if request == "threshold" else {}


class TestStep:
    def test_bisection_finds_the_threshold(self) -> None:
        tried: list[float] = []

        def count(threshold: float) -> float:
            tried.append(threshold)
            return 20 / threshold

        assert count(step.threshold_for(10, count)) == pytest.approx(10, rel=0.15)
        assert len(tried) < 12

    def test_bisection_ends(self) -> None:
        tried: list[float] = []
        step.threshold_for(10, lambda t: tried.append(t) or 99.0, runs=5)  # type: ignore[func-returns-value]
        assert len(tried) == 5
        assert tried == sorted(tried)  # too many species: the threshold rises

    def test_bisection_returns_the_nearest_it_tried(self) -> None:
        assert step.threshold_for(10, lambda t: 7.0 if t == 1.0 else 30.0, runs=6) == 1.0

    def test_species_and_genes_are_what_was_asked_for(self) -> None:
        options = StepOptions(warm_up=4, species=6, threads=1)
        samples = step.OurStep(options, 150, step.find_threshold(options, 150)).turn(4)
        assert len(samples) == step.TIMED
        assert 48 <= samples[-1].genes <= 56
        assert 4 <= np.median([sample.species for sample in samples]) <= 9

    def test_all_programs_take_turns(self, monkeypatch: pytest.MonkeyPatch) -> None:
        others = {"genoxide": FakePeer(), "neat-python": FakePeer()}

        @contextlib.contextmanager
        def fake(*_: object, **__: object) -> Iterator[dict[str, FakePeer]]:
            yield others

        monkeypatch.setattr(step, "peers", fake)
        report = step.measure(StepOptions(populations=(30, 60), largest=0, rounds=3, warm_up=2, species=2, threads=1))
        found = [(row["population"], row["program"]) for row in report.figures["rows"]]
        assert found == [(n, p) for n in (30, 60) for p in ("neat-arena", "genoxide", "neat-python")]
        turn = ["step", *["generation"] * step.TIMED, "end"]
        assert [request for request, _ in others["genoxide"].requests] == ["threshold", *turn * 3] * 2
        assert others["genoxide"].requests[1][1]["threshold"] == 0.7
        once = ["step", *["generation"] * 3, "end"]
        assert [request for request, _ in others["neat-python"].requests] == once * 2
        row = report.figures["rows"][1]
        ours = report.figures["rows"][0]["seconds"]["values"]
        assert row["times_ours"]["values"] == pytest.approx([0.2 / seconds for seconds in ours])
        assert report.versions == {"genoxide": "1.0", "neat-python": "1.0"}
        assert math.isfinite(report.figures["growth_exponent"])

    def test_peak_memory_in_a_process_of_its_own(self) -> None:
        from experiments.bench.alone import population_alone

        found = population_alone(StepOptions(warm_up=1, species=2), 2_000, near=1.0)
        assert len(found["seconds"]) == step.TIMED
        assert found["peak_bytes"] >= found["start_bytes"] > 0


class TestActivation:
    def test_random_genome(self) -> None:
        genome = random_genome(60, inputs=8, hidden=12, outputs=4, seed=1)
        assert (genome.inputs, genome.hidden, genome.outputs, genome.enabled) == (8, 12, 4, 60)
        assert len(set(zip(genome.connections["source"], genome.connections["target"], strict=True))) == 60
        assert set(genome.connections["target"]) == set(range(8, 24))
        assert np.isfinite(Network(genome).activate(np.ones(8))).all()

    @pytest.mark.parametrize("connections", [15, 10_000])
    def test_impossible_sizes(self, connections: int) -> None:
        with pytest.raises(ConfigError, match="expected from 16 to"):
            random_genome(connections, inputs=8, hidden=12, outputs=4, seed=1)


@pytest.mark.parametrize(("most", "counts"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (8, [1, 2, 4, 8])])
def test_doublings(most: int, counts: list[int]) -> None:
    assert doublings(most) == counts


class TestHarness:
    def test_episodes_are_shared_out_by_steps(self) -> None:
        lengths = [1, 1, 1, 1, 4, 2, 2, 4]
        episodes = [harness.Episode(k, [0] * n) for k, n in enumerate(lengths)]
        for parts in (1, 2, 4):
            shares = harness.shared_out(episodes, parts)
            assert [episode for share in shares for episode in share] == episodes
            assert [sum(len(e.actions) for e in share) for share in shares] == [16 // parts] * parts

    def test_what_is_recorded_is_what_was_played(self) -> None:
        import gymnasium

        options = HarnessOptions(environment="CartPole-v1", generations=2, population=5)
        experiment = load("cartpole", changes=["population.size=5", "task.episodes=2"])
        from environments import make_task

        config = fitted(experiment.config, make_task(experiment.task))
        episodes, tables, fitness = harness._record(options, experiment, config)
        assert (len(episodes), len(tables)) == (2 * 5 * 2, 2)
        env = gymnasium.make("CartPole-v1")
        for k, episode in enumerate(episodes[:4]):
            env.reset(seed=episode.seed)
            ended = [env.step(action)[2:4] for action in episode.actions]
            assert not any(any(end) for end in ended[:-1]), k
            assert any(ended[-1]), k
        means = [sum(len(e.actions) for e in episodes[2 * g : 2 * g + 2]) / 2 for g in range(5)]
        assert fitness[0].tolist() == means

    def test_replay(self) -> None:
        episodes = [harness.Episode(seed, [seed % 2] * 5) for seed in range(4)]
        with harness.Replay(TaskConfig(environment="CartPole-v1"), episodes, 2, remake=True) as replay:
            assert replay.seconds() > 0
            assert replay.seconds() > 0

    def test_steps_alone(self) -> None:
        assert cartpole.steps_alone("CartPole-v1", 50, seed=1) > 0


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for scripts that stand in for the peers'."""
    shutil.copy(venv._SCRIPTS / "lines.py", tmp_path)
    monkeypatch.setattr(venv, "_SCRIPTS", tmp_path)
    (tmp_path / "fake_peer.py").write_text(
        "import os, sys\n"
        "from lines import serve\n"
        "def find():\n"
        "    import neat\n"
        "serve({'version': lambda: {'version': '9'}, 'echo': lambda **a: a, 'find': find,\n"
        "       'noise': lambda: (print('noise'), {'quiet': 1})[1], 'fail': lambda: 1 / 0,\n"
        "       'end': lambda: os._exit(3)})\n"
    )
    return tmp_path


class TestPeers:
    def test_requests_and_answers(self, scripts: Path) -> None:
        with venv.Peer(Path(sys.executable), "fake_peer") as peer:
            assert peer.version == "9"
            assert peer.ask("echo", numbers=[1, 2.5], text="ä") == {"numbers": [1, 2.5], "text": "ä"}
            assert peer.ask("noise") == {"quiet": 1}
        assert peer._process.returncode is not None

    def test_failures_name_the_script(self, scripts: Path) -> None:
        with venv.Peer(Path(sys.executable), "fake_peer") as peer:
            with pytest.raises(venv.PeerError, match=r"fake_peer failed at the request 'fail'.*ZeroDivisionError"):
                peer.ask("fail")
            assert peer.ask("echo", still=True) == {"still": True}
            with pytest.raises(venv.PeerError, match="exit code 3"):
                peer.ask("end")

    def test_a_script_that_does_not_start(self, scripts: Path) -> None:
        (scripts / "broken_peer.py").write_text("raise SystemExit(4)\n")
        with pytest.raises(venv.PeerError, match="exit code 4"):
            venv.Peer(Path(sys.executable), "broken_peer")

    def test_peers_do_not_see_this_project(self, scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
        assert not [name for name in venv._clean_environment() if name.startswith("PYTHON")]
        other = scripts / "neat.py"
        other.write_text("raise ImportError('the other one')\n")  # stands for neat-python, beside the script
        with (
            venv.Peer(Path(sys.executable), "fake_peer") as peer,
            pytest.raises(venv.PeerError, match="the other one"),
        ):
            peer.ask("find")

    def test_a_folder_without_python(self, tmp_path: Path) -> None:
        with pytest.raises(venv.PeerError, match="expected a virtual environment"):
            venv.peer_python(tmp_path)

    @pytest.mark.skipif(not venv.is_ready(), reason="the peers' virtual environment is not there")
    @pytest.mark.parametrize("name", ["genoxide_peer", "neat_python_peer"])
    def test_the_real_ones(self, name: str) -> None:
        with venv.Peer(venv.peer_python(), name) as peer:
            found = Solution(**peer.ask("xor", seed=1, population=50, generations=10))
            assert 0 < found.evaluations <= 550
            words = {"population": 60, "inputs": 7, "outputs": 6, "warm_up": 2, "seed": 1}
            if name == "genoxide_peer":
                found_threshold = peer.ask("threshold", **words, timed=2, species=4)
                peer.ask("step", **words, **found_threshold)
            else:
                peer.ask("step", **words, species=4)
            samples = [step.Sample(**peer.ask("generation")) for _ in range(2)]
            assert peer.ask("end") == {"ended": True}
            assert all(
                sample.seconds > 0 and 48 <= sample.genes < 53 and 2 <= sample.species <= 7 for sample in samples
            )


class TestCommand:
    def test_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["bench", "xor", "--without-peers", "--seeds", "1", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["benchmark"] == "xor"
        assert found["machine"]["processor"]
        assert found["machine"]["versions"]["numpy"] == np.__version__

    def test_tables_end_with_the_machine(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["bench", "xor", "--without-peers", "--seeds", "1"]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert "1 of 1" in text
        assert f"numpy {np.__version__}" in text

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["xor", "--seeds", "0"], "--seeds: expected at least 1"),
            (["step", "--populations", "1"], "--populations: expected sizes of at least 2"),
            (["harness", "CartPole-v9", "--rounds", "1"], "CartPole-v9"),
            (["stop"], "stop"),
        ],
    )
    def test_mistakes_in_one_line(self, words: list[str], message: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "experiments", "bench", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1

    def test_help_loads_nothing_heavy(self) -> None:
        code = (
            "import sys; from experiments.cli import main; main(['bench', '--help']); "
            "print([m for m in ('numba', 'gymnasium', 'rich.table') if m in sys.modules], file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stderr == "[]\n"
        assert "double-pole" in done.stdout


class TestStartup:
    def test_each_command_is_timed_once_cold_and_then_warm(self, monkeypatch: pytest.MonkeyPatch) -> None:
        called: list[tuple[str, str | None]] = []

        def timed(words: Any, cache: str | None) -> tuple[float, float]:
            called.append((words[0], cache and Path(cache).name))
            return (9.0, 12.0) if [c for c in called if c == called[-1]][1:] == [] else (0.5, 0.4)

        monkeypatch.setattr(startup, "_timed", timed)
        report = startup.measure(StartupOptions(commands=("run", "report"), rounds=2))
        assert called[1:] == [("run", "cache-run")] * 3 + [("report", "cache-report")] * 3
        assert called[0][0] == "run", "what is reported is played first, outside of the caches that are timed"
        assert called[0][1] not in {"cache-run", "cache-report"}
        assert report.figures["run"]["cold_seconds"] == 9.0
        assert report.figures["report"]["warm_seconds"]["values"] == [0.5, 0.5]
        assert [row[0] for row in report.tables[0].rows] == ["neat run CartPole-v1", "neat report"]

    def test_a_process_of_its_own_with_its_cache(self, tmp_path: Path) -> None:
        seconds, processor = startup._timed(["--help"], str(tmp_path))
        assert 0.0 < seconds < 60.0
        assert processor >= 0.0

    def test_mistakes(self) -> None:
        with pytest.raises(ConfigError, match="--rounds: expected at least 1, got 0"):
            StartupOptions(rounds=0)
        with pytest.raises(ConfigError, match="--commands: expected some of --help, list, run"):
            startup.measure(StartupOptions(commands=("fly",)))
