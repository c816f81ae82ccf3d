"""Backpropagation through an evolved feed-forward network.

The network is what `neat.networks.plan` makes of the genome: the same nodes in the same order, edges in gene order.
Forward, every node keeps z = bias + response · s with s = aggregation(weight · source). Backward, with
δ = ∂C/∂z of a node and g_e = ∂s/∂(weight_e · source_e)::

    ∂C/∂bias = δ      ∂C/∂response = δ s      ∂C/∂weight_e = δ response g_e source_e
    ∂C/∂source_e += δ response g_e weight_e

At a tie of max, min, median or max_abs one of the tied edges gets the derivative. Where a node's value is held at the
limit of `neat.functions.activations.bounded`, its derivative is 0.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.backprop.differentiable import Array, as_batch, moved
from neat.compiled.kernel import kernel
from neat.config import GenomeConfig, NetworkConfig
from neat.errors import ConfigError, GenomeError
from neat.functions.activations import (
    activate,
    activation_address,
    activation_name,
    bounded,
    derivative_address,
    differentiate,
)
from neat.functions.aggregations import aggregate, shares
from neat.genes.kinds import NodeKind
from neat.genes.table import Genome, Genomes
from neat.networks.decoders import decoder_of
from neat.networks.kinds import kind_of
from neat.networks.plan import plan

__all__ = ["PARAMETER_KINDS", "GenomeNetwork", "GenomeTrace", "obstacle_to_gradients"]

PARAMETER_KINDS = ("weights", "biases", "responses")
"""What of a genome can be trained."""

_CONSTANT = -700.0
"""βz reported for an output that no input reaches: it emits 0, and S(-700) is 0 but for rounding."""


def obstacle_to_gradients(network: NetworkConfig) -> str:
    """Return why networks of these settings cannot be trained by gradients, in words; empty if they can."""
    if not kind_of(network.kind).differentiable:
        return f"gradients need feed-forward networks, but network.kind is {network.kind!r}"
    if not decoder_of(network).of_genes:
        return f"gradients need networks whose connections are genes, but network.encoding is {network.encoding!r}"
    return ""


class GenomeTrace(NamedTuple):
    """The values of a forward pass: ``sums`` holds s of each active node, ``values`` every slot's value."""

    values: Array
    sums: Array
    z: Array
    weighted_outputs: Array
    outputs: Array


