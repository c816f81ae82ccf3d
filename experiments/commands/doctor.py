"""`neat doctor`: why a run does not learn, or what is wrong with a game, and what to try."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, UseAppendAction, arg

from experiments.commands import option

__all__ = ["command"]


def command(
    target: Positional[Annotated[str, arg(metavar="RUN|TARGET")]],
    *,
    seconds: Annotated[float, arg(metavar="S")] = 8.0,
    preset: Annotated[str | None, option("NAME")] = None,
    set: UseAppendAction[Annotated[tuple[str, ...], arg(metavar="SECTION.KEY=VALUE")]] = (),
    json: bool = False,
) -> int:
    """Find out why nothing is learned: each cause with its evidence and one setting to try, the most basic cause first.

    For a run, it reads the records, and lets the champion and the last population play. For a game, before any run, it
    lets random networks play.

    Args:
        target: A run folder, or a game as for `neat run` (a Gymnasium id, a TOML file, my_game.py).
        seconds: Approximate time to play, in seconds.
        preset: Preset for the settings that the experiment does not contain ({presets}); only for a game.
        set: Any setting of an experiment file, such as mutation.add_node=0.1; only for a game.
        json: Print the diagnosis as JSON.
    """
    import math

    from experiments.doctor.examining import examine_game, examine_run
    from experiments.targets import load
    from neat.errors import ConfigError

    if not 0.0 <= seconds <= 3600.0 or not math.isfinite(seconds):
        raise ConfigError(f"--seconds: expected from 0 to 3600, got {seconds:g}")
    folder = Path(target)
    if folder.is_dir() or folder.name == "champion.json":
        if preset is not None or set:
            raise ConfigError("--preset and --set: a run has its own settings; to look at its game: neat doctor TARGET")
        found = examine_run(folder, seconds)
    else:
        found = examine_game(load(target, changes=set, preset=preset), seconds)
    if json:
        import json as writer

        from experiments.folder.files import finite

        print(writer.dumps(finite(found.as_dict())))
        return 0
    for number, finding in enumerate(found.findings, start=1):
        print(f"{number}. {finding.words}")
        print(f"   seen: {finding.evidence}")
        print(f"   try:  {finding.advice}")
    if not found.findings:
        easy = "it was solved in generation 0, before anything evolved: the goal may be too easy"
        verdict = {
            True: easy if found.at_once else "it learns",
            False: "but it has not learned either: try more --generations, or another --seed",
        }
        rest = f" ({verdict[found.well]})" if found.well is not None else ""
        print(f"Nothing found that keeps {found.name} from learning{rest}.")
    print(f"Checked: {', '.join(found.looked)}.")
    return 0
