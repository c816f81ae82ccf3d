"""Export: a policy written for other programs. One target a file; `EXPORTERS` lists them.

What is exported is the whole policy as a `PolicyPlan`: observation scaling, network of every kind with its state, and
what its outputs mean. `export` writes files and checks that they answer as the network does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neat.registry import Registry

if TYPE_CHECKING:
    from neat.exporters.exporting import Exported, export
    from neat.exporters.policy_plan import Amounts, Choice, PolicyPlan
    from neat.exporters.target import Exporter, Files, Options

__all__ = [
    "EXPORTERS",
    "Amounts",
    "Choice",
    "Exported",
    "Exporter",
    "Files",
    "Options",
    "PolicyPlan",
    "export",
    "register_exporter",
]

_HOMES = {
    "Amounts": "policy_plan",
    "Choice": "policy_plan",
    "Exported": "exporting",
    "Exporter": "target",
    "Files": "target",
    "Options": "target",
    "PolicyPlan": "policy_plan",
    "export": "exporting",
}

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


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"neat.exporters.{_HOMES[name]}"), name)
