"""A table of examples as a task, with rows for training, validation and testing.

Inputs are standardised by the training rows. **Classification** has one output per class; the largest is the answer.
Fitness is the accuracy; selection also uses the cross-entropy of the softmax outputs, which decides between genomes
with equal accuracy. **Regression** has one output, in standard deviations of the target from its mean. Fitness is R²: 1
is perfect, 0 is as good as always predicting the mean. `verify` uses the held-out rows for ``attempt = 0``, and the
validation rows for other numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Evaluation, Evaluator
from environments.playing.intervals import wilson
from environments.playing.verification import Verification
from environments.tasks.data_file import Column, DataFile
from environments.tasks.data_settings import DATA, DataSettings, kind_of_target, target_of
from environments.tasks.settings import Scaling, TaskConfig, refuse_backend, refuse_unused
from neat.config import NetworkConfig
from neat.errors import ConfigError, DataError, EvaluationError
from neat.genes.table import Genome, Genomes
from neat.networks.batch import outputs_by_parts
from neat.networks.kinds import kind_of

__all__ = ["DataEvaluator", "DataTask"]

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]

_WORST = -1e300
_OF_EQUALS = 1e-9
"""Maximum contribution of the loss to an accuracy."""
_WHY = {
    "episodes": "every network is shown all rows once",
    "verify_episodes": "task.kwargs.held_out says how many rows are held out",
    "wrappers": "it is not an environment",
}


class DataEvaluator(Evaluator):
    """Evaluates whole generations on the training rows, on threads."""

    backend = "compiled"

    def __init__(self, task: DataTask, network: NetworkConfig, threads: int) -> None:
        self.task, self.network, self.threads = task, network, threads

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Return accuracy or R², and the values used for selection."""
        task = self.task
        rows = task.breeding
        found = [task.score(part, rows) for part in task.answers(genomes, self.network, rows, self.threads)]
        fitness, shaped = (np.concatenate(values) for values in zip(*found, strict=True))
        steps = np.full(len(genomes), len(rows), np.int64)
        return Evaluation(
            fitness, int(steps.sum()), steps, scaling=task.scaling, shaped=shaped if task.classes else None
        )


