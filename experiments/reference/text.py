"""Settings as text for a terminal, and as Markdown for the documentation."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from experiments.reference.settings import Section, Setting

__all__ = ["as_markdown", "as_overview", "as_text"]

_INDENT = "    "


def as_overview(sections: Sequence[Section], width: int) -> str:
    """Return a line for each section: its name, its number of settings, and its description."""
    longest = max(len(section.name) for section in sections)
    lines = []
    for section in sections:
        first = re.split(r"(?<=\.) (?=[A-Z])", _unmarked(section.text))[0]
        text = textwrap.shorten(first, max(width - longest - 8, 20), placeholder=" …")
        lines.append(f"{section.name:<{longest}}  {len(section.settings):>3}  {text}")
    return "\n".join(lines)


def as_text(section: Section, settings: Sequence[Setting], width: int) -> str:
    """Return settings of one section in the form of a file, each with its description below."""
    lines = [f"[{section.name}]"]
    if len(settings) == len(section.settings):
        lines += [*textwrap.wrap(_unmarked(section.text), width), ""]
    for setting in settings:
        lines.append(f"{setting.name} = {setting.default}" if setting.default else f"{setting.name}  (nothing given)")
        for paragraph in (setting.text, *_facts(setting)):
            lines += textwrap.wrap(_unmarked(paragraph), width, initial_indent=_INDENT, subsequent_indent=_INDENT)
        lines.append("")
    return "\n".join(lines).rstrip()


def as_markdown(sections: Sequence[Section]) -> str:
    """Return all sections as a page of tables."""
    lines = []
    for section in sections:
        lines += [f"## [{section.name}]", "", _code(section.text), ""]
        lines += ["| setting | default | values | what it is |", "|---|---|---|---|"]
        for setting in section.settings:
            values = setting.kind + (f": {setting.range}" if setting.range else "")
            text = " ".join([_code(setting.text), *(_code(fact) for fact in _preset_facts(setting))])
            row = (f"`{setting.name}`", f"`{setting.default}`" if setting.default else "–", values, text)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
        lines.append("")
    return "\n".join(lines)


def _facts(setting: Setting) -> Iterator[str]:
    yield f"Values: {setting.kind}{': ' if setting.range else ''}{setting.range}."
    yield from _preset_facts(setting)


def _preset_facts(setting: Setting) -> Iterator[str]:
    """Yield the values of presets in words; presets with the same value are together."""
    names: dict[str, list[str]] = {}
    for preset, value in setting.presets.items():
        names.setdefault(value, []).append(preset)
    if names:
        yield "Presets: " + "; ".join(f"{', '.join(presets)} ``{value}``" for value, presets in names.items()) + "."


def _unmarked(text: str) -> str:
    return text.replace("``", "")


def _code(text: str) -> str:
    """Return docstring markup as Markdown."""
    return re.sub(r"``(.+?)``", r"`\1`", text)
