"""`neat front`: the best network of every size that a run found, on fresh episodes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from experiments.commands import option

__all__ = ["command"]


def command(
    directory: Positional[Annotated[Path, arg(metavar="DIR")]],
    *,
    episodes: Annotated[int | None, option("N")] = None,
    json: bool = False,
) -> int:
    """Verify the Pareto front of a run: the returns of its networks, and the smallest one that solves the task.

    The run must have used multi-objective selection (`neat run TARGET --set selection.method=pareto`). Every network of
    its front plays the same fresh episodes, and is written to a file for `neat play` and `neat draw`.

    Args:
        directory: A run folder.
        episodes: Fresh episodes for each network; by default those of a verification.
        json: Print the front as JSON.
    """
    from experiments.display.canvas import draw_offscreen
    from experiments.folder.files import explained, finite
    from experiments.repertoire.front import verified_front
    from neat.errors import ConfigError

    if episodes is not None and not 1 <= episodes <= 100_000:
        raise ConfigError(f"--episodes: expected from 1 to 100,000, got {episodes}")
    data = verified_front(directory, episodes)
    draw_offscreen()
    from matplotlib.figure import Figure

    from neat.visualize import LIGHT, draw_front

    members, smallest = data["members"], data["smallest"]
    figure = Figure(figsize=(6.4, 3.8), dpi=150, facecolor=LIGHT.background, layout="constrained")
    draw_front(
        [member["connections"] for member in members],
        [member["fitness"] for member in members],
        fresh=[member["mean"] for member in members],
        threshold=data["threshold"],
        chosen_size=None if smallest is None else smallest["connections"],
        ax=figure.add_subplot(),
    )
    picture = directory / "front.png"
    with explained(picture, "write to"):
        figure.savefig(picture)
    if json:
        from json import dumps

        print(dumps(finite(data)))
        return 0
    print("\n".join(_lines(data)))
    print(f"Written to {directory / 'front.json'}, drawn in {picture}")
    return 0


def _lines(data: dict[str, Any]) -> list[str]:
    """Return the front as lines of text."""
    from experiments.display.decimals import decimals

    members, smallest = data["members"], data["smallest"]
    trained = decimals([], [member["fitness"] for member in members])
    digits = decimals([member["sd"] for member in members], [member["mean"] for member in members])
    lines = [
        f"{len(members)} networks that none of {data['evaluations']:,} evaluated networks dominates",
        "  connections  hidden  in training  fresh episodes",
    ]
    lines += [
        f"  {member['connections']:>11}  {member['hidden']:>6}  {member['fitness']:>11,.{trained}f}  "
        f"{member['mean']:>8,.{digits}f} ± {member['sd']:,.{digits}f} (sd, {member['episodes']})   {member['file']}"
        for member in members
    ]
    if smallest is not None:
        lines.append(
            f"The smallest that solves the task ({data['threshold']:g}): {smallest['connections']} connections, "
            f"{smallest['hidden']} hidden nodes, {smallest['mean']:,.{digits}f} ± {smallest['sd']:,.{digits}f} over "
            f"{smallest['episodes']} more fresh episodes"
        )
    elif data["threshold"] is not None:
        lines.append(f"None of them reaches {data['threshold']:g}")
    return lines
