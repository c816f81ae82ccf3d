"""Checks of a compiled game before compilation: its first episodes are played in plain Python.

Compiled code does not check array indices, and does not seed global random numbers. Plain Python finds the former, and
the names used in the code show the latter.
"""

from __future__ import annotations

import dis
import random
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from gymnasium import spaces

from environments.making.blame import home_of, place_of, reason
from neat.errors import ConfigError

__all__ = ["check_game", "plain_version"]

_EPISODES, _STEPS = 3, 100
_ARITHMETIC = (ArithmeticError, ValueError)
"""Errors of plain Python (division by zero, logarithm of a negative number) that compiled code does not raise."""
_SOURCES = frozenset({"Generator", "PCG64", "RandomState", "Random", "SeedSequence", "default_rng"})
"""Names of random generators that are seeded where they are created."""

_checked: set[tuple[Any, ...]] = set()


def check_game(game: Any) -> None:
    """Check a game once, with some short episodes of random actions.

    Args:
        game: An `environments.games.game.Game`.

    Raises:
        ConfigError: A function uses an index out of range, draws global random numbers, or returns a wrong value; the
            message names the line.
    """
    key = (game.reset, game.step, game.observe, game.observe_start, game.state_size, len(game.settings))
    if key in _checked:
        return
    for role in ("reset", "step", "observe", "observe_start"):
        function = getattr(game, role)
        if function is not None and (found := next(_draws(function, set()), None)):
            instead = "the rng that it is given" if role == "reset" else "the rng of reset, and keep it in the state"
            raise ConfigError(
                f"{game.id}: {role} draws from global random numbers ({found}), so that the same seed would give "
                f"other runs: draw from {instead}{home_of(_python(function))}"
            )
    with np.errstate(all="ignore"):
        _play(game)
    _checked.add(key)


def plain_version(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a compiled function, and the compiled functions it calls, as plain Python."""
    plain: Callable[..., Any] = _plain(function, {})
    return plain


def _play(game: Any) -> None:
    step, observe = plain_version(game.step), plain_version(game.observe)
    for seed in range(_EPISODES):
        rng = np.random.default_rng(seed)
        state = np.zeros(game.state_size + len(game.settings))
        state[game.state_size :] = [float(value) for value in game.settings.values()]
        observation = np.zeros(game.inputs)
        try:
            game.reset(rng, state)
        except (Exception, SystemExit) as error:
            raise ConfigError(f"{game.id}: reset {_described(error, game)}") from error
        role, terminated = "observe", False
        try:
            observe(state, observation)
            for number in range(_STEPS):
                role = "step"
                outcome = step(state, _action(game, rng, number))
                terminated = _checked_outcome(game, outcome)
                role = "observe"
                observe(state, observation)
                if terminated:
                    break
        except ConfigError:
            raise
        except _ARITHMETIC:
            continue
        except (TypeError, NameError, AttributeError):
            return  # the compiler reports these errors in more detail, for the whole function
        except Exception as error:
            raise ConfigError(f"{game.id}: {role} {_described(error, game)}") from error


def _described(error: BaseException, game: Any) -> str:
    if isinstance(error, IndexError) and "out of bounds" in str(error):
        sizes = f"state_size is {game.state_size}"
        if game.settings:
            sizes += f" and {len(game.settings)} settings follow"
        return f"uses an index out of range: {error}{place_of(error)}; {sizes}, observations have {game.inputs}"
    return reason(error)


def _checked_outcome(game: Any, outcome: Any) -> bool:
    if isinstance(outcome, tuple) and len(outcome) == 2:
        reward, terminated = outcome
        number = isinstance(reward, (int, float, np.integer, np.floating, np.bool_))
        if number and isinstance(terminated, (bool, np.bool_, int, np.integer)):
            return bool(terminated)
    raise ConfigError(
        f"{game.id}: step returned {outcome!r}, expected two things: the reward, a number, and whether the game is "
        f"over, True or False{home_of(_python(game.step))}"
    )


def _action(game: Any, rng: np.random.Generator, number: int) -> Any:
    space = game.action_space
    if isinstance(space, spaces.Discrete):
        n = int(space.n)
        return int(space.start) + (number if number < n else int(rng.integers(n)))
    low = np.where(np.isfinite(space.low), space.low, -1.0)
    high = np.where(np.isfinite(space.high), space.high, np.maximum(low, 1.0))
    return rng.uniform(np.minimum(low, high), high)


def _python(function: Callable[..., Any]) -> Any:
    return getattr(function, "py_func", function)


def _plain(function: Callable[..., Any], done: dict[int, Any]) -> Any:
    """Copy a function with the compiled functions among its globals replaced by such copies."""
    python = _python(function)
    if id(python) in done or not isinstance(python, types.FunctionType):
        return done.get(id(python), python)
    names = dict(python.__globals__)
    copy = types.FunctionType(python.__code__, names, python.__name__, python.__defaults__, python.__closure__)
    copy.__kwdefaults__ = python.__kwdefaults__
    done[id(python)] = copy
    for name in python.__code__.co_names:
        if hasattr(names.get(name), "py_func"):
            names[name] = _plain(names[name], done)
    return copy


def _draws(function: Callable[..., Any], seen: set[int]) -> Iterator[str]:
    """Yield the names of global random numbers that a function, or one that it calls, draws from."""
    python = _python(function)
    if id(python) in seen or not isinstance(python, types.FunctionType):
        return
    seen.add(id(python))
    for chain in _chains(python.__code__):
        value: Any = python.__globals__.get(chain[0])
        inside = _is_random(value)
        for depth, name in enumerate(chain[1:], start=2):
            if not isinstance(value, types.ModuleType):
                break
            value = getattr(value, name, None)
            if inside and name not in _SOURCES and callable(value):
                yield ".".join(chain[:depth])
            inside = inside or _is_random(value)
        owner = getattr(value, "__self__", None)
        if len(chain) == 1 and isinstance(owner, (random.Random, np.random.RandomState)):
            yield chain[0]
        if len(chain) == 1 and (hasattr(value, "py_func") or isinstance(value, types.FunctionType)):
            yield from _draws(value, seen)


def _is_random(value: Any) -> bool:
    return value is random or value is np.random


def _chains(code: types.CodeType) -> Iterator[list[str]]:
    """Yield the dotted names that code reads from its globals: ``["np", "random", "rand"]``."""
    chain: list[str] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            if chain:
                yield chain
            chain = [str(instruction.argval)]
        elif chain and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            chain.append(str(instruction.argval))
        elif chain and instruction.opname != "CACHE":
            yield chain
            chain = []
    if chain:
        yield chain
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _chains(constant)
