"""The live display of a run on a terminal: a panel that is updated, and the result after it."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from environments.tasks.task import traits_of
from experiments.display import describe
from experiments.display.answers import answers_line, has_examples
from experiments.display.keyboard import Keyboard
from experiments.display.reporters import Reporter
from experiments.folder.champion import Champion
from experiments.folder.directory import RunDirectory
from experiments.loop.events import Attempt, Faults, Noticed, Outcome, Started, Trying
from neat.compiled.progress import KERNELS, kept_since
from neat.history.records import GenerationRecord

__all__ = ["LiveReporter"]

_CURVE = 60
_BARS = " ▁▂▃▄▅▆▇█"


class LiveReporter(Reporter):
    """Shows generation, fitness, species, complexity, steps per second and time left, several times per second."""

    def __init__(self, console: Console | None = None, *, folder: Path | None = None) -> None:
        """Create the display.

        Args:
            console: The console; by default standard output.
            folder: The run folder, from which the earlier curve of a resumed run is read.
        """
        self.console = console or Console()
        self._folder = folder
        self._keyboard = Keyboard()
        self._live: Live | None = None
        self._start: Started | None = None
        self._record: GenerationRecord | None = None
        self._best: deque[float] = deque(maxlen=_CURVE)
        self._note = self._waiting = self._answers = ""
        self._examples = self._rows = False
        self._since = 0.0
        self._speed = describe.Speedometer()
        self._pace = ""
        self._read = 0.0
        self._done = ""
        self._begin, self._opened = time.monotonic(), time.time()

    def started(self, start: Started) -> None:
        """Print the task and the settings, and open the panel."""
        self._start = start
        self._examples = has_examples(start.experiment.task)
        self._rows = traits_of(start.experiment.task).rows
        self._speed = describe.Speedometer(examples=self._examples or self._rows)
        self._best.extend(self._former(start.generation))
        for line in describe.start(start):
            self.console.print(line, style="dim", highlight=False)
        self._begin = time.monotonic()
        self._live = Live(get_renderable=self._panel, console=self.console, refresh_per_second=8, transient=False)
        self._keyboard.hush()
        self._live.start()

    def generation(self, record: GenerationRecord) -> None:
        """Show the record in the panel."""
        self._record, self._waiting = record, ""
        self._best.append(record.best)
        if time.monotonic() - self._read >= 0.5 or not self._pace:
            self._pace = self._speed.read(record)
            self._read = time.monotonic()

    def faulted(self, faults: Faults) -> None:
        """Print which episodes failed and why, above the panel."""
        self.console.print(describe.faults(faults), style="red", highlight=False)

    def noticed(self, found: Noticed) -> None:
        """Print what keeps the run from learning, above the panel."""
        for line in describe.noticed(found):
            self.console.print(line, style="yellow", highlight=False)

    def trying(self, about: Trying) -> None:
        """Show in the panel that a trial has begun, and for how many seconds it has run."""
        if self._rows:
            return  # these trials are short, and there is one in every generation
        self._waiting, self._since = describe.trying(about, examples=self._examples), time.monotonic()
        if self._live is not None:
            self._live.refresh()  # at once: a trial may end before the next update of the panel

    def attempted(self, attempt: Attempt) -> None:
        """Show the result of the trial in the panel."""
        self._note, self._waiting = describe.attempt(attempt, examples=self._examples), ""

    def improved(self, champion: Champion) -> None:
        """Show the champion's truth table in the panel, if the task has one."""
        self._answers = answers_line(champion)

    def finished(self, outcome: Outcome) -> None:
        """Keep the last panel, and print the result below it."""
        self._waiting = ""
        self._stop()
        style = "bold green" if outcome.solved else "bold yellow"
        for line in describe.outcome(outcome):
            self.console.print(line, style=style, highlight=False)
            style = ""

    def close(self) -> None:
        """Close the panel, also when the run was interrupted."""
        self._stop()

    def _stop(self) -> None:
        try:
            if self._live is not None:
                self._live.stop()
                self._live = None
        finally:
            self._keyboard.restore()

    def _former(self, generation: int) -> list[float]:
        """Return the best fitness of each generation before the given one, read from the run folder."""
        if not generation or self._folder is None or not (self._folder / "metrics.jsonl").is_file():
            return []
        records = [record for record in RunDirectory(self._folder).metrics() if record["generation"] < generation]
        return [float(record["best"]) for record in records[-_CURVE:] if record["best"] is not None]

    def _compiling(self) -> str:
        """Return how many kernels have been compiled; it is updated twice per second."""
        if time.monotonic() - self._read >= 0.5:
            self._read = time.monotonic()
            count, last = kept_since(self._opened)
            self._done = f"{count} of about {KERNELS} kernels{f', the last of {last}' if last else ''}"
        return f"compiling, this once: {self._done}"

    def _panel(self) -> Panel:
        start, record = self._start, self._record
        if start is None or record is None:
            waited = describe.duration(time.monotonic() - self._begin)
            first = "first generation" if start is None or not start.compiles else self._compiling()
            return Panel(Text(f"{first} … {waited}", style="dim"), border_style="blue")
        total = start.experiment.run.generations
        done = record.generation + 1
        elapsed = time.monotonic() - self._begin
        left = elapsed / max(done - start.generation, 1) * (total - done)
        # Three pairs per row fit into 80 columns.
        table = Table.grid(padding=(0, 1))
        table.add_row(
            *_pair("generation", describe.numbered(record.generation, total).strip()),
            *_pair("species", str(len(record.species))),
            *_pair("speed", self._pace),
        )
        table.add_row(
            *_pair("best", f"{record.best:.2f}"),
            *_pair("hidden", f"{record.hidden_mean:.1f}"),
            *_pair("elapsed", describe.duration(elapsed)),
        )
        table.add_row(
            *_pair("mean", f"{record.mean:.2f} ± {record.sd:.2f}"),
            *_pair("connections", f"{record.connections_mean:.1f}"),
            *_pair("left", f"at most {describe.duration(left)}"),
        )
        bar = Table.grid(expand=True)
        bar.add_row(ProgressBar(total=total, completed=done))
        parts: list[Text | Table] = [bar, table]
        parts.append(Text(f"best {_sparkline(self._best)}", style="cyan", no_wrap=True))
        if self._answers:
            parts.append(Text(self._answers))
        if self._note:
            parts.append(Text(self._note))
        if self._waiting:
            parts.append(Text(f"{self._waiting} {describe.duration(time.monotonic() - self._since)}", style="dim"))
        goal = "" if start.threshold is None else f" (solved at {start.threshold:g})"
        return Panel(Group(*parts), title=f"{start.task}{goal}", border_style="blue")


def _pair(name: str, value: str) -> tuple[Text, Text]:
    return Text(name, style="dim", no_wrap=True), Text(f"{value} ", style="bold", no_wrap=True)


def _sparkline(values: deque[float]) -> str:
    """Draw numbers as bars of eight heights, from their minimum to their maximum."""
    low, high = min(values), max(values)
    if not high - low > 0:
        return _BARS[4] * len(values)
    return "".join(_BARS[1 + int((value - low) / (high - low) * 7.999)] for value in values)
