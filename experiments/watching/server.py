"""The server of the watch page: on this machine only, with a secret address and a limited number of connections.

A request is refused if its ``Host`` is not this machine (such as a foreign name that points here), if its ``Origin`` is
another page, or if its path does not begin with the token. A browser that receives messages too slowly misses pictures;
the server does not wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import re
import socket
import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Protocol

from experiments.display.page import LIVE
from experiments.watching.following import Follower
from experiments.watching.show import Show, Tell
from neat.errors import ConfigError, MissingExtraError

__all__ = ["MOST_CONNECTIONS", "MOST_WATCHERS", "PARTS", "Player", "page_file", "serve", "serve_page"]

_log = logging.getLogger(__name__)
MOST_CONNECTIONS, MOST_WATCHERS = 32, 8
"""Maximum number of connections at a time, and of open pages among them."""
_LARGEST_ORDER = 2_048
"""Maximum size of a message from a page, in bytes."""
_ORDERS_A_SECOND = 60
_HERE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.ASCII)
_HELD_BACK = 1 << 20
"""A page with more unsent bytes than this gets no further pictures until they are sent."""
_PAGES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "watch.css": ("watch.css", "text/css; charset=utf-8"),
    "watch.js": ("watch.js", "text/javascript; charset=utf-8"),
    "scenes.js": ("scenes.js", "text/javascript; charset=utf-8"),
    "charts.js": ("charts.js", "text/javascript; charset=utf-8"),
}
PARTS = tuple(file for file, _ in _PAGES.values())
"""Files of the page."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    f"{LIVE}"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def page_file(name: str) -> bytes:
    """Return a file of the page. Its colours are those of all other drawings."""
    content = files("experiments.watching").joinpath("page", name).read_bytes()
    if name == "watch.css":
        from neat.visualize.svg import theme_css
        from neat.visualize.theme import DARK, LIGHT

        own = ["".join(f"--s{i}:{colour};" for i, colour in enumerate(theme.cycle)) for theme in (LIGHT, DARK)]
        fields = "#fbfbf9", "#1a1f26"
        light, dark = (f":root{{{rules}--field:{field}}}" for rules, field in zip(own, fields, strict=True))
        colours = f"{theme_css()}{light}@media(prefers-color-scheme:dark){{{dark}}}\n"
        return colours.encode() + content
    return content


class Player(Protocol):
    """The program behind a page, such as `Show`: it sends messages to the page, and receives the page's orders."""

    def start(self) -> None:
        """Begin to send messages, on a thread of its own."""

    def order(self, order: dict[str, Any]) -> None:
        """Receive an order of a page. It may be invalid, and comes from another thread."""

    def stop(self) -> None:
        """End the thread."""


class _Watcher:
    """An open page, and the messages to be sent to it: the newest of each topic."""

    def __init__(self) -> None:
        self.waiting: dict[str, str | bytes] = {}
        self.news = asyncio.Event()
        self.orders, self.since = 0, time.monotonic()

    def put(self, topic: str, message: str | bytes) -> None:
        self.waiting.pop(topic, None)  # then append: a frame belongs to the generation that was sent before it
        self.waiting[topic] = message
        self.news.set()

    def busy(self) -> bool:
        """Count an order, and return whether there are too many per second."""
        now = time.monotonic()
        if now - self.since > 1.0:
            self.orders, self.since = 0, now
        self.orders += 1
        return self.orders > _ORDERS_A_SECOND


