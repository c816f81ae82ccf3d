"""The package: what an import costs, and what it offers."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import neat

ROOT = Path(__file__).parents[1]
HEAVY = ("gymnasium", "matplotlib", "networkx", "numba", "numpy", "scipy", "sklearn", "rich", "tyro", "pygame", "ray")


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    ).stdout.strip()


def test_import_loads_nothing_heavy():
    loaded = python("import sys, neat; print(' '.join(m for m in sys.modules if '.' not in m))").split()
    assert "neat" in loaded
    assert not set(loaded) & set(HEAVY)


def test_evolution_and_networks_load_no_environment_and_no_drawing():
    names = ", ".join(f"neat.{name}" for name in neat.__all__)
    modules = "neat.files.checkpoint, neat.files.graph, neat.files.genome_json, neat.genes.validation, neat.presets"
    loaded = python(f"import sys, neat, {modules}; {names}; print(' '.join(m for m in sys.modules if '.' not in m))")
    refused = {"gymnasium", "matplotlib", "networkx", "environments", "experiments", "pygame", "rich", "tyro"}
    assert not set(loaded.split()) & refused


def test_all_is_sorted_and_complete():
    by_kind = sorted(neat.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert neat.__all__ == by_kind  # constants, classes, functions
    assert len(set(neat.__all__)) == len(neat.__all__)
    assert set(neat._HOMES) == set(neat.__all__)
    for name in neat.__all__:
        home = importlib.import_module(f"neat.{neat._HOMES[name]}")
        assert getattr(neat, name) is getattr(home, name)
    assert set(neat.__all__) <= set(dir(neat))


def test_names_for_type_checkers_are_those_loaded():
    """The imports under TYPE_CHECKING and the table of homes are one list told twice."""
    tree = ast.parse(inspect.getsource(neat))
    typed = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == {name: f"neat.{home}" for name, home in neat._HOMES.items()}


def test_unknown_name():
    with pytest.raises(AttributeError, match="nothing"):
        neat.nothing  # noqa: B018


def test_every_module_lists_its_public_names():
    for info in pkgutil.walk_packages(neat.__path__, "neat."):
        if info.ispkg:
            continue
        module = importlib.import_module(info.name)
        assert hasattr(module, "__all__"), info.name
        for name in module.__all__:
            assert hasattr(module, name), f"{info.name}.{name}"
        assert module.__doc__, info.name


def test_python_m_neat_is_the_command_of_the_installed_package(monkeypatch, capsys):
    main = importlib.import_module("neat.__main__")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = metadata.EntryPoint("neat", project["scripts"]["neat"], "console_scripts")

    class Installed:
        entry_points = metadata.EntryPoints([installed])

    monkeypatch.setattr(metadata, "distribution", {"neat-arena": Installed}.__getitem__)
    monkeypatch.setattr(sys, "argv", ["neat", "--version"])
    assert main.main() == 0
    assert capsys.readouterr().out == f"neat-arena {neat.__version__}\n"
    Installed.entry_points = metadata.EntryPoints()
    assert main.main() == 2
    assert "pip install ." in capsys.readouterr().err


def test_the_citation_is_of_this_version():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {neat.__version__}\n" in text
    assert "\n  - name: The neat-arena developers\n" in text
