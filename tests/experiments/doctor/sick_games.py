"""Small games that can be made sick, each in its own way: what networks see, what a step pays, how long it takes."""

from __future__ import annotations

import time
import zlib
from typing import Any, ClassVar

import numpy as np


class Sick:
    """A game with ailments; well by default.

    Args:
        level: Added to what is seen.
        spread: What is seen is multiplied by it.
        pays: ``right`` as the game does, ``always`` the same, ``never``, or a ``price`` for every step.
        noise: Deviation of luck, which each has for what it did, paid at the end of an episode.
        constants: How many more inputs are 1 all the time.
        copies: How many more inputs show one and the same random number.
        blind: Show nothing but zeros and ones, always.
        wait: Seconds that a step takes longer.
        wait_reset: Seconds that a reset takes longer.
    """

    length = 20

    def __init__(
        self, level: float = 0.0, spread: float = 1.0, pays: str = "right", noise: float = 0.0, constants: int = 0,
        copies: int = 0, blind: bool = False, wait: float = 0.0, wait_reset: float = 0.0, other: float = 0.0,
    ) -> None:  # fmt: skip
        self.level, self.spread, self.pays, self.noise, self.other = level, spread, pays, noise, other
        self.constants, self.copies, self.blind = constants, copies, blind
        self.wait, self.wait_reset = wait, wait_reset

    def reset(self, seed: int | None = None) -> None:
        if self.wait_reset:
            time.sleep(self.wait_reset)
        self.rng, self.t, self.luck = np.random.default_rng(seed), 0, seed or 0
        self.begin()

    def observe(self) -> list[float]:
        seen = [self.level + self.spread * number for number in self.numbers()]
        if self.other:
            seen.append(self.other * self.rng.normal())
        if self.blind:
            seen = [float(i % 2) for i in range(len(seen))]
        return [*seen, *[1.0] * self.constants, *[self.rng.normal()] * self.copies]

    def step(self, action: Any) -> tuple[float, bool]:
        if self.wait:  # not even for no time: that lets other programs go first
            time.sleep(self.wait)
        right = self.move(action)
        self.luck = zlib.crc32(repr((self.luck, action)).encode())  # no other player has the same
        self.t += 1
        done = self.t >= self.length
        pay = {"right": right, "always": 1.0, "never": 0.0, "price": -1.0}[self.pays]
        return pay + (
            self.noise * np.random.default_rng(self.luck).normal() if done else 0.0
        ), done and self.pays != "price"

    def begin(self) -> None: ...
    def numbers(self) -> list[float]: ...  # type: ignore[empty-body]
    def move(self, action: Any) -> float: ...  # type: ignore[empty-body]


class Match(Sick):
    """Answer the sign of a number."""

    actions, max_steps = 2, 40

    def begin(self) -> None:
        self.sign = int(self.rng.integers(2))

    def numbers(self) -> list[float]:
        return [2.0 * self.sign - 1.0]

    def move(self, action: Any) -> float:
        right = float(action == self.sign)
        self.sign = int(self.rng.integers(2))
        return right


class Reach(Sick):
    """Walk to a place on a line, and stay there: that takes fine steps."""

    actions, max_steps = (-1.0, 1.0), 40

    def begin(self) -> None:
        self.x, self.place = 0.0, float(self.rng.uniform(-1.0, 1.0))

    def numbers(self) -> list[float]:
        return [self.x - self.place, self.x]

    def move(self, action: Any) -> float:
        self.x += 0.4 * action
        return -abs(self.x - self.place)


class Xor(Sick):
    """Answer whether one of two signs is positive and the other is not: that takes a hidden node."""

    actions, max_steps, length = 2, 40, 16

    def numbers(self) -> list[float]:
        return [1.0 if self.t & 1 else -1.0, 1.0 if self.t & 2 else -1.0]

    def move(self, action: Any) -> float:
        return float(action == ((self.t & 1) ^ (self.t >> 1 & 1)))


class Parity(Sick):
    """The same for three signs."""

    actions, max_steps, length = 2, 40, 8

    def numbers(self) -> list[float]:
        return [1.0 if self.t >> i & 1 else -1.0 for i in range(3)]

    def move(self, action: Any) -> float:
        return float(action == bin(self.t & 7).count("1") % 2)


class Mux(Parity):
    """Answer the second or the third sign, as the first says."""

    def move(self, action: Any) -> float:
        return float(action == (self.t >> (2 if self.t & 1 else 1) & 1))


class Equal(Parity):
    """Answer whether all three signs are equal."""

    def move(self, action: Any) -> float:
        return float(action == (self.t & 7 in (0, 7)))


class Trap(Sick):
    """Stay at home, which pays a little; or cross a desert by a path of many turns, to what pays much."""

    actions, max_steps, length = 2, 60, 60

    def begin(self) -> None:
        self.x = 0

    def numbers(self) -> list[float]:
        return [self.x / 10.0]

    def move(self, action: Any) -> float:
        home = self.x == 0 and action == 0
        self.x = self.x + 1 if action == (0x5A6B2D >> self.x & 1) else 0
        self.t = self.length if self.x == 20 else self.t
        return 100.0 if self.x == 20 else 0.2 * home


class Compass(Sick):
    """Turn the way a needle shows: one of three."""

    actions, max_steps = 3, 40

    def begin(self) -> None:
        self.needle = int(self.rng.integers(3))

    def numbers(self) -> list[float]:
        return [float(self.needle == i) for i in range(3)]

    def move(self, action: Any) -> float:
        right = float(action == self.needle)
        self.needle = int(self.rng.integers(3))
        return right


class Hover(Sick):
    """Hold a height against gravity by two motors."""

    actions: ClassVar[Any] = [(0.0, 1.0), (0.0, 1.0)]
    max_steps = 60

    def begin(self) -> None:
        self.y, self.v = float(self.rng.uniform(-1.0, 1.0)), 0.0

    def numbers(self) -> list[float]:
        return [self.y, self.v]

    def move(self, action: Any) -> float:
        self.v += 0.2 * (sum(action) - 1.0)
        self.y += 0.2 * self.v
        return -abs(self.y)
