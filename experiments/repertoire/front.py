"""The Pareto front of a run: scores of its networks on fresh episodes, and the smallest one that solves the task.

The members of a front were selected for fitness, which is partly luck. So all members play the same fresh episodes. The
smallest network whose mean return reaches the goal is chosen. Its reported score is from further episodes; if that
score misses the goal, the next network is tested.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from environments import make_task
from environments.playing.verification import Verification
from experiments.folder.champion import Champion
from experiments.folder.directory import RunDirectory
from experiments.folder.files import AnyPath, explained, finite, read_bounded, write_atomically
from experiments.loop.checkpoints import Checkpoints
from experiments.loop.selection import judged
from experiments.targets import load
from neat.compiled.parallel import available_cores
from neat.errors import RunDirectoryError
from neat.genes.table import Genome
from neat.selection.pareto import Pareto

__all__ = ["FRONT", "read_front", "verified_front"]

FRONT = "front.json"
_LARGEST = 4 << 20
_CHOOSING, _REPORTING = 10_001, 20_001
"""Numbers of sets of fresh episodes, far above those that a run uses."""


def verified_front(run: AnyPath, episodes: int | None = None) -> dict[str, Any]:
    """Verify the members of a run's front, and write them and ``front.json``.

    Args:
        run: The run's folder.
        episodes: Number of fresh episodes per member; by default ``task.verify_episodes``.

    Returns:
        The content of ``front.json``.

    Raises:
        RunDirectoryError: The run has no checkpoint, or did not use ``selection.method = "pareto"`` with fitness as a
            goal.
    """
    folder = Path(run)
    RunDirectory(folder).register_functions()
    if not Checkpoints(folder).any():
        raise RunDirectoryError(f"{folder}: expected the folder of a run with checkpoints, found none")
    population = Checkpoints(folder).newest()[0].population
    score = population.score
    if not isinstance(score, Pareto) or "fitness" not in score.config.selection.goals:
        raise RunDirectoryError(
            f"{folder}: this run has no front: run it with --set selection.method=pareto, and fitness among "
            "selection.goals"
        )
    experiment = load(str(folder / "config.toml"))
    task = make_task(experiment.task)
    seed, network = experiment.run.seed, experiment.config.network
    workers = experiment.run.workers or available_cores()
    fitness = score.values[:, score.config.selection.goals.index("fitness")]

    def verify(genome: Genome, number: int) -> Verification:
        return task.verify(genome, network, seed=seed, episodes=episodes, attempt=number, workers=workers)

    order = sorted(range(len(score.front)), key=lambda i: (score.front[i].enabled, score.front[i].hidden, i))
    members, smallest = [], None
    files = folder / "front"
    with explained(files, "write to"):
        files.mkdir(exist_ok=True)
    for place, i in enumerate(order):
        genome = score.front[i]
        fresh = verify(genome, _CHOOSING)
        champion = Champion(
            genome=genome, network=network, task=experiment.task, fitness=float(fitness[i]),
            generation=int(score.found[i]), seed=seed,
        )  # fmt: skip
        name = f"{genome.enabled}-connections-{place}.json"
        with explained(files, "write to"):
            write_atomically(files / name, champion.to_json() + "\n")
        members.append(
            {
                "connections": genome.enabled, "hidden": genome.hidden, "fitness": float(fitness[i]),
                "generation": int(score.found[i]), "mean": fresh.mean, "sd": fresh.sd, "episodes": fresh.episodes,
                "file": f"front/{name}",
            }
        )  # fmt: skip
        if smallest is None and judged(task, fresh):
            report = verify(genome, _REPORTING)
            if judged(task, report):
                smallest = {**members[-1], "mean": report.mean, "sd": report.sd}
    data = {
        "goals": list(score.config.selection.goals),
        "threshold": task.threshold,
        "generations": population.generation,
        "evaluations": population.evaluations,
        "members": members,
        "smallest": smallest,
    }
    now = {member["file"] for member in members}
    with explained(folder, "write to"):
        for file in files.glob("*-connections-*.json"):  # of a front before
            if f"front/{file.name}" not in now:
                file.unlink()
        write_atomically(folder / FRONT, json.dumps(finite(data), indent=1) + "\n")
    return data


class _Member(msgspec.Struct):
    connections: int
    hidden: int
    fitness: float
    generation: int
    mean: float
    sd: float | None
    episodes: int
    file: str


class _Front(msgspec.Struct):
    goals: list[str]
    threshold: float | None
    generations: int
    evaluations: int
    members: list[_Member]
    smallest: _Member | None


def read_front(run: AnyPath) -> dict[str, Any]:
    """Return the content of ``front.json`` in a run folder.

    Raises:
        RunDirectoryError: The file cannot be read, or has other content.
    """
    path = Path(run) / FRONT
    try:
        found = msgspec.json.decode(read_bounded(path, _LARGEST), type=_Front)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RunDirectoryError(f"{path}: not the front of a run: {' '.join(str(error).split())[:200]}") from None
    members = [msgspec.structs.asdict(member) for member in found.members]
    smallest = None if found.smallest is None else msgspec.structs.asdict(found.smallest)
    return {**msgspec.structs.asdict(found), "members": members, "smallest": smallest}
