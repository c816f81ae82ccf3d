"""The targets of export, by name."""

from __future__ import annotations

from neat.exporters.target import Exporter
from neat.registry import Registry

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
    """Make a target of your own known as ``neat export RUN --to NAME``.

    Raises:
        ConfigError: The name is taken.
    """
    return EXPORTERS.register(name, exporter)
