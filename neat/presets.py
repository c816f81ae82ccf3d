"""Named sets of settings: the two published ones, and the best found here."""

from __future__ import annotations

from typing import Any

__all__ = ["PRESETS"]

PAPER: dict[str, dict[str, Any]] = {
    "population": {"size": 150, "innovation_scope": "generation"},
    "network": {"sigmoid_slope": 4.9},
}
"""Stanley & Miikkulainen 2002, sections 3.3 and 4.1: the field defaults of `neat.config` are the paper's values."""

STANLEY: dict[str, dict[str, Any]] = {
    "population": {"size": 150, "innovation_scope": "generation"},
    "genome": {"weight_limit": 8.0},
    "network": {"sigmoid_slope": 4.924273, "settle_first": True},
    "mutation": {
        "structure_exclusive": True,
        "weight_step": 2.5,
        "weight_perturb": 1.0,
        "weight_replace": 0.0,
        "severe": 0.5,
        "severe_perturb": 0.7,
        "severe_replace": 0.2,
    },
    "crossover": {"average": 0.4, "equal_fitness": "smaller"},
    "compatibility": {"normalise": False},
    "species": {"stagnation_factor": 0.01, "cull_interval": 30, "cull_age": 20},
    "reproduction": {"mate_only": 0.2, "elite_by": "offspring", "survival": 0.2},
}
"""Stanley's C++ program, version 1.2.1, as run on double pole balancing with velocities."""

DEFAULT: dict[str, dict[str, Any]] = {}
"""The best settings found over this project's tasks."""

PRESETS: dict[str, dict[str, dict[str, Any]]] = {"default": DEFAULT, "paper": PAPER, "stanley-1.2.1": STANLEY}
