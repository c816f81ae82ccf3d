"""The time of whole commands in new processes: with an empty cache of machine code, and with a full one.

Cold, a command compiles what it needs into a cache of its own. Warm, it finds there what it has compiled before.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from experiments.bench.options import StartupOptions
from experiments.bench.report import Report, Table, number, spread
from experiments.bench.timing import Series
from neat.errors import ConfigError, EvaluationError

__all__ = ["COMMANDS", "measure"]

COMMANDS = {
    "--help": ("--help",),
    "list": ("list",),
    "run": ("run", "{target}", "--quiet", "--out", "{new}"),
    "verify": ("verify", "{run}"),
    "play": ("play", "{run}", "--video", "{new}.gif"),
    "report": ("report", "{run}", "--out", "{new}.html"),
    "draw": ("draw", "{run}", "--out", "{new}.svg"),
}
"""Words of each command; ``{run}`` is a run of ``{target}`` that is over, ``{new}`` a name that is free."""


def measure(options: StartupOptions) -> Report:
    """Measure, and return what was found.

    Raises:
        ConfigError: A command is not one that is measured.
        EvaluationError: A command failed.
    """
    for name in options.commands:
        if name not in COMMANDS:
            raise ConfigError(f"--commands: expected some of {', '.join(COMMANDS)}, got {name!r}")
    report = Report("startup")
    table = Table(
        f"Whole commands in new processes ({options.target})",
        ("command", "cold", "processor", "warm", "processor"),
        notes=["cold: nothing is compiled yet; processor: processor time, helpers included"],
    )
    names = options.commands or tuple(COMMANDS)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        words = {"target": options.target, "run": str(place / "played")}
        if any("{run}" in word for name in names for word in COMMANDS[name]):
            _timed(("run", options.target, "--quiet", "--out", words["run"]), os.environ.get("NEAT_ARENA_CACHE"))
        for name in names:
            found = []
            cache = str(place / f"cache-{name}")
            for k in range(1 + options.rounds):
                new = str(place / f"{name}-{k}")
                found.append(_timed([word.format(**words, new=new) for word in COMMANDS[name]], cache))
            (cold, compiling), warm = found[0], found[1:]
            seconds = Series.of([s for s, _ in warm])
            processor = Series.of([p for _, p in warm])
            table.rows.append(
                (f"neat {' '.join(w for w in COMMANDS[name][:2] if '{run}' not in w)}".format(**words, new=""),
                 f"{number(cold)} s", f"{number(compiling)} s", spread(seconds, "s"), f"{number(processor.median)} s")
            )  # fmt: skip
            report.figures[name] = {
                "cold_seconds": cold, "cold_processor_seconds": compiling, "warm_seconds": seconds.as_dict(),
                "warm_processor_seconds": processor.as_dict(),
            }  # fmt: skip
    report.tables.append(table)
    return report


def _timed(words: Sequence[str], cache: str | None) -> tuple[float, float]:
    """Return the seconds that a command takes, and those of the processor (0 where the system does not say).

    Raises:
        EvaluationError: It failed.
    """
    environment = dict(os.environ) if cache is None else {**os.environ, "NEAT_ARENA_CACHE": cache}
    before, begin = os.times(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "experiments", *words],
        capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    seconds, after = time.perf_counter() - begin, os.times()
    if done.returncode not in (0, 1):  # 1: a champion that does not reach its goal
        raise EvaluationError(f"neat {' '.join(words)} failed: {' '.join(done.stderr.split())}")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, processor
