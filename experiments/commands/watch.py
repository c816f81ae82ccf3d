"""`neat watch`: the whole population of a run plays in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from experiments.commands import open_in_browser, option

__all__ = ["command"]


def command(
    directory: Positional[Annotated[Path, arg(metavar="DIR")]],
    *,
    port: Annotated[int | None, option("N")] = None,
    open: bool = False,
) -> int:
    """Watch a run in the browser: its whole population plays at once, during the run or afterwards.

    The page is served on this machine only, at a secret address, until Ctrl-C. If you work over ssh,
    `ssh -L PORT:localhost:PORT HOST` makes the page available on your own machine. The run itself does not change. A
    run that was started with --watch stores more generations to watch.

    Args:
        directory: A run folder; the run may be running, finished or interrupted.
        port: Port of the page; by default the last one of this run, or any free port.
        open: Show the page in a browser.
    """
    from experiments.watching.address import Address
    from experiments.watching.process import draw_unseen, stand_back, watch_until
    from neat.errors import ConfigError, RunDirectoryError

    folder = directory.parent if directory.is_file() else directory
    if not (folder / "config.toml").is_file() and not (folder / "run.lock").is_file():
        raise RunDirectoryError(f"{folder}: expected the folder of a run, but it has no config.toml")
    if port is not None and not 0 < port < 65_536:
        raise ConfigError(f"--port: expected a number from 1 to 65535, got {port}")
    before = Address.read(folder)
    serves = before is not None and before.answers()
    address = before if before is not None and serves else Address.of(folder, port or 0)

    def tell(_: int) -> None:
        print(f"Watch {folder}: {address}", flush=True)
        if open:
            open_in_browser(str(address))

    if serves:
        tell(0)
        print("Another process serves it already.")
        return 0
    draw_unseen()

    def ready(port: int) -> None:
        tell(port)
        print("Ctrl-C ends it.", flush=True)
        stand_back()

    try:
        watch_until(folder, address, ready=ready)
    except KeyboardInterrupt:
        print()
    return 0
