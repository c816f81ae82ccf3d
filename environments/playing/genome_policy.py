"""A genome as a policy, from observations of its environment to actions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.making.environment import make_environment
from environments.playing.observation_scaling import table_for
from environments.playing.policy import Policy
from environments.spaces.actions import ActionDecoder, Decoder
from environments.spaces.observations import ObservationEncoder
from environments.tasks.registry import is_registered, registered
from environments.tasks.settings import NO_GAME, Scaling, TaskConfig
from neat.compiled.random import Stream, rekey
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError
from neat.genes.table import Genome, Genomes
from neat.networks.decoders import decoder_of
from neat.networks.network import Network
from neat.registry import late

__all__ = ["GenomePolicy", "game_of", "layout"]


class GenomePolicy:
    """A genome as a policy for its game: observation scaling, network, recurrent state and action decoding.

    Example:
        >>> policy.reset()
        >>> observation, _ = env.reset()
        >>> action = policy(observation)

    Without a game (XOR, your own fitness function), the observation is the network's inputs, shape (inputs,), and the
    action is its outputs, float64, shape (outputs,). For data sets (`environments.tasks.data`), the observation is a
    row: numbers in the order of the inputs, or a mapping from columns to cells. The action is a class or a number.

    Attributes:
        genome: The genome.
    """

    def __init__(
        self, genome: Genome, network: NetworkConfig, task: TaskConfig | None = None, *, scaling: Scaling | None = None
    ) -> None:
        """Create the environment once, to read its spaces, and decode the network.

        Args:
            genome: The genome.
            network: Network settings.
            task: The genome's task, if it has one.
            scaling: Observation scaling of its generation (`environments.Evaluation.scaling`).

        Raises:
            ConfigError: The environment does not exist, or its spaces do not fit the genome.
            MissingExtraError: The environment needs a package that is not installed.
            GenomeError: The network must be feed-forward and the genome has a cycle.
        """
        self.genome = genome
        self._rng = np.zeros(2, np.uint64)
        self._decide: Decoder | None = None
        self._who = ""
        self._think: Any
        self._forget: Any
        game = None if task is None else game_of(task)
        if task is not None and (traits := registered(task)) is not None and traits.rows:
            data = traits.make(task)
            _check_size(genome, network, data.inputs, data.outputs, data.name)
            scaled = scaling or data.scaling
            shift, factor = (np.asarray(scaled[key], np.float64) for key in ("shift", "factor"))
            self._network = Network(genome, network)
            self._think = lambda row: self._network.activate((data.encode(row) - shift) * factor)
            self._forget = self._network.reset
            self._name, self._decide = data.name, data.answer
        elif game is None:
            self._network = Network(genome, network)
            self._think = self._network.activate
            self._forget = self._network.reset
        else:
            self._name, self._who = game.environment, "the environment "
            encoder, decoder, table = layout(game, scaling)
            _check_size(genome, network, encoder.size, decoder.size, game.environment)
            policy = Policy(encoder, Genomes.of([genome]), network, table=table)
            self._think, self._forget = policy.thinker(0), policy.reset
            self._decide = decoder.decoder(policy.output_activations(0), self._rng)
        self.reset()

    def reset(self, seed: int = 0) -> None:
        """Reset the state of the network, at the start of an episode.

        Args:
            seed: Seed of sampled actions (``task.actions = "sample"``). Verification uses the seed of the episode.
        """
        rekey(self._rng, seed, int(Stream.ACTIONS), 0, 0)
        self._forget()

    def activate(self, observation: Any) -> NDArray[np.float64]:
        """Return the network's outputs for an observation, float64, shape (outputs,), a new array.

        Raises:
            EvaluationError: The observation does not fit the game.
        """
        if self._decide is None:
            return np.array(self._think(observation))
        try:
            return np.array(self._think(observation))
        except EvaluationError as error:
            raise EvaluationError(f"not an observation of {self._name!r}: {self._who}{error}") from None

    def __call__(self, observation: Any) -> Any:
        """Return the action for an observation, an element of the action space.

        Raises:
            EvaluationError: The observation does not fit the game.
        """
        outputs = self.activate(observation)
        return outputs if self._decide is None else self._decide(outputs)

    def __repr__(self) -> str:
        return f"<GenomePolicy of {self.genome!r}>"


def layout(
    game: TaskConfig, scaling: Scaling | None
) -> tuple[ObservationEncoder, ActionDecoder, NDArray[np.float64] | None]:
    """Return the observation encoder, the action decoder and the observation scaling of a game.

    Args:
        game: Settings of the game; the environment is created once, to read its spaces.
        scaling: Observation scaling of a genome, if it has its own.

    Returns:
        The encoder, the decoder, and the scaling table
            (`environments.playing.observation_scaling.scaling_table`) or None.
    """
    env = make_environment(game)
    try:
        encoder = ObservationEncoder(env.observation_space)
        decoder = ActionDecoder(env.action_space, sample=game.actions == "sample")
    finally:
        env.close()
    return encoder, decoder, table_for(game, scaling, encoder)


def game_of(task: TaskConfig) -> TaskConfig | None:
    """Return the settings of the environment that a task uses; None if the task is not a game."""
    if task.environment == NO_GAME:
        return None
    if not is_registered(task):
        return task
    game = getattr(late("environments.tasks.task:make_task")(task), "game", None)
    return None if game is None else TaskConfig(environment=game.id, kwargs=task.kwargs)


def _check_size(genome: Genome, network: NetworkConfig, inputs: int, outputs: int, environment: str) -> None:
    encoding = decoder_of(network)
    if (genome.inputs, genome.outputs) != (encoding.genome_inputs(inputs), encoding.genome_outputs(outputs)):
        raise ConfigError(
            f"{environment!r} has {inputs} inputs and {outputs} outputs, this genome {genome.inputs} and "
            f"{genome.outputs}: it was evolved for another game"
        )
