"""The doctor: the right reason comes first, healthy runs hear nothing, and what is said can be read by programs.

A handful of the runs of `cases`; ``python tests/experiments/doctor/cases.py`` plays all of them.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import cases
import numpy as np
import pytest

from environments.making.places import offer
from experiments.cli import main
from experiments.doctor.case import Case, Played
from experiments.doctor.causes.noise import noisy
from experiments.doctor.causes.slow import slow
from experiments.doctor.causes.species import alone, dying
from experiments.doctor.causes.structure import exploding, never_kept
from experiments.doctor.examining import examine_game, first_word
from experiments.doctor.finding import Finding
from experiments.doctor.registry import CAUSES, findings, register_cause
from experiments.settings import Experiment, from_mapping, to_toml
from neat.errors import ConfigError

offer(Path(cases.__file__).parent, first=True)
QUICK = ("constant-fitness-Match", "reward-never-reached-Reach", "huge-inputs-Match", "noisy-episodes-Match")


def experiment(**given: Any) -> Experiment:
    return from_mapping({"name": "x", "task": {"environment": "CartPole-v1"}}, changes=given)


def record(generation: int, **given: Any) -> dict[str, Any]:
    """Return a generation as ``metrics.jsonl`` holds it."""
    species = [{"id": i, "size": 10, "age": 9, "best": 1.0, "stagnation": 0} for i in range(given.pop("species", 5))]
    plain = {"best": 5.0, "mean": 1.0, "sd": 1.0, "threshold": 3.0, "hidden_mean": 1.0, "connections_mean": 6.0,
             "champion_hidden": 1, "champion_connections": 6, "restarted": False, "seconds": 1.0, "steps": 10,
             "evaluations": 10, "champion_index": 0}  # fmt: skip
    return {"generation": generation, "species": species, **plain, **given}


def case(records: list[dict[str, Any]] | None = None, settings: dict[str, Any] | None = None, **given: Any) -> Case:
    return Case(experiment=experiment(**(settings or {})), goal=9.0, aim=9.0, records=records or [], **given)


def played(returns: np.ndarray, step: float = 1e-5, reset: float = 1e-5) -> Played:
    shape = returns.shape
    return Played(
        returns=returns, steps=np.full(shape, 20), cut=np.zeros(shape, bool), rewards=(0.0, 1.0), step_seconds=step,
        reset_seconds=reset, other_seconds=1e-5,
    )  # fmt: skip


@pytest.mark.parametrize("name", QUICK)
def test_the_right_reason_is_the_first(name: str, tmp_path: Path) -> None:
    sick = next(one for one in cases.REPORTED if one.name == name)
    short = sick._replace(settings={**sick.settings, "run.generations": 6})
    found = cases.examined(cases.experiment_of(short), tmp_path / "run")
    assert [finding.name for finding in found.findings][:1] == [sick.reason]
    assert found.well is False
    key, _, value = found.findings[0].setting.partition("=")
    changed = from_mapping(tomllib.loads(to_toml(cases.experiment_of(short))), changes={key: _value(value)})
    assert key in found.findings[0].advice
    assert changed is not None, "the setting to try is one"


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


def test_a_run_that_learns_hears_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = cases.examined(cases.healthy("Compass"), tmp_path / "run")
    assert (found.findings, found.well) == ((), True)
    assert main(["doctor", str(tmp_path / "run"), "--seconds", "0.2"]) == 0
    told = capsys.readouterr().out
    assert "Nothing found that keeps run from learning (it learns)." in told
    assert "Checked: " in told
    assert "generations" in told


def test_a_game_is_looked_at_before_any_run(capsys: pytest.CaptureFixture[str]) -> None:
    big = cases.Sickness("", "sick_games:Match", {}, {"level": 3e4})
    assert [finding.name for finding in examine_game(cases.experiment_of(big), 3.0).findings][:1] == ["huge-inputs"]
    file = Path(cases.__file__).parent / "sick_games.py"
    assert main(["doctor", f"{file}:Match", "--seconds", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["findings"], found["well"]) == ([], None)
    assert any("random networks" in looked for looked in found["looked"])


def test_a_run_that_did_not_improve_ends_with_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sick = next(one for one in cases.REPORTED if one.name == "constant-fitness-Match")
    short = sick._replace(settings={**sick.settings, "run.generations": 12, "task.threshold": 30.0})
    file = tmp_path / "sick.toml"
    file.write_text(to_toml(cases.experiment_of(short)), "utf-8")
    assert main(["run", str(file), "--out", str(tmp_path / "run")]) == 0
    *_, last = capsys.readouterr().out.strip().splitlines()
    assert last.startswith(("The fitness did not improve: each of", "The fitness did not improve: all"))
    assert last.endswith(f"For more: neat doctor {tmp_path / 'run'}")
    assert first_word(tmp_path / "nothing", 1.0) is None


def test_it_refuses_what_it_cannot_look_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(tmp_path)]) == 2
    assert "no champion.json" in capsys.readouterr().err
    assert main(["doctor", "CartPole-v1", "--seconds", "-1"]) == 2
    assert "--seconds: expected from 0 to 3600" in capsys.readouterr().err


def test_a_game_that_raises_is_answered_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "slip.py").write_text(
        "class Slip:\n    actions = 2\n    max_steps = 9\n    def reset(self): self.x = 0\n"
        "    def observe(self): return (self.x,)\n    def step(self, action): return self.y, False\n"
    )
    assert main(["doctor", str(tmp_path / "slip.py")]) == 2
    said = capsys.readouterr().err
    assert "raised AttributeError: 'Slip' object has no attribute 'y' in step (" in said
    assert "slip.py, line 6)" in said


def test_luck_is_told_from_skill() -> None:
    rng = np.random.default_rng(5)
    skill, episode = rng.normal(0.0, 1.0, (30, 1)), rng.normal(0.0, 50.0, (1, 6))
    fair = skill + episode + rng.normal(0.0, 0.5, (30, 6))
    assert noisy(case(played=played(fair))) is None, "an episode that is hard for all is no luck"
    unfair = skill + episode + rng.normal(0.0, 8.0, (30, 6))
    found = noisy(case(played=played(unfair)))
    assert found is not None
    wanted = int(found.setting.partition("=")[2])
    assert 10 < wanted <= 100, "more than the 5 that are played; skill is 1/64 of an episode's luck"
    assert noisy(case(played=played(unfair[:10]))) is None, "too few to tell"


def test_a_slow_game_is_told_by_its_share_of_the_time() -> None:
    returns = np.zeros((4, 2))
    assert slow(case(played=played(returns))) is None
    found = slow(case(played=played(returns, step=0.01)))
    assert found is not None
    assert (found.name, found.setting) == ("slow-step", "task.racing=true")
    assert "takes 10 ms" in found.evidence
    again = slow(case(played=played(returns, reset=0.5)))
    assert again is not None
    assert again.name == "slow-reset"


def test_species_and_structure_by_their_numbers() -> None:
    steady = [record(i) for i in range(20)]
    assert [f(case(steady)) for f in (alone, dying, exploding, never_kept)] == [None] * 4
    one = [record(i, species=1) for i in range(20)]
    assert alone(case(one)).setting == "compatibility.threshold=0.9"  # type: ignore[union-attr]
    ended = [record(i, restarted=i in (5, 9)) for i in range(20)]
    assert "died out 2 times" in dying(case(ended)).evidence  # type: ignore[union-attr]
    grown = [record(i, hidden_mean=0.5 * i, connections_mean=6.0 + 2 * i) for i in range(20)]
    assert exploding(case(grown)).name == "structure-exploding"  # type: ignore[union-attr]
    bare = [record(i, hidden_mean=0.0) for i in range(20)]
    assert never_kept(case(bare, {"mutation.add_node": 0.0})).setting == "mutation.add_node=0.03"  # type: ignore[union-attr]
    novel = {"selection.method": "novelty", "task.behaviour": "auto"}
    assert [f(case(one, novel)) for f in (alone, exploding, never_kept)] == [None] * 3, "novelty goes its own way"


def test_a_rise_is_one_that_ranks_show() -> None:
    def of(values: list[float]) -> Case:
        return case([record(i, best=value) for i, value in enumerate(values)])

    rng = np.random.default_rng(2)
    assert of([i + 3.0 * rng.normal() for i in range(40)]).improving
    assert not of([rng.normal() for _ in range(40)]).improving
    assert not of([5.0] * 40).improving
    assert not of([*range(20), *[20 + rng.normal() for _ in range(40)]]).improving, "it has come to an end"


def test_a_reason_of_ones_own_is_asked_in_its_place() -> None:
    mine = Finding(name="mine", words="w", evidence="e", setting="s", advice="a")
    before = dict(CAUSES)
    try:
        register_cause("mine", lambda case: mine, before="rewards")
        names = list(CAUSES)
        assert names.index("mine") == names.index("rewards") - 1
        assert mine in list(findings(case()))
        with pytest.raises(ConfigError, match="a cause called 'mine' already"):
            register_cause("mine", lambda case: None)
        with pytest.raises(ConfigError, match="before: expected one of"):
            register_cause("other", lambda case: None, before="nothing")
    finally:
        CAUSES.clear()
        CAUSES.update(before)
