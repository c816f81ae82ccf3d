"""Your own loop with a run folder: reports, drawings, the champion's file, and continuing after an interruption.

::

    with experiments.Recorder("runs/mine", population) as record:
        while population.generation < 100:
            record(population.tell([fitness(genome) for genome in population.ask()]))
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from environments.tasks.settings import NO_GAME, Scaling, TaskConfig
from experiments.folder.champion import Champion
from experiments.folder.champions import read_champions
from experiments.folder.directory import RunDirectory
from experiments.folder.files import AnyPath, read_bounded
from experiments.folder.lineage_file import relatives_of
from experiments.folder.own_functions import reading
from experiments.folder.toml import LARGEST_FILE, parse_toml
from experiments.loop.checkpoints import FOLDER, RECORDED, Checkpoints, Progress, State
from experiments.loop.events import Event, Outcome, Started
from experiments.loop.keeping import checkpoints_of, keepers
from experiments.settings import Experiment, RunConfig, to_toml
from neat.errors import RunDirectoryError
from neat.history.generation import Generation
from neat.population import Population

__all__ = ["Recorder"]


class Recorder:
    """Writes the progress of a population into a run folder; a context manager, called with every generation.

    The folder has metrics, champions, lineage and checkpoints, like that of any run. `neat report` and `neat draw` show
    it; with ``task`` also `neat play` and `neat verify`; `experiments.load_run` reads it. After an interruption, a
    script continues with the stored population: ``population = experiments.load_run(folder).population()``.
    """

    def __init__(
        self,
        folder: AnyPath,
        population: Population,
        *,
        task: TaskConfig | None = None,
        description: str = "",
        checkpoint_every: int = 1,
        checkpoint_seconds: float = 5.0,
        checkpoints_kept: int = 3,
    ) -> None:
        """Create the folder, or open the one of the loop that this population comes from, and lock it.

        Records of generations that the population has yet to play are removed: it plays them again.

        Args:
            folder: The folder.
            population: The population, between `tell` and `ask`.
            task: The game that the loop plays, if it is one that `environments.make_task` can create.
            description: One line on what is to be learned, for the report.
            checkpoint_every: Generations between two checkpoints.
            checkpoint_seconds: Minimum seconds between two checkpoints.
            checkpoints_kept: Number of checkpoints to keep.

        Raises:
            RunDirectoryError: The folder cannot be written, or contains another run.
            ConfigError: A setting cannot be stored in a folder.
        """
        self.population = population
        self.experiment = Experiment(
            name=Path(folder).resolve().name or "run",
            description=description,
            run=RunConfig(
                seed=population.seed,
                checkpoint_every=checkpoint_every,
                checkpoint_seconds=checkpoint_seconds,
                checkpoints_kept=checkpoints_kept,
            ),
            task=task or TaskConfig(environment=NO_GAME),
            config=population.config,
        )
        self._begin = time.perf_counter()
        self._champion: Champion | None = None
        text = to_toml(self.experiment)
        self.directory = self._open(Path(folder), text)
        self._checkpoints = checkpoints_of(self.directory, self.experiment.run)
        self._checkpoints.forget_after(population.generation)
        self._keepers = keepers(self.directory)
        self._remember()
        genome = population.config.genome
        self._tell(
            Started(
                experiment=self.experiment,
                task=self.experiment.task.environment,
                inputs=genome.inputs,
                outputs=genome.outputs,
                threshold=self.experiment.task.threshold,
                rule=None,
                backend="script",
                workers=1,
                compiles=False,
                generation=population.generation,
            )
        )
        if self._champion is not None:
            self.directory.write_champion(self._champion)

    def __call__(self, generation: Generation, *, scaling: Scaling | None = None) -> None:
        """Record a generation, immediately after `Population.tell` returned it.

        Args:
            generation: The return value of `tell`.
            scaling: Observation scaling, if there is one (`environments.Evaluation.scaling`).

        Raises:
            RuntimeError: A generation was left out, or was passed twice.
            RunDirectoryError: The folder cannot be written.
        """
        population = self.population
        if generation.genomes is not self._genomes:
            raise RuntimeError(
                f"expected generation {self._genomes.generation}, got {generation.number}: call the recorder once for "
                "every generation, with what population.tell() returned"
            )
        self._tell(generation.record)
        self._tell(relatives_of(generation, population))
        if population.champion is not None and (
            self._champion is None or population.champion_fitness > self._champion.fitness
        ):
            self._champion = self._champion_of(generation.number, scaling)
            if self._champion is not None:
                self._tell(self._champion)
        self._remember()
        if self._checkpoints.due(population.generation):
            self._save()

    def close(self, *, finished: bool = True) -> None:
        """Write the last checkpoint and the result, and unlock the folder.

        Args:
            finished: Whether the loop is finished; if not, the folder remains that of an unfinished run.
        """
        try:
            self._close_state()
            if finished and self._champion is not None:
                self._tell(self._outcome(self._champion))
        finally:
            for keeper in self._keepers:
                keeper.close()
            self.directory.discard_if_unplayed()

    def _close_state(self) -> None:
        try:
            self._save()
        except RuntimeError:  # the loop ended between ask and tell: the generation is asked for again
            self.population.withdraw()
            self._save()
            self.population.ask()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(finished=kind is None)

    def _open(self, folder: Path, text: str) -> RunDirectory:
        """Create the folder or, if it contains this loop, remove records from the population's generation on."""
        if not (folder / "config.toml").is_file():
            return RunDirectory.create(folder)
        generation = self.population.generation
        directory = RunDirectory(folder)
        told = list(directory.metrics()) if (folder / "metrics.jsonl").is_file() else []
        if generation == 0 and told:
            raise RunDirectoryError(
                f"{folder} already holds a run; choose another folder, or continue it: "
                f"population = experiments.load_run({str(folder)!r}).population()"
            )
        kept = _settings(parse_toml(read_bounded(folder / "config.toml", LARGEST_FILE), str(folder / "config.toml")))
        if kept != _settings(parse_toml(text, "settings")):
            raise RunDirectoryError(f"{folder} holds a run with other settings: choose another folder")
        directory = RunDirectory.reopen(folder)
        try:
            last = max((int(line["generation"]) for line in told), default=-1)
            if last < generation - 1:
                raise RunDirectoryError(
                    f"{folder} holds generations up to {last}, and the population is at {generation}: it is not the "
                    "one that was recorded here"
                )
            directory.cut_back(generation)
            self._champion = self._kept_champion(directory)
        except BaseException:
            directory.close()
            raise
        return directory

    def _kept_champion(self, directory: RunDirectory) -> Champion | None:
        """Return the champion at the time of the checkpoint: `champion.json` may be from a later generation."""
        saved = directory.path / FOLDER / f"{self.population.generation:06}.npz"
        if saved.is_file():
            found = Checkpoints(directory.path).read(saved).progress.champion
            if found is not None:
                return found
        history = reading(lambda: read_champions(directory.path), directory.register_functions)
        return self._champion_of(history.champions[-1].generation, None) if history.champions else None

    def _remember(self) -> None:
        """Store the genomes that are evaluated next, to recognise their generation later."""
        self._genomes = self.population.genomes

    def _champion_of(self, generation: int, scaling: Scaling | None) -> Champion | None:
        population = self.population
        if population.champion is None:
            return None
        return Champion(
            genome=population.champion,
            network=population.config.network,
            task=self.experiment.task,
            scaling=None if scaling is None else {key: np.array(value) for key, value in scaling.items()},
            fitness=population.champion_fitness,
            generation=generation,
            seed=population.seed,
        )

    def _outcome(self, champion: Champion) -> Outcome:
        population = self.population
        return Outcome(
            status="extinct" if population.done else "finished",
            accepted=False,
            champion=champion,
            verification=None,
            threshold=self.experiment.task.threshold,
            rule=None,
            generations=population.generation + population.done,
            evaluations=population.evaluations,
            steps=population.steps,
            verification_steps=0,
            attempts=0,
            seconds=time.perf_counter() - self._begin,
            illuminates=population.config.illuminates,
        )

    def _save(self) -> None:
        if self.population.evaluations == 0:
            return
        champion = self._champion
        progress = Progress(
            champion=champion,
            seconds=time.perf_counter() - self._begin,
            settings=RECORDED,
        )
        state = State(self.population, progress, {})
        self._checkpoints.save(state, None if champion is None else champion.generation)

    def _tell(self, event: Event) -> None:
        for keeper in self._keepers:
            keeper.report(event)


def _settings(data: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of an experiment file that determine the results of a loop."""
    seed = data.get("run", {}).get("seed")
    return {"seed": seed, **{key: value for key, value in data.items() if key not in ("run", "name", "description")}}
