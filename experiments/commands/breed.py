"""`neat breed`: pictures in the browser, bred by who looks at them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from experiments.commands import option

__all__ = ["command"]


def command(
    picture: Positional[Annotated[Path | None, arg(metavar="[FILE]", help_behavior_hint="")]] = None,
    *,
    out: Annotated[Path, option("DIR")] = Path("pictures"),
    seed: Annotated[int, option("N")] = 0,
    port: Annotated[int | None, option("N")] = None,
    open: bool = False,
) -> int:
    """Breed pictures in the browser: choose those that you like, and they have children.

    Each picture is painted by a small network, a CPPN, which is asked for the colour of every place; children are made
    by NEAT's crossover and mutation. The page is served on this machine alone, at an address that nobody can guess,
    until Ctrl-C. A picture that is saved becomes a PNG, with its genome beside it: a file for `neat draw`, and for
    this command to go on from.

    Args:
        picture: Go on from a genome that was saved; by default from new pictures.
        out: Where pictures are saved.
        seed: Of all random numbers: the same seed and the same choices give the same pictures.
        port: Where to serve the page; by default any free port.
        open: Show it in a browser.
    """
    import webbrowser

    from experiments.breed.serving import serve_until
    from experiments.folder.champion import Champion
    from neat.errors import ConfigError

    if port is not None and not 0 < port < 65_536:
        raise ConfigError(f"--port: expected a number from 1 to 65535, got {port}")
    if not 0 <= seed < 2**62:
        raise ConfigError(f"--seed: expected a number from 0 to 2**62 - 1, got {seed}")
    first = None if picture is None else Champion.read(picture).genome

    def tell(address: str) -> None:
        print(f"Breed pictures: {address}\nCtrl-C ends it.", flush=True)
        if open:
            webbrowser.open(address)

    try:
        serve_until(out, seed, first, port=port or 0, ready=tell)
    except KeyboardInterrupt:
        print()
    return 0
