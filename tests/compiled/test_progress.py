"""How far compiling has come."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neat.compiled.progress import kept_since


def test_kernels_kept_since_a_moment_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEAT_ARENA_CACHE", str(tmp_path))
    assert kept_since(0.0) == (0, "")
    for second, name in ((100, "networks.plan-12ab/plan.a.nbc"), (200, "species.distance-34cd/distance.b.nbc")):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_bytes(b"")
        os.utime(path, (second, second))
    assert kept_since(0.0) == (2, "species.distance")
    assert kept_since(150.0) == (1, "species.distance")
    assert kept_since(300.0) == (0, "")
