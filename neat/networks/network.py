"""The phenotype of one genome, for use from Python."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neat.compiled.kernel import kernel
from neat.functions.activations import activation_name
from neat.genes.table import Genome, Genomes
from neat.networks.decoders import decoder_of
from neat.networks.settings import NetworkConfig
from neat.networks.tape import forward_at, pack

__all__ = ["Network", "activate"]


@kernel
def activate(code, data, x, state):  # type: ignore[no-untyped-def]
    """Pass ``x`` through the only network of a tape, into a new array, whose length stands last in ``code``."""
    y = np.empty(code[-1])
    forward_at(code, data, 0, 0, x, state, y)
    return y


class Network:
    """The network of a genome.

    Example:
        >>> network = Network(genome, NetworkConfig(kind="recurrent"))
        >>> network.reset()  # at the start of each episode
        >>> outputs = network.activate(observation)

    Attributes:
        genome: The genome it was decoded from.
        config: The network settings.
        plan: Its nodes, their order and their connections (`neat.networks.plan.NetworkPlan`).
        inputs: Number of inputs.
        outputs: Number of outputs.
    """

    def __init__(self, genome: Genome, config: NetworkConfig | None = None) -> None:
        """Decode the network.

        Raises:
            GenomeError: The network must be feed-forward and the genome has a cycle.
        """
        self.genome = genome
        self.config = config or NetworkConfig()
        self.plan = decoder_of(self.config).plan(Genomes.of([genome]))
        phenotypes = pack(self.plan)
        self.inputs = phenotypes.inputs
        self.outputs = phenotypes.outputs
        self._code = np.append(phenotypes.code, phenotypes.outputs)
        self._data = phenotypes.data
        self._state = np.zeros(phenotypes.state_size)

    def activate(self, x: ArrayLike) -> NDArray[np.float64]:
        """Pass one observation through the network.

        Args:
            x: Observation, shape (inputs,).

        Returns:
            The outputs, float64, shape (outputs,), a new array.

        Raises:
            ValueError: The observation has another shape.
        """
        if type(x) is not np.ndarray or x.dtype != np.float64:
            x = np.asarray(x, np.float64)
        if x.shape != (self.inputs,):
            raise ValueError(f"expected an observation of shape ({self.inputs},), got shape {x.shape}")
        return activate(self._code, self._data, x, self._state)  # type: ignore[no-any-return]

    @property
    def output_activations(self) -> tuple[str, ...]:
        """The registry name of each output's activation."""
        return tuple(activation_name(code) for code in self.plan.output_activation[0].tolist())

    def reset(self) -> None:
        """Reset all node values, at the start of an episode."""
        self._state[:] = 0.0

    def __repr__(self) -> str:
        return f"<Network {self.config.kind}: {self.genome!r}>"

    def _repr_svg_(self) -> str | None:
        """Return the drawing shown by notebooks."""
        return self.genome._repr_svg_()
