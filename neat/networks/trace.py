"""The values of all nodes of a network, pass by pass, for drawings.

The values are read from the state that `neat.networks.tape.forward` leaves: an observation is processed with one pass,
then with two, and so on, each time from the state after the previous observation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neat.genes.table import Genome, GenomeLike, Genomes
from neat.networks.decoders import decoder_of
from neat.networks.network import activate
from neat.networks.settings import NetworkConfig
from neat.networks.tape import FIRST_PASSES, PASSES, pack

__all__ = ["NodeValues", "Tracer"]


class NodeValues:
    """Reads the value of every node from the state of a network.

    Attributes:
        plan: The network.
    """

    def __init__(self, genome: GenomeLike, config: NetworkConfig) -> None:
        """Take a genome whose network the settings allow."""
        decoder = decoder_of(config)
        self.plan = plan = decoder.plan(Genomes.of([Genome(genome.nodes, genome.connections)]))
        sensors = np.arange(plan.sensors[0])
        planned = plan.sensors[0] + 1 + np.arange(len(plan.nodes))
        self._slots = 1 + np.concatenate([sensors, planned])
        self._places = np.concatenate([sensors, plan.node_gene]) if decoder.of_genes else np.arange(len(self._slots))
        self._nodes = len(genome.nodes) if decoder.of_genes else len(self._slots)

    def read(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values, float64[nodes] in the genome's order (`Tracer.step`).

        Args:
            state: State left by `neat.networks.tape.forward`.
        """
        values = np.zeros(self._nodes)
        values[self._places] = state[self._slots]
        return values


class Tracer:
    """A network that also reports the value of every node.

    Example:
        >>> tracer = Tracer(genome, NetworkConfig(kind="settling"))
        >>> tracer.reset()  # at the start of each episode
        >>> for values in tracer.step(observation):  # one array per pass
        ...     show(values)
    """

    def __init__(self, genome: GenomeLike, config: NetworkConfig | None = None) -> None:
        """Take a genome whose network the settings allow (feed-forward: without cycles)."""
        self.config = config or NetworkConfig()
        self._values = NodeValues(genome, self.config)
        plan = self._values.plan
        packed = pack(plan)
        self._limits = int(plan.first_passes[0]), int(plan.passes[0])
        self._code, self._data = np.append(packed.code, packed.outputs), packed.data
        self._size = packed.state_size
        self.reset()

    def reset(self) -> None:
        """Reset all node values, at the start of an episode."""
        self._state = np.zeros(self._size)
        self._first = True

    def step(self, x: ArrayLike) -> list[NDArray[np.float64]]:
        """Pass one observation (shape (inputs,)) through the network.

        Returns:
            The values of all nodes after each pass, float64[nodes] in the genome's order (if a decoder made the nodes:
                sensors,
            then the plan's nodes). Inactive nodes have the value 0. A feed-forward network has one pass.
        """
        x = np.asarray(x, np.float64)
        before = self._state
        shown: list[NDArray[np.float64]] = []
        for passes in range(1, self._limits[0 if self._first else 1] + 1):
            state = before.copy()
            self._code[PASSES] = self._code[FIRST_PASSES] = passes
            activate(self._code, self._data, x, state)
            if shown and state[0] == self._state[0]:
                break  # another pass was not taken: it has settled
            self._state = state
            shown.append(self._values.read(state))
        self._first = False
        return shown
