"""Where a run found the user's modules, so that `neat resume`, `play`, `verify` and `report` find them again.

``modules.json`` in a run folder names the folders. Importing a module runs it, and a run folder may come from anyone.
So only entries written by this user on this machine, as a signature shows, are used. Otherwise the folders are only
named in messages. A run folder itself is never used.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from environments.evaluators.backends import module_of
from environments.making.places import modules_of, offer, open_offered, origins_of, remember
from neat.errors import RunDirectoryError

if TYPE_CHECKING:
    from experiments.settings import Experiment

__all__ = ["is_run", "named_modules", "named_parts", "recall", "write_origins"]

_NAME = "modules.json"
_LARGEST = 1 << 16


def is_run(folder: Path) -> bool:
    """Return whether a folder is a run folder, which is never searched for modules."""
    return (folder / "config.toml").is_file() and any(
        (folder / name).exists() for name in ("metrics.jsonl", "checkpoints", "champion.json", "run.lock")
    )


def named_modules(experiment: Experiment) -> list[str]:
    """Return the modules that the settings of an experiment name."""
    genome = experiment.config.genome
    wrappers = [str(wrapper["name"]) for wrapper in experiment.task.wrappers]
    parts = [name for _, name in named_parts(experiment)]
    return modules_of(experiment.task.environment, [*wrappers, *parts, genome.output_activation, *genome.activations])


def named_parts(experiment: Experiment) -> list[tuple[str, str]]:
    """Return the parts of a run that settings select from a registry: pairs of a setting and a name.

    The name of a user's own part has its module in front: ``module:name``.
    """
    config = experiment.config
    found = [("network.encoding", config.network.encoding), ("selection.method", config.selection.method)]
    found += [("search.method", config.search.method)]
    found += [("search.refine", config.search.refine)] if config.search.refine else []
    found += [("breeding.emitters", name) for name in config.breeding.emitters]
    found += [("mutation.own", name) for name in config.mutation.own]
    backend = experiment.run.backend
    return [*found, ("run.backend", backend)] if module_of(backend) else found


def write_origins(folder: Path, modules: Iterable[str]) -> None:
    """Write ``modules.json`` into a run's folder, if modules were found outside of installed packages."""
    from experiments.folder.files import explained, write_atomically

    folders = origins_of(modules)
    if not folders:
        return
    key = _key(make=True)
    with explained(folder, "write to"):
        text = json.dumps({"folders": folders, "seal": "" if key is None else _seal(folders, key)}, indent=1)
        write_atomically(folder / _NAME, text + "\n")


def recall(folder: Path) -> None:
    """Let Python search for modules where the run of a folder found them, before the current folder."""
    from experiments.folder.files import read_bounded

    path = folder / _NAME
    if not path.is_file():
        return
    try:
        data = json.loads(read_bounded(path, _LARGEST))
        folders, seal = {str(k): str(v) for k, v in data["folders"].items()}, str(data["seal"])
    except (RunDirectoryError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return  # it only helps to find modules; a missing module is reported when it is needed
    remember(folders)
    key = _key(make=False)
    if key is not None and hmac.compare_digest(seal.encode(), _seal(folders, key).encode()):
        for place in folders.values():
            if not is_run(Path(place)):
                offer(Path(place), first=True)
        open_offered()


def _seal(folders: dict[str, str], key: bytes) -> str:
    return hmac.new(key, json.dumps(folders, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def _key(*, make: bool) -> bytes | None:
    """Return this user's secret key; None if there is none, and none is created or can be."""
    import platformdirs

    root = os.environ.get("NEAT_ARENA_CACHE")
    path = (Path(root) if root else platformdirs.user_data_path("neat-arena")) / "seal.key"
    try:
        if make and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(number, "wb") as file:
                file.write(secrets.token_bytes(32))
        key = path.read_bytes()
    except OSError:
        return None
    return key if len(key) == 32 else None
