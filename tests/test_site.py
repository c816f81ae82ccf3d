"""The documentation builds strictly: no broken link, no page outside the menu; every public name is in it."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli import COMMANDS
from experiments.reference.site import generated, on_page_markdown

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(place)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return place


def test_every_page_is_in_the_menu(site: Path) -> None:
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [page.name for page in (ROOT / "docs").glob("*.md")]
    assert [page for page in pages if f": {page}" not in menu] == []


@pytest.mark.parametrize("package", ["neat", "environments", "experiments"])
def test_every_public_name_is_told(site: Path, package: str) -> None:
    page = (site / "reference" / package / "index.html").read_text(encoding="utf-8")
    names = importlib.import_module(package).__all__
    assert [name for name in names if not re.search(rf'id="[\w.]*\b{name}"', page)] == []


def test_every_command_is_told() -> None:
    page = generated()["reference/commands.md"]
    assert re.findall(r"^## neat ([\w-]+)$", page, re.MULTILINE) == [command.name for command in COMMANDS]


def test_links_out_of_the_site_become_text() -> None:
    text = "[code](../neat/presets.py), [rows](results), [page](results.md), ![picture](images/a.png)"
    assert on_page_markdown(text) == "code, rows, [page](results.md), ![picture](images/a.png)"
