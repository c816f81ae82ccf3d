"""A MkDocs hook: it adds pages generated from the code, and changes links so that they work on the site.

Named in ``mkdocs.yml`` as a hook; `on_files` and `on_page_markdown` are MkDocs' names.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

__all__ = ["generated", "on_files", "on_page_markdown"]

_ROOT = Path(__file__).parents[2]
_PACKAGES = {
    "neat": "Evolution and networks.",
    "environments": "Games: from an environment and genomes to episode returns.",
    "experiments": "Runs: experiment files, the loop, folders.",
}
_MODULES = {
    "neat": ("neat.visualize", "neat.sklearn"),
    "environments": ("environments.games",),
    "experiments": (),
}
"""Modules whose public names are documented besides those of the packages."""


def generated() -> dict[str, str]:
    """Return the pages generated from the code, by their address."""
    from experiments.reference.commands import as_markdown as commands
    from experiments.reference.settings import sections
    from experiments.reference.text import as_markdown as settings

    pages = {
        "reference/settings.md": "# Settings\n\nEvery setting of an [experiment file](../experiment-files.md), by its "
        "section. `neat settings` shows the same. A default is what holds without a preset (that is, with `default`); "
        "presets are named where they differ.\n\n" + settings(sections()),
        "reference/commands.md": "# Commands\n\nWhat `neat COMMAND --help` shows.\n\n" + commands(),
        "changelog.md": _changes(),
    }
    for package, summary in _PACKAGES.items():
        lines = [f"# {package}", "", summary, ""]
        for module in (package, *_MODULES[package]):
            if module != package:
                lines += [f"## {module}", ""]
            lines += [line for name in _public(module) for line in (f"::: {_home(module, name)}", "")]
        pages[f"reference/{package}.md"] = "\n".join(lines)
    return pages


def _changes() -> str:
    """Return the changelog, with links adapted: its folder is the parent of the site's pages."""
    return (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8").replace("](docs/", "](")


def _public(module: str) -> list[str]:
    return sorted(importlib.import_module(module).__all__)


def _home(module: str, name: str) -> str:
    """Return the full path of a public name in the module that defines it."""
    found = getattr(importlib.import_module(module), name)
    home = getattr(found, "__module__", None)
    if not isinstance(home, str) or home.split(".")[0] not in _PACKAGES:
        home = _homes(module).get(name, module)
    return f"{home}.{name}"


def _homes(module: str) -> dict[str, str]:
    homes: dict[str, str] = getattr(importlib.import_module(module), "_HOMES", {})
    return {name: f"{module}.{home}" for name, home in homes.items()}


def on_files(files: Any, config: Any) -> Any:
    """Add the pages generated from the code."""
    from mkdocs.structure.files import File

    for address, text in generated().items():
        files.append(File.generated(config, address, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links to files and folders outside the site into plain text."""
    markdown = re.sub(r"(?<!!)\[([^\]]+)\]\([\w/-]+\)", r"\1", markdown)  # a folder
    return re.sub(r"\[([^\]]+)\]\(\.\./(?!reference|\w[\w-]*\.md)[^)]*\)", r"\1", markdown)
