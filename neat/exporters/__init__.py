"""Export: a policy written for other programs. There is one file per target, listed in `EXPORTERS`.

The whole policy is exported, as a `PolicyPlan`: observation scaling, the network with its state, and the decoding of
its outputs. `export` writes files and tests them against the network.
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
