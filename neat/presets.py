"""Presets: named sets of settings, published ones and those tuned for this project."""

from __future__ import annotations

from typing import Any

__all__ = ["PRESETS"]

PAPER: dict[str, dict[str, Any]] = {
    "population": {"size": 150, "innovation_scope": "generation"},
    "network": {"sigmoid_slope": 4.9},
}
"""Stanley & Miikkulainen 2002, sections 3.3 and 4.1. The field defaults of `neat.config` are the paper's values."""

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
        "weight_renewal": "step",
        "tail": 0.2,
        "loops": 0.5,
        "split_oldest": 0.7,
        "shared_weight": True,
        "toggle_last": False,
    },
    "crossover": {"average": 0.4, "equal_fitness": "smaller", "enabled": "inherited"},
    "compatibility": {"normalise": False},
    "species": {
        "representative": "champion",
        "stagnation": 14,
        "stagnation_factor": 0.01,
        "population_stagnation": 19,
        "delta_coding": True,
        "lingering": True,
        "cull_interval": 30,
        "cull_age": 20,
    },
    "reproduction": {
        "mate_only": 0.2,
        "elite_by": "offspring",
        "survival": 0.2,
        "survivors": "beyond",
        "selfing": True,
    },
}
"""Stanley's C++ program, version 1.2.1, as run on double pole balancing with velocities."""

DEFAULT: dict[str, dict[str, Any]] = {
    "population": {"size": 150, "innovation_scope": "run"},
    "genome": {"weight_init": "normal", "weight_scale": 3.2},
    "mutation": {
        "add_node": 0.025,
        "add_connection": 0.29,
        "weights": 1.0,
        "weight_perturb": 0.5,
        "weight_replace": 0.1,
        "weight_distribution": "normal",
        "weight_step": 0.8,
    },
    "crossover": {"equal_fitness": "smaller", "average": 0.2, "disable": 0.5},
    "compatibility": {"c3": 0.13, "target_species": 10},
    "species": {"protected": 2, "stagnation": 30},
    "reproduction": {"survival": 0.09, "mutate_only": 0.25, "elite_species_size": 4},
}
"""Tuned settings: a random search over 80 settings on XOR (15 to 60 runs each), then hill climbing with 48 runs each on
XOR and double pole balancing with velocities, checked on the classic-control games. Differences from the paper: wider
initial weights, weight mutations that keep half of the weights, many more add-connection mutations, species separated
by structure rather than weights, and fewer parents. Tuning runs used the seeds 100 to 149, 500 to 505, 600 to 609, 1000
to 1059, 3000 to 3047 and 7000 to 7099; reported results use another family of seeds (`experiments.studies.success`)."""

RECURRENT: dict[str, dict[str, Any]] = {
    **DEFAULT,
    "network": {"kind": "recurrent"},
    "mutation": {**DEFAULT["mutation"], "recurrent": 0.5},
}
"""``default`` with recurrent networks: node values persist between observations, and half of the new connections may
close a cycle."""

ARS: dict[str, dict[str, Any]] = {
    "population": {"size": 65},
    "genome": {"output_activation": "identity", "weight_init": "normal", "weight_scale": 0.03, "weight_limit": 1000.0},
    "search": {
        "method": "ars",
        "share": 1.0,
        "step": 0.03,
        "learning_rate": 0.02,
        "top": 0.5,
        "patience": 1_000_000_000,
    },
    "compatibility": {"threshold": 1_000_000.0},
    "species": {"stagnation": 0, "population_stagnation": 0},
}
"""Augmented random search alone (Mania, Guy & Recht 2018): linear networks of fixed topology, with every input and the
bias connected to every output. A generation is one genome and 32 mirrored pairs around it, in one species."""
HYPERNEAT: dict[str, dict[str, Any]] = {
    **DEFAULT,
    "genome": {
        "activations": ("gaussian", "bipolar_sigmoid", "sine", "abs", "identity"),
        "output_activation": "bipolar_sigmoid",
        "weight_init": "normal",
        "weight_scale": 1.0,
        "weight_limit": 5.0,
    },
    "network": {"encoding": "hyperneat", "substrate": {"bias": True}},
    "mutation": {**DEFAULT["mutation"], "add_node": 0.06, "activation": 0.1, "weight_step": 0.3},
}
"""HyperNEAT: genomes are CPPNs, which generate the connections of a substrate."""

HYPERNEAT_LEO: dict[str, dict[str, Any]] = {
    **HYPERNEAT,
    "network": {"encoding": "hyperneat", "substrate": {"bias": True, "leo": True, "locality": ("x",)}},
}
"""``hyperneat`` with a link expression output, seeded for nearby nodes along x (Verbancsics & Stanley 2011)."""

ES_HYPERNEAT: dict[str, dict[str, Any]] = {
    **HYPERNEAT,
    "network": {"encoding": "es-hyperneat", "substrate": {"bias": True, "band": 0.0, "maximum": 5.0}},
    "mutation": {**HYPERNEAT["mutation"], "add_node": 0.1, "activation": 0.2, "weight_step": 0.6, "biases": 0.3},
    "compatibility": {**HYPERNEAT["compatibility"], "target_species": 5},
    "reproduction": {**HYPERNEAT["reproduction"], "survival": 0.2},
}
"""ES-HyperNEAT: the CPPNs also place the hidden nodes. With the paper's band threshold of 0.3, few initial genomes have
any hidden nodes, and few runs solve `es-xor` (a random search over about 65 settings on it, tuning seeds 1000 to 1018).
"""

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "default": DEFAULT,
    "paper": PAPER,
    "stanley-1.2.1": STANLEY,
    "recurrent": RECURRENT,
    "ars": ARS,
    "hyperneat": HYPERNEAT,
    "hyperneat-leo": HYPERNEAT_LEO,
    "es-hyperneat": ES_HYPERNEAT,
}
