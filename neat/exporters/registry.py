"""The export targets by name; each is imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neat.registry import Registry

if TYPE_CHECKING:
    from neat.exporters.target import Exporter

__all__ = ["EXPORTERS", "register_exporter"]

EXPORTERS: Registry[type[Exporter]] = Registry(
    "target of export",
    {
        "python": "neat.exporters.python:Python",
        "numpy": "neat.exporters.numpy:NumPy",
        "torch": "neat.exporters.torch:Torch",
        "onnx": "neat.exporters.onnx:ONNX",
        "c": "neat.exporters.c:C",
        "javascript": "neat.exporters.javascript:JavaScript",
        "formula": "neat.exporters.formula:Formula",
    },
)
"""The targets, by name."""


def register_exporter(name: str, exporter: type[Exporter]) -> type[Exporter]:
    """Register your own target for ``neat export RUN --to NAME``.

    Raises:
        ConfigError: The name is taken.
    """
    return EXPORTERS.register(name, exporter)
