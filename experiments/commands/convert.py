"""`neat convert`: a configuration file of neat-python as an experiment of this project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from experiments.commands import option

__all__ = ["command"]


def command(
    file: Positional[Annotated[Path, arg(metavar="FILE")]],
    *,
    out: Annotated[Path | None, option("FILE")] = None,
    environment: Annotated[str | None, option("ID")] = None,
) -> None:
    """Convert a neat-python configuration file to an experiment file (TOML).

    Options with another meaning here, and options without a counterpart, are listed in comments and on standard error.
    The comments at the top say what to change in a program.

    Args:
        file: The configuration file, often called config-feedforward.
        out: File to write, by default standard output. An existing file is not replaced.
        environment: The task: a Gymnasium id or a bundled task. It then sets the numbers of inputs and outputs.
    """
    from experiments.conversion.neat_python import convert
    from experiments.folder.toml import LARGEST_FILE
    from neat.errors import ConfigError

    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror or error}") from None
    done = convert(content, str(file), environment)
    if out is None:
        print(done.text, end="")
    else:
        try:
            with out.open("x", encoding="utf-8") as opened_text:
                opened_text.write(done.text)
        except OSError as error:
            raise ConfigError(f"cannot write {out}: {error.strerror or error}") from None
    told = [
        f"{len(done.carried)} options have the same meaning, {len(done.changed)} a different meaning, and "
        f"{len(done.left)} no counterpart"
    ]
    told += [f"  {name}: {how}" for name, how in {**done.changed, **done.left}.items()]
    print("\n".join(told), file=sys.stderr)
