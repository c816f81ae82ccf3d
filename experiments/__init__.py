"""The application: experiment files, the loop that runs them, run folders and the command line `neat`.

From Python::

    from experiments import load, load_run, run

    outcome = run(load("cartpole", changes=["run.seed=7"]), out="runs/mine")
    policy = load_run("runs/mine").policy()

Names are imported on first use, so that ``neat --help`` does not wait for Numba or Gymnasium.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.display.reporters import Reporter
    from experiments.folder.champion import Champion
    from experiments.folder.directory import RunDirectory
    from experiments.folder.loading import LoadedRun, load_run, load_runs
    from experiments.loop.events import Outcome
    from experiments.loop.recorder import Recorder
    from experiments.loop.runner import evolve, run
    from experiments.settings import Experiment, RunConfig
    from experiments.targets import load
    from experiments.watching.notebook import watch

__all__ = [
    "Champion",
    "Experiment",
    "LoadedRun",
    "Outcome",
    "Recorder",
    "Reporter",
    "RunConfig",
    "RunDirectory",
    "evolve",
    "load",
    "load_run",
    "load_runs",
    "run",
    "watch",
]

_HOMES = {
    "Champion": "folder.champion",
    "Experiment": "settings",
    "LoadedRun": "folder.loading",
    "Outcome": "loop.events",
    "Recorder": "loop.recorder",
    "Reporter": "display.reporters",
    "RunConfig": "settings",
    "RunDirectory": "folder.directory",
    "evolve": "loop.runner",
    "load": "targets",
    "load_run": "folder.loading",
    "load_runs": "folder.loading",
    "run": "loop.runner",
    "watch": "watching.notebook",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"experiments.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
