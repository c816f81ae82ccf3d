"""Machine code on disk is a convenience: where it cannot be kept or read, kernels are compiled again."""

from __future__ import annotations

import errno
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from numba.core.caching import IndexDataCacheFile

from neat import kernel as module

SOURCE = """
from neat.kernel import kernel

@kernel
def double(x):
    return x * 2
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Give a function that imports a kernel as a fresh process would."""
    monkeypatch.setenv("NEAT_ARENA_CACHE", str(tmp_path / "cache"))
    module.cache_folder.cache_clear()
    (tmp_path / "doubling.py").write_text(SOURCE)

    def fresh() -> Any:
        spec = importlib.util.spec_from_file_location("doubling", tmp_path / "doubling.py")
        assert spec is not None
        assert spec.loader is not None
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
        return found.double

    yield fresh
    module.cache_folder.cache_clear()


def kept(place: Path) -> list[Path]:
    return [path for path in (place / "cache").rglob("*.nb*") if path.is_file()]


def hits(double: Any) -> int:
    return sum(double.stats.cache_hits.values())


def test_machine_code_is_kept_and_found(made: Any, tmp_path: Path) -> None:
    assert made()(3) == 6
    assert len(kept(tmp_path)) == 2
    again = made()
    assert again(3) == 6
    assert hits(again) == 1


@pytest.mark.parametrize("what", ["_save_data", "_save_index"])
def test_a_full_disk_keeps_nothing_and_compiles(
    what: str, made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(IndexDataCacheFile, what, full)
    assert made()(3) == 6
    assert not [path for path in kept(tmp_path) if path.suffix == ".nbc"]
    monkeypatch.undo()


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("left", [b"", b"\x80\x04half of it"])
def test_files_cut_short_by_a_power_cut_are_made_anew(suffix: str, left: bytes, made: Any, tmp_path: Path) -> None:
    made()(3)
    for path in kept(tmp_path):
        if path.suffix == suffix:
            path.write_bytes(left)
    again = made()
    assert again(3) == 6
    assert hits(again) == 0
    third = made()
    assert third(3) == 6
    assert hits(third) == 1
