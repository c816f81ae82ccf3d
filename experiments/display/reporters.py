"""Who tells the world about a run: on a terminal, as plain lines, as JSON, or into the run's folder.

A reporter is told everything as data (`experiments.loop.events.Event`), in order: `started`; for each generation
`faulted` (if an episode was), `generation`, `played`, `behaved` (if the task says what genomes did), `noticed` (if
something keeps the run from learning), `bred`, `improved` (if there is news), `trying` and `attempted` where a genome
of it is tried, and `improved` if that makes it the champion; at the end, after the trial of the last generation's best
bet, `trying` and `finished`; `close`, which comes in any case. A resumed run begins at ``Started.generation``. To make
one, subclass `Reporter`, override what it cares about, and hand it to `experiments.run`::

    class Best(Reporter):
        def generation(self, record):
            print(record.generation, record.best)
"""

from __future__ import annotations

import json
import sys
import time
from typing import IO, TYPE_CHECKING, Any

from environments.tasks.task import traits_of
from experiments.display import describe
from experiments.display.answers import has_examples
from experiments.folder.behaviours import BehavioursFile
from experiments.folder.champion import Champion
from experiments.folder.files import finite
from experiments.loop.events import Attempt, Behaved, Faults, Noticed, Outcome, Played, Started, Trying
from experiments.loop.notes import notes
from experiments.studies.provenance import provenance
from neat.history.ancestry import Relatives

if TYPE_CHECKING:
    from experiments.folder.directory import RunDirectory
    from experiments.loop.events import Event
    from neat.history.records import GenerationRecord

__all__ = ["DirectoryReporter", "JsonReporter", "PlainReporter", "QuietReporter", "Reporter"]


_FIRST = 12
"""Generations of which all are reported, however fast they are."""


class Reporter:
    """Does nothing with what it is told; the base of all reporters."""

    def started(self, start: Started) -> None:
        """The run is about to begin."""

    def faulted(self, faults: Faults) -> None:
        """Episodes of a generation could not be scored."""

    def generation(self, record: GenerationRecord) -> None:
        """A generation was evaluated."""

    def played(self, played: Played) -> None:
        """The same generation, with its genomes."""

    def behaved(self, behaved: Behaved) -> None:
        """The genomes of a generation did something beside collecting reward (``task.behaviour``)."""

    def noticed(self, found: Noticed) -> None:
        """Something keeps the run from learning. Where no reporter of a run takes this, it is logged as a warning."""

    def bred(self, relatives: Relatives) -> None:
        """A generation has had children."""

    def improved(self, champion: Champion) -> None:
        """The run has a new champion."""

    def trying(self, about: Trying) -> None:
        """A genome is about to be tried on fresh episodes."""

    def attempted(self, attempt: Attempt) -> None:
        """A genome was tried on fresh episodes."""

    def finished(self, outcome: Outcome) -> None:
        """The run is over."""

    def close(self) -> None:
        """Nothing more will come; called in any case, also when the run is interrupted."""

    def report(self, event: Event) -> None:
        """Hand an event to the method that is made for it."""
        match event:
            case Started():
                self.started(event)
            case Faults():
                self.faulted(event)
            case Played():
                self.played(event)
            case Behaved():
                self.behaved(event)
            case Noticed():
                self.noticed(event)
            case Champion():
                self.improved(event)
            case Trying():
                self.trying(event)
            case Attempt():
                self.attempted(event)
            case Relatives():
                self.bred(event)
            case Outcome():
                self.finished(event)
            case _:
                self.generation(event)