class GenomeNetwork:
    """An evolved network whose genes can be trained; see `neat.backprop.differentiable.Differentiable`.

    The vector `parameters` holds the weight of every connection gene, then the bias and then the response of every
    node gene, used or not; what the network does not use has the gradient 0.

    Args:
        genome: The genome; it is copied, `tuned_genome` returns the trained one.
        config: Network settings; those of networks without gradients (recurrent ones) are refused.
        trainable: Which of `PARAMETER_KINDS` get a gradient; the others stay as they are.

    Raises:
        GenomeError: The genome has a cycle.
        ConfigError: Settings of networks without gradients, an unknown kind of parameter, or a function of a user's own
            that has no derivative.
    """

    def __init__(
        self,
        genome: Genome,
        config: NetworkConfig | None = None,
        *,
        trainable: tuple[str, ...] = PARAMETER_KINDS,
    ) -> None:
        config = config or NetworkConfig()
        obstacle = obstacle_to_gradients(config)
        if obstacle:
            raise ConfigError(f"network: {obstacle}")
        if not set(trainable) <= set(PARAMETER_KINDS):
            raise ConfigError(f"trainable: expected some of {', '.join(PARAMETER_KINDS)}, got {trainable!r}")
        self._genome = genome.copy()
        self._config = config
        self._plan = _plan(genome, config)
        self._inputs = genome.inputs
        self._slope = float(config.sigmoid_slope)
        self._connections, self._nodes = len(genome.connections), len(genome.nodes)
        self._parameters = np.concatenate(
            [genome.connections["weight"], genome.nodes["bias"], genome.nodes["response"]]
        ).astype(np.float64)
        sizes = dict(zip(PARAMETER_KINDS, (self._connections, self._nodes, self._nodes), strict=True))
        self._trainable = np.concatenate([np.full(sizes[kind], kind in trainable) for kind in PARAMETER_KINDS])

    @property
    def inputs(self) -> int:
        """Number of inputs, the bias node not counted."""
        return self._inputs

    @property
    def parameters(self) -> Array:
        """Weights, biases and responses of all genes, float64, shape (connections + 2 nodes,). Change it in place."""
        return self._parameters

    def keep_parameters_in(self, vector: Array) -> None:
        """Move the parameters into ``vector`` (float64, contiguous), so that networks can share one optimizer.

        Raises:
            ValueError: Another length or type.
        """
        self._parameters = moved(self._parameters, vector)

    @property
    def parameter_count(self) -> int:
        """Number of parameters that are used by the network and trained."""
        edges, nodes = self._plan.edge_gene, self._plan.node_gene
        used = np.concatenate([edges, self._connections + nodes, self._connections + self._nodes + nodes])
        return int(np.count_nonzero(self._trainable[used]))

    @property
    def slope(self) -> float:
        """β of sigmoid nodes."""
        return self._slope

    @property
    def output_activations(self) -> tuple[str, ...]:
        """The registry name of each output node's activation."""
        nodes = self._genome.nodes
        return tuple(activation_name(int(a)) for a in nodes["activation"][nodes["kind"] == NodeKind.OUTPUT])

    def predict(self, x: NDArray[Any]) -> Array:
        """Return the outputs for a batch (batch, inputs) → (batch, outputs), or for one example (inputs,) → (outputs,).

        Raises:
            ValueError: Another shape.
        """
        x = np.asarray(x)
        if x.ndim == 1:
            single: Array = self.forward(x[None]).outputs[0]
            return single
        return self.forward(x).outputs

    def forward(self, x: NDArray[Any]) -> GenomeTrace:
        """Pass a batch, shape (batch, inputs), and keep every node's values for `backward`.

        Raises:
            ValueError: Another shape.
        """
        x = as_batch(x, self._inputs)
        plan = self._plan
        values = np.zeros((len(x), plan.slots))
        values[:, : self._inputs] = x
        if plan.first_node == self._inputs + 2:
            values[:, self._inputs] = self._config.bias_value
        sums, z = np.empty((2, len(x), len(plan.node_gene)))
        weighted, outputs = np.empty((2, len(x), len(plan.output_slot)))
        _forward(plan, self._parameters, self._nodes, self._slope, values, sums, z, weighted, outputs)
        return GenomeTrace(values, sums, z, weighted, outputs)

    def output_derivative(self, trace: GenomeTrace) -> Array:
        """Return σ'(z) of the output nodes, float64, shape (batch, outputs); 0 for one that no input reaches."""
        derivative = np.zeros_like(trace.outputs)
        _output_derivative(self._plan, self._slope, trace.values, trace.z, derivative)
        return derivative

    def backward(self, trace: GenomeTrace, delta: Array) -> Array:
        """Return the gradient of the cost with respect to `parameters`, summed over the batch.

        Args:
            trace: The forward pass.
            delta: ∂C/∂z of the output nodes, float64, shape (batch, outputs); costs divide it by the batch's size.

        Raises:
            ValueError: ``delta`` has another shape than the forward pass's outputs.
        """
        if delta.shape != trace.outputs.shape:
            raise ValueError(f"expected delta to have shape {trace.outputs.shape}, but it had shape {delta.shape}")
        gradient = np.zeros_like(self._parameters)
        _backward(
            self._plan, self._parameters, self._nodes, self._slope, trace.values, trace.sums, trace.z,
            np.ascontiguousarray(delta, np.float64), gradient,
        )  # fmt: skip
        gradient *= self._trainable
        return gradient

    def clip(self, limits: GenomeConfig) -> None:
        """Bring the parameters back within the limits that evolution keeps them in, in place."""
        weights, biases, responses = self._split()
        np.clip(weights, -limits.weight_limit, limits.weight_limit, out=weights)
        np.clip(biases, -limits.bias_limit, limits.bias_limit, out=biases)
        np.clip(responses, -limits.response_limit, limits.response_limit, out=responses)

    def tuned_genome(self) -> Genome:
        """Return a new genome with the present parameters written into its genes."""
        genome = self._genome.copy()
        genome.connections["weight"], genome.nodes["bias"], genome.nodes["response"] = self._split()
        return genome

    def _split(self) -> list[Array]:
        """Return weights, biases and responses, as views of the parameters."""
        return np.split(self._parameters, [self._connections, self._connections + self._nodes])


class _Plan(NamedTuple):
    """The active network of a genome: what `forward` and `backward` walk over. All arrays are int64."""

    first_node: int
    slots: int
    output_slot: NDArray[np.int64]
    node_gene: NDArray[np.int64]
    activation: NDArray[np.int64]
    derivative: NDArray[np.int64]
    aggregation: NDArray[np.int64]
    edge_start: NDArray[np.int64]
    edge_source: NDArray[np.int64]
    edge_gene: NDArray[np.int64]


