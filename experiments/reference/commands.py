"""The help of every command, as Markdown."""

from __future__ import annotations

import importlib

__all__ = ["as_markdown"]


def as_markdown() -> str:
    """Return a page with the help of every command, in the order of `neat --help`."""
    from experiments.cli import COMMANDS, help_of

    lines = []
    for command in COMMANDS:
        text = help_of(importlib.import_module(command.module).command, command.name)
        lines += [f"## neat {command.name}", "", f"{command.summary[0].upper()}{command.summary[1:]}.", ""]
        lines += ["```text", text.strip(), "```", ""]
    return "\n".join(lines)
