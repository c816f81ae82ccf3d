"""Sick runs, two or more for each reason, with what the doctor has to say first; and healthy ones.

``python tests/experiments/doctor/cases.py`` plays all of them and prints what was said; ``tuning`` after it plays other
games, by which thresholds are set.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))


class Sickness(NamedTuple):
    """A run, by its game, its settings, and what is wrong with it."""

    reason: str
    game: str
    settings: dict[str, Any]
    kwargs: dict[str, Any]

    @property
    def expected(self) -> tuple[str, ...]:
        """What may be found first: findings that are one cause are as good as each other."""
        return next((names for names in ALIKE if self.reason in names), (self.reason,))

    @property
    def name(self) -> str:
        return f"{self.reason}-{self.game.partition(':')[2]}"


ALIKE = (("one-action", "same-outputs"), ("huge-inputs", "uneven-inputs"), ("standstill", "stagnation"))


def sick(reason: str, game: str, kwargs: dict[str, Any] | None = None, **settings: Any) -> Sickness:
    given = {name.replace("__", "."): value for name, value in settings.items()}
    return Sickness(reason, f"sick_games:{game}", given, kwargs or {})


NO_GROWTH = {"mutation__add_node": 0.0}
ONE = {"compatibility__threshold": 100.0, "compatibility__target_species": 0}
SINGLE = {"compatibility__threshold": 0.02, "compatibility__target_species": 0}
SHORT_LIVED = {"species__stagnation": 1, "species__protected": 0}
SWELLING = {
    "mutation__add_node": 0.95,
    "mutation__add_connection": 0.3,
    "mutation__weights": 0.0,
    "run__generations": 25,
}
DENSE = {"mutation__add_connection": 0.9, "mutation__add_node": 0.4, "mutation__weights": 0.0, "run__generations": 40}


def all_of(choice: str, fine: str, hard: str, harder: str) -> list[Sickness]:
    """Return sick runs in a game of choices, one of amounts, and two that take hidden nodes."""
    goal = {"Xor": 16.0, "Parity": 8.0, "Mux": 8.0, "Equal": 8.0}
    reach = {"task__threshold": -1.0}
    aim, aim2 = {"task__threshold": goal[hard]}, {"task__threshold": goal[harder]}
    heavy = {"genome__weight_scale": 300.0, "genome__weight_limit": 1e4, "mutation__weight_renewal": "first"}
    return [
        sick("constant-fitness", choice, {"pays": "always"}),
        sick("constant-fitness", fine, {"pays": "always"}),
        sick("goal-by-chance", choice, task__threshold=5.0),
        sick("goal-by-chance", fine, task__threshold=-1000.0),
        sick("reward-never-reached", choice, {"pays": "never"}),
        sick("reward-never-reached", fine, {"pays": "price"}, task__threshold=-10.0),
        sick("saturated-outputs", fine, task__threshold=-0.01, **heavy),
        sick("one-action", choice, {"level": 95.0, "spread": 0.02}, task__threshold=19.0),
        sick("same-outputs", hard, {"level": 90.0, "spread": 1e-4}, **aim),
        sick("huge-inputs", choice, {"level": 30_000.0, "spread": 0.5}, task__threshold=19.0),
        sick("uneven-inputs", choice, {"spread": 0.002, "other": 20.0}, task__threshold=19.0),
        sick("constant-inputs", choice, {"blind": True, "constants": 4}, task__threshold=19.0),
        sick("redundant-inputs", choice, {"spread": 0.02, "copies": 60}, task__threshold=19.0, task__episodes=3),
        sick("noisy-episodes", choice, {"noise": 300.0}, task__threshold=500.0, task__episodes=1),
        sick("noisy-episodes", fine, {"noise": 500.0}, task__threshold=800.0, task__episodes=2),
        sick("species-dying", hard, **aim, **SHORT_LIVED, **NO_GROWTH),
        sick("species-dying", harder, **aim2, **SINGLE),
        sick("one-species", hard, **aim, **ONE, population__size=20),
        sick("one-species", harder, **aim2, **ONE),
        sick("structure-exploding", harder, **aim2, **SWELLING, population__size=16),
        sick("structure-exploding", hard, **aim, **DENSE),
        sick("structure-never-kept", hard, **aim, **NO_GROWTH),
        sick("structure-never-kept", harder, mutation__delete_node=0.9, mutation__add_node=0.05, **aim2),
        sick("standstill", "Trap", task__threshold=50.0, run__generations=60),
        sick("stagnation", fine, {"noise": 0.02}, run__generations=40, mutation__weight_perturb=0.02,
             mutation__add_connection=0.0, task__threshold=-0.05, genome__weight_scale=0.5),
        sick("slow-step", choice, {"wait": 0.004}, run__generations=2, population__size=16),
        sick("slow-reset", fine, {"wait_reset": 0.1}, run__generations=2, population__size=16, **reach),
    ]  # fmt: skip


REPORTED = all_of("Match", "Reach", "Mux", "Equal")
TUNING = all_of("Compass", "Hover", "Parity", "Xor")
HEALTHY = (
    "cartpole", "mountain-car", "acrobot", "pendulum", "xor", "double-pole", "Reach", "Xor",
    "Compass", "Hover",
)  # fmt: skip
GOALS = {"Reach": -2.0, "Xor": 16.0, "Compass": 19.5, "Hover": -1.0}


def experiment_of(case: Sickness, seed: int = 0) -> Any:
    from experiments.settings import from_mapping

    loop = {"run.backend": "serial", "run.workers": 1, "run.generations": 32, "run.trial_every": 0, "run.seed": seed}
    task = {"task.environment": case.game, "task.kwargs": case.kwargs, "task.verify_episodes": 2, "task.episodes": 1}
    plain = {**loop, **task, "population.size": 24}
    return from_mapping({"name": case.name}, changes=plain | case.settings)


def healthy(name: str) -> Any:
    """Return an experiment by which a game is learnt."""
    from experiments.targets import bundled, load

    if name in bundled():
        changes = ["run.generations=30", "task.verify_episodes=20", "run.workers=1"]
        return load(name, changes=changes if name not in ("xor", "double-pole") else ["run.workers=1"])
    given = {"task.threshold": GOALS[name], "population.size": 100, "run.generations": 60}
    return experiment_of(Sickness("healthy", f"sick_games:{name}", given, {}))


def examined(experiment: Any, folder: Path, seconds: float = 3.0) -> Any:
    """Play a run, and return what the doctor says."""
    import experiments
    from experiments.doctor.examining import examine_run

    experiments.run(experiment, out=folder)
    return examine_run(folder, seconds)


def main(words: list[str]) -> None:
    """Play what is asked for: ``sick``, ``healthy``, names of reasons or of games; all of it by default."""
    only = [word for word in words if word not in ("tuning", "sick", "healthy")]
    sick_ones = [] if words[:1] == ["healthy"] else TUNING if "tuning" in words else REPORTED
    healthy_ones = [] if "sick" in words or "tuning" in words else HEALTHY
    if only:
        sick_ones = [case for case in sick_ones if case.reason in only]
        healthy_ones = [name for name in healthy_ones if name in only]
    right = silent = 0
    with tempfile.TemporaryDirectory() as root:
        for number, case in enumerate(sick_ones):
            begin = time.perf_counter()
            found = examined(experiment_of(case), Path(root) / str(number))
            names = [finding.name for finding in found.findings]
            good = bool(names) and names[0] in case.expected
            right += good
            told = f"{case.name} → {', '.join(names) or 'nothing'} ({time.perf_counter() - begin:.1f} s)"
            print("ok " if good else "NO ", told, flush=True)
        for name in healthy_ones:
            begin = time.perf_counter()
            found = examined(healthy(name), Path(root) / name)
            silent += not found.findings
            told = "; ".join(map(str, found.findings)) or "nothing"
            print(
                "NO " if found.findings else "ok ", f"{name} → {told} ({time.perf_counter() - begin:.1f} s)", flush=True
            )
    if sick_ones:
        print(f"{right} of {len(sick_ones)} sick runs have the right reason first")
    if healthy_ones:
        print(f"silent on {silent} of {len(healthy_ones)} healthy runs")


if __name__ == "__main__":
    import logging

    logging.disable(logging.WARNING)
    main(sys.argv[1:])
