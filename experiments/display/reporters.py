"""Reporters: they receive the events of a run, and print them or write them into the run folder.

Each event is data (`experiments.loop.events.Event`) and has a method of `Reporter`. The methods are called in this
order:

1. `started`.
2. For each generation: `faulted` (if an episode failed), `generation`, `played`, `behaved` (if the task has
   behaviours), `noticed` (if something keeps the run from learning), `bred`, and `improved` (if there is a new
   champion). If a genome of the generation is tried on fresh episodes: `trying`, `attempted`, and `improved` (if it
   becomes the champion).
3. At the end, after a trial in the last generation: `trying` and `finished`.
4. `close`, also after an error.

A resumed run begins at ``Started.generation``. To make a reporter, subclass `Reporter`, override the methods that it
needs, and pass it to `experiments.run`::

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
"""The first generations are all reported, however fast they are."""


class Reporter:
    """The base class of all reporters; its methods do nothing."""

    def started(self, start: Started) -> None:
        """The run is about to begin."""

    def faulted(self, faults: Faults) -> None:
        """Episodes of a generation could not be scored."""

    def generation(self, record: GenerationRecord) -> None:
        """A generation was evaluated."""

    def played(self, played: Played) -> None:
        """The same generation, with its genomes."""

    def behaved(self, behaved: Behaved) -> None:
        """The behaviours of a generation's genomes, if the task has behaviours (``task.behaviour``)."""

    def noticed(self, found: Noticed) -> None:
        """Something keeps the run from learning. If no reporter overrides this method, a warning is logged."""

    def bred(self, relatives: Relatives) -> None:
        """A generation was reproduced."""

    def improved(self, champion: Champion) -> None:
        """The run has a new champion."""

    def trying(self, about: Trying) -> None:
        """A trial of a genome on fresh episodes begins."""

    def attempted(self, attempt: Attempt) -> None:
        """A genome was tried on fresh episodes."""

    def finished(self, outcome: Outcome) -> None:
        """The run is over."""

    def close(self) -> None:
        """The last call; it is made in any case, also when the run is interrupted."""

    def report(self, event: Event) -> None:
        """Call the method for an event."""
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
    """Prints plain lines, for log files, pipes, and terminals without control sequences.

    The first twelve generations are all reported. Later ones are reported at most once every ``interval`` seconds, so
    that a fast run does not print too many lines.
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
        """Print the task, the settings and the backend."""
        self._generations = start.experiment.run.generations
        self._examples = has_examples(start.experiment.task)
        self._rows = traits_of(start.experiment.task).rows
        self._speed = describe.Speedometer(examples=self._examples or self._rows)
        for line in describe.start(start):
            self._line(line)

    def generation(self, record: GenerationRecord) -> None:
        """Print a line, unless the last one is too recent."""
        self._pending = record
        if record.generation < _FIRST or time.monotonic() - self._last >= self.interval:
            self._flush()

    def faulted(self, faults: Faults) -> None:
        """Print which episodes failed, and why."""
        self._line(describe.faults(faults))

    def noticed(self, found: Noticed) -> None:
        """Print what keeps the run from learning, and what helps."""
        self._flush()
        for line in describe.noticed(found):
            self._line(line)

    def attempted(self, attempt: Attempt) -> None:
        """Print the result of a trial on fresh episodes.

        Tasks of rows have a trial in every generation, so only the best result so far is printed.
        """
        if self._rows and not attempt.best and attempt.report is None:
            return
        self._flush()
        self._line(describe.attempt(attempt, examples=self._examples))

    def finished(self, outcome: Outcome) -> None:
        """Print the result."""
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
    """Prints only the result of the run."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self.out = out or sys.stdout

    def finished(self, outcome: Outcome) -> None:
        """Print the result."""
        for line in describe.outcome(outcome):
            print(line, file=self.out, flush=True)


class JsonReporter(Reporter):
    """Prints one JSON object per line, for programs.

    The key ``event`` is the kind of event: start, fault, generation, notice, attempt or result.
    """

    def __init__(self, out: IO[str] | None = None, *, folder: str | None = None) -> None:
        self.out = out or sys.stdout
        self.folder = folder

    def started(self, start: Started) -> None:
        """Print the most important settings."""
        noted = notes(start.experiment)
        self._write("start", {**start.as_dict(), "first_generation": start.generation, "notes": noted})

    def generation(self, record: GenerationRecord) -> None:
        """Print the record of the generation."""
        self._write("generation", record.as_dict())

    def faulted(self, faults: Faults) -> None:
        """Print a line for each episode that could not be scored."""
        for fault in faults.as_dicts():
            self._write("fault", fault)

    def noticed(self, found: Noticed) -> None:
        """Print a line for each finding."""
        for finding in found.as_dicts():
            self._write("notice", finding)

    def attempted(self, attempt: Attempt) -> None:
        """Print the score of a genome on fresh episodes."""
        self._write("attempt", attempt.as_dict())

    def finished(self, outcome: Outcome) -> None:
        """Print the result."""
        self._write("result", {**outcome.as_dict(), "folder": self.folder})

    def _write(self, event: str, data: dict[str, Any]) -> None:
        print(json.dumps({"event": event, **finite(data)}), file=self.out, flush=True)


class DirectoryReporter(Reporter):
    """Keeps a run folder up to date, so that a run that is stopped still leaves its champion and its records."""

    def __init__(self, directory: RunDirectory, *, interval: float = 2.0) -> None:
        self.directory = directory
        self.interval = interval
        self._champion: Champion | None = None
        self._last = -float("inf")
        self._start: Started | None = None
        self._behaviours = BehavioursFile(directory.path)

    def started(self, start: Started) -> None:
        """Write the complete settings."""
        self._start = start
        self.directory.write_config(start.experiment)

    def generation(self, record: GenerationRecord) -> None:
        """Append the record, and write the champion if the last one was written long enough ago."""
        self.directory.append_metrics(record)
        if time.monotonic() - self._last >= self.interval:
            self._write_champion()

    def faulted(self, faults: Faults) -> None:
        """Append the episodes that failed, with the seeds that repeat them."""
        self.directory.append_faults(faults)

    def behaved(self, behaved: Behaved) -> None:
        """Append the behaviours of the genomes."""
        self._behaviours.append(behaved)

    def improved(self, champion: Champion) -> None:
        """Remember the champion. `generation` and `close` write it, since a flush to disk takes some milliseconds."""
        self._champion = champion

    def finished(self, outcome: Outcome) -> None:
        """Write the champion and the result."""
        self._champion = outcome.champion
        self._write_champion()
        about = self._start.as_dict() if self._start is not None else {}
        self.directory.write_result({**about, **outcome.as_dict(), "machine": provenance()})

    def close(self) -> None:
        """Write the champion if it has not been written, and release the folder."""
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
