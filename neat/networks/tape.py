"""Phenotypes: the networks of a table of genomes, laid out as one tape for compiled code.

Each network is a sequence of integers and a sequence of floats, which `forward` reads from left to right in each pass::

    code: kind, first node slot, nodes, passes, passes of the first observation, where nodes begin in data,
          [slot of each output], per node: [edges, activation, aggregation, wave, [source slot of each edge]]
    data: sigmoid slope, bias value, [constants of each node], per node: [bias, response, [weight of each edge]]

Nodes, edges and slots are those of a `neat.networks.plan.NetworkPlan`, in its order. An activation is its registry
number or the machine address of a user's function, so a tape is valid in one process only; plans can be sent to others.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.compiled.interpreted import sparing
from neat.compiled.kernel import inlined, uncounted
from neat.functions.activations import ACTIVATIONS, activation_address
from neat.genes.schema import NodeGenes
from neat.genes.table import Genomes
from neat.networks.decoders import decoder_of
from neat.networks.kinds import kind_number
from neat.networks.kinds.dispatch import module_of, step
from neat.networks.plan import SMALL, NetworkPlan
from neat.networks.settings import NetworkConfig
from neat.networks.sweep import Wiring

__all__ = ["Phenotypes", "decode", "forward", "forward_at", "pack"]

PASSES, FIRST_PASSES = 3, 4
"""Positions in a network's ``code`` of the passes of an observation, and of the first one of an episode."""
_NODES_AT = 5
_HEADER = 6


class Phenotypes(NamedTuple):
    """The networks of a table of genomes.

    Attributes:
        code: int64; see the module's docstring.
        data: float64; see the module's docstring.
        code_start: int64, shape (n,): position of each network in ``code``.
        data_start: int64, shape (n,): position of each network in ``data``.
        state_size: Length of a ``state`` array that fits every one of these networks.
        inputs: Number of inputs.
        outputs: Number of outputs.
    """

    code: NDArray[np.int64]
    data: NDArray[np.float64]
    code_start: NDArray[np.int64]
    data_start: NDArray[np.int64]
    state_size: int
    inputs: int
    outputs: int


@inlined
def forward(phenotypes, g, x, state, y):  # type: ignore[no-untyped-def]
    """Pass one observation through one network.

    Args:
        phenotypes: The networks (`Phenotypes`).
        g: Index of the network.
        x: Observation, float64, shape (inputs,).
        state: State of the network, float64, at least `Phenotypes.state_size` long; zeros at the start of an episode.
        y: Receives the outputs, float64, shape (outputs,).
    """
    forward_at(phenotypes.code, phenotypes.data, phenotypes.code_start[g], phenotypes.data_start[g], x, state, y)


@uncounted
def forward_at(code, data, code_start, data_start, x, state, y):  # type: ignore[no-untyped-def]
    """The same, given the positions of the network: for calls from Python, where a tuple of arrays is slow to pass.

    ``state`` contains a number for the kind's own use, the value of each slot, and scratch for the kind.
    """
    first = code[code_start + 1]
    nodes = code[code_start + 2]
    outputs = code_start + _HEADER
    values = state[1 : 1 + first + nodes]
    for i in range(x.size):
        values[i] = x[i]
    if first == x.size + 2:
        values[first - 2] = data[data_start + 1]
    wiring = Wiring(
        outputs + y.size, data_start + code[code_start + _NODES_AT], data_start + 2, nodes, first,
        data[data_start], code[code_start + PASSES], code[code_start + FIRST_PASSES],
    )  # fmt: skip
    step(code[code_start], code, data, wiring, values, state[1 + first + nodes :], state)
    for k in range(y.size):
        y[k] = values[code[outputs + k]]


@uncounted
def _lay_out(  # type: ignore[no-untyped-def]
    kind, slope, bias_value, sensors, passes, first_passes, output_slot, node_start, nodes, wave, edge_start,
    edge_source, edge_weight, constants, addresses, code, data, code_start, data_start,
):  # fmt: skip
    """Write the tape of every network of a plan; return the length of the longest state."""
    ip, fp, longest = 0, 0, 0
    for g in range(sensors.size):
        begin, end = node_start[g], node_start[g + 1]
        code_start[g], data_start[g] = ip, fp
        code[ip] = kind
        code[ip + 1] = sensors[g] + 1
        code[ip + 2] = end - begin
        code[ip + PASSES] = passes[g]
        code[ip + FIRST_PASSES] = first_passes[g]
        code[ip + _NODES_AT] = 2 + (end - begin) * constants.shape[1]
        ip += _HEADER
        for k in range(output_slot.shape[1]):
            code[ip] = output_slot[g, k]
            ip += 1
        data[fp] = slope
        data[fp + 1] = bias_value
        fp += 2
        for j in range(begin, end):
            for k in range(constants.shape[1]):
                data[fp] = constants[j, k]
                fp += 1
        widest = 0
        for j in range(begin, end):
            edges = edge_start[j + 1] - edge_start[j]
            widest = max(widest, edges)
            code[ip] = edges
            code[ip + 1] = addresses[nodes[j].activation]
            code[ip + 2] = nodes[j].aggregation
            code[ip + 3] = wave[j]
            data[fp] = nodes[j].bias
            data[fp + 1] = nodes[j].response
            ip += 4
            fp += 2
            for e in range(edge_start[j], edge_start[j + 1]):
                code[ip] = edge_source[e]
                data[fp] = edge_weight[e]
                ip += 1
                fp += 1
        longest = max(longest, 1 + sensors[g] + 1 + 2 * (end - begin) + widest)
    return longest


_few_tapes = sparing(_lay_out)


def pack(plan: NetworkPlan) -> Phenotypes:
    """Return the networks of a plan in the form that `forward` uses."""
    n, nodes, edges = len(plan.sensors), len(plan.nodes), len(plan.edge_source)
    constants = getattr(module_of(plan.kind), "constants", _no_constants)(plan.nodes, plan.time_step)
    code = np.empty(n * (_HEADER + plan.outputs) + 4 * nodes + edges, np.int64)
    data = np.empty(2 * n + nodes * (2 + constants.shape[1]) + edges)
    code_start, data_start = np.empty((2, n), np.int64)
    addresses = np.array([activation_address(i) for i in range(len(ACTIVATIONS))], np.int64)
    lay_out = _few_tapes if n == 1 and nodes + edges < SMALL else _lay_out
    state_size = lay_out(
        kind_number(plan.kind), plan.slope, plan.bias_value, plan.sensors, plan.passes, plan.first_passes,
        plan.output_slot, plan.node_start, plan.nodes, plan.wave, plan.edge_start, plan.edge_source, plan.edge_weight,
        constants, addresses, code, data, code_start, data_start,
    )  # fmt: skip
    return Phenotypes(code, data, code_start, data_start, state_size, plan.inputs, plan.outputs)


def _no_constants(nodes: NodeGenes, time_step: float) -> NDArray[np.float64]:
    """Return no constants, as for most kinds."""
    return np.empty((len(nodes), 0))


def decode(genomes: Genomes, network: NetworkConfig) -> Phenotypes:
    """Return the networks of a table of genomes, ready for `forward`.

    Raises:
        GenomeError: The kind of network requires acyclic genomes, and a genome has a cycle.
    """
    return pack(decoder_of(network).plan(genomes))
