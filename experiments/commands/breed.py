"""`neat breed`: breed pictures in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from experiments.commands import open_in_browser, option

__all__ = ["command"]


def command(
    picture: Positional[Annotated[Path | None, arg(metavar="[FILE]", help_behavior_hint="")]] = None,
    *,
    out: Annotated[Path, option("DIR")] = Path("pictures"),
    seed: Annotated[int, option("N")] = 0,
    port: Annotated[int | None, option("N")] = None,
    open: bool = False,
) -> int:
    """Breed pictures in the browser: choose the pictures that you like, and they become the parents of the next ones.

    Each picture is painted by a small network, a CPPN, which gives the colour of every point. NEAT's crossover and
    mutation make the children. The page is served on this machine only, at a secret address, until Ctrl-C. A saved
    picture is a PNG file and its genome, a JSON file. `neat draw` draws the genome, and this command can continue with
    it.

    Args:
        picture: Genome of a saved picture to continue with; by default, the first pictures are random.
        out: Folder for saved pictures.
        seed: Random seed. The same seed and the same choices give the same pictures.
        port: Port of the page; by default any free port.
        open: Show the page in a browser.
    """
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
            open_in_browser(address)

    try:
        serve_until(out, seed, first, port=port or 0, ready=tell)
    except KeyboardInterrupt:
        print()
    return 0
