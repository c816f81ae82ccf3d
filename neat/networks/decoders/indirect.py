"""The common base of indirect encodings: genomes are CPPNs, and generated networks are planned like genomes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from neat.compiled.parallel import run_shards
from neat.errors import ConfigError
from neat.genes.table import Genomes
from neat.networks.batch import Batch, batch_of
from neat.networks.decoders import Detector
from neat.networks.decoders.substrate import answer_names, input_names, layers_of
from neat.networks.plan import NetworkPlan, plan
from neat.networks.settings import NetworkConfig

__all__ = ["Indirect", "joined"]

_SMALL = 100_000
"""Minimum number of connections per thread; below it, another thread costs more than it saves."""


class Indirect:
    """A decoder whose genomes are CPPNs; see `neat.networks.decoders.Decoder`. Subclasses implement `expand`."""

    of_genes = False
    threads = 1

    def __init__(self, network: NetworkConfig) -> None:
        self._network = network

    def fitted(self, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> NetworkConfig:
        """Return the settings with the shapes of a task's inputs and outputs."""
        config = self._network.substrate
        if config.layers:
            return self._network
        substrate = dataclasses.replace(config, inputs=config.inputs or inputs, outputs=config.outputs or outputs)
        return dataclasses.replace(self._network, substrate=substrate)

    def sizes(self) -> tuple[int, int]:
        """Return the numbers of inputs and outputs of the networks."""
        layers = layers_of(self._network.substrate)
        return len(layers[0][1]), len(layers[-1][1])

    def genome_inputs(self, task_inputs: int) -> int:
        """Return the number of inputs of the CPPN.

        Raises:
            ConfigError: The substrate has another number of inputs than the task.
        """
        self._check("inputs", self.sizes()[0], task_inputs)
        return len(self.genome_names()[0])

    def genome_outputs(self, task_outputs: int) -> int:
        """Return the number of outputs of the CPPN.

        Raises:
            ConfigError: The substrate has another number of outputs than the task.
        """
        self._check("outputs", self.sizes()[1], task_outputs)
        return len(self.genome_names()[1])

    def _check(self, what: str, mine: int, tasks: int) -> None:
        if mine != tasks:
            layer = "first" if what == "inputs" else "last"
            raise ConfigError(f"network.substrate: the {layer} layer has {mine:,} nodes, the task {tasks:,} {what}")

    def genome_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the CPPN's inputs and outputs."""
        config = self._network.substrate
        layers = layers_of(config)
        return input_names(config, layers[0][1].shape[1]), answer_names(config, [name for name, _ in layers])

    def cppns(self, genomes: Genomes) -> Batch:
        """Return the CPPNs of a table of genomes, feed-forward whatever the kind of the networks.

        Raises:
            GenomeError: A genome has a cycle.
        """
        settings = self._network
        network = NetworkConfig(
            kind="feedforward", sigmoid_slope=settings.sigmoid_slope, bias_value=settings.bias_value
        )
        return batch_of(plan(genomes, network))

    def detectors(self) -> list[Detector]:
        """Return the detectors that make initial genomes connect nearby nodes (``network.substrate.locality``).

        Twice a Gaussian of 2.5 (x1 - x2), minus 1, is above 0 where x1 and x2 are nearly equal. With n axes, all must
        be.
        """
        config = self._network.substrate
        inputs, outputs = self.genome_names() if config.locality else ((), ())
        leos = [k for k, name in enumerate(outputs) if name.startswith("LEO")]
        found = []
        for axis in config.locality:
            if f"{axis}1" not in inputs:
                raise ConfigError(f"network.substrate.locality: nodes of this substrate have no coordinate {axis!r}")
            sources = tuple((inputs.index(f"{axis}{end}"), weight) for end, weight in ((1, 2.5), (2, -2.5)))
            bias = 1.0 - 2.0 * len(config.locality)
            found.append(Detector("gaussian", sources, dict.fromkeys(leos, 2.0), dict.fromkeys(leos, bias)))
        return found

    def expand(self, genomes: Genomes) -> Genomes:
        """Return the networks of a table of genomes as directly encoded genomes."""
        raise NotImplementedError

    def plan(self, genomes: Genomes) -> NetworkPlan:
        """Return the networks of a table of genomes.

        Raises:
            ConfigError: The settings describe no substrate.
            GenomeError: A genome has a cycle.
        """
        expanded = self.expand(genomes)
        threads = max(1, min(self.threads, len(expanded.connections) // _SMALL))
        parts: list[NetworkPlan | None] = [None] * threads

        def work(begin: int, end: int, k: int) -> None:
            parts[k] = plan(expanded.shard(begin, end), self._network)

        run_shards(work, len(genomes), threads, smallest=1)
        found = joined([part for part in parts if part is not None])
        return found._replace(node_gene=np.full(len(found.node_gene), -1), edge_gene=np.full(len(found.edge_gene), -1))


def joined(plans: list[NetworkPlan]) -> NetworkPlan:
    """Return the networks of several plans of the same settings as one plan."""
    if len(plans) == 1:
        return plans[0]
    rows: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in plans])
        for name in (
            "sensors", "passes", "first_passes", "output_slot", "output_activation", "nodes", "node_gene", "wave",
            "depth", "edge_source", "edge_weight", "edge_gene",
        )
    }  # fmt: skip
    starts: dict[str, Any] = {}
    for name in ("node_start", "edge_start"):
        begin = np.cumsum([0, *(int(getattr(part, name)[-1]) for part in plans)])
        pieces = [getattr(part, name)[:-1] + offset for part, offset in zip(plans, begin, strict=False)]
        starts[name] = np.concatenate([*pieces, begin[-1:]])
    return plans[0]._replace(**rows, **starts)