class _Hall:
    """All open pages, and the newest message of each topic."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.watchers: set[_Watcher] = set()
        self.last: dict[str, str | bytes] = {}
        self.connections = 0

    def tell(self, topic: str, message: str | bytes) -> None:
        if topic == "generation":
            self.last.pop("frame", None)  # it belongs to another generation
        self.last.pop(topic, None)
        self.last[topic] = message
        for watcher in self.watchers:
            watcher.put(topic, message)


async def serve(
    follower: Follower, token: str, port: int, *, ended: asyncio.Event, ready: Any = None, host: str = "127.0.0.1"
) -> None:
    """Serve the watch page of the run whose folder ``follower`` reads; see `serve_page` for the other arguments."""

    def part(name: str) -> tuple[bytes, str] | None:
        if name not in _PAGES:
            return None
        file, kind = _PAGES[name]
        return page_file(file), kind

    await serve_page(
        lambda tell, watched: Show(follower, tell, watched), part, token, port, ended=ended, ready=ready, host=host
    )


async def serve_page(
    make: Callable[[Tell, Callable[[], bool]], Player],
    part: Callable[[str], tuple[bytes, str] | None],
    token: str,
    port: int,
    *,
    ended: asyncio.Event,
    ready: Any = None,
    host: str = "127.0.0.1",
    policy: str = _POLICY,
) -> None:
    """Serve a page until ``ended`` is set.

    Args:
        make: Creates the program behind the page from two functions: one that sends a message to all open pages, and
            one that returns whether a page is open.
        part: Returns a file of the page and its media type by name; None if there is no such file.
        token: The first part of all paths.
        port: The port; 0 for any free port.
        ended: Serving ends when this is set.
        ready: Called with the port when the page is served.
        host: The address to listen on.
        policy: The Content-Security-Policy: what the browser may load.

    Raises:
        ConfigError: The port is taken.
        MissingExtraError: websockets is not installed.
    """
    try:
        from websockets.asyncio.server import ServerConnection
        from websockets.asyncio.server import serve as listen
        from websockets.datastructures import Headers
        from websockets.exceptions import ConnectionClosed
        from websockets.http11 import Request, Response
    except ImportError as error:
        raise MissingExtraError("the page needs a package that is not installed: pip install websockets") from error

    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # it logs every refused connection
    hall, loop = _Hall(token), asyncio.get_running_loop()

    class Connection(ServerConnection):
        """One connection; those beyond the limit are closed at once."""

        counted = False

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if hall.connections >= MOST_CONNECTIONS:
                transport.abort()
                return
            hall.connections += 1
            self.counted = True

        def connection_lost(self, exc: Exception | None) -> None:
            if self.counted:
                hall.connections -= 1
                self.counted = False
            super().connection_lost(exc)

    def answer(status: int, reason: str, body: bytes, kind: str = "text/plain; charset=utf-8") -> Response:
        own = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
        headers = Headers({**_HEADERS, "Content-Security-Policy": policy, **own})
        return Response(status, reason, headers, body)

    def admit(connection: ServerConnection, request: Request) -> Response | None:
        """Return the response to a request for a file; None accepts a page's connection for messages."""
        hosts = request.headers.get_all("Host")
        if len(hosts) != 1 or not _HERE.fullmatch(hosts[0]):
            return answer(403, "Forbidden", b"this page is only for browsers on this machine\n")
        origins = request.headers.get_all("Origin")
        if origins and origins != [f"http://{hosts[0]}"]:
            return answer(403, "Forbidden", b"other pages may not read this page\n")
        parts = request.path.split("?")[0].split("/")
        if len(parts) < 3 or parts[0] or not hmac.compare_digest(parts[1].encode(), hall.token.encode()):
            return answer(404, "Not Found", b"not found: the address has a secret token; copy it from the terminal\n")
        name = "/".join(parts[2:])
        if name == "live":
            if "Upgrade" not in request.headers:
                return answer(426, "Upgrade Required", b"this address is for the messages of the page\n")
            if len(hall.watchers) >= MOST_WATCHERS:
                return answer(503, "Service Unavailable", b"too many pages are open\n")
            return None
        found = part(name)
        if found is None:
            return answer(404, "Not Found", b"the page has no such file\n")
        return answer(200, "OK", *found)

    async def send(connection: ServerConnection, watcher: _Watcher) -> None:
        while True:
            await watcher.news.wait()
            watcher.news.clear()
            while watcher.waiting:
                topic = next(iter(watcher.waiting))
                message = watcher.waiting.pop(topic)
                if topic == "frame" and connection.transport.get_write_buffer_size() > _HELD_BACK:
                    continue
                await connection.send(message)

    async def watch(connection: ServerConnection) -> None:
        if len(hall.watchers) >= MOST_WATCHERS:
            await connection.close(1013, "too many pages are open")
            return
        watcher = _Watcher()
        for topic, message in hall.last.items():
            watcher.put(topic, message)
        hall.watchers.add(watcher)
        sending = asyncio.create_task(send(connection, watcher))
        try:
            async for message in connection:
                if watcher.busy():
                    await connection.close(1008, "too many messages")
                    return
                with contextlib.suppress(ValueError, RecursionError):
                    order = json.loads(message)
                    if isinstance(order, dict):
                        player.order(order)
        except ConnectionClosed:
            pass
        finally:
            hall.watchers.discard(watcher)
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await sending

    def tell(topic: str, message: str | bytes) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(hall.tell, topic, message)

    player = make(tell, lambda: bool(hall.watchers))
    try:
        server = await listen(
            watch,
            host,
            port,
            family=socket.AF_INET,
            process_request=admit,
            create_connection=Connection,
            compression=None,
            max_size=_LARGEST_ORDER,
            max_queue=8,
            open_timeout=5,
            close_timeout=2,
            server_header=None,
            backlog=MOST_CONNECTIONS,
        )
    except OSError as error:
        raise ConfigError(f"--port {port}: the page cannot be served there ({error.strerror or error})") from None
    player.start()
    try:
        if ready is not None:
            ready(server.sockets[0].getsockname()[1])
        await ended.wait()
    finally:
        player.stop()
        server.close()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 3)
