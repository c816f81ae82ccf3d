"""The command's entry: garbage is looked for once a command has started, and not at its very end."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from experiments import __main__ as entry


@pytest.fixture
def usual() -> Iterator[tuple[int, int, int]]:
    """Give the thresholds of the garbage collector, and put all back afterwards."""
    gc.collect()
    thresholds, callbacks = gc.get_threshold(), list(gc.callbacks)
    yield thresholds
    gc.set_threshold(*thresholds)
    gc.callbacks[:] = callbacks
    gc.unfreeze()


def test_a_command_that_has_started_collects_garbage_as_usual(
    usual: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def command() -> int:
        seen.append(gc.get_threshold()[0])
        made = [[] for _ in range(entry._STARTING + 1_000)]  # type: ignore[var-annotated]
        seen.append(gc.get_threshold()[0])
        return len(made) and 3

    monkeypatch.setattr("experiments.cli.main", command)
    assert entry.main() == 3
    assert seen == [entry._STARTING, usual[0]]
    assert gc.get_freeze_count() > entry._STARTING
