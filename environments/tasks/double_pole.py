"""Double pole balancing as tasks: their fitness, and when they are solved.

``double-pole`` shows all six state variables. Fitness is the number of steps balanced; the task is solved by 100,000
steps. ``double-pole-no-velocities`` shows the three positions, so the network must be recurrent. Fitness is Gruau's
damping fitness over 1,000 steps. The task is solved if the champion of a generation balances for 100,000 steps **and**
passes the generalisation test: at least 200 of 625 other starts, for 1,000 steps each (Gruau, Whitley & Pyeatt 1996;
Stanley & Miikkulainen 2002, section 4.3). One genome per generation is tested. With ``task.examination = "species"``,
this is the champion of another species in each generation, as in Stanley's C++ program. Otherwise it is the best genome
of all, which often has already failed the test in the previous generation.

Both tasks have one fixed start, so every genome plays one episode. ``task.kwargs`` changes the settings of the game:
``theta1`` (0.07 rad as in Stanley's program; the paper's text says 1°) and ``cart_friction`` (0; Gomez 2008 has 5e-4).
Stanley's bias input of 0.5 is the bias node with ``network.bias_value = 0.5``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.compiled import Episodes, play_episodes
from environments.evaluators.evaluation import Evaluation, Evaluator
from environments.evaluators.racing import FitnessCache, rows_of_three
from environments.games.double_pole import (
    DOUBLE_POLE,
    DOUBLE_POLE_DAMPING,
    DOUBLE_POLE_NO_VELOCITIES,
    generalisation_starts,
)
from environments.games.game import Game
from environments.playing.verification import Verification
from environments.tasks.settings import Scaling, TaskConfig, refuse_backend, refuse_unused
from neat.config import NetworkConfig
from neat.errors import ConfigError
from neat.genes.table import Genome, Genomes

__all__ = ["DOUBLE_POLE_TASKS", "DoublePoleEvaluator", "DoublePoleTask", "generalisation", "steps_balanced"]

DOUBLE_POLE_TASKS = ("double-pole", "double-pole-no-velocities")
"""Names of the tasks in experiment files."""
LONG = 100_000
"""Number of steps that a solution must balance."""
GENERALISATION_STEPS = 1_000
"""Number of steps to balance from each start of the generalisation test."""
GENERALISATION_NEEDED = 200
"""Number of the 625 starts that a solution without velocities must balance."""

_ALIKE = "all episodes start identically and have a fixed length"
_WHY = {
    "threshold": "the benchmark defines when it is solved",
    "episodes": _ALIKE,
    "verify_episodes": _ALIKE,
    "max_episode_steps": _ALIKE,
    "slots": "it is compiled, not played by EnvPool",
    "remake": "it is compiled, no environment is created",
    "fault": "it is compiled and cannot fail",
    "time_limit": "it is compiled and cannot hang",
    "examination": "only double-pole-no-velocities uses it",
}


def steps_balanced(
    game: Game,
    genome: Genome,
    network: NetworkConfig,
    starts: Sequence[Mapping[str, float]] = ({},),
    *,
    limit: int = LONG,
) -> NDArray[np.float64]:
    """Return the number of steps for which a genome balances the poles from each start.

    Args:
        game: `DOUBLE_POLE` or `DOUBLE_POLE_NO_VELOCITIES`, possibly with other settings.
        genome: The genome.
        network: Network settings.
        starts: Changes to the game's settings.
        limit: Maximum number of steps.

    Returns:
        float64, shape (starts,).
    """
    returns, _ = play_episodes(game, Genomes.of([genome]), network, _episodes(game, starts, 1, limit))
    balanced: NDArray[np.float64] = returns[0]
    return balanced


def generalisation(game: Game, genome: Genome, network: NetworkConfig) -> NDArray[np.float64]:
    """Return the number of steps balanced from each of the 625 starts, at most 1,000 (float64, shape (625,))."""
    return steps_balanced(game, genome, network, generalisation_starts(), limit=GENERALISATION_STEPS)


def _episodes(game: Game, starts: Sequence[Mapping[str, float]], genomes: int, limit: int) -> Episodes:
    rng = np.random.default_rng(0)  # unused: starts are fixed
    drawn = [game.start(rng, start) for start in starts]
    return Episodes(
        np.stack([state for state, _ in drawn]),
        np.stack([observation for _, observation in drawn]),
        np.zeros(len(drawn), np.int64),
        np.tile(np.arange(len(drawn)), (genomes, 1)),
        limit,
    )


class DoublePoleEvaluator(Evaluator):
    """Evaluates a whole table on threads, and finds the genome that solves the problem."""

    backend = "compiled"

    def __init__(self, task: DoublePoleTask, network: NetworkConfig, threads: int) -> None:
        self.task = task
        self.network = network
        self.threads = threads
        self._memory = FitnessCache() if task.config.racing else None
        self._examined = FitnessCache()
        self._species: dict[int, tuple[float, bool]] = {}

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Return the fitness and, as `Evaluation.solver`, the genome that solves the problem.

        With velocities, this is the first genome of the table that balances 100,000 steps. Without velocities, only the
        best genome of the table (or of a species, see ``task.examination``) is tested, unless it was the last genome
        tested. ``steps`` includes the steps of the test. With ``task.racing``, genomes that are unchanged since the
        previous generation are not played again.
        """
        game = self.task.fitness_game
        limit = LONG if self.task.velocities else GENERALISATION_STEPS
        fitness = np.full(len(genomes), np.nan) if self._memory is None else self._memory.recall(genomes)
        steps = np.zeros(len(genomes), np.int64)
        new = np.flatnonzero(np.isnan(fitness))
        if len(new):
            playing = genomes if len(new) == len(genomes) else Genomes.of([genomes[int(i)] for i in new])
            episodes = _episodes(game, ({},), len(new), limit)
            returns, steps[new] = play_episodes(game, playing, self.network, episodes, threads=self.threads)
            fitness[new] = returns[:, 0]
        if self._memory is not None:
            self._memory.keep(genomes, fitness)
        played = int(steps.sum())
        if self.task.velocities:
            solvers = fitness >= LONG
            solver = int(solvers.argmax()) if solvers.any() else None
        else:
            best = int(fitness.argmax())
            if self.task.config.examination == "species" and genomes.species is not None:
                best = self._of_a_species(fitness, genomes.species)
            champion = genomes[best : best + 1]
            solver = None
            if np.isnan(self._examined.recall(champion)[0]):  # otherwise it failed the test in the previous generation
                solved, examined = self.task.examine(champion[0], self.network)
                solver = best if solved else None
                played += examined
                self._examined.keep(champion, np.array([float(solved)]))
        return Evaluation(fitness, played, steps, solver, whole=not self.task.velocities)

    def _of_a_species(self, fitness: NDArray[np.float64], species: NDArray[np.int64]) -> int:
        """Return the index of the genome to test.

        It is the best genome of the fittest species that has improved since its last test. If there is no such species,
        it is the best genome of all.

        Args:
            fitness: Fitness of each genome, float64, shape (genomes,).
            species: Species number of each genome, int64, shape (genomes,).
        """
        chosen = -1
        order = np.argsort(-fitness, kind="stable")
        champions = order[np.sort(np.unique(species[order], return_index=True)[1])]
        seen = {}
        for g in champions.tolist():
            best, examined = self._species.get(int(species[g]), (-np.inf, False))
            examined = examined and fitness[g] <= best
            if chosen < 0 and not examined:
                chosen, examined = g, True
            seen[int(species[g])] = (max(best, float(fitness[g])), examined)
        self._species = seen
        return chosen if chosen >= 0 else int(champions[0])

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return the state: the genome tested last, known fitness (``task.racing``), and the history of species."""
        fitness = {} if self._memory is None else self._memory.state()
        state = {**fitness, "examined": self._examined.state()["remembered"]}
        if self._species:
            rows = [(float(number), best, float(examined)) for number, (best, examined) in self._species.items()]
            state["species"] = np.array(rows, np.float64)
        return state

    def restore(self, state: Scaling) -> None:
        """Restore the state that `state` returned."""
        if self._memory is not None:
            self._memory.restore(state)
        self._examined.restore({"remembered": state.get("examined", np.empty(0))})
        rows = rows_of_three(state, "species")
        self._species = {int(number): (best, bool(examined)) for number, best, examined in rows}


class DoublePoleTask:
    """Double pole balancing; see `environments.tasks.task.Task` for the interface.

    Attributes:
        velocities: Whether velocities are inputs of the networks.
        game: The game played in tests, with a reward of 1 per step balanced.
        fitness_game: The game whose return is the fitness.
    """

    def __init__(self, config: TaskConfig) -> None:
        """Take the settings.

        Raises:
            ConfigError: A setting is given that these tasks do not use, or that the game does not have.
        """
        name = config.environment
        if name not in DOUBLE_POLE_TASKS:
            raise ConfigError(f"expected one of {', '.join(DOUBLE_POLE_TASKS)} as task.environment, got {name!r}")
        used = ("kwargs", "racing") if name == "double-pole" else ("kwargs", "racing", "examination")
        refuse_unused(config, used if config.episodes != 1 else (*used, "episodes"), _WHY)  # 1 is the actual number
        self.config = config
        self.name = name
        self.velocities = name == "double-pole"
        self.game = (DOUBLE_POLE if self.velocities else DOUBLE_POLE_NO_VELOCITIES).changed(config.kwargs)
        self.fitness_game = self.game if self.velocities else DOUBLE_POLE_DAMPING.changed(config.kwargs)
        self.inputs = self.game.inputs
        self.outputs = self.game.outputs
        self.input_names = self.game.input_names
        self.output_names = self.game.output_names
        self.threshold: float | None = float(LONG) if self.velocities else None
        others = f"{GENERALISATION_STEPS:,} from {GENERALISATION_NEEDED} of 625 other starts"
        self.rule: str | None = None if self.velocities else f"balanced for {LONG:,} steps, and for {others}"

    def evaluator(self, network: NetworkConfig, *, seed: int = 0, workers: int = 1, backend: str = "auto") -> Evaluator:
        """Return an evaluator of whole generations on ``workers`` threads; nothing depends on the seed.

        Raises:
            ConfigError: A backend other than ``compiled``, or ``workers`` below 1.
        """
        if workers < 1:
            raise ConfigError(f"workers: expected at least 1, got {workers}")
        refuse_backend(self.name, backend)
        return DoublePoleEvaluator(self, network, workers)

    def examine(self, genome: Genome, network: NetworkConfig) -> tuple[bool, int]:
        """Return whether a genome solves the problem, and the number of steps of the test."""
        balanced = float(steps_balanced(self.game, genome, network)[0])
        if self.velocities or balanced < LONG:
            return balanced >= LONG, int(balanced)
        others = generalisation(self.game, genome, network)
        solved = int((others >= GENERALISATION_STEPS).sum()) >= GENERALISATION_NEEDED
        return solved, int(balanced + others.sum())

    def verify(
        self,
        genome: Genome,
        network: NetworkConfig,
        *,
        seed: int = 0,
        episodes: int | None = None,
        scaling: Scaling | None = None,
        attempt: int = 0,
        workers: int = 1,
    ) -> Verification:
        """Test a champion again. There is no randomness, so seed, episodes and attempt have no effect.

        Returns:
            With velocities, one return: the number of steps balanced. Without velocities, 625 returns: the number of
            steps balanced from each start of the generalisation test; ``solved`` also requires the 100,000 steps.
        """
        solved, steps = self.examine(genome, network)
        if self.velocities:
            returns = steps_balanced(self.game, genome, network)
        else:
            returns = generalisation(self.game, genome, network)
        verification = Verification.of(returns, steps=steps, seed=seed, threshold=None)
        return dataclasses.replace(verification, solved=solved)
