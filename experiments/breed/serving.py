"""Serving the page of `neat breed` by the server of `neat watch`: on this machine only, at a secret address."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from experiments.breed.breeder import Breeder
from experiments.breed.nursery import Nursery
from experiments.breed.page import document
from experiments.display.page import policy
from experiments.watching.address import Address
from experiments.watching.server import serve_page
from neat.genes.table import Genome

__all__ = ["COUNT", "serve_until"]

COUNT = 12
"""Number of pictures in a generation."""


def serve_until(
    folder: Path,
    seed: int,
    first: Genome | None = None,
    *,
    port: int = 0,
    ended: threading.Event | None = None,
    ready: Callable[[str], None],
) -> None:
    """Serve the page of `neat breed`.

    Args:
        folder: Folder for saved pictures.
        seed: Random seed.
        first: The parent of the first generation; by default the first pictures are random.
        port: The port; 0 for any free port.
        ended: The page is served until this is set; by default until the process ends.
        ready: Called with the address when the page is served.

    Raises:
        ConfigError: The port is taken.
        GenomeError: ``first`` is not the genome of a picture.
        MissingExtraError: websockets is not installed.
    """
    nursery, token = Nursery(COUNT, seed, first), secrets.token_urlsafe(18)
    whole = document(COUNT).encode()

    async def main() -> None:
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        if ended is not None:
            threading.Thread(target=lambda: (ended.wait(), loop.call_soon_threadsafe(over.set)), daemon=True).start()
        await serve_page(
            lambda tell, _: Breeder(nursery, folder, seed, tell),
            lambda name: (whole, "text/html; charset=utf-8") if name == "" else None,
            token,
            port,
            ended=over,
            ready=lambda at: ready(str(Address(at, token))),
            policy=policy(live=True),
        )

    asyncio.run(main())
