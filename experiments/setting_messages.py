"""Messages about settings: several at once, unknown names with the nearest known one, and lines of a file."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from experiments.folder.toml import line_of
from neat.errors import ConfigError
from neat.settings.checking import shown

__all__ = ["TOP", "Sections", "SettingsError", "check_keys", "located", "nearest", "suggest"]

TOP = ("name", "description", "preset")
"""Keys at the top of an experiment file, before the sections."""

Sections = Mapping[str, tuple[str, ...]]
"""Every section of an experiment file, with the keys that it may have."""


class SettingsError(ConfigError):
    """Several messages about settings, in one line."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("; and ".join(messages))
        self.messages = messages


_PATH = re.compile(r"^(?:unknown (?:setting|section) ')?([a-z_]+(?:\.[a-z_]+)?)\b")


def located(message: str, text: str | bytes, where: str, given: Iterable[str]) -> str:
    """Return a message about a setting with the line of the file that gives it, unless an option gives it instead."""
    path = _PATH.match(message)
    line = None if path is None or path[1] in given else line_of(text, path[1])
    return message if line is None else f"{where}, line {line}: {message}"


_REPORTED = 3
"""Maximum number of unknown settings in one message."""


def check_keys(data: Mapping[str, Any], sections: Sections) -> None:
    """Reject unknown sections and keys, and suggest the nearest known name, first in the same section."""
    if wrong := list(itertools.islice(_wrong_keys(data, sections), _REPORTED)):  # a file may have any number of them
        raise SettingsError(wrong)


def _wrong_keys(data: Mapping[str, Any], sections: Sections) -> Iterator[str]:
    """Yield a message for each unknown section or key."""
    for section, values in data.items():
        if section in TOP:
            continue
        if section not in sections:
            kind = "section" if isinstance(values, Mapping) else "setting"
            hint = nearest(section, {**sections, **dict.fromkeys(TOP, ())})
            yield f"unknown {kind} {shown(section)}{hint or '; there are ' + ', '.join(sections)}"
            continue
        if not isinstance(values, Mapping):
            yield f"{section}: expected a section, got {shown(values)}; write [{section}]"
            continue
        for key in values:
            if key not in sections[section]:
                here = {known: f"{section}.{known}" for known in sections[section]}
                hint = suggest(key, here) or nearest(key, sections)
                known = f"; [{section}] has {', '.join(sections[section])}"
                yield f"unknown setting {shown(f'{section}.{key}')}{hint or known}"


def suggest(name: str, known: Mapping[str, str]) -> str:
    """Return ``" (did you mean 'x'?)"`` with what the key nearest to ``name`` stands for, or an empty string."""
    near = difflib.get_close_matches(name[:100], list(known), n=1, cutoff=0.6)
    return f" (did you mean {known[near[0]]!r}?)" if near else ""


def nearest(name: str, sections: Sections) -> str:
    """Suggest the settings of that very name or, failing that, the nearest section or setting."""
    homes = [f"{section}.{name}" for section, keys in sections.items() if name in keys]
    if homes:
        return f" (did you mean {' or '.join(map(repr, homes))}?)"
    settings = {key: f"{section}.{key}" for section, keys in sections.items() for key in keys}
    return suggest(name, {section: section for section in sections}) or suggest(name, settings)
