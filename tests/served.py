"""A run's page, served by a thread of the test."""

from __future__ import annotations

import asyncio
import http.client
import threading
from contextlib import contextmanager
from pathlib import Path

from experiments.watching.following import Follower
from experiments.watching.server import serve

TOKEN = "a-token-of-the-tests-only"


@contextmanager
def served(folder: Path, port: int = 0, token: str = TOKEN):
    """Serve the page about a folder; give the port."""
    over, ready, found = [], threading.Event(), []

    async def main() -> None:
        ended = asyncio.Event()
        over.append((asyncio.get_running_loop(), ended))

        def listening(at: int) -> None:
            found.append(at)
            ready.set()

        await serve(Follower(folder), token, port, ended=ended, ready=listening)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    try:
        assert ready.wait(20)
        yield found[0]
    finally:
        loop, ended = over[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)


def asked(port: int, path: str, **headers: str) -> int:
    """Return the status that a request is answered with."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()
