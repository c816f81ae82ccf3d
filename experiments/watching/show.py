"""The program behind the watch page: it plays generations one after the other, at the speed chosen on the page.

It runs on a thread of the watcher's process, apart from the run.
"""

from __future__ import annotations

import json
import logging
import queue
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np

from environments.tasks.task import make_task, traits_of
from environments.watching.crowd import Crowd
from environments.watching.guest import Guest
from environments.watching.keys import KEYS, KeyMap
from environments.watching.pictures import Picture
from environments.watching.theatre import Theatre
from experiments.watching.following import Follower, Point, Seen
from experiments.watching.portrait import ancestry, number, portrait
from neat.errors import NeatError
from neat.networks.decoders import decoder_of
from neat.networks.trace import NodeValues

__all__ = ["FRAME", "PICTURE", "Show"]

_log = logging.getLogger(__name__)
_TICK = 1 / 30
_LOOK = 0.5
"""Seconds between two readings of the run folder."""
_STILL = 0.8
"""Seconds for which the last picture of an episode is shown."""
_SPEEDS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_MOST_STEPS = 64
"""Maximum number of steps between two pictures."""
FRAME, PICTURE = 1, 2
"""First byte of a binary message: the states of all players, or a picture of them."""
_HEAD = struct.Struct("<BBHIIif")
"""Kind, flags (1: a person plays along, 2: the game waits for the first key), number of nodes, number of players, step,
position of the selected player, its return so far."""

Tell = Callable[[str, str | bytes], None]


