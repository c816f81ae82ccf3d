"""`neat new`: a folder with an example game."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

__all__ = ["command"]


def command(
    template: Positional[Annotated[str | None, arg(metavar="[TEMPLATE]", help_behavior_hint="")]] = None,
    folder: Positional[Annotated[Path | None, arg(metavar="[FOLDER]", help_behavior_hint="")]] = None,
) -> None:
    """Write an example game: its file, an experiment, a test and a README. Existing files are never replaced.

    Args:
        template: The game; without it, all games are listed.
        folder: Folder to write; by default a new folder with the game's name (for pygame: my_game).
    """
    from experiments.templates import TEMPLATES, folder_of, write

    if template is None:
        width = max(map(len, TEMPLATES))
        for name, known in TEMPLATES.items():
            print(f"{name:<{width}}  {known.summary}")
        print("\nneat new NAME writes one into a new folder.")
        return
    into = Path(folder_of(template)) if folder is None else folder
    files = write(template, into)
    game = TEMPLATES[template].game
    print(f"wrote {', '.join(path.name for path in files)} into {into}")
    lines = {
        f"cd {shlex.quote(str(into))}": "",
        f"python {game}": "play it yourself",
        "neat run experiment.toml": "evolve networks that play it",
    }
    width = max(map(len, lines))
    print("\n".join(f"    {line:<{width}}   {what}".rstrip() for line, what in lines.items()))
