"""The provenance of a result besides its settings: versions and processor."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

__all__ = ["made_here", "made_with", "provenance", "versions_of"]


class _Row(Protocol):
    """A finished run, with the versions and the processor it was made with."""

    @property
    def versions(self) -> dict[str, str]: ...

    @property
    def processor(self) -> str: ...


def provenance() -> dict[str, Any]:
    """Return what a result depends on besides its settings: versions and processor."""

    def installed(name: str) -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    packages = ("neat-arena", "numpy", "numba", "llvmlite", "gymnasium", "box2d", "mujoco", "ale-py", "envpool")
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "versions": {name: found for name in packages if (found := installed(name)) is not None},
    }


def versions_of(rows: Iterable[_Row]) -> list[str]:
    """Return the versions that runs were made with, each as ``name version``; a name is there for each version."""
    return sorted({f"{name} {found}" for row in rows for name, found in row.versions.items()})


def made_with(rows: Iterable[_Row]) -> str:
    """Return a line with the versions and the processors that runs were made with."""
    rows = list(rows)
    return _line(versions_of(rows), sorted({row.processor for row in rows}))


def made_here() -> str:
    """Return the line of `made_with` about this program on this machine."""
    here = provenance()
    versions = {"python": here["python"], **here["versions"]}
    return _line(sorted(f"{name} {found}" for name, found in versions.items()), [here["processor"]])


def _line(versions: Iterable[str], processors: Iterable[str]) -> str:
    return f"Versions: {', '.join(versions)}. Processor: {', '.join(processors)}."


def _processor() -> str:
    """Return the processor's name; Linux keeps it in a file of its own."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