class Show(threading.Thread):
    """Plays generations of a run, and sends messages about them.

    ``tell`` is called on this thread with a topic and a message: JSON text, or bytes for ``frame``. A message replaces
    earlier ones of the same topic.
    """

    def __init__(self, follower: Follower, tell: Tell, watched: Callable[[], bool]) -> None:
        """Create the thread.

        Args:
            follower: Reads the run folder.
            tell: Sends a message to all open pages.
            watched: Returns whether a page is open.
        """
        super().__init__(name="show", daemon=True)
        self._follower, self._tell_to, self._watched = follower, tell, watched
        self._orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._theatre: Theatre | None = None
        self._crowd: Crowd | None = None
        self._seen: Seen | None = None
        self._players = np.zeros(0, np.int64)
        self._picked = 0
        self._values: NodeValues | None = None
        self._person: Guest | None = None
        self._seat: gymnasium.Env[Any, Any] | None = None
        self._keys: KeyMap | None = None
        self._names: tuple[tuple[str, ...], tuple[str, ...]] | None = None
        self._paused, self._speed, self._follow = False, 1.0, True
        self._round = 0
        self._debt = self._since_over = 0.0
        self._told: dict[str, str] = {}
        self._sent_points: list[Point] = []
        self._problem = ""
        self._began = False
        self._looked = 0.0
        self._frame_due = False

    def order(self, order: dict[str, Any]) -> None:
        """Add an order of a page to those to be carried out; invalid ones are ignored."""
        self._orders.put(order)

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()

    def run(self) -> None:
        """Play until `stop`."""
        before = time.monotonic()
        while not self._ended.is_set():
            now = time.monotonic()
            try:
                self._turn(now, now - before)
            except NeatError as error:
                self._fail(str(error))
            except Exception as error:  # a user's game may raise any error: the page shows it and continues
                _log.debug("a turn failed", exc_info=True)
                self._fail(f"{type(error).__name__}: {error}")
            before = now
            idle = not self._watched()
            self._ended.wait(0.2 if idle else max(0.002, _TICK - (time.monotonic() - now)))
        for opened in (self._theatre, self._seat):
            if opened is not None:
                opened.close()

    def _fail(self, message: str) -> None:
        self._problem = " ".join(message.split())[:300]
        self._crowd = None
        self._status()

    def _turn(self, now: float, passed: float) -> None:
        while not self._orders.empty():
            self._obey(self._orders.get())
        if now - self._looked >= _LOOK:
            self._looked = now
            self._follower.poll()
            self._history()
            self._status()
        if not self._watched() or self._follower.experiment is None:
            return
        if self._seen is None and not self._problem:
            self._open_first()
        if self._crowd is not None:
            self._play(min(passed, 0.5), now)

    def _play(self, passed: float, now: float) -> None:
        crowd = self._crowd
        if crowd is None:
            return
        over = not crowd.alive.any() and (self._person is None or self._person.over)
        if over and not self._paused:
            self._since_over = self._since_over or now
            if now - self._since_over > _STILL / max(1.0, self._speed / 2):
                self._after()
        elif not self._paused and (self._person is None or self._person.ready):
            self._debt += passed * crowd.rate * self._speed
            steps = min(_MOST_STEPS, int(self._debt))
            self._debt = min(self._debt - steps, 2.0)
            if steps:
                self._advance(crowd, steps)
                self._frame_due = True
        if self._frame_due:
            self._frame()

    def _advance(self, crowd: Crowd, steps: int) -> None:
        crowd.advance(steps)
        if self._person is not None:
            self._person.advance(steps)

    def _after(self) -> None:
        """Begin the next episode or generation after an episode."""
        there = self._follower.generations()
        current = -1 if self._seen is None else self._seen.generation
        later = [generation for generation in there if generation > current]
        if later and self._person is None:
            self._open(later[-1] if self._follow and self._follower.running else later[0])
        else:
            self._round += 1
            self._begin()

    # ── orders of the page ──

    def _obey(self, order: dict[str, Any]) -> None:
        match order:
            case {"do": "pause", "on": bool(on)}:
                self._paused = on
            case {"do": "faster"}:
                self._speed = next((speed for speed in _SPEEDS if speed > self._speed), _SPEEDS[-1])
            case {"do": "slower"}:
                self._speed = next((speed for speed in reversed(_SPEEDS) if speed < self._speed), _SPEEDS[0])
            case {"do": "follow", "on": bool(on)}:
                self._follow = on
                if on:
                    self._step_to(last=True)
            case {"do": "next"}:
                self._step_to(last=self._follow and self._follower.running)
            case {"do": "generation", "number": int(wanted)}:
                there = self._follower.generations()
                if there:
                    self._follow = False
                    self._open(min(there, key=lambda generation: abs(generation - wanted)))
            case {"do": "pick", "player": int(player)}:
                if 0 <= player < len(self._players):
                    self._pick(player)
            case {"do": "best"}:
                self._pick(self._best())
            case {"do": "person", "on": bool(on)}:
                self._seat_person(on)
            case {"do": "keys", "held": list(held)} if self._person is not None:
                self._person.hold({key for key in held[: len(KEYS)] if isinstance(key, str)} & set(KEYS))
            case _:
                return
        self._status()

    def _step_to(self, *, last: bool) -> None:
        there = self._follower.generations()
        current = -1 if self._seen is None else self._seen.generation
        later = [generation for generation in there if generation > current]
        if later:
            self._open(later[-1] if last else later[0])
        elif there:
            self._round += 1
            self._begin()

    def _seat_person(self, on: bool) -> None:
        self._person = Guest(self._seat, self._keys) if on and self._seat and self._keys else None
        self._begin()

    # ── generations ──

    def _open_first(self) -> None:
        there = self._follower.generations()
        if there:
            self._open(there[-1] if self._follower.running else there[0])

    def _open(self, generation: int) -> None:
        """Show a generation."""
        experiment = self._follower.experiment
        if experiment is None:
            return
        seen = self._follower.load(generation)
        network = experiment.config.network
        if self._theatre is None and traits_of(experiment.task).scene:
            self._theatre = Theatre(experiment.task, network)
        self._seen, self._problem = seen, ""
        if self._theatre is not None:
            self._crowd, self._players = self._theatre.seat(seen.genomes, seen.ranking, seen.scaling)
            if self._seat is None:
                self._offer_seat(self._crowd)
        else:
            self._players = seen.ranking[:1_000]
        self._round = 0
        crowd = self._crowd
        chosen = self._players.tolist()
        fitness = [number(round(float(value), 6)) for value in seen.fitness[self._players]]
        genomes = seen.genomes
        self._tell(
            "generation",
            generation=generation,
            genomes=chosen,
            population=len(genomes),
            species=seen.species[self._players].tolist(),
            fitness=fitness,
            hidden=[genomes[i].hidden for i in chosen] if crowd is None else [],
            connections=[genomes[i].enabled for i in chosen] if crowd is None else [],
            best=self._best(),
            scene=_scene(crowd),
            keys="" if self._keys is None else self._keys.told,
        )
        self._pick(self._best())
        self._begin()
        self._status()

    def _offer_seat(self, crowd: Crowd) -> None:
        """Prepare an environment for a person, if the task allows playing along."""
        env = crowd.seat_for_guest()
        if env is None:
            return
        own = getattr(getattr(env.unwrapped, "game", None), "keys", None)
        try:
            self._keys = KeyMap(env.action_space, () if self._names is None else self._names[1], own)
        except NeatError:
            env.close()
            return
        self._seat = env

    def _begin(self) -> None:
        """Begin an episode; the first one has an episode seed of the generation's training."""
        self._debt = self._since_over = 0.0
        if self._crowd is None or self._theatre is None or self._seen is None or self._follower.experiment is None:
            return
        seed = self._theatre.seed(self._follower.experiment.run.seed + self._round, self._seen.generation)
        self._crowd.begin(seed)
        if self._person is not None:
            self._person.begin(seed)
        self._frame_due = True

    def _best(self) -> int:
        """Return the position of the fittest genome among the players."""
        if self._seen is None or not len(self._players):
            return 0
        return int(np.flatnonzero(self._players == self._seen.ranking[0])[0])

    def _pick(self, player: int) -> None:
        experiment, seen = self._follower.experiment, self._seen
        if experiment is None or seen is None or player >= len(self._players):
            return
        self._picked = player
        index = int(self._players[player])
        network = experiment.config.network
        self._values = NodeValues(seen.genomes[index], network) if decoder_of(network).of_genes else None
        self._tell(
            "network",
            player=player,
            best=player == self._best(),
            ancestry=ancestry(self._follower.ancestors(seen, index)),
            **portrait(experiment, seen, index, self._names),
        )
        self._frame_due = True

    # ── messages to the page ──

    def _tell(self, topic: str, **content: Any) -> None:
        text = json.dumps({"type": topic, **content}, separators=(",", ":"), allow_nan=False)
        if self._told.get(topic) != text:
            self._told[topic] = text
            self._tell_to(topic, text)

    def _status(self) -> None:
        follower = self._follower
        experiment, latest, result = follower.experiment, follower.latest, follower.result
        if experiment is None:
            self._tell("status", name=follower.path.name, state="waiting", problem=self._problem)
            return
        if not self._began:
            self._began = True
            self._tell("run", **self._about())
        running = follower.running
        state = "running" if running else str(result.get("status", "stopped"))
        verification = result.get("verification") or {}
        self._tell(
            "status",
            name=follower.path.name,
            state=state,
            problem=self._problem,
            latest=None if latest is None else latest.generation,
            last=experiment.run.generations - 1,
            best=None if latest is None else number(latest.best),
            mean=None if latest is None else number(latest.mean),
            species=0 if latest is None else len(latest.species),
            evaluations=0 if latest is None else latest.evaluations,
            verified=number(verification.get("mean")),
            generations=follower.generations(),
            paused=self._paused,
            speed=self._speed,
            follow=self._follow,
            person=self._person is not None,
        )

    def _about(self) -> dict[str, Any]:
        experiment = self._follower.experiment
        if experiment is None:
            return {}
        task, goal = experiment.task.environment, experiment.task.threshold
        try:
            made = make_task(experiment.task)
            task, goal = made.name, made.threshold
            self._names = tuple(made.input_names), tuple(made.output_names)
        except NeatError as error:
            self._problem = str(error)
        return {
            "task": task,
            "goal": number(goal),
            "seed": experiment.run.seed,
            "population": experiment.config.population.size,
            "kind": experiment.config.network.kind,
            "description": experiment.description,
        }

    def _history(self) -> None:
        points = self._follower.points
        latest = self._follower.latest
        shown = [*points, latest] if latest is not None and (not points or points[-1] is not latest) else points
        self._tell(
            "history",
            points=[
                [p.generation, number(p.best), number(p.mean), [value for s in p.species for value in (s.id, s.size)]]
                for p in shown
            ],
        )

    def _frame(self) -> None:
        crowd = self._crowd
        self._frame_due = False
        if crowd is None:
            return
        values = np.zeros(0, np.float32)
        if self._values is not None:
            values = self._values.read(crowd.memory(self._picked)).astype(np.float32)
        person = self._person
        head = _HEAD.pack(
            FRAME if crowd.view is not None else PICTURE,
            0 if person is None else 1 if person.ready else 3,
            len(values),
            crowd.players,
            crowd.steps,
            self._picked,
            float(crowd.totals[self._picked]),
        )
        alive = crowd.alive.astype(np.uint8)
        parts = [head, values.tobytes(), np.array([0.0 if person is None else person.total], np.float32).tobytes()]
        if crowd.view is None:
            picture = crowd.picture(person)
            if person is not None:
                alive = np.append(alive, np.uint8(not person.over))
            parts += [_padded(alive), b"" if picture is None else _compressed(picture)]
        else:
            rows = crowd.rows()
            if person is not None:
                rows = np.vstack([rows, _row(person, crowd.view.columns)])
                alive = np.append(alive, np.uint8(not person.over))
            parts += [rows.tobytes(), _padded(alive)]
        self._tell_to("frame", b"".join(parts))


def _row(guest: Guest, columns: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    state = guest.env.unwrapped.state  # type: ignore[attr-defined]
    return np.zeros(len(columns), np.float32) if state is None else state[list(columns)].astype(np.float32)


def _scene(crowd: Crowd | None) -> dict[str, Any]:
    if crowd is None:
        return {"kind": "points"}
    if crowd.view is not None:
        seen = {"kind": crowd.view.kind, "columns": len(crowd.view.columns), "world": crowd.view.world}
    else:
        seen = {"kind": "picture", "tiles": None if crowd.tiles is None else list(crowd.tiles)}
    return {**seen, "choice": crowd.choice}


def _padded(flags: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """Return flags as bytes, padded to a multiple of 4 bytes for alignment."""
    return flags.tobytes() + bytes(-len(flags) % 4)


def _compressed(picture: Picture) -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=88)
    return out.getvalue()
