"""What holds for every test."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("compiling", deadline=None)  # the first example of a test may compile
settings.load_profile("compiling")


@pytest.fixture(autouse=True)
def _no_activation_outlives_its_test() -> Iterator[None]:
    """Take functions that a test registered out again: worker processes of later tests could not import them."""
    module = sys.modules.get("neat.functions.activations")
    before = None if module is None else len(module.ACTIVATIONS)
    yield
    module = sys.modules.get("neat.functions.activations")
    if module is not None and before is not None:
        del module.ACTIVATIONS[before:]


@pytest.fixture
def any_work_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let threads share populations of a few genomes, as they share thousands."""
    for module in ("breeding.reproduction", "species.speciation"):
        monkeypatch.setattr(f"neat.{module}.SMALL_WORK", 2)
