"""The time that the watch page takes from a run: the run alone, with an open page, and with a page that hangs."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gzip
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from experiments.bench.options import WatchOptions
from experiments.bench.report import Report, Table, ratio, spread
from experiments.bench.timing import Series, in_turn, ratios
from experiments.loop.runner import run
from experiments.settings import Experiment
from experiments.targets import load
from experiments.watching.process import Companion
from experiments.watching.server import PARTS, page_file
from experiments.watching.snapshots import SnapshotReporter
from neat.errors import EvaluationError

__all__ = ["measure"]

_PATIENCE = 120.0
"""Maximum number of seconds for the watcher to start."""


def measure(options: WatchOptions) -> Report:
    """Run the benchmark: a run alone, with an open page, and with a page that hangs, in turn; and the size of the page.

    Raises:
        EvaluationError: The results differ, or the watcher does not start.
    """
    report = Report("watch")
    report.tables = [_overhead(options, report), _weight(report)]
    return report


def _overhead(options: WatchOptions, report: Report) -> Table:
    changes = [
        f"population.size={options.population}", f"run.generations={options.generations}", f"run.seed={options.seed}",
        "run.stop_when_solved=false", "run.trial_every=0",
    ]  # fmt: skip
    experiment = load(options.environment, changes=changes)
    settings = dataclasses.replace(experiment.run, workers=options.workers or experiment.run.workers)
    experiment = dataclasses.replace(experiment, run=settings)
    kinds = {"alone": "", "watched": "reads", "a page that hangs": "hangs"}
    programs = {name: functools.partial(_seconds, experiment, page) for name, page in kinds.items()}
    _seconds(dataclasses.replace(experiment, run=dataclasses.replace(settings, generations=2)), "")  # compiles the code
    found = in_turn(programs, options.rounds)
    if len({figures[1] for runs in found.values() for figures in runs}) != 1:
        raise EvaluationError("the results of the watched run differ from those of the run alone")
    times = {name: Series.of([seconds for seconds, _, _ in runs]) for name, runs in found.items()}
    received = Series.of([frames / seconds for seconds, _, frames in found["watched"]])
    table = Table(
        f"{options.environment}, {options.population} genomes, {options.generations} generations: time of a run",
        ("", "time", "beside the run alone"),
        notes=[f"pictures that the page got: {spread(received)} a second; the results are equal bit for bit"],
    )
    for name, series in times.items():
        beside = ratios(series, times["alone"])
        table.rows.append((name, spread(series, "s"), "" if name == "alone" else ratio(beside)))
        report.figures[name] = {"seconds": series.as_dict(), "beside_alone": beside.as_dict()}
    report.figures["pictures_a_second"] = received.as_dict()
    return table


def _seconds(experiment: Experiment, page: str) -> tuple[float, str, int]:
    """Play a run; return its seconds, its champion, and the number of pictures that the page received."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place) / "run"
        with _watched(folder, page) as frames:
            before = frames.value if frames is not None else 0
            begin = time.perf_counter()
            outcome = run(experiment, *([SnapshotReporter(folder)] if page else []), out=folder)
            seconds = time.perf_counter() - begin
            received = frames.value - before if frames is not None else 0
        return seconds, outcome.champion.genome.to_json(), received


@contextlib.contextmanager
def _watched(folder: Path, page: str) -> Iterator[Any]:
    """Start a watcher with a page that reads messages, or does not; yield the counter of received pictures."""
    if not page:
        yield None
        return
    folder.mkdir()
    companion = Companion(folder)
    context = multiprocessing.get_context("spawn")
    frames, ready = context.Value("i", 0), context.Event()
    target = _read if page == "reads" else _hang
    reader = context.Process(target=target, args=(str(companion.address), frames, ready), daemon=True)
    reader.start()
    try:
        if not ready.wait(_PATIENCE):
            raise EvaluationError("the watcher did not start")
        yield frames
    finally:
        reader.terminate()
        reader.join()
        companion.close()


def _read(address: str, frames: Any, ready: Any) -> None:
    """Act as a page that reads all messages."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    while True:
        with contextlib.suppress(OSError, WebSocketException), connect(_live(address), max_size=None) as page:
            ready.set()
            for message in page:
                if isinstance(message, bytes):
                    frames.value += 1
        time.sleep(0.2)


def _hang(address: str, frames: Any, ready: Any) -> None:
    """Act as a page that requests everything and reads nothing."""
    parts = urlsplit(address)
    while True:
        with contextlib.suppress(OSError):
            connection = socket.create_connection((parts.hostname, parts.port))
            head = f"GET {parts.path}live HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            key = f"Connection: Upgrade\r\nSec-WebSocket-Key: {'A' * 22}==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            connection.sendall((head + key).encode())
            ready.set()
            time.sleep(3_600)
        time.sleep(0.2)


def _live(address: str) -> str:
    return f"ws{address.removeprefix('http')}live"


def _weight(report: Report) -> Table:
    table = Table("The page", ("file", "bytes", "compressed"))
    total = [0, 0]
    for name in PARTS:
        content = page_file(name)
        sizes = len(content), len(gzip.compress(content))
        total = [total[0] + sizes[0], total[1] + sizes[1]]
        table.rows.append((name, f"{sizes[0]:,}", f"{sizes[1]:,}"))
    table.rows.append(("all", f"{total[0]:,}", f"{total[1]:,}"))
    report.figures["page"] = {"bytes": total[0], "compressed": total[1]}
    return table