def _plan(genome: Genome, config: NetworkConfig) -> _Plan:
    """Return the network of a genome as one pass in topological order, with what compiled code calls functions by."""
    try:
        found = plan(Genomes.of([genome]), dataclasses.replace(config, kind="feedforward"))
    except GenomeError as error:
        raise GenomeError("gradients need a feed-forward genome, but this one has a cycle") from error
    activations = found.nodes["activation"].tolist()
    first_node = int(found.sensors[0]) + 1
    return _Plan(
        first_node,
        first_node + len(activations),
        found.output_slot[0],
        found.node_gene,
        np.array([activation_address(index) for index in activations], np.int64),
        np.array([derivative_address(index) for index in activations], np.int64),
        found.nodes["aggregation"].astype(np.int64),
        found.edge_start,
        found.edge_source,
        found.edge_gene,
    )


@kernel
def _forward(plan, parameters, nodes, slope, values, sums, z, weighted_outputs, outputs):  # type: ignore[no-untyped-def]
    """Fill in the values of the active nodes, example by example, and read the outputs off."""
    connections = parameters.size - 2 * nodes
    scratch = np.empty(plan.edge_gene.size)
    for example in range(values.shape[0]):
        value = values[example]
        for node in range(plan.node_gene.size):
            begin, end = plan.edge_start[node], plan.edge_start[node + 1]
            for e in range(begin, end):
                scratch[e - begin] = parameters[plan.edge_gene[e]] * value[plan.edge_source[e]]
            total = aggregate(plan.aggregation[node], scratch[: end - begin])
            gene = plan.node_gene[node]
            weighted = parameters[connections + gene] + parameters[connections + nodes + gene] * total
            sums[example, node] = total
            z[example, node] = bounded(weighted)
            value[plan.first_node + node] = bounded(activate(plan.activation[node], weighted, slope))
        for k in range(plan.output_slot.size):
            slot = plan.output_slot[k]  # of an output without an active node: the slot before `first_node`, always 0
            node = slot - plan.first_node
            outputs[example, k] = value[slot]
            weighted_outputs[example, k] = z[example, node] if node >= 0 else _CONSTANT / max(slope, 1e-300)


@kernel
def _derivative(plan, node, value, z, slope):  # type: ignore[no-untyped-def]
    """Return the derivative of a node's activation where its value is ``value``: 0 at the limit of values."""
    return differentiate(plan.derivative[node], z, slope) if bounded(2.0 * value) == 2.0 * value else 0.0


@kernel
def _output_derivative(plan, slope, values, z, derivative):  # type: ignore[no-untyped-def]
    for k in range(plan.output_slot.size):
        node = plan.output_slot[k] - plan.first_node
        if node >= 0:
            for example in range(z.shape[0]):
                value = values[example, plan.first_node + node]
                derivative[example, k] = _derivative(plan, node, value, z[example, node], slope)


@kernel
def _backward(plan, parameters, nodes, slope, values, sums, z, delta, gradient):  # type: ignore[no-untyped-def]
    """Add ∂C/∂parameters of every example to ``gradient``."""
    connections = parameters.size - 2 * nodes
    in_value = np.empty(plan.slots)
    at_output = np.empty(plan.node_gene.size)
    weighted, share = np.empty((2, plan.edge_gene.size))
    for example in range(values.shape[0]):
        value = values[example]
        in_value[:] = 0.0
        at_output[:] = 0.0
        for k in range(plan.output_slot.size):
            node = plan.output_slot[k] - plan.first_node
            if node >= 0:
                at_output[node] += delta[example, k]
        for node in range(plan.node_gene.size - 1, -1, -1):
            d = at_output[node]
            if in_value[plan.first_node + node] != 0.0:
                slope_here = _derivative(plan, node, value[plan.first_node + node], z[example, node], slope)
                d += in_value[plan.first_node + node] * slope_here
            if d == 0.0:
                continue
            begin, end = plan.edge_start[node], plan.edge_start[node + 1]
            gene = plan.node_gene[node]
            response = parameters[connections + nodes + gene]
            gradient[connections + gene] += d
            gradient[connections + nodes + gene] += d * sums[example, node]
            for e in range(begin, end):
                weighted[e - begin] = parameters[plan.edge_gene[e]] * value[plan.edge_source[e]]
            shares(plan.aggregation[node], weighted[: end - begin], share[: end - begin])
            for e in range(begin, end):
                through = d * response * share[e - begin]
                gradient[plan.edge_gene[e]] += through * value[plan.edge_source[e]]
                in_value[plan.edge_source[e]] += through * parameters[plan.edge_gene[e]]