class DataTask:
    """A data set; see `environments.tasks.task.Task` for the interface.

    Attributes:
        breeding: Training rows, int64.
        choosing: Validation rows, which choose the champion, int64.
        held_out: Test rows, for the verified score, int64.
        classes: The classes, in the order of the outputs: text or numbers; empty for a regression.
        scaling: Scaling of the inputs: ``shift`` and ``factor``, float64, shape (inputs,).
        about: Description of the task and why it is a classification or regression, in a few lines.
    """

    rule: str | None = None

    def __init__(self, config: TaskConfig) -> None:
        """Read the file, and split its rows.

        Raises:
            ConfigError: A setting is invalid, or not used by this task.
            DataError: The file cannot be read, or contains too little to learn from.
        """
        episodes = ("episodes",) if config.episodes == 1 else ()
        refuse_unused(config, ("threshold", "kwargs", *episodes), _WHY)
        self.config, self.threshold = config, config.threshold
        self._settings = settings = DataSettings.of(config.kwargs)
        file = settings.read()
        target = target_of(file, settings)
        used = [name for name in file.names if name not in (settings.target, *settings.leave_out)]
        for name in settings.leave_out:
            file.place(name, "leave_out")
        x, self.input_names = file.inputs(used)
        kind, why = kind_of_target(target)
        classes = (settings.kind if settings.kind != "auto" else kind) == "classification"
        if settings.lags:
            x, target, self.input_names = _with_lags(file, settings, x, target, self.input_names)
        if not self.input_names:
            raise DataError(f"{file.path}: expected columns besides the target {target.name!r}, got none")
        self._texts = frozenset(name for name in used if file.column(name).numbers is None)
        self.name = file.path.name
        self.classes: tuple[Any, ...] = ()
        self._labels = np.zeros(len(x), np.int64)
        if classes:
            self._take_classes(file, target)
        elif target.numbers is None:
            raise DataError(
                f"{file.path}: task.kwargs.kind = 'regression' expects numbers in column {target.name!r}, got text "
                f"such as {target.texts[0][:40]!r}"
            )
        self.breeding, self.choosing, self.held_out = self._split(file, len(x))
        self.inputs, self.outputs = x.shape[1], max(1, len(self.classes))
        self.output_names: tuple[str, ...] = (target.name,)
        if self.classes:
            self.output_names = tuple([f"{target.name}={value}" for value in self.classes])
        learned = x[self.breeding]
        deviation = learned.std(axis=0)
        factor = 1.0 / np.where(deviation > 0.0, deviation, 1.0)
        self.scaling: Scaling = {"shift": learned.mean(axis=0), "factor": factor}
        self._x: Numbers = np.ascontiguousarray((x - self.scaling["shift"]) * factor)
        self._take_targets(target)
        self.about = self._told(file, target, why)

    def _take_classes(self, file: DataFile, target: Column) -> None:
        values: Any = target.texts if target.numbers is None else target.numbers
        kinds, self._labels = np.unique(np.array(values), return_inverse=True)
        if len(kinds) < 2:
            raise DataError(
                f"{file.path}: expected several classes in column {target.name!r}, got {target.texts[0]!r} alone"
            )
        if len(kinds) * 2 > len(self._labels):
            raise DataError(
                f"{file.path}: column {target.name!r} has {len(kinds):,} classes in {len(self._labels):,} rows, too "
                "few of each to learn from: is it the right column, and does it hold classes (task.kwargs.kind)?"
            )
        whole = target.numbers is not None and bool((kinds == np.round(kinds)).all())
        self.classes = tuple(int(value) if whole else value.item() for value in kinds)

    def _take_targets(self, target: Column) -> None:
        if self.classes:
            self._targets = np.eye(len(self.classes))[self._labels]
            self._middle, self._spread = 0.0, 1.0
            return
        assert target.numbers is not None
        learned = target.numbers[self.breeding]
        self._middle, self._spread = float(learned.mean()), float(learned.std()) or 1.0
        self._targets = ((target.numbers - self._middle) / self._spread)[:, None]
        if len(np.unique(learned)) < 2:
            raise DataError(
                f"{self.name}: column {target.name!r} is {learned[0]:g} in every training row: nothing to learn"
            )

    def _split(self, file: DataFile, rows: int) -> tuple[Rows, Rows, Rows]:
        """Return the training, validation and test rows."""
        settings = self._settings
        if settings.series:
            bounds = np.linspace(0, rows, settings.folds + 2).round().astype(int)
            fold = settings.folds - 1 if settings.fold == -1 else settings.fold
            end, last = int(bounds[fold + 1]), int(bounds[fold + 2])
            chosen = round(end * settings.validation * (settings.folds + 1) / settings.folds)
            parts = [np.arange(end - chosen), np.arange(end - chosen, end), np.arange(end, last)]
        else:
            rng = np.random.default_rng([settings.split, 1])
            taken: list[list[int]] = [[], [], []]
            for label in range(max(1, len(self.classes))):  # stratified: each class is split in the same proportions
                own = rng.permutation(np.flatnonzero(self._labels == label)).tolist()
                held, chosen = round(len(own) * settings.held_out), round(len(own) * settings.validation)
                for part, some in zip(
                    taken, (own[held + chosen :], own[held : held + chosen], own[:held]), strict=True
                ):
                    part += some
            parts = [np.sort(np.array(part, np.int64)) for part in taken]
        breeding, choosing, held_out = parts
        if len(breeding) < 2 or not len(held_out) or (settings.validation and not len(choosing)):
            raise DataError(
                f"{file.path}: {rows} rows are too few for this split: {len(breeding)} for training, {len(choosing)} "
                f"for validation, {len(held_out)} held out (task.kwargs: held_out, validation, folds)"
            )
        return breeding, choosing if len(choosing) else breeding, held_out

    def _told(self, file: DataFile, target: Column, why: str) -> tuple[str, ...]:
        settings = self._settings
        kind, other = ("classification", "regression") if self.classes else ("regression", "classification")
        what = f"{kind} of {target.name!r}" + (f" into {len(self.classes)} classes" if self.classes else "")
        reason = why if kind_of_target(target)[0] == kind else "as requested"
        order = f"split {settings.split}"
        if settings.series:
            order = f"the next in time, fold {settings.folds - 1 if settings.fold == -1 else settings.fold}"
        chosen = f"{len(self.choosing):,} for validation" if settings.validation else "which are also for validation"
        lines = [
            f"{what} ({reason}; otherwise set task.kwargs.kind={other})",
            f"rows: {len(self.breeding):,} for training, {chosen}, {len(self.held_out):,} held out for the verified "
            f"score ({order})",
        ]
        if file.unnamed:
            lines.append(f"left out: {file.unnamed} column{'s' if file.unnamed > 1 else ''} without a name")
        return tuple(lines)

    @property
    def measure(self) -> str:
        """The measure of fitness and scores: ``accuracy`` or ``R²``."""
        return "accuracy" if self.classes else "R²"

    @property
    def examples(self) -> tuple[Numbers, Numbers]:
        """The training rows, scaled, and their targets, for learning by gradients."""
        return self._x[self.breeding], self._targets[self.breeding]

    @property
    def observations(self) -> Numbers:
        """The training rows before scaling, float64, shape (rows, inputs)."""
        found: Numbers = self._x[self.breeding] / self.scaling["factor"] + self.scaling["shift"]
        return found

    def answers(self, genomes: Genomes, network: NetworkConfig, rows: Rows, threads: int = 1) -> Iterator[Numbers]:
        """Yield the outputs of networks for some rows, for a group of networks at a time.

        In a time series, networks with state process all earlier rows first. Outputs are float64, shape (genomes, rows,
        outputs).
        """
        if self._settings.series and kind_of(network.kind).keeps_state:
            begin, end = int(rows[0]), int(rows[-1]) + 1
            for part in outputs_by_parts(genomes, network, self._x[:end], self.outputs, threads, one_episode=True):
                yield part[:, begin:]
        else:
            yield from outputs_by_parts(genomes, network, self._x[rows], self.outputs, threads)

    def score(self, answers: Numbers, rows: Rows) -> tuple[Numbers, Numbers]:
        """Return the fitness of outputs, and the values used for selection; see the module's docstring.

        Args:
            answers: float64, shape (genomes, rows, outputs).
            rows: The rows.

        Returns:
            float64, shape (genomes,) each.
        """
        each, loss = self._judged(answers, rows)
        fitness = each.mean(axis=1)
        if self.classes:
            fitness += _OF_EQUALS / (1.0 + loss)
        return fitness, -loss

    def _judged(self, answers: Numbers, rows: Rows) -> tuple[Numbers, Numbers]:
        """Return the score of each answer, shape (genomes, rows), and the mean loss, shape (genomes,)."""
        if not self.classes:
            targets = self._targets[rows, 0]
            spread = float(targets.var()) or 1.0
            with np.errstate(all="ignore"):
                each = 1.0 - np.square(answers[:, :, 0] - targets) / spread
            each = np.where(np.isfinite(each), each, _WORST / len(rows))
            return each, -each.mean(axis=1)
        labels = self._labels[rows]
        y = np.where(np.isnan(answers), -np.inf, answers)
        right = (y.argmax(axis=2) == labels).astype(np.float64)
        with np.errstate(all="ignore"):
            top = y.max(axis=2)
            own = np.take_along_axis(y, np.broadcast_to(labels, y.shape[:2])[:, :, None], axis=2)[:, :, 0]
            lost = np.log(np.exp(y - top[:, :, None]).sum(axis=2)) - (own - top)
        lost = np.where(np.isfinite(lost), lost, -_WORST / len(rows))
        return right, lost.mean(axis=1)

    def evaluator(self, network: NetworkConfig, *, seed: int = 0, workers: int = 1, backend: str = "auto") -> Evaluator:
        """Return an evaluator of whole generations on ``workers`` threads; nothing depends on the seed.

        Raises:
            ConfigError: A backend other than ``compiled``, or ``workers`` below 1.
        """
        if workers < 1:
            raise ConfigError(f"workers: expected at least 1, got {workers}")
        refuse_backend(DATA, backend)
        return DataEvaluator(self, network, workers)

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
        """Evaluate on all test rows (``attempt`` 0), or on all validation rows (other numbers)."""
        rows = self.choosing if attempt else self.held_out
        each, loss = self._judged(self._own(genome, network, rows), rows)
        worth = each[0] + (_OF_EQUALS / (1.0 + loss[0]) if self.classes and attempt else 0.0)
        found = Verification.of(worth, steps=len(rows), seed=seed, threshold=self.threshold)
        if self.classes:
            low, high = wilson(round(float(each[0].sum())), len(rows))
            found = dataclasses.replace(found, low=low, high=high)
        return dataclasses.replace(found, measure=self.measure)

    def _own(self, genome: Genome, network: NetworkConfig, rows: Rows) -> Numbers:
        """Return the outputs of one genome, float64, shape (1, rows, outputs)."""
        return next(self.answers(Genomes.of([genome]), network, rows))

    def confusion(self, genome: Genome, network: NetworkConfig) -> Rows:
        """Return the confusion matrix of the test rows, int64, shape (true classes, predicted classes)."""
        y = self._own(genome, network, self.held_out)[0]
        taken = np.where(np.isnan(y), -np.inf, y).argmax(axis=1)
        counts = np.zeros((len(self.classes), len(self.classes)), np.int64)
        np.add.at(counts, (self._labels[self.held_out], taken), 1)
        return counts

    def encode(self, row: Any) -> Numbers:
        """Return a row as inputs before scaling.

        Args:
            row: Numbers in the order of ``input_names``, or a mapping from columns to cells.

        Raises:
            EvaluationError: The row has other columns, or text in a numeric column.
        """
        if not isinstance(row, Mapping):
            values = np.asarray(row, np.float64).reshape(-1)
            if values.shape != (self.inputs,):
                raise EvaluationError(
                    f"expected {self.inputs} numbers ({', '.join(self.input_names[:10])}), got {len(values)}"
                )
            return values
        found = np.zeros(self.inputs)
        for i, name in enumerate(self.input_names):
            column, _, text = name.rpartition("=")
            by_text = name not in row and column in self._texts
            if not by_text and name not in row:
                raise EvaluationError(f"expected a value of {name!r}, got {', '.join(map(str, row))[:200]}")
            if by_text and column not in row:
                raise EvaluationError(f"expected a value of {column!r}, got {', '.join(map(str, row))[:200]}")
            try:
                found[i] = float(str(row[column]).strip() == text) if by_text else float(row[name])
            except (TypeError, ValueError):
                raise EvaluationError(f"{name!r}: expected a number, got {str(row[name])[:40]!r}") from None
        return found

    def answer(self, outputs: Numbers) -> Any:
        """Return the prediction for some outputs: a class as in the file, or a float."""
        if self.classes:
            return self.classes[int(np.where(np.isnan(outputs), -np.inf, outputs).argmax())]
        return self._middle + self._spread * float(outputs[0])

    def amounts(self) -> Numbers:
        """Return the mapping from outputs to numbers, for `neat.exporters.Amounts`, float64, shape (1, 5)."""
        return np.array([[0.0, self._spread, self._middle, -np.inf, np.inf]])


def _with_lags(
    file: DataFile, settings: DataSettings, x: Numbers, target: Column, names: tuple[str, ...]
) -> tuple[Numbers, Column, tuple[str, ...]]:
    """Return the rows with earlier values of the target as inputs, without the first rows, which lack such values."""
    if target.numbers is None:
        raise DataError(f"{file.path}: task.kwargs.lags expects numbers in column {target.name!r}, got text")
    n = settings.lags
    if len(x) <= n:
        raise DataError(f"{file.path}: task.kwargs.lags = {n} expects more rows than that, got {len(x)}")
    earlier = [target.numbers[n - lag : len(x) - lag, None] for lag in range(1, n + 1)]
    called = tuple(f"{target.name}[-{lag}]" for lag in range(1, n + 1))
    later = Column(target.name, target.numbers[n:], target.texts[n:])
    return np.concatenate([x[n:], *earlier], axis=1), later, names + called
