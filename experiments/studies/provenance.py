"""The provenance of a result besides its settings: versions and processor."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

__all__ = ["provenance"]


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
