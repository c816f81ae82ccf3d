"""The structure: no circle between files, and no arrow from a room up to one that stands above it.

Read from the imports themselves. Every import of one file by another counts: at the top, within a function, and under
``TYPE_CHECKING``; what is only a type is a thing to know about all the same. Two things do not: that importing
``neat.genes.table`` runs ``neat/__init__.py``, and names in strings, by which registries and `neat.registry.late` load
what stands above when they are asked for it. Those are checked too: each leads to something, and the few files that use
`late` are named here.
"""

from __future__ import annotations

import ast
import graphlib
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = (
    ("neat.errors", "neat.version", "neat.compiled", "neat.presets"),
    ("neat.registry", "neat.settings", "neat.functions"),
    ("neat.genes",),
    ("neat.operators", "neat.networks"),
    ("neat.breeding.settings",),
    ("neat.breeding.method",),  # the registry of weight searches, each with the fewest genomes it needs
    ("neat.config", "neat.history"),  # settings, which gather those of the rooms below
    ("neat.breeding.initial", "neat.files.tables"),  # first genomes, and tables as plain arrays
    ("neat.notes", "neat.repertoires", "neat.selection", "neat.species"),
    ("neat.breeding",),
    ("neat.population",),
    ("neat.files",),
    ("neat.visualize", "neat.backprop", "neat.exporters"),
    ("neat.supervised", "neat.runs"),
    ("neat.sklearn",),
    ("neat",),
    ("environments.tasks.settings",),  # what a task is, which every room asks, and which tasks there are
    ("environments.tasks.registry", "environments.spaces"),
    ("environments.making",),
    ("environments.playing",),
    ("environments.games",),
    ("environments.evaluators",),
    ("environments.tasks",),
    ("environments.watching",),
    ("environments",),
    ("experiments",),
)
"""All rooms, the lowest first. A room may import from those on lines before its own; a longer name goes first."""
LATE = {
    "neat/genes/table.py": "a genome can be run, written and drawn",
    "neat/population.py": "a population can be saved",
    "neat/runs.py": "runs are asked for by whoever evolves, and read where they are written",
    "environments/playing/genome_policy.py": "the policy of a genome is that of the game of its task",
}
"""Who loads what stands above, and why."""


def files_of(root: Path) -> dict[str, Path]:
    """Return the files of the packages by module name."""
    found = {}
    for package in ("neat", "environments", "experiments"):
        for file in sorted((root / package).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(module: str, file: Path, known: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield the modules of the packages that a file imports, with the line."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            base = ".".join(filter(None, (above, node.module)))
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            while name and name not in known:
                name = name.rpartition(".")[0]
            if name and name != module:
                yield name, node.lineno


def arrows(root: Path = ROOT) -> dict[str, dict[str, int]]:
    """Return what each module imports, with the line."""
    files = files_of(root)
    return {module: dict(imports(module, file, files)) for module, file in files.items()}


def circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Return modules that import each other in a circle, or none."""
    try:
        list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        return list(reversed(error.args[1]))
    return []


def room_of(module: str) -> str:
    """Return the room in which a module stands: the longest name of `ROOMS` that leads to it; empty if none does.

    A package has nothing but its ``__init__`` and ``__main__`` to itself where it has rooms.
    """
    own = module.removesuffix(".__main__")
    names = [name for line in ROOMS for name in line if own == name or own.startswith(f"{name}.")]
    found = max(names, key=len, default="")
    return found if own == found or found not in ("neat", "environments") else ""


def upward(graph: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the imports of rooms that stand above, or beside."""
    floor = {name: number for number, line in enumerate(ROOMS) for name in line}
    found = []
    for module, targets in graph.items():
        for target, line in targets.items():
            here, there = room_of(module), room_of(target)
            if here != there and floor.get(there, 0) >= floor.get(here, 0):
                found.append(f"{module}, line {line}, imports {target}: {here} does not stand above {there}")
    return found


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circle(arrows()) == [], "→ each imports the next: move what both need down, or pass a value"


def test_no_room_imports_from_above() -> None:
    assert upward(arrows()) == []


def test_every_file_stands_in_a_room() -> None:
    outside = [module for module in files_of(ROOT) if not room_of(module)]
    assert outside == [], "a new room has a line in ROOMS"


@pytest.mark.parametrize(
    "line",
    [
        "from neat.genes import table",
        "def later():\n    from neat.genes.table import Genome",
        "if TYPE_CHECKING:\n    import neat.genes.table",
        "from .table import Genome",
    ],
)
def test_circles_and_arrows_up_are_found(tmp_path: Path, line: str) -> None:
    for folder in ("neat", "neat/genes", "neat/operators", "environments", "experiments"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "neat/genes/schema.py").write_text(f"{line}\n")
    (tmp_path / "neat/genes/table.py").write_text("from neat.genes.schema import NODE\n")
    (tmp_path / "neat/operators/growth.py").write_text("import neat.genes.table\n")
    assert set(circle(arrows(tmp_path))) == {"neat.genes.schema", "neat.genes.table"}
    assert upward(arrows(tmp_path)) == []
    (tmp_path / "neat/genes/table.py").write_text("from neat.operators.growth import split\n")
    assert set(circle(arrows(tmp_path))) == {"neat.genes.table", "neat.operators.growth"}
    assert [found.partition(",")[0] for found in upward(arrows(tmp_path))] == ["neat.genes.table"]


def test_what_is_loaded_by_name_is_there() -> None:
    found = 0
    for file in files_of(ROOT).values():
        name = str(file.relative_to(ROOT))
        text = file.read_text(encoding="utf-8")
        if name != "neat/registry.py":
            assert ("late(" in re.sub(r"\w+late\(", "", text)) == (name in LATE), name
        for module, attribute in re.findall(r'"((?:neat|environments|experiments)\.[\w.]+):(\w+)"', text):
            assert hasattr(importlib.import_module(module), attribute), f"{name}: {module}:{attribute}"
            found += 1
    assert found >= 10
