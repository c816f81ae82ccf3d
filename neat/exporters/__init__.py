"""Export: a policy written for other programs. One target a file; `EXPORTERS` lists them.

What is exported is the whole policy as a `PolicyPlan`: observation scaling, network of every kind with its state, and
what its outputs mean. `export` writes files and checks that they answer as the network does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from neat.exporters.registry import EXPORTERS, register_exporter

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


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"neat.exporters.{_HOMES[name]}"), name)