class PlainReporter(Reporter):
    """Plain lines, for terminals without control sequences, pipes and log files.

    The first twelve generations are reported, in which much happens, and later ones at most once every ``interval``
    seconds, so that fast runs do not drown what matters.
    """

    def __init__(self, out: IO[str] | None = None, *, interval: float = 1.0) -> None:
        self.out = out or sys.stdout
        self.interval = interval
        self._last = -float("inf")
        self._generations = 0
        self._examples = self._rows = False
        self._speed = describe.Speedometer()
        self._pending: GenerationRecord | None = None

    def started(self, start: Started) -> None:
        """Say what is run, on what, and what has to be waited for."""
        self._generations = start.experiment.run.generations
        self._examples = has_examples(start.experiment.task)
        self._rows = traits_of(start.experiment.task).rows
        self._speed = describe.Speedometer(examples=self._examples or self._rows)
        for line in describe.start(start):
            self._line(line)

    def generation(self, record: GenerationRecord) -> None:
        """Write a line, unless the last one is too recent."""
        self._pending = record
        if record.generation < _FIRST or time.monotonic() - self._last >= self.interval:
            self._flush()

    def faulted(self, faults: Faults) -> None:
        """Say what went wrong."""
        self._line(describe.faults(faults))

    def noticed(self, found: Noticed) -> None:
        """Say what keeps the run from learning, and what helps."""
        self._flush()
        for line in describe.noticed(found):
            self._line(line)

    def attempted(self, attempt: Attempt) -> None:
        """Say how a genome did on fresh episodes; of rows, where one is tried every generation, if it is the best."""
        if self._rows and not attempt.best and attempt.report is None:
            return
        self._flush()
        self._line(describe.attempt(attempt, examples=self._examples))

    def finished(self, outcome: Outcome) -> None:
        """Write what came out."""
        self._flush()
        for line in describe.outcome(outcome):
            self._line(line)

    def _flush(self) -> None:
        if self._pending is not None:
            self._line(describe.generation(self._pending, self._generations, self._speed.read(self._pending)))
            self._pending = None
            self._last = time.monotonic()

    def _line(self, text: str) -> None:
        print(text, file=self.out, flush=True)


class QuietReporter(Reporter):
    """What came out, and nothing before."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self.out = out or sys.stdout

    def finished(self, outcome: Outcome) -> None:
        """Write what came out."""
        for line in describe.outcome(outcome):
            print(line, file=self.out, flush=True)


class JsonReporter(Reporter):
    """One JSON object a line, for programs: ``event`` says which: start, fault, generation, notice, attempt, result."""

    def __init__(self, out: IO[str] | None = None, *, folder: str | None = None) -> None:
        self.out = out or sys.stdout
        self.folder = folder

    def started(self, start: Started) -> None:
        """Write the settings that matter most."""
        noted = notes(start.experiment)
        self._write("start", {**start.as_dict(), "first_generation": start.generation, "notes": noted})

    def generation(self, record: GenerationRecord) -> None:
        """Write the generation's record."""
        self._write("generation", record.as_dict())

    def faulted(self, faults: Faults) -> None:
        """Write a line for each episode that could not be scored."""
        for fault in faults.as_dicts():
            self._write("fault", fault)

    def noticed(self, found: Noticed) -> None:
        """Write a line for each finding."""
        for finding in found.as_dicts():
            self._write("notice", finding)

    def attempted(self, attempt: Attempt) -> None:
        """Write what a genome scored on fresh episodes."""
        self._write("attempt", attempt.as_dict())

    def finished(self, outcome: Outcome) -> None:
        """Write what came out."""
        self._write("result", {**outcome.as_dict(), "folder": self.folder})

    def _write(self, event: str, data: dict[str, Any]) -> None:
        print(json.dumps({"event": event, **finite(data)}), file=self.out, flush=True)


class DirectoryReporter(Reporter):
    """Keeps a run's folder up to date, so that whatever ends a run leaves its champion and its curve behind."""

    def __init__(self, directory: RunDirectory, *, interval: float = 2.0) -> None:
        self.directory = directory
        self.interval = interval
        self._champion: Champion | None = None
        self._last = -float("inf")
        self._start: Started | None = None
        self._behaviours = BehavioursFile(directory.path)

    def started(self, start: Started) -> None:
        """Write the resolved settings."""
        self._start = start
        self.directory.write_config(start.experiment)

    def generation(self, record: GenerationRecord) -> None:
        """Append the record, and write a waiting champion when the last was written long enough ago."""
        self.directory.append_metrics(record)
        if time.monotonic() - self._last >= self.interval:
            self._write_champion()

    def faulted(self, faults: Faults) -> None:
        """Append what went wrong, with the seeds that play it again."""
        self.directory.append_faults(faults)

    def behaved(self, behaved: Behaved) -> None:
        """Append what the genomes did."""
        self._behaviours.append(behaved)

    def improved(self, champion: Champion) -> None:
        """Remember the champion; `generation` and `close` write it (a flush to disk costs some milliseconds)."""
        self._champion = champion

    def finished(self, outcome: Outcome) -> None:
        """Write the champion and the result."""
        self._champion = outcome.champion
        self._write_champion()
        about = self._start.as_dict() if self._start is not None else {}
        self.directory.write_result({**about, **outcome.as_dict(), "machine": provenance()})

    def close(self) -> None:
        """Write what is still waiting, and let go of the folder."""
        try:
            self._write_champion()
        finally:
            self._behaviours.close()
            self.directory.close()

    def _write_champion(self) -> None:
        if self._champion is not None:
            self.directory.write_champion(self._champion)
            self._champion = None
            self._last = time.monotonic()
