"""The settings of a task: what a population is asked to be good at; `environments.tasks.task` makes it."""

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
"""Steps after which an episode is cut off where neither the registry nor the settings say."""

NO_GAME = "own-fitness"
"""Stands for the environment where there is none: networks evolved by a fitness function of one's own."""

Scaling = Mapping[str, NDArray[np.float64]]
"""Frozen observation scaling: ``shift`` and ``factor``, float64, shape (inputs,); see
`environments.playing.observation_scaling`."""


def _check(condition: bool, name: str, expected: str, value: object) -> None:
    if not condition:
        raise ConfigError(f"task.{name}: expected {expected}, got {shown(value)}")


@dataclass(frozen=True, kw_only=True)
class TaskConfig:
    """The section ``[task]`` of an experiment file."""

    environment: str = "CartPole-v1"
    """A Gymnasium id (``CartPole-v1``), one that a module registers on import (``my_games:Maze-v0``), or a task of
    `environments.tasks.task.TASKS`: ``xor``, ``double-pole``, ``double-pole-no-velocities``."""
    kwargs: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments for ``gymnasium.make``. NumPy's numbers become Python's and arrays lists: what a game is given
    is what the run's folder keeps."""
    wrappers: tuple[dict[str, Any], ...] = ()
    """Wrappers, innermost first: ``{name = "FrameStackObservation", kwargs = {stack_size = 4}}``. A name is a class of
    ``gymnasium.wrappers`` or ``module:Class``."""
    episodes: int = 5
    """Episodes per genome and generation; fitness is the mean of their returns."""
    episode_seeds: tuple[int, ...] = ()
    """Seeds of these episodes, one each, the same in every generation; by default every generation has others. Fitness
    is then no matter of chance, and no measure of what a network does elsewhere: champions are verified on others."""
    threshold: float | None = None
    """Mean return over the verification episodes that counts as solved; by default the registry's."""
    max_episode_steps: int | None = None
    """Steps after which an episode is cut off; by default the registry's limit, or 10,000 where it has none."""
    actions: Literal["argmax", "sample"] = "argmax"
    """Discrete actions: the one with the greatest output, or one drawn with softmax probabilities."""
    observation_scaling: Literal["none", "bounds", "running"] = "none"
    """``bounds``: finite bounds become [-1, 1]. ``running``: mean 0 and deviation 1 over all observations of earlier
    generations (the first one: of an episode that eight of its genomes play before)."""
    observation_clip: float = 10.0
    """``running``: scaled observations stay within ± this many deviations."""
    step_reward: float = 0.0
    """Added to every reward in training, by which a generation breeds: below 0 it makes standing still dear, above 0
    staying alive worth while. Fitness, goals, trials and verification know nothing of it."""
    fault: Literal["fail", "worst"] = "fail"
    """What an environment that raises, hangs or returns something that is not finite means: the run ends with a clear
    message, or the genome gets the worst fitness of its generation and the fault is recorded."""
    time_limit: float = 600.0
    """Seconds an episode may take; 0 means for ever. Worker processes end one that hangs; without them an episode is
    looked at between its steps only."""
    remake: Literal["auto", "always", "never"] = "auto"
    """Whether the environment is made anew for every episode. ``auto``: only for those known to carry something over
    from one episode to the next in spite of their seed (BipedalWalker)."""
    racing: bool = False
    """Let genomes that are clearly behind the best of a generation play fewer episodes, and the rest all of them; see
    `environments.evaluators.racing`. Where every episode begins alike (double pole balancing), elites are not played
    again."""
    slots: int = 1024
    """Environments that the backend ``envpool`` makes (0.2 MB each for Box2D). With fewer of them than episodes in a
    generation (population times ``episodes``), genomes do not share episode seeds, and results depend on it."""
    examination: Literal["best", "species"] = "best"
    """Whom ``double-pole-no-velocities`` examines of a generation: its best genome, or the best one of the fittest
    species that has improved since it was last examined (Stanley's C++ program)."""
    behaviour: Literal["none", "auto", "info", "observation"] = "none"
    """What scores such as novelty take for a genome's behaviour, from the last step of an episode: ``info`` is
    ``info["behaviour"]`` (for compiled games their own), ``observation`` the observation, ``auto`` the first that is
    there."""
    behaviour_episodes: Literal["mean", "concatenate"] = "mean"
    """How the behaviours of several episodes make one."""
    objectives: int = 0
    """How many numbers the last step of an episode has as ``info["objectives"]``, for scores of several goals."""
    verify_episodes: int = 100
    """Fresh episodes by which a champion is verified."""

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
        _check(not (more and self.racing), "racing", "false where behaviours or objectives are asked for", self.racing)
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
    """Refuse a backend that a task played by compiled code of its own does not have.

    Raises:
        ConfigError: It is neither ``auto`` nor ``compiled``.
    """
    own = ("auto", "compiled")
    if backend not in own:
        raise ConfigError(f"unknown backend {backend!r} for the task {task!r}{did_you_mean(backend, own)}")


def refuse_unused(config: TaskConfig, used: Iterable[str], why: Mapping[str, str] | None = None) -> None:
    """Refuse settings that a task has no use for, rather than ignore what a user asked for.

    Args:
        config: The settings of the task.
        used: Names of those that it uses.
        why: A reason for some of the others.

    Raises:
        ConfigError: Another one differs from its default; the message names it and the reason.
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
