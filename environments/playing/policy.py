"""Policies: from an observation to network outputs, in one call of compiled code if possible.

Reading, scaling, statistics and the forward pass each take about as long as a call from Python. So for the common case,
a flat Box of floats, all of them are one call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.playing.observation_scaling import gather, scale
from environments.spaces.observations import ObservationEncoder, check_finite
from neat.compiled.kernel import kernel
from neat.config import NetworkConfig
from neat.errors import EvaluationError
from neat.functions.activations import activation_name
from neat.genes.table import Genomes
from neat.networks.decoders import decoder_of
from neat.networks.tape import forward_at, pack

__all__ = ["Policy"]

Vector = NDArray[np.float64]

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


@kernel
def _think(observation, x, code, data, code_start, data_start, state, y):  # type: ignore[no-untyped-def]
    """Read an observation and pass it through a network; return whether it was finite."""
    finite = True
    for i in range(x.size):
        x[i] = observation[i]
        finite = finite and math.isfinite(x[i])
    if finite:
        forward_at(code, data, code_start, data_start, x, state, y)
    return finite


@kernel
def _think_scaled(  # type: ignore[no-untyped-def]
    observation, x, code, data, code_start, data_start, state, y, table, statistics
):
    """Do the same as `_think`, with scaling and statistics; each is left out if its array is empty."""
    for i in range(x.size):
        x[i] = observation[i]
        if not math.isfinite(x[i]):
            return False
    if statistics.size:
        gather(x, statistics)
    if table.size:
        scale(x, table, x)
    forward_at(code, data, code_start, data_start, x, state, y)
    return True


def _as_array(observation: Any, shape: tuple[int, ...]) -> Vector:
    try:
        return np.asarray(observation, np.float64)
    except (TypeError, ValueError):
        raise EvaluationError(
            f"returned an observation of type {type(observation).__name__}, expected an array of numbers of "
            f"shape {shape}"
        ) from None


class Policy:
    """The networks of a table of genomes, each as a function of an observation.

    Use only one network at a time, since all share the same buffers.
    """

    def __init__(
        self, encoder: ObservationEncoder, genomes: Genomes, network: NetworkConfig, *, table: Vector | None = None
    ) -> None:
        """Pack the networks.

        Args:
            encoder: The layout of observations.
            genomes: The table.
            network: Network settings.
            table: Observation scaling (`environments.playing.observation_scaling.scaling_table`).

        Raises:
            GenomeError: A genome has a cycle and the networks are feed-forward.
        """
        plan = decoder_of(network).plan(genomes)
        self._phenotypes = pack(plan)
        self._output_activation = plan.output_activation
        self._space = encoder.space
        self._table = np.zeros((0, 0)) if table is None else table
        self._x = np.zeros(encoder.size)
        self._raw = np.zeros(encoder.size)
        self._read = encoder.reader(self._raw)
        self._y = np.zeros(self._phenotypes.outputs)
        self._state = np.zeros(self._phenotypes.state_size)

    def reset(self) -> None:
        """Reset the state of the network, at the start of an episode."""
        self._state[:] = 0.0

    @property
    def memory(self) -> Vector:
        """State of the current network, as left by `neat.networks.tape.forward`."""
        return self._state

    def output_activations(self, index: int) -> tuple[str, ...]:
        """Return the activation function of each output of network ``index``."""
        return tuple(activation_name(code) for code in self._output_activation[index].tolist())

    def thinker(self, index: int, statistics: Vector | None = None) -> Callable[[Any], Vector]:
        """Return the network of a genome as a function from an observation to outputs.

        The outputs are float64, shape (outputs,), and are overwritten by the next call.

        Args:
            index: Index of the genome in the table.
            statistics: Receives observation statistics (`environments.playing.observation_scaling.gather`).
        """
        code, data, x, y, state = self._phenotypes.code, self._phenotypes.data, self._x, self._y, self._state
        c0, d0 = int(self._phenotypes.code_start[index]), int(self._phenotypes.data_start[index])
        table, seen = self._table, np.zeros(0) if statistics is None else statistics
        plain = not table.size and statistics is None
        if not isinstance(self._space, spaces.Box) or len(self._space.shape) != 1:
            read = self._read

            def think_anything(observation: Any) -> Vector:
                _think_scaled(read(observation), x, code, data, c0, d0, state, y, table, seen)
                return y

            return think_anything
        shape = self._space.shape

        def think(observation: Any) -> Vector:
            if type(observation) is not np.ndarray or (
                observation.dtype is not _SINGLE and observation.dtype is not _DOUBLE
            ):
                observation = _as_array(observation, shape)
            if observation.shape != shape:
                raise EvaluationError(f"returned an observation of shape {observation.shape}, expected {shape}")
            if plain:
                finite = _think(observation, x, code, data, c0, d0, state, y)
            else:
                finite = _think_scaled(observation, x, code, data, c0, d0, state, y, table, seen)
            if not finite:
                check_finite(np.asarray(observation, np.float64))
            return y

        return think
