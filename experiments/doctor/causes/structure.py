"""Structure: networks that grow too fast to find good weights, or that never keep a hidden node."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["exploding", "never_kept"]

_FEWEST = 10
"""Minimum number of generations to judge growth."""
_NODES, _RATE = 6.0, 0.15
"""Mean number of hidden nodes, and its increase per generation, that are too many if fitness does not rise."""
_KEPT = 0.5
"""Mean number of hidden nodes below which none are kept."""
_TRIES = 300
"""Minimum number of hidden nodes that mutation should have added."""


def exploding(case: Case) -> Finding | None:
    """Find networks that keep growing while fitness does not rise."""
    if not case.bred or len(case.records) < _FEWEST:
        return None
    hidden, connections = case.series("hidden_mean"), case.series("connections_mean")
    rate = (hidden[-1] - hidden[0]) / (len(hidden) - 1)
    first = max(connections[0], 1.0)
    swollen = hidden[-1] >= _NODES and rate >= _RATE
    dense = connections[-1] >= 4.0 * first and connections[-1] - connections[0] >= 1.5 * (len(connections) - 1)
    if not swollen and not dense:
        return None
    mutation = case.experiment.config.mutation
    field = "add_node" if mutation.add_node >= 0.1 or not dense else "add_connection"
    setting = f"mutation.{field}={getattr(mutation, field) / 10:.2g}"
    return Finding(
        name="structure-exploding",
        words="Networks grow too fast to find good weights.",
        evidence=f"{hidden[-1]:.1f} hidden nodes and {connections[-1]:.1f} connections on average after "
        f"{len(hidden)} generations (first {hidden[0]:.1f} and {connections[0]:.1f}), and fitness does not rise",
        setting=setting,
        advice=f"set {setting}, so that there is time to find weights",
    )


def never_kept(case: Case) -> Finding | None:
    """Find that no hidden node is kept, or that hardly any is added."""
    config = case.experiment.config
    if not case.bred or config.network.encoding != "direct" or len(case.records) < _FEWEST:
        return None
    hidden = case.series("hidden_mean")
    late = float(np.mean(hidden[len(hidden) // 2 :]))
    if late >= _KEPT:
        return None
    mutation = config.mutation
    made = mutation.add_node * config.population.size * len(hidden)
    if mutation.delete_node > 0.0 and mutation.delete_node >= mutation.add_node:
        setting = "mutation.delete_node=0"
        why = f"about {made:.0f} were added, and mutation.delete_node = {mutation.delete_node:g} removes them"
    elif made < _TRIES:
        setting = "mutation.add_node=0.03"
        why = f"mutation.add_node = {mutation.add_node:g} adds about {made:.0f} in the whole run"
        if mutation.add_node >= 0.02:
            return None
    else:
        setting = "compatibility.target_species=20"
        why = f"about {made:.0f} were added, but networks without them were fitter"
    return Finding(
        name="structure-never-kept",
        words="Networks have no hidden nodes, so tasks that need one are not learned.",
        evidence=f"{late:.2f} hidden nodes on average in the last {len(hidden) - len(hidden) // 2} generations; {why}",
        setting=setting,
        advice=f"set {setting}",
    )
