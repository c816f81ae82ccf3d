"""Boxes: find the large box. Visual discrimination (Stanley, D'Ambrosio & Gauci 2009, section 4.1).

A field of 11 x 11 pixels shows a large box of 3 x 3 pixels and a small one of 1 x 1. The network's answer is the most
active output in a field of the same size; it should be the middle of the large box. There are 75 cases: 25 positions of
the large box, each with the small one five pixels to the right, below, or both, with wrap-around. Fitness is 1 minus
the mean distance between answer and middle, relative to the field's diagonal. The task is solved if every answer is
exactly the middle.

With ``task.kwargs = { resolution = 33 }`` (or another odd multiple of 11), fields are finer and boxes proportionally
larger: the same genome can be used, since its substrate adapts.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from environments.tasks.patterns import Numbers, PatternTask
from environments.tasks.settings import TaskConfig
from neat.config import NetworkConfig
from neat.errors import ConfigError
from neat.genes.table import Genome

__all__ = ["BoxesTask"]

_FIELD, _LARGE, _AWAY = 11, 3, 5
_FINER = (33, 55)


class BoxesTask(PatternTask):
    """Boxes; see `environments.tasks.task.Task` for the interface.

    Attributes:
        resolution: Pixels along a side of the field.
        middles: Row and column of the large box's middle in each trial, int64, shape (75, 2).
    """

    name = "boxes"
    rule: str | None = "the most active output is the large box's middle in all 75 trials"

    def __init__(self, config: TaskConfig) -> None:
        super().__init__(config, ("kwargs",))
        known = dict(config.kwargs)
        side = known.pop("resolution", _FIELD)
        if known:
            raise ConfigError(f"task.kwargs: boxes has only the setting resolution, got {', '.join(known)}")
        if not isinstance(side, int) or side % (2 * _FIELD) != _FIELD:
            raise ConfigError(f"task.kwargs.resolution: expected 11, 33, 55 or another odd multiple of 11, got {side}")
        self.resolution = side
        self.input_shape = self.output_shape = (side, side)
        self.outputs = side * side
        self.patterns, self.middles = _trials(side)
        self.input_names = tuple(f"pixel {i % side} {i // side}" for i in range(side * side))
        self.output_names = tuple(f"answer {i % side} {i // side}" for i in range(side * side))

    def score(self, answers: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return 1 minus the mean distance relative to the diagonal, and which genomes are correct in all trials."""
        distance = self.distances(answers)
        diagonal = math.sqrt(2.0) * (self.resolution - 1)
        return 1.0 - distance.mean(axis=1) / diagonal, (distance == 0.0).all(axis=1)

    def distances(self, answers: Numbers) -> Numbers:
        """Return the distance of each answer from the middle, in pixels, float64, shape (genomes, trials)."""
        best = answers.argmax(axis=2)
        rows, columns = best // self.resolution, best % self.resolution
        found: Numbers = np.hypot(rows - self.middles[:, 0], columns - self.middles[:, 1])
        return found

    def measures(self, genome: Genome, network: NetworkConfig) -> dict[str, float]:
        """Return the fitness of a genome on finer fields, and the fraction of its answers inside the large box."""
        from neat.genes.table import Genomes
        from neat.networks.batch import outputs_of

        found: dict[str, float] = {}
        for side in (_FIELD, *_FINER):
            finer = BoxesTask(dataclasses.replace(self.config, kwargs={"resolution": side}))
            answers = outputs_of(Genomes.of([genome]), at_resolution(network, side), finer.patterns)
            half = _LARGE * side // _FIELD // 2
            best = answers.argmax(axis=2)[0]
            off = np.abs(np.column_stack([best // side, best % side]) - finer.middles).max(axis=1)
            found[f"score at {side}"] = float(finer.score(answers)[0][0])
            found[f"in the box at {side}"] = float((off <= half).mean())
        return found


def at_resolution(network: NetworkConfig, side: int) -> NetworkConfig:
    """Return the settings with grids of ``side`` x ``side`` nodes as both layers of the substrate."""
    substrate = network.substrate
    if substrate.layers:
        layers = tuple(dataclasses.replace(layer, grid=(side, side)) for layer in substrate.layers)
        return dataclasses.replace(network, substrate=dataclasses.replace(substrate, layers=layers))
    finer = dataclasses.replace(substrate, inputs=(side, side), outputs=(side, side))
    return dataclasses.replace(network, substrate=finer)


def _trials(side: int) -> tuple[Numbers, NDArray[np.int64]]:
    """Return the flattened fields of all trials, and the middles of the large boxes."""
    scale = side // _FIELD
    places = np.linspace(_LARGE // 2, _FIELD - 1 - _LARGE // 2, 5).round().astype(int)
    fields, middles = [], []
    for row in places:
        for column in places:
            for down, right in ((0, _AWAY), (_AWAY, 0), (_AWAY, _AWAY)):
                field = np.zeros((_FIELD, _FIELD))
                field[row - 1 : row + 2, column - 1 : column + 2] = 1.0
                field[(row + down) % _FIELD, (column + right) % _FIELD] = 1.0
                fields.append(np.kron(field, np.ones((scale, scale))).reshape(-1))
                middles.append((row * scale + scale // 2, column * scale + scale // 2))
    return np.array(fields), np.array(middles)
