"""Kill a run at random moments, resume it, and compare what it leaves with a run that nobody disturbed.

::

    python -m tests.kill_and_resume --kills 100

Every kill is a SIGKILL, which no program can prepare for. Runs are resumed with another number of workers each time.
Compared are all arrays of the last checkpoint, the champion, the champions before it, every generation's record and
the result, without the times of day in them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from experiments.loop.checkpoints import Checkpoints

ROOT = Path(__file__).parents[1]
SETTINGS = ("--population", "60", "--set", "run.checkpoint_seconds=0", "--set", "run.stop_when_solved=false")
SETTINGS += ("--set", "task.observation_scaling=running", "--set", "task.episodes=2", "--set", "task.verify_episodes=5")
_TIMES = ("seconds", "workers", "backend", "machine")


def neat(*words: str) -> subprocess.Popen[str]:
    """Start `neat` in a process group of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    call = [sys.executable, "-m", "experiments", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=pipe, text=True, env=environment)


def leavings(folder: Path) -> dict[str, Any]:
    """Return everything a finished run leaves, without times of day."""
    state, refused = Checkpoints(folder).newest()
    if refused:
        raise SystemExit(f"unreadable checkpoints: {refused}")
    arrays = state.population.to_arrays()
    arrays["values"] = arrays["values"][:4]
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    result = json.loads((folder / "result.json").read_text())
    return {
        **{f"array {name}": array.tobytes() for name, array in arrays.items()},
        **{f"evaluator {name}": array.tobytes() for name, array in state.evaluator.items()},
        "champion.json": (folder / "champion.json").read_bytes(),
        **{path.name: path.read_bytes() for path in folder.glob("*.jsonl") if path.name != "metrics.jsonl"},
        "metrics.jsonl": [{k: v for k, v in record.items() if k != "seconds"} for record in records],
        "result.json": {k: v for k, v in result.items() if k not in _TIMES},
    }


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for a run to end well."""
    errors = process.communicate(timeout=600)[1]
    if process.returncode:
        raise SystemExit(f"a run failed with exit code {process.returncode}: {errors}")


def disturbed(folder: Path, target: str, settings: tuple[str, ...], kills: int, rng: random.Random) -> int:
    """Run to the end through at most that many kills, and return how many there were.

    Each comes within a time in which a run can do several generations.
    """
    process = neat("run", target, *settings, "--workers", "2", "--out", str(folder))
    for kill in range(kills):
        while process.poll() is None and not (folder / "config.toml").exists():
            time.sleep(0.002)
        while process.poll() is None and kill and not _active(folder, process):
            time.sleep(0.002)
        time.sleep(rng.expovariate(1.0))
        if process.poll() is not None:
            finish(process)
            return kill
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for path in (folder / "checkpoints").glob("*.npz"):
            Checkpoints(folder).read(path)  # every checkpoint there is can be read
        process = neat("resume", str(folder), "--workers", rng.choice("123"))
    finish(process)
    return kills


def _active(folder: Path, process: subprocess.Popen[str]) -> bool:
    """Tell whether this process has taken the run's folder (imports take a second or two)."""
    try:
        return str(process.pid) in (folder / "run.lock").read_text()
    except OSError:
        return False


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--per-run", type=int, default=5, help="most kills that one run suffers")
    parser.add_argument("--target", default="cartpole")
    parser.add_argument("--generations", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    given = parser.parse_args()
    rng = random.Random(given.seed)
    settings = (*SETTINGS, "--generations", str(given.generations))
    with tempfile.TemporaryDirectory() as place:
        finish(neat("run", given.target, *settings, "--out", f"{place}/whole"))
        expected = leavings(Path(place) / "whole")
        killed = runs = 0
        while killed < given.kills:
            folder = Path(place) / f"run{runs}"
            killed += disturbed(folder, given.target, settings, min(given.per_run, given.kills - killed), rng)
            runs += 1
            found = leavings(folder)
            different = [name for name in expected if found.get(name) != expected[name]]
            if different:
                raise SystemExit(f"{folder.name}, after {killed} kills, differs in: {', '.join(different)}")
            print(f"{killed} of {given.kills} kills in {runs} runs: all equal to the undisturbed run", flush=True)


if __name__ == "__main__":
    main()
