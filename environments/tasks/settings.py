"""The settings of a task. `environments.tasks.task` creates the task from them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neat.errors import ConfigError, did_you_mean
from neat.settings.checking import check_fields, shown

__all__ = ["DEFAULT_STEP_LIMIT", "NO_GAME", "Scaling", "TaskConfig", "refuse_unused"]

DEFAULT_STEP_LIMIT = 10_000
"""Steps after which an episode is truncated if neither the registry nor the settings give a limit."""

NO_GAME = "own-fitness"
"""Name used if there is no environment: networks evolved with your own fitness function."""

Scaling = Mapping[str, NDArray[np.float64]]
"""Frozen observation scaling: ``shift`` and ``factor``, float64, shape (inputs,); see
`environments.playing.observation_scaling`."""


def _check(condition: bool, name: str, expected: str, value: object) -> None:
    if not condition:
        raise ConfigError(f"task.{name}: expected {expected}, got {shown(value)}")


@dataclass(frozen=True, kw_only=True)
class TaskConfig:
    """The environment or data that networks are evaluated on: the section ``[task]`` of an experiment file."""

    environment: str = "CartPole-v1"
    """A Gymnasium id (``CartPole-v1``), an id that your module registers (``my_games:Maze-v0``), or a bundled task such
    as ``xor`` or ``double-pole`` (`environments.tasks.task.TASKS`)."""
    kwargs: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments of ``gymnasium.make``. NumPy numbers and arrays are converted to Python numbers and lists, the
    form in which the run folder keeps them."""
    wrappers: tuple[dict[str, Any], ...] = ()
    """Wrappers, innermost first: ``{name = "FrameStackObservation", kwargs = {stack_size = 4}}``. A name is a class of
    ``gymnasium.wrappers`` or ``module:Class``."""
    episodes: int = 5
    """Episodes per genome and generation; fitness is their mean return. More episodes reduce noise and cost time."""
    episode_seeds: tuple[int, ...] = ()
    """Fixed seeds of these episodes, used in every generation; by default each generation has new seeds. Fixed seeds
    make fitness deterministic, but it then says little about other episodes: verification always uses others."""
    threshold: float | None = None
    """Goal: mean return over the verification episodes that counts as solved; by default the registry's."""
    max_episode_steps: int | None = None
    """Steps after which an episode is truncated; by default the registry's limit, or 10,000 if it has none."""
    actions: Literal["argmax", "sample"] = "argmax"
    """How discrete actions are chosen: ``argmax``, the largest output; ``sample``, at random with softmax
    probabilities."""
    observation_scaling: Literal["none", "bounds", "running"] = "none"
    """How observations are scaled: ``none``; ``bounds``, finite bounds map to [-1, 1]; ``running``, to mean 0 and
    standard deviation 1 over the observations of earlier generations (before the first generation, eight genomes play
    one episode each)."""
    observation_clip: float = 10.0
    """``running``: scaled observations are clipped to ± this many standard deviations."""
    step_reward: float = 0.0
    """Reward shaping: added to the reward of every step in training. Negative values penalise time, positive values
    reward survival. It affects only which genomes reproduce, not fitness, goals, trials or verification."""
    fault: Literal["fail", "worst"] = "fail"
    """If an environment raises an exception, hangs or returns a value that is not finite: ``fail`` ends the run with an
    error message; ``worst`` gives the genome the lowest fitness of its generation and records the fault."""
    time_limit: float = 600.0
    """Maximum seconds per episode; 0: no limit. Worker processes can end a hanging step; other backends check between
    steps only."""
    remake: Literal["auto", "always", "never"] = "auto"
    """Whether the environment is created anew for every episode. ``auto``: only for environments known to carry state
    over from one episode to the next in spite of the seed (BipedalWalker)."""
    racing: bool = False
    """Racing: genomes that are clearly worse than the best one play fewer of the episodes
    (`environments.evaluators.racing`). Where every episode starts identically (double pole balancing), elites are not
    evaluated again."""
    slots: int = 1024
    """Number of environments of the backend ``envpool`` (0.2 MB each for Box2D). If it is smaller than the population
    times ``episodes``, genomes do not share episode seeds, and results depend on it."""
    examination: Literal["best", "species"] = "best"
    """Which genome of a generation takes the generalisation test of ``double-pole-no-velocities``: the ``best``, or the
    best of the fittest ``species`` that has improved since its last test (C++ program)."""
    behaviour: Literal["none", "auto", "info", "observation"] = "none"
    """Source of a genome's behaviour, for scores such as novelty, at the last step of an episode: ``info``,
    ``info["behaviour"]`` (or the compiled game's own); ``observation``; ``auto``, the first of these that exists."""
    behaviour_episodes: Literal["mean", "concatenate"] = "mean"
    """How the behaviours of several episodes become one: their ``mean``, or all ``concatenate``d."""
    objectives: int = 0
    """Number of objectives in ``info["objectives"]`` at the last step of an episode, for multi-objective selection."""
    verify_episodes: int = 100
    """Fresh episodes of a verification. More give a narrower confidence interval."""

    def __post_init__(self) -> None:
        check_fields(self, "task")
        _check(bool(self.environment), "environment", "an environment id such as 'CartPole-v1'", self.environment)
        _check(1 <= self.episodes <= 100_000, "episodes", "from 1 to 100,000", self.episodes)
        seeds = self.episode_seeds
        _check(len(seeds) in (0, self.episodes), "episode_seeds", f"{self.episodes}, one for each episode", seeds)
        _check(all(0 <= seed < 2**31 for seed in seeds), "episode_seeds", "seeds from 0 to 2**31 - 1", seeds)
        _check(1 <= self.slots <= 100_000, "slots", "from 1 to 100,000", self.slots)
        _check(1 <= self.verify_episodes <= 100_000, "verify_episodes", "from 1 to 100,000", self.verify_episodes)
        _check(self.threshold is None or math.isfinite(self.threshold), "threshold", "a finite number", self.threshold)
        _check(0 <= self.objectives <= 1000, "objectives", "from 0 to 1,000", self.objectives)
        _check(math.isfinite(self.step_reward), "step_reward", "a finite number", self.step_reward)
        _check(0.0 < self.observation_clip < math.inf, "observation_clip", "a number above 0", self.observation_clip)
        _check(not (self.step_reward and self.racing), "racing", "false where there is a step_reward", self.racing)
        more = self.behaviour != "none" or self.objectives > 0
        _check(not (more and self.racing), "racing", "false if behaviours or objectives are requested", self.racing)
        limit = self.max_episode_steps
        _check(limit is None or limit >= 1, "max_episode_steps", "at least 1 step", limit)
        _check(
            self.time_limit >= 0 and math.isfinite(self.time_limit),
            "time_limit",
            "seconds, 0 for no limit",
            self.time_limit,
        )
        for wrapper in self.wrappers:
            _check(isinstance(wrapper.get("name"), str), "wrappers", "tables with a name", wrapper)
            for key in wrapper:
                if key not in ("name", "kwargs"):
                    raise ConfigError(f"unknown setting 'task.wrappers.{key}'{did_you_mean(key, ('name', 'kwargs'))}")

    def replace(self, **changes: Any) -> TaskConfig:
        """Return these settings with some fields changed."""
        return dataclasses.replace(self, **changes)


def refuse_backend(task: str, backend: str) -> None:
    """Reject a backend that a bundled compiled task does not support.

    Raises:
        ConfigError: The backend is neither ``auto`` nor ``compiled``.
    """
    own = ("auto", "compiled")
    if backend not in own:
        raise ConfigError(f"unknown backend {backend!r} for the task {task!r}{did_you_mean(backend, own)}")


def refuse_unused(config: TaskConfig, used: Iterable[str], why: Mapping[str, str] | None = None) -> None:
    """Reject settings that a task does not use, instead of ignoring them.

    Args:
        config: The settings of the task.
        used: Names of the settings that it uses.
        why: Reasons for some of the others.

    Raises:
        ConfigError: Another setting differs from its default; the message contains its name and the reason.
    """
    known = {"environment", *used}
    for field_ in dataclasses.fields(config):
        value, default = getattr(config, field_.name), getattr(_PLAIN, field_.name)
        if field_.name in known or value == default:
            continue
        reason = (why or {}).get(field_.name, "")
        raise ConfigError(
            f"task.{field_.name}: the task {config.environment!r} has no such setting, got {shown(value)}"
            f"{f' ({reason})' if reason else ''}; leave the line out"
        )


_PLAIN = TaskConfig()
