"""The mapping from outputs to actions for all genomes of a table, in the form that compiled code uses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.spaces.actions import action_table
from neat.functions.activations import activation_name
from neat.networks.plan import NetworkPlan

__all__ = ["Acting", "acting_of"]

Vector = NDArray[np.float64]


class Acting(NamedTuple):
    """The mapping from outputs to actions.

    Attributes:
        first: Value of the first discrete action.
        sample: Whether discrete actions are sampled.
        single: Whether vector actions are rounded to float32.
        tables: Tables for vector actions, float64, shape (tables, outputs, 5), one for each combination of output
            activations; see `action_table`.
        table_of: Index into ``tables`` for each genome, int64, shape (genomes,).
    """

    first: int
    sample: bool
    single: bool
    tables: Vector
    table_of: NDArray[np.int64]


def acting_of(space: spaces.Discrete | spaces.Box, plan: NetworkPlan, *, sample: bool) -> Acting:
    """Return the mapping from outputs to actions for some networks.

    Args:
        space: ``Discrete``, or a one-dimensional ``Box``.
        plan: The networks.
        sample: Whether discrete actions are sampled with softmax probabilities.
    """
    table_of = np.zeros(len(plan.sensors), np.int64)
    if isinstance(space, spaces.Discrete):
        return Acting(int(space.start), sample, False, np.zeros((1, plan.outputs, 5)), table_of)
    used = plan.output_activation
    kinds = used[:1]
    if (used != kinds).any():
        kinds, table_of = np.unique(used, axis=0, return_inverse=True)
        table_of = table_of.reshape(-1).astype(np.int64)
    low, high = np.asarray(space.low, np.float64), np.asarray(space.high, np.float64)
    tables = [action_table([activation_name(int(code)) for code in row], low, high) for row in kinds]
    return Acting(0, False, space.dtype == np.float32, np.stack(tables), table_of)
