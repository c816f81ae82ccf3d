"""`neat replicate lunar-lander-qd`: repertoires of LunarLander beside the figures of pyribs' tutorial."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json as json_
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.display.describe import counted
from experiments.repertoire.folder import FOLDER, read_figures, read_repertoire, write_repertoire

__all__ = ["NAME", "replicate_qd"]

NAME = "lunar-lander-qd"
_PUBLISHED = {"coverage": 2_497 / 2_500, "filled": 2_497, "qd_score": 1_374_444.0, "best": 315.3}
"""pyribs' tutorial "Using CMA-ME to Land a Lunar Lander Like a Space Shuttle": one seed, 45,000 evaluations."""
_EPISODES = 20
_METHODS = ("map-elites", "cma-me", "cma-mae")


def replicate_qd(seeds: Sequence[int], changes: Sequence[str], workers: int | None, out: Path, *, json: bool) -> int:
    """Fill a repertoire for each seed and method, and print the figures beside the published ones.

    Args:
        seeds: Seeds of the searches; all play the episode of the tutorial.
        changes: Changes to the settings of the bundled experiment, each ``section.key=value``.
        workers: Number of processes.
        out: Folder, with a folder for each repertoire; finished ones are not filled again.
        json: Print one JSON object per line.

    Returns:
        The exit code.
    """
    rows = []
    if not json:
        print(f"{NAME}: a lander's repertoire on pyribs' grid, {counted(len(seeds), 'seed')}")
    for method in _METHODS:
        if method != "map-elites" and importlib.util.find_spec("ribs") is None:
            if not json:
                print(f'{method}: left out, pyribs is not installed (pip install "neat-arena[qd]")')
            continue
        for seed in seeds:
            folder = out / f"{method}-seed{seed}"
            code, data = _one(folder, method, seed, changes, workers, json=json)
            if code:
                return code
            rows.append((method, data))
            if json:
                print(json_.dumps({"event": "repertoire", "method": method, "seed": seed, **data}), flush=True)
            else:
                print(_row(f"{method}, seed {seed}", data), flush=True)
    if not json:
        print(_row("pyribs' tutorial", _PUBLISHED))
        for method in dict.fromkeys(name for name, _ in rows):
            print(_row(f"{method}, mean", _mean([data for name, data in rows if name == method])))
    return 0


def _one(
    folder: Path, method: str, seed: int, changes: Sequence[str], workers: int | None, *, json: bool
) -> tuple[int, dict[str, Any]]:
    """Fill or continue one repertoire, let its elites play fresh episodes, and return its figures.

    The first value is the exit code of an interruption, or 0.
    """
    from experiments.commands.illuminate import fill, settings_for
    from experiments.repertoire.corrected import corrected

    experiment = settings_for(NAME, method, [*changes, f"run.seed={seed}", f"run.workers={workers or 0}"])
    if not (folder / FOLDER).is_dir() or "corrected" not in read_figures(folder):
        with contextlib.nullcontext() if json else contextlib.redirect_stdout(io.StringIO()):  # one row for each
            code = fill(experiment, method, folder, quiet=True, json=json)
        if code:
            return code, {}
        repertoire, kept = read_repertoire(folder)
        write_repertoire(folder, repertoire, kept, corrected(repertoire, kept, _EPISODES))
    return 0, read_figures(folder)


def _mean(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = ("filled", "coverage", "qd_score", "best")
    found: dict[str, Any] = {name: sum(row[name] for row in rows) / len(rows) for name in names}
    found["corrected"] = {name: sum(row["corrected"][name] for row in rows) / len(rows) for name in names}
    return found


def _row(label: str, data: dict[str, Any]) -> str:
    fresh = data.get("corrected")
    told = (
        f"  {label:<28}  coverage {data['coverage']:.4f} ({data['filled']:,.0f})  QD score {data['qd_score']:>11,.0f}  "
        f"best {data['best']:>6,.1f}"
    )
    if fresh is None:
        return told
    return f"{told}  on fresh episodes: {fresh['coverage']:.4f}, {fresh['qd_score']:>11,.0f}, {fresh['best']:>6,.1f}"
