"""The search for users' modules: games, wrappers and functions named in settings as ``module:Name``.

The offered folders are the current one, that of an experiment file, and the one in which a run found its game. They
come last on Python's path, and are added only when a name requires it. So files in a user's folder cannot replace
modules of this project.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from neat.errors import ConfigError, MissingExtraError

__all__ = ["hidden", "import_attribute", "import_own", "modules_of", "offer", "open_offered", "origins_of", "remember"]

_offered: list[Path] = []
_opened: set[str] = set()
"""Offered folders that have been added to ``sys.path``."""
_remembered: dict[str, str] = {}


def offer(folder: Path, *, first: bool = False) -> None:
    """Offer a folder in which users' modules may be searched.

    Args:
        folder: The folder.
        first: Whether it is searched before the folders offered so far, otherwise after them.
    """
    try:
        folder = folder.resolve()
    except OSError:
        return  # for example, the current folder was deleted
    if folder in _offered:
        _offered.remove(folder)
    _offered.insert(0 if first else len(_offered), folder)


def remember(folders: Mapping[str, str]) -> None:
    """Store the folders in which a run found its modules, for messages only: nothing is imported from there.

    Args:
        folders: Folder of each module, by the module's name.
    """
    _remembered.update(folders)


def open_offered() -> None:
    """Add the offered folders to the end of Python's path."""
    offered = [str(folder) for folder in _offered]
    added = _opened & set(sys.path)
    new = [folder for folder in offered if folder in added or folder not in sys.path]
    if not added.issuperset(new):
        sys.path[:] = [folder for folder in sys.path if folder not in added] + new
        _opened.update(new)
        importlib.invalidate_caches()


def import_own(name: str, setting: str) -> ModuleType:
    """Import a user's module. Messages about its errors contain file and line.

    Args:
        name: Name of the module.
        setting: The setting that contains the name, for messages.

    Raises:
        ConfigError: The module does not exist, or raises an exception.
        MissingExtraError: The module imports a package that is not installed.
    """
    from environments.making.blame import reason, seed_globals

    if name in sys.modules:
        return sys.modules[name]
    open_offered()
    seed_globals(0)  # so that random numbers during the import are the same in every process
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and (missing == name or name.startswith(f"{missing}.")):
            raise ConfigError(f"{setting}: the module {name!r} cannot be imported: {_nowhere(name)}") from error
        if missing is not None and missing.partition(".")[0] != name.partition(".")[0]:
            raise MissingExtraError(
                f"{setting}: the module {name!r} cannot be imported: it needs {missing!r}, which is not installed "
                f"({reason(error)})"
            ) from error
        raise ConfigError(f"{setting}: the module {name!r} cannot be imported: it {reason(error)}") from error


def import_attribute(path: str, setting: str) -> Any:
    """Return the object that ``module:Name`` refers to.

    Raises:
        ConfigError: The module does not exist, or does not contain this name.
        MissingExtraError: The module imports a package that is not installed.
    """
    name, _, attribute = path.partition(":")
    module = import_own(name, setting)
    try:
        return getattr(module, attribute)
    except AttributeError as error:
        where = hidden(name) or f"{_file(module)} has no {attribute!r}"
        raise ConfigError(f"{setting}: {path!r} cannot be imported: {where}") from error


def hidden(name: str) -> str:
    """Return a message if another module hides a user's file or folder with the same name, else an empty string."""
    top = name.partition(".")[0]
    found = sys.modules.get(top)
    if found is None:
        try:
            spec = importlib.util.find_spec(top)
        except (ImportError, ValueError):
            return ""
        places = [] if spec is None else [spec.origin or "", *(spec.submodule_search_locations or ())]
    else:
        places = [getattr(found, "__file__", None) or "", *getattr(found, "__path__", ())]
    for folder in _offered:
        for own in (folder / f"{top}.py", folder / top):
            inside = any(place and (Path(place) == own or own in Path(place).parents) for place in places)
            if own.exists() and places and not inside:
                return f"{own} is hidden by another module of that name ({_shown(places)}): rename it"
    return ""


def modules_of(environment: str, others: Iterable[str]) -> list[str]:
    """Return the modules in settings of the form ``module:Name``.

    Args:
        environment: ``task.environment``.
        others: Names of wrappers and activation functions.
    """
    named = [environment.rpartition(":")[0], *(other.partition(":")[0] for other in others if ":" in other)]
    return list(dict.fromkeys(name for name in named if name))


def origins_of(modules: Iterable[str]) -> dict[str, str]:
    """Return the folders in which imported modules were found, by module name, without installed packages."""
    found = {}
    for name in modules:
        top = sys.modules.get(name.partition(".")[0])
        place = getattr(top, "__file__", None) or next(iter(getattr(top, "__path__", ())), None)
        if top is None or place is None:
            continue
        path = Path(place).resolve()
        folder = path.parents[1] if path.name == "__init__.py" else path.parent
        installed = {"site-packages", "dist-packages"} & set(folder.parts)
        if not installed and Path(importlib.__file__).resolve().parents[1] not in (folder, *folder.parents):
            found[name] = str(folder)
    return found


def _nowhere(name: str) -> str:
    """Return the reason why a module was not found, and the likely fix."""
    if obstacle := hidden(name):
        return obstacle
    file = f"{name.replace('.', '/')}.py"
    if name in _remembered:
        folder = Path(_remembered[name])
        if not (folder / file).is_file() and not (folder / name.replace(".", "/")).is_dir():
            return (
                f"the run was made with {folder / file}, which is missing; put the file back, or set PYTHONPATH to the "
                "folder that holds it now"
            )
        if folder not in _offered:
            return f"the run was made with {folder / file}; if you trust that file, set PYTHONPATH to its folder"
    looked = " or ".join(str(folder) for folder in _offered)
    where = f"there is no {file} in {looked}" if looked else f"Python does not find {file}"
    return f"{where}; go to the folder that holds it, or set PYTHONPATH to that folder"


def _file(module: ModuleType) -> str:
    return str(getattr(module, "__file__", None) or module.__name__)


def _shown(places: list[str]) -> str:
    return next(place for place in places if place)
