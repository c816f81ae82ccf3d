"""The targets of `neat run TARGET`: a bundled experiment, a TOML file, an environment, a game file or a data file."""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from environments.making.places import offer, open_offered
from environments.tasks.data_settings import DATA, settled
from environments.tasks.task import make_task
from experiments.folder.origins import is_run, recall
from experiments.folder.toml import LARGEST_FILE, parse_toml
from experiments.setting_messages import suggest
from experiments.settings import Experiment, from_mapping, from_toml, to_toml
from neat.errors import ConfigError
from neat.networks.decoders import check_encoding
from neat.presets import PRESETS

__all__ = ["bundled", "environment_ids", "is_table", "load"]


def bundled() -> tuple[str, ...]:
    """Return the names of the experiments that come with the package."""
    folder = resources.files("experiments") / "configs"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def load(
    target: str | os.PathLike[str],
    *,
    changes: Iterable[str] | Mapping[str, Any] = (),
    preset: str | None = None,
    encoding: str | None = None,
) -> Experiment:
    """Return the experiment for a name, a file or an environment.

    The id of an environment that a bundled experiment uses without changes means that experiment: ``CartPole-v1`` and
    ``cartpole`` are the same. If there is a bundled experiment for the preset, that one is used: ``Acrobot-v1`` with
    ``ars`` is ``acrobot-ars``. Any other environment is played with the settings of the preset.

    Args:
        target: A bundled name (``cartpole``), a path to a TOML file, an environment id (``CartPole-v1``,
            ``module:Id``), or a
            Python file with your own game (``my_game.py``, ``my_game.py:Flappy``).
        changes: Settings that override those of the experiment, each ``section.key=value``; or a mapping of
            ``section.key``
            to value.
        preset: Overrides the experiment's preset.
        encoding: Use the settings of the preset of this encoding (``hyperneat``, ``es-hyperneat``) instead of the
            experiment's own settings of evolution, which are for other genomes.

    Raises:
        ConfigError: The target does not exist, or one of its settings is wrong.
    """
    if not isinstance(changes, Mapping):
        changes = (changes,) if isinstance(changes, str) else tuple(changes)
    target = os.fspath(target)
    given = map(str, changes.values()) if isinstance(changes, Mapping) else changes
    if any(_NAMED.search(text) for text in (target, *given)):
        open_offered()
    if encoding is not None:
        return _encoded(load(target), encoding, changes, preset)
    if target in bundled():
        return from_toml(_bundled_text(target), name=target, changes=changes, preset=preset)
    if Path(target).is_dir():
        raise ConfigError(
            f"{target} is a folder; to repeat the run in it, give its file {Path(target) / 'config.toml'}"
        )
    if is_table(target):
        return _of_data(Path(target), changes, preset)
    if target.endswith(".toml") or (Path(target).is_file() and not target.endswith(".py")):
        text = _file_text(Path(target))
        _offer_beside(Path(target), text)
        experiment = from_toml(text, name=Path(target).stem, where=target, changes=changes, preset=preset)
        return _settled(experiment, Path(target).parent)
    if file := _FILE.fullmatch(target):
        environment = _game_in(Path(file[1]), file[2])
        return from_mapping(
            {"name": environment.rpartition(":")[2].lower(), "task": {"environment": environment}},
            changes=changes,
            preset=preset,
        )
    if target in _played():
        name = _played()[target]
        name = f"{name}-{preset}" if f"{name}-{preset}" in bundled() else name
        return from_toml(_bundled_text(name), name=name, changes=changes, preset=preset)
    _check_environment(target)
    return from_mapping({"name": target, "task": {"environment": target}}, changes=changes, preset=preset)


def _encoded(
    experiment: Experiment, encoding: str, changes: Iterable[str] | Mapping[str, Any], preset: str | None
) -> Experiment:
    """Return an experiment with the settings of evolution of a preset, and the encoding."""
    check_encoding(encoding)
    data = tomllib.loads(to_toml(experiment))
    kept = {key: data[key] for key in ("name", "description", "run", "task", "learning")}
    chosen = preset or (encoding if encoding in PRESETS else "default")
    kept["network"] = {"encoding": encoding}
    return from_mapping(kept, changes=changes, preset=chosen)


@cache
def environment_ids() -> tuple[str, ...]:
    """Return the ids that Gymnasium's registry holds."""
    import gymnasium

    import environments.games  # noqa: F401 - registers this project's own

    return tuple(sorted(gymnasium.registry))


@cache
def _played() -> dict[str, str]:
    """Return which bundled experiment plays an environment as it is (no arguments, no wrappers)."""
    found: dict[str, str] = {}
    for name in bundled():
        task = parse_toml(_bundled_text(name), name).get("task", {})
        if not task.get("kwargs") and not task.get("wrappers"):
            found.setdefault(task.get("environment"), name)
    return found


def _bundled_text(name: str) -> bytes:
    return (resources.files("experiments") / "configs" / f"{name}.toml").read_bytes()


