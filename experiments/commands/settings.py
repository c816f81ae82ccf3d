"""`neat settings`: every setting of an experiment file, with its default, its values and what it is."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from tyro.conf import Positional, arg

__all__ = ["command"]


def command(
    name: Positional[Annotated[str, arg(metavar="[NAME]", help_behavior_hint="")]] = "", /, *, json: bool = False
) -> int:
    """Show the settings of an experiment file: type, default, range, and their values in presets.

    Args:
        name: A section (mutation), a setting (mutation.add_node), all, or a word to search for in names and
            descriptions. Without it, the sections.
        json: Print JSON.
    """
    import json as writer
    import shutil

    from experiments.reference.settings import sections
    from experiments.reference.text import as_overview, as_text
    from neat.errors import ConfigError, did_you_mean

    known = sections()
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    if not name and not json:
        print(as_overview(known, width))
        print("\nneat settings SECTION shows the settings of one; neat settings WORD those in which the word occurs.")
        return 0
    wanted = name.strip("[]")
    exact = [section for section in known if section.name == wanted or wanted in ("", "all")]
    found = [(section, list(section.settings)) for section in exact]
    if not found:
        head, _, last = wanted.rpartition(".")
        found = [
            (section, [s for s in section.settings if s.name == last]) for section in known if section.name == head
        ]
    if not any(settings for _, settings in found):
        word = wanted.lower()
        found = [
            (section, [s for s in section.settings if word in f"{section.name}.{s.name} {s.text}".lower()])
            for section in known
        ]
    found = [(section, settings) for section, settings in found if settings]
    if not found:
        names = [section.name for section in known]
        names += [f"{section.name}.{setting.name}" for section in known for setting in section.settings]
        raise ConfigError(f"no setting has to do with {name!r}{did_you_mean(wanted, names)}; `neat settings` lists all")
    if json:
        rows = [
            {"section": section.name, **dataclasses.asdict(setting)}
            for section, settings in found
            for setting in settings
        ]
        print(writer.dumps(rows, ensure_ascii=False))
        return 0
    print("\n\n".join(as_text(section, settings, width) for section, settings in found))
    return 0
