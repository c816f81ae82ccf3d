"""The program behind the page of `neat breed`: it receives the user's choices, and sends pictures."""

from __future__ import annotations

import base64
import itertools
import json
import math
import queue
import threading
from pathlib import Path
from typing import Any

from environments.tasks.settings import NO_GAME, TaskConfig
from experiments.breed.nursery import Nursery
from experiments.breed.painting import INPUTS, OUTPUTS, painted, png, settings
from experiments.folder.champion import Champion
from experiments.folder.files import explained
from experiments.watching.show import Tell
from neat.errors import NeatError
from neat.genes.table import Genome, Genomes

__all__ = ["Breeder", "champion_of", "save"]

_SHOWN, _SAVED = 200, 1_024
"""Side of a picture in pixels, on the page and in a file."""


class Breeder(threading.Thread):
    """Breeds pictures by the orders of the page.

    Orders are ``{"do": "breed", "chosen": [0, 4], "generation": 7}``, ``back``, and ``save`` with the number of a
    ``picture``. Other orders are ignored.
    """

    def __init__(self, nursery: Nursery, folder: Path, seed: int, tell: Tell) -> None:
        """Create the thread.

        Args:
            nursery: The generations of pictures.
            folder: Folder for saved pictures.
            seed: The random seed, which is stored with saved pictures.
            tell: Sends a message to the page.
        """
        super().__init__(name="breeder", daemon=True)
        self._nursery, self._folder, self._seed, self._tell = nursery, folder, seed, tell
        self._orders: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def order(self, order: dict[str, Any]) -> None:
        """Add an order of the page to those to be carried out."""
        self._orders.put(order)

    def stop(self) -> None:
        """End the thread."""
        self._orders.put(None)

    def run(self) -> None:
        """Show pictures and carry out orders until `stop`."""
        self._show()
        while (order := self._orders.get()) is not None:
            try:
                self._obey(order)
            except NeatError as error:
                self._say(str(error))

    def _obey(self, order: dict[str, Any]) -> None:
        generation, count = self._nursery.genomes.generation, len(self._nursery.genomes)
        if order.get("generation") != generation:  # it is about pictures that are no longer shown
            return
        done, chosen, picture = order.get("do"), order.get("chosen"), order.get("picture")
        if done == "back":
            self._nursery.back()
        elif done == "breed" and isinstance(chosen, list) and all(_is_one_of(c, count) for c in chosen):
            self._nursery.breed(sorted(set(chosen)))
        elif done == "save" and _is_one_of(picture, count):
            path = save(self._nursery.genomes[picture], self._folder, generation=generation, seed=self._seed)
            self._say(f"Saved {path} and {path.with_suffix('.json').name}.")
            return
        else:
            return
        self._show()

    def _show(self) -> None:
        nursery = self._nursery
        pictures = [base64.b64encode(png(picture)).decode() for picture in painted(nursery.genomes, _SHOWN)]
        shown = {
            "type": "pictures",
            "generation": nursery.genomes.generation,
            "parents": nursery.parents,
            "back": nursery.can_go_back,
            "pictures": [f"data:image/png;base64,{picture}" for picture in pictures],
        }
        self._tell("pictures", json.dumps(shown))
        self._say("")

    def _say(self, text: str) -> None:
        self._tell("note", json.dumps({"type": "note", "text": text}))


def _is_one_of(number: Any, count: int) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < count


def champion_of(genome: Genome, *, generation: int, seed: int) -> Champion:
    """Return a picture as a champion for `neat draw`; its fitness is NaN, and it has no game."""
    return Champion(
        genome=genome, network=settings(2).network, task=TaskConfig(environment=NO_GAME), fitness=math.nan,
        generation=generation, seed=seed, names=(INPUTS, OUTPUTS),
    )  # fmt: skip


def save(genome: Genome, folder: Path, *, generation: int, seed: int) -> Path:
    """Write a picture as PNG, and its genome as JSON, with the next free number; return the path of the PNG file.

    Raises:
        RunDirectoryError: The folder cannot be written.
    """
    content = champion_of(genome, generation=generation, seed=seed).to_json().encode()
    with explained(folder, "write to"):
        folder.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            path = folder / f"picture-{number}.png"
            if path.exists():
                continue
            try:
                with path.with_suffix(".json").open("xb") as file:
                    file.write(content)
            except FileExistsError:
                continue
            path.write_bytes(png(painted(Genomes.of([genome]), _SAVED)[0]))
            return path
    raise AssertionError