def _file_text(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigError(f"cannot read the experiment file {path}: {error.strerror or error}") from None


_NAMED = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]")
"""A name such as ``module:Id``, of which settings are made that import modules."""


def is_table(target: str) -> bool:
    """Return whether a target is named as a data file is."""
    return target.lower().endswith((".csv", ".tsv"))


def _of_data(path: Path, changes: Iterable[str] | Mapping[str, Any], preset: str | None) -> Experiment:
    """Return the experiment of learning a column of a data file.

    Champions learn by gradients every few generations: evolution finds the wiring, and they the numbers.
    """
    kwargs = {"file": str(path)}
    data: dict[str, Any] = {
        "name": path.stem, "description": f"a column of {path.name} from the others",
        "task": {"environment": DATA, "episodes": 1, "kwargs": kwargs},
    }  # fmt: skip
    task = settled(from_mapping(data, changes=changes, preset=preset).task)
    classes = task.kwargs["kind"] == "classification"
    inputs = make_task(task.replace(threshold=None)).inputs
    data |= {
        "run": {"generations": 200, "trial_every": 1, "patience": 30},
        "genome": {
            "activations": ["tanh"], "output_activation": "identity", "weight_scale": 1.0 / max(1.0, inputs**0.5),
        },
        "learning": {
            "inheritance": "lamarckian", "every": 5, "epochs": 50, "learning_rate": 0.02,
            "cost": "softmax_cross_entropy" if classes else "squared_error", "trainable": ["weights", "biases"],
        },
    }  # fmt: skip
    return _settled(from_mapping(data, changes=changes, preset=preset))


def _settled(experiment: Experiment, folder: Path | None = None) -> Experiment:
    """Return an experiment with what follows from its data file, if it has one, written into its settings."""
    if experiment.task.environment != DATA:
        return experiment
    return dataclasses.replace(experiment, task=settled(experiment.task, folder))


_FILE = re.compile(r"(.+\.py)(?::(\w[\w./-]*))?")
"""A Python file as a target, perhaps with the name of a game in it."""


def _game_in(path: Path, name: str | None) -> str:
    """Return ``module:Name`` of a game in a Python file: the one of that name, or the only one.

    Raises:
        ConfigError: There is no such file, it fails, or it has no game or several.
    """
    from environments.making.environment import import_module
    from environments.making.places import import_own
    from environments.making.plain import games_in

    if not path.is_file():
        raise ConfigError(f"there is no file {path}")
    if not path.stem.isidentifier():
        raise ConfigError(
            f"{path}: Python cannot import a module with this name; rename it, such as to {_importable(path.stem)}.py"
        )
    offer(path.resolve().parent, first=True)
    if name is not None:
        return f"{path.stem}:{name}"
    import_module(path.stem)
    found = import_own(path.stem, "task.environment")
    own = getattr(found, "__file__", None)
    if own is None or not path.samefile(own):
        raise ConfigError(f"{path} is hidden by another module of that name ({own or path.stem}): rename it")
    games = games_in(found)
    if len(games) == 1:
        return f"{path.stem}:{next(iter(games))}"
    if games:
        raise ConfigError(
            f"{path} has {len(games)} games: name one, as in {path}:{next(iter(games))} ({', '.join(games)})"
        )
    raise ConfigError(
        f"{path} has no game: a class with reset(self, seed=None), observe(self) and step(self, action), or an "
        "environment of Gymnasium"
    )


def _importable(stem: str) -> str:
    return re.sub(r"\W|^(?=\d)", "_", stem)


def _offer_beside(path: Path, text: bytes) -> None:
    """Let modules that an experiment file names be found beside it, or where the run that wrote it found them."""
    if is_run(path.parent):
        recall(path.parent)
    else:
        offer(path.parent, first=True)
    if _NAMED.search(text.decode("utf-8", "replace")):
        open_offered()


def _check_environment(target: str) -> None:
    """Refuse what is neither registered nor of the form ``module:Id``, with the nearest name that would do.

    Raises:
        ConfigError: Nothing of that name.
    """
    if ":" in target or target.startswith("ALE/") or target in environment_ids():
        return
    from environments.making.environment import atari_error

    known = {name.lower(): name for name in (*environment_ids(), *_played(), *bundled())}
    # An id without its version, or in other letters, is the commonest slip; then the nearest spelling.
    newest = [name for name in environment_ids() if name.lower().startswith(f"{target.lower()}-v")]
    hint = f" (did you mean {max(newest, key=_version)!r}?)" if newest else suggest(target.lower(), known)
    if error := atari_error(target):
        raise error
    own = "" if hint else f"; name one of your own or of another package with its module: 'module:{target}'"
    raise ConfigError(
        f"no bundled experiment, TOML file or environment is called {target!r}{hint}; `neat list` shows all{own}"
    )


def _version(name: str) -> int:
    digits = name.rpartition("-v")[2]
    return int(digits) if digits.isdigit() else -1
