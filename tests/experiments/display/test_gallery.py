"""The pictures of the README: one command makes every one of them, small enough for a page."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from experiments.cli import main

ROOT = Path(__file__).parents[3]


def test_the_command_makes_the_pictures_of_the_readme(tmp_path, capsys):
    assert main(["gallery", "--out", str(tmp_path / "images")]) == 0
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {name for page in pages for name in re.findall(r"\((?:docs/)?images/([\w.-]+)\)", page.read_text("utf-8"))}
    made = {path.name: path for path in (tmp_path / "images").iterdir()}
    kept = {path.name for path in (ROOT / "docs" / "images").iterdir()}
    assert set(made) <= shown, "every one is shown"
    assert shown == kept, "others are made by the commands that their page names"
    assert sum(path.stat().st_size for path in made.values()) < 1_500_000
    assert len(capsys.readouterr().out.splitlines()) == len(made)
    with Image.open(made["playing.gif"]) as film:
        assert film.n_frames > 40
