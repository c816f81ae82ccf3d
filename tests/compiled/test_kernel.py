"""Machine code on disk is a convenience: where it cannot be kept or read, kernels are compiled again."""

from __future__ import annotations

import errno
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import pytest
from numba.core.caching import IndexDataCacheFile

from neat.compiled import kernel as module
from neat.compiled.reach import fingerprint, forget

SOURCE = """
from neat.compiled.kernel import kernel

@kernel
def double(x):
    return x * 2
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Give a function that imports a kernel as a fresh process would."""
    monkeypatch.setenv("NEAT_ARENA_CACHE", str(tmp_path / "cache"))
    module.cache_folder.cache_clear()
    forget()
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
    forget()


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


def package(place: Path, **files: str) -> Path:
    """Write a package with one file per word; return its folder."""
    folder = place / "house"
    folder.mkdir(exist_ok=True)
    for name, text in {"__init__": "", **files}.items():
        (folder / f"{name}.py").write_text(text)
    return folder


HOUSE = {
    "caller": '"""A."""\nfrom house.helper import half\n\ndef quarter(x):\n    return half(half(x))\n',
    "helper": '"""B."""\nfrom house import deeper\n\ndef half(x):\n    """Halve."""\n    return x / deeper.TWO\n',
    "deeper": "TWO = 2.0\n",
    "drawing": "from house.caller import quarter\nCOLOUR = 'red'\n",
}


@pytest.mark.parametrize(
    ("name", "old", "new", "changes"),
    [
        ("drawing", "red", "blue", False),
        ("helper", "Halve.", "Divide by two,\n    as it says.", False),
        ("helper", '"""B."""', "# a comment", False),
        ("caller", '"""A."""', '"""A, and more."""\n\n', False),
        ("helper", "x / deeper.TWO", "x / deeper.TWO + 0.0", True),
        ("deeper", "2.0", "2.5", True),
        ("caller", "half(half(x))", "half(x)", True),
    ],
)
def test_machine_code_depends_on_what_a_kernel_can_reach_and_on_nothing_else(
    name: str, old: str, new: str, changes: bool, tmp_path: Path
) -> None:
    folder = package(tmp_path, **HOUSE)
    forget()
    before = fingerprint(folder / "caller.py", tmp_path)
    assert old in HOUSE[name]
    package(tmp_path, **{**HOUSE, name: HOUSE[name].replace(old, new)})
    forget()
    assert (fingerprint(folder / "caller.py", tmp_path) != before) is changes


def test_a_module_that_takes_a_name_from_a_package_depends_on_all_of_it(tmp_path: Path) -> None:
    folder = package(tmp_path, **{**HOUSE, "caller": "from house import quarter\n"})
    forget()
    before = fingerprint(folder / "caller.py", tmp_path)
    package(tmp_path, **{**HOUSE, "caller": "from house import quarter\n", "drawing": "COLOUR = 'blue'\n"})
    forget()
    assert fingerprint(folder / "caller.py", tmp_path) != before


def test_copies_of_a_package_share_their_machine_code(tmp_path: Path) -> None:
    for copy in ("one", "two"):
        (tmp_path / copy).mkdir()
        package(tmp_path / copy, **HOUSE)
    one, two = (fingerprint(tmp_path / copy / "house" / "caller.py", tmp_path) for copy in ("one", "two"))
    assert one == two


def test_an_unreadable_list_of_sources_is_written_anew(tmp_path: Path) -> None:
    folder = package(tmp_path, **HOUSE)
    prints = []
    for text in ("", "{", "[1]", '{"' + str(folder / "caller.py") + '": [1, 2]}'):
        forget()
        (tmp_path / "sources.json").write_text(text)
        prints.append(fingerprint(folder / "caller.py", tmp_path))
    assert len(set(prints)) == 1


def test_evolution_does_not_depend_on_drawings() -> None:
    """An edit of a picture must not compile everything anew."""
    from neat.breeding import reproduction
    from neat.compiled import reach

    reached = reach._reached(Path(reproduction.__file__), reach._Memo(Path("nowhere")))
    assert {"weights.py", "crossover.py", "random.py"} <= {path.name for path in reached}
    assert not [path for path in reached if "visualize" in path.parts or "backprop" in path.parts]


def test_packages_beside_an_installed_one_are_not_read(tmp_path: Path) -> None:
    for name in ("games", "numpy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        (tmp_path / f"{name}-1.0.dist-info").mkdir()
    (tmp_path / "numpy" / "core.py").write_text("this would not even compile")
    (tmp_path / "games" / "rules.py").write_text("gravity = 9.8")
    game = tmp_path / "games" / "walk.py"
    game.write_text("import numpy\nimport games.rules\nfrom neat.compiled.kernel import kernel")
    before = fingerprint(game, tmp_path / "cache")
    (tmp_path / "games" / "rules.py").write_text("gravity = 1.6")
    forget()
    assert fingerprint(game, tmp_path / "cache") != before


def test_this_project_reads_its_own_sources_only(tmp_path: Path) -> None:
    for name in ("neat", "numpy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "numpy" / "core.py").write_text("this would not even compile")
    (tmp_path / "neat" / "drawing.py").write_text("import numpy")
    assert fingerprint(tmp_path / "neat" / "drawing.py", tmp_path / "cache")


def test_what_was_kept_is_called_by_other_compiled_code(made: Any) -> None:
    made()(3)
    again = made()
    assert again(3) == 6
    assert hits(again) == 1

    @numba.njit
    def more(x: int) -> int:
        return again(x) + 1

    assert more(3) == 7


def test_what_was_kept_is_loaded_without_getting_ready_to_compile() -> None:
    one = """
import numpy as np
from neat.config import Config
from neat.breeding.initial import make_genome
from neat.networks.network import Network
config = Config.preset("default", genome={"inputs": 1, "outputs": 1})
Network(make_genome(config, [(0, 2, 1.0)])).activate(np.zeros(1))
"""
    words = f"""
import sys
{one}
assert "numba.core.dispatcher" in sys.modules
print([name for name in ("scipy.linalg", "numba.np.arraymath", "numba.np.arrayobj") if name in sys.modules])
"""
    subprocess.run([sys.executable, "-c", one], check=True)  # so that it is kept
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
