"""Example games for `neat new`, which copies a folder: the game, its experiment, a test and a README.

The games are plain classes (`environments.making.plain`), and import nothing from this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from neat.errors import ConfigError, did_you_mean

__all__ = ["TEMPLATES", "Template", "files_of", "folder_of", "write"]


@dataclass(frozen=True)
class Template:
    """An example game.

    Attributes:
        game: Name of its file.
        summary: A line about it.
    """

    game: str
    summary: str


TEMPLATES: Mapping[str, Template] = {
    "flappy": Template("flappy.py", "a bird flaps through the gaps of pipes"),
    "snake": Template("snake.py", "a snake eats apples and grows"),
    "cars": Template("cars.py", "a car with rangefinders laps tracks it has never seen"),
    "dino": Template("dino.py", "a dino jumps over cacti and ducks under birds"),
    "pygame": Template("my_game.py", "a pygame game with sprites and a loop, as a pattern for a game that you have"),
}


def files_of(name: str) -> dict[str, str]:
    """Return the texts of a template by the names of their files.

    Raises:
        ConfigError: There is no such template.
    """
    if name not in TEMPLATES:
        raise ConfigError(
            f"there is no template {name!r}{did_you_mean(name, TEMPLATES)}; there are {', '.join(TEMPLATES)}"
        )
    folder = resources.files("experiments.templates") / name
    names = (TEMPLATES[name].game, "experiment.toml", "test_game.py", "README.md")
    return {file: (folder / file).read_text(encoding="utf-8") for file in names}


def folder_of(name: str) -> str:
    """Return the default name of the folder of a template. It is never the name of an installed package.

    Raises:
        ConfigError: There is no such template.
    """
    files_of(name)
    return TEMPLATES[name].game.removesuffix(".py")


def write(name: str, folder: Path) -> list[Path]:
    """Write the files of a template into a folder, which is created if necessary. Existing files are never replaced.

    Returns:
        The paths of the files.

    Raises:
        ConfigError: There is no such template, one of the files exists already, or they cannot be written.
    """
    texts = {folder / file: text for file, text in files_of(name).items()}
    if there := [path.name for path in texts if path.exists()]:
        raise ConfigError(f"{folder} has {', '.join(there)} already, and files are not replaced: name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise ConfigError(f"cannot write into {folder}: {error.strerror or error}") from None
    return list(texts)
