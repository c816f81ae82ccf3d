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

DEFAULT: dict[str, dict[str, Any]] = {
    "population": {"size": 150, "innovation_scope": "run"},
    "genome": {"weight_init": "normal", "weight_scale": 3.0},
    "mutation": {
        "add_node": 0.02,
        "add_connection": 0.2,
        "delete_connection": 0.02,
        "weights": 1.0,
        "weight_perturb": 0.8,
        "weight_replace": 0.05,
        "weight_step": 1.0,
    },
    "crossover": {"equal_fitness": "smaller"},
    "compatibility": {"target_species": 20},
    "species": {"protected": 2},
    "reproduction": {"survival": 0.1, "mutate_only": 0.5},
}
"""The best settings found over XOR, double pole balancing and the classic-control games: wider first weights, larger
steps, more connections tried and some removed again, fewer and fitter parents, many small species."""

PRESETS: dict[str, dict[str, dict[str, Any]]] = {"default": DEFAULT, "paper": PAPER, "stanley-1.2.1": STANLEY}
