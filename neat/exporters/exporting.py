"""Writing a policy for other programs: all files are tested against the network before any is kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from neat.errors import ConfigError, EvaluationError
from neat.exporters.checking import Recording, Reference, difference, random_recording
from neat.exporters.policy_plan import PolicyPlan, Source, policy_plan
from neat.exporters.registry import EXPORTERS
from neat.exporters.target import Exporter, MissingToolError, Options, Player
from neat.networks.settings import NetworkConfig

__all__ = ["LIMITS", "Exported", "HasRecording", "export", "playing"]

LIMITS = {"double": 1e-6, "single": 1e-4}
"""Largest allowed difference from the network, by precision."""


@runtime_checkable
class HasRecording(Protocol):
    """An object that can provide observations of its own game."""

    def recording(self) -> Recording:
        """Return observations of some episodes."""


@dataclass(frozen=True)
class Exported:
    """The files written for one target.

    Attributes:
        target: Its name.
        name: Name of files and identifiers.
        files: Paths of the files.
        difference: Largest difference from the network over the observations; None if it was not tested.
        observations: Number of observations.
        source: Their origin, in words.
        missing: Why it was not tested; empty if it was.
        precision: Precision of its numbers, if the target has two.
    """

    target: str
    name: str
    files: tuple[Path, ...]
    difference: float | None
    observations: int
    source: str
    missing: str = ""
    precision: Literal["double", "single"] = "double"

    def __str__(self) -> str:
        names = ", ".join(file.name for file in self.files)
        if self.difference is None:
            return f"{self.target}: {names}; not compared with the network: {self.missing}"
        return (
            f"{self.target}: {names}; greatest difference from the network {self.difference:.1e} over "
            f"{self.observations:,} observations ({self.source})"
        )


def export(
    source: Source,
    to: str | Sequence[str],
    out: str | os.PathLike[str],
    *,
    name: str | None = None,
    network: NetworkConfig | None = None,
    precision: Literal["double", "single"] = "double",
    drop: float = 0.0,
    recording: Recording | None = None,
) -> list[Exported]:
    """Write a policy for other programs.

    Example:
        >>> neat.export(experiments.load_run("runs/cartpole-seed0"), ["python", "c"], "exported")

    Args:
        source: A run or champion (`experiments.load_run`), a policy plan, a network or a genome.
        to: Targets (`EXPORTERS`): ``python``, ``numpy``, ``torch``, ``onnx``, ``c``, ``javascript``, ``formula``.
        out: Folder to write into; files with the same names are replaced.
        name: Name of files and identifiers, by default ``policy``.
        network: Network settings, for a genome.
        precision: 64-bit or 32-bit numbers, for targets that support both.
        drop: For formulas: terms may be omitted as long as no output changes by more than this.
        recording: Observations for the test. By default those of some episodes of the run's own game; random ones
            without a game.

    Returns:
        The written files, in the order of ``to``.

    Raises:
        ConfigError: The target is unknown, or cannot express the policy (a user's activation function beyond arithmetic
            and ``math``).
        MissingExtraError: A target needs a package that is not installed.
        EvaluationError: Files differ from the network; nothing is written then.
    """
    targets = [to] if isinstance(to, str) else list(dict.fromkeys(to))
    made = [(target, EXPORTERS[target]()) for target in targets]
    for option, asked in (("precision", precision != "double"), ("drop", drop != 0.0)):
        if asked and not any(option in exporter.options for _, exporter in made):
            having = [target for target in EXPORTERS if option in EXPORTERS[target].options]
            raise ConfigError(f"{option}: only for {', '.join(having)}, not for {', '.join(targets)}")
    policy = policy_plan(source, network)
    policy = policy if name is None else replace(policy, name=name)
    if recording is None:
        recording = source.recording() if isinstance(source, HasRecording) else None
    recording = recording or random_recording(policy.network.inputs)
    options = Options(precision=precision, drop=drop, recording=recording)
    with tempfile.TemporaryDirectory(prefix="neat-export-") as place:
        done = [_write(policy, target, exporter, options, recording, Path(place)) for target, exporter in made]
        return [_keep(exported, Path(out)) for exported in done]


def _write(
    policy: PolicyPlan, target: str, exporter: Exporter, options: Options, recording: Recording, place: Path
) -> Exported:
    """Write the files of one target into a folder of their own, and compare them."""
    folder = place / target
    folder.mkdir()
    files = []
    for name, content in exporter.write(policy, options).items():
        files.append(folder / name)
        files[-1].write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    apart, missing = None, "nothing runs it"
    try:
        player = exporter.player(policy, options, folder)
    except MissingToolError as error:
        player, missing = None, f"{error} is not here to run it"
    if player is not None:
        try:
            answers = player.play(recording.observations, recording.begins)
        finally:
            player.close()
        expected = Reference(policy).play(recording.observations, recording.begins)
        apart, missing = difference(policy, answers, expected), ""
        limit = LIMITS[options.precision if "precision" in exporter.options else "double"]
        limit = max(limit, options.drop if "drop" in exporter.options else 0.0)
        if not apart <= limit:
            raise EvaluationError(
                f"{target}: the exported files differ from the network by {apart:.2g}, more than {limit:g}, over "
                f"{len(recording.observations):,} observations ({recording.source}); nothing was written"
            )
    return Exported(
        target,
        policy.name,
        tuple(files),
        apart,
        len(recording.observations),
        recording.source,
        missing,
        options.precision,
    )


def _keep(exported: Exported, out: Path) -> Exported:
    """Move files to where they were asked for."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        kept = []
        for file in exported.files:
            kept.append(out / file.name)
            shutil.copyfile(file, kept[-1])
    except OSError as error:
        raise ConfigError(f"cannot write to {out}: {error.strerror or error}") from None
    return replace(exported, files=tuple(kept))


@contextmanager
def playing(exported: Exported, policy: PolicyPlan) -> Iterator[Player | None]:
    """Give exported files at play, and end their program; None where there is nothing to run them.

    Args:
        exported: What was written.
        policy: What it was written of.
    """
    exporter = EXPORTERS[exported.target]()
    policy = replace(policy, name=exported.name)
    with tempfile.TemporaryDirectory(prefix="neat-export-") as place:
        for file in exported.files:
            shutil.copy(file, place)
        try:
            player = exporter.player(policy, Options(precision=exported.precision), Path(place))
        except MissingToolError:
            player = None
        try:
            yield player
        finally:
            if player is not None:
                player.close()
