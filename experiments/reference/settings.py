"""Every setting of an experiment file with its type, range, default and description, read from the settings records.

The description is the string below a field, and the range comes from its check. So neither is written twice.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import re
import textwrap
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from environments.tasks.settings import TaskConfig
from experiments.settings import LearningConfig, RunConfig
from neat.config import Config
from neat.networks.decoders.settings import LayerConfig, SubstrateConfig
from neat.presets import PRESETS

__all__ = ["Section", "Setting", "sections"]

_WORDS = {bool: "true or false", int: "whole number", float: "number", str: "text", Any: "anything"}
_EVOLUTION = [field.name for field in dataclasses.fields(Config)]
_SHARED = {"check_share": "a probability from 0 to 1", "check_not_negative": "a finite number of at least 0"}


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name: Its name in its section.
        kind: The type of its values, in words.
        range: The values allowed, in words; empty if all are.
        default: Its default value as TOML; empty if there is none.
        presets: Its value in each preset that differs from the default, by the name of the preset.
        text: Its description.
    """

    name: str
    kind: str
    range: str
    default: str
    presets: dict[str, str]
    text: str


@dataclass(frozen=True)
class Section:
    """One section of an experiment file: its name, its description, and its settings."""

    name: str
    text: str
    settings: tuple[Setting, ...]


@functools.cache
def sections() -> tuple[Section, ...]:
    """Return all sections, in the order of a file."""
    records: dict[str, type] = {"run": RunConfig, "task": TaskConfig, "learning": LearningConfig}
    records |= {field.name: typing.get_type_hints(Config)[field.name] for field in dataclasses.fields(Config)}
    found = []
    for name, record in records.items():
        found.append(_section(name, record))
        if name == "network":
            found.append(_section("network.substrate", SubstrateConfig))
            found.append(_section("network.substrate.layers", LayerConfig))
    return tuple(found)


def _section(name: str, record: type) -> Section:
    texts, ranges, kinds = _texts(record), _ranges(record), typing.get_type_hints(record, include_extras=True)
    settings = []
    for field in dataclasses.fields(record):
        if dataclasses.is_dataclass(kinds[field.name]):
            continue
        default, others = _values(name.split("."), field)
        marks = [limits.words for limits in getattr(kinds[field.name], "__metadata__", ())]
        words = _kind(kinds[field.name])
        if (name, field.name) == ("network.substrate", "layers"):
            words = "array of tables, see [[network.substrate.layers]]"
        expected = (*marks, ranges.get(field.name, ""))[0]
        settings.append(Setting(field.name, words, expected, default, others, texts.get(field.name, "")))
    return Section(name, _prose(inspect.getdoc(record) or ""), tuple(settings))


def _values(path: list[str], field: dataclasses.Field[Any]) -> tuple[str, dict[str, str]]:
    """Return the default of a setting, and its value in each preset that differs from it."""
    if path[0] not in _EVOLUTION or path[-1] == "layers":
        return _own(field), {}
    found = {preset: _toml(_found(Config.preset(preset), [*path, field.name])) for preset in PRESETS}
    default = found.pop("default")
    return default, {preset: value for preset, value in found.items() if value != default}


def _own(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return _toml(field.default)
    return _toml(field.default_factory()) if field.default_factory is not dataclasses.MISSING else ""


def _found(record: Any, path: list[str]) -> Any:
    return functools.reduce(lambda part, name: getattr(part, name, None), path, record)


def _toml(value: Any) -> str:
    """Return a value as TOML; empty for None, which TOML does not have."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    return repr(value)


def _kind(kind: Any) -> str:
    """Return an annotation in words."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _kind(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " or nothing".join(_kind(a) for a in arguments if a is not types.NoneType) + " or nothing"
    if origin is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in arguments)
    if origin is tuple:
        inner = _kind(arguments[0])
        return f"array: each {inner}" if inner.startswith(("one of", "array")) else f"array of {inner}s"
    if origin is dict:
        return "table"
    return _WORDS.get(kind, getattr(kind, "__name__", str(kind)))


def _prose(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _classes(record: type) -> Iterator[tuple[type, ast.ClassDef]]:
    """Yield the class of a record and its bases, if they have source code, with their definitions."""
    for kind in record.__mro__:
        if kind is object or "__texts__" in vars(kind):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
        yield kind, typing.cast(ast.ClassDef, tree.body[0])


def _texts(record: type) -> dict[str, str]:
    """Return the text below each field."""
    found: dict[str, str] = {}
    for kind in record.__mro__:
        found |= vars(kind).get("__texts__", {})
    for _, definition in _classes(record):
        for line, below in zip(definition.body, definition.body[1:], strict=False):
            if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)):
                continue
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                found[line.target.id] = _prose(str(below.value.value))
    return found


def _ranges(record: type) -> dict[str, str]:
    """Return the texts of a record's checks about what they expect, by setting; the first check of each is used."""
    found: dict[str, str] = {}
    for _, definition in _classes(record):
        for function in definition.body:
            if isinstance(function, ast.FunctionDef) and function.name == "__post_init__":
                for statement in function.body:
                    for name, words in _expected(statement, {}):
                        found.setdefault(name, words)
    return found


def _expected(node: ast.AST, loop: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Yield names of settings and the values expected, from the checks in the source code."""
    if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
        values = [str(item.value) for item in getattr(node.iter, "elts", ()) if isinstance(item, ast.Constant)]
        loop = {**loop, node.target.id: values}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in _SHARED:
            for argument in node.args[2:]:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value), _SHARED[node.func.id]
        elif node.func.id in ("check", "_check") and (words := _text(node.args[2])):
            for name in _named(node.args[1], loop):
                yield name, words
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.args[0], ast.JoinedStr):
        head, _, rest = (_text(node.exc.args[0], mark="{}") or "").partition(": expected ")
        words = rest.partition(", got")[0]
        if words and "{}" not in words:
            names = _named(node.exc.args[0], loop) if "{}" in head else [head.rpartition(".")[2]]
            for name in names:
                yield name, words
    for child in ast.iter_child_nodes(node):
        yield from _expected(child, loop)


def _text(node: ast.AST, mark: str = "") -> str | None:
    """Return the text of a string in source code. For an f-string, values are replaced by a mark, or it is empty."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else mark for part in node.values]
        return "".join(parts) if all(parts) else None
    return None


def _named(node: ast.AST, loop: dict[str, list[str]]) -> list[str]:
    """Return the settings of a path in the code: ``"run.seed"``, ``f"{path}.seed"``, or ``f"run.{name}"`` in a loop."""
    if isinstance(node, ast.Constant):
        return [str(node.value).rpartition(".")[2]]
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name) and part.value.id in loop:
                return loop[part.value.id]
        last = node.values[-1]
        if isinstance(last, ast.Constant):
            return [str(last.value).rpartition(".")[2]]
    return []
