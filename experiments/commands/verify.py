"""`neat verify`: play fresh episodes with the champion of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from experiments.commands import option

__all__ = ["command"]


def command(
    directory: Positional[Annotated[Path, arg(metavar="DIR")]],
    *,
    episodes: Annotated[int | None, option("N")] = None,
    seed: Annotated[int | None, option("N")] = None,
    workers: Annotated[int, arg(metavar="N")] = 0,
    task: Annotated[str | None, option("TARGET")] = None,
    cell: Annotated[str | None, option("CELL")] = None,
    json: bool = False,
) -> int:
    """Play episodes with the champion of a run, in the environment itself, and report the score.

    Without --seed these are the episodes behind the run's reported score, so the score must be the same. The exit code
    is 1 if the task has a goal and the champion does not reach it.

    Args:
        directory: A run folder, or the file of a champion or a genome.
        episodes: Number of episodes; by default as many as in the run's verification.
        seed: Any number; each gives another set of fresh episodes.
        workers: Number of processes; 0: one per core, or one for a serial run.
        task: Task to play, for a genome file, which does not name one (a Gymnasium id, a bundled experiment or a TOML
            file).
        cell: Use the elite of this cell of a repertoire (`neat illuminate`), such as 12,30.
        json: Print the score as JSON.
    """
    from environments import make_task
    from experiments.display import describe
    from experiments.display.answers import answers_line, has_examples
    from experiments.folder.directory import RunDirectory
    from experiments.folder.files import finite
    from experiments.folder.saved import load_champion
    from experiments.loop.selection import REPORT, judged
    from experiments.repertoire.folder import stored
    from neat.compiled.parallel import available_cores
    from neat.errors import ConfigError

    if episodes is not None and not 1 <= episodes <= 100_000:
        raise ConfigError(f"--episodes: expected from 1 to 100,000, got {episodes}")
    if not 0 <= workers <= 4096:
        raise ConfigError(f"--workers: expected from 0 (one per core) to 4096, got {workers}")
    champion = load_champion(directory, task, cell)
    serial = Path(directory).is_dir() and RunDirectory.open(directory).is_serial()
    made = make_task(champion.task)
    score = made.verify(
        champion.genome,
        champion.network,
        seed=champion.seed if seed is None else seed,
        episodes=episodes,
        scaling=champion.scaling,
        attempt=REPORT,
        workers=workers or (1 if serial else available_cores()),
    )
    solved = judged(made, score)
    if json:
        import json as writer

        print(writer.dumps(finite({**score.as_dict(), "threshold": made.threshold, "solved": solved})))
    else:
        if cell is not None:
            print(stored(directory, cell))
        print(answers_line(champion) if has_examples(champion.task) else f"{made.name}: {describe.score(score)}")
        if solved is not None:
            goal = f"{made.threshold:g}" if made.rule is None else made.rule
            print(f"{'Solved' if solved else 'Not solved'}: the goal is {goal}")
    return 1 if solved is False else 0
