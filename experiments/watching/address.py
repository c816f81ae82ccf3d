"""The address of the watch page of a run. It is stored in the run folder, so that a page finds a restarted server."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

import msgspec

from experiments.folder.files import AnyPath, explained
from experiments.watching.snapshots import FOLDER

__all__ = ["Address"]

_NAME = "address.json"


class _File(msgspec.Struct):
    port: int
    token: str


@dataclass(frozen=True)
class Address:
    """The address of a watch page: a port of this machine, and a secret token with which all paths begin."""

    port: int
    token: str

    def __str__(self) -> str:
        return f"http://127.0.0.1:{self.port}/{self.token}/"

    @classmethod
    def of(cls, folder: AnyPath, port: int = 0) -> Address:
        """Return the address for a run folder, and store it there.

        The token, and the port if it is free, are those of the stored address, if there is one.

        Args:
            folder: The run folder.
            port: The port; 0 for the stored one or any free one.

        Raises:
            RunDirectoryError: The folder cannot be written.
        """
        before = cls.read(folder)
        token = secrets.token_urlsafe(18) if before is None else before.token
        if not port and before is not None and _is_free(before.port):
            port = before.port
        made = cls(port or _free_port(), token)
        made.write(folder)
        return made

    @classmethod
    def read(cls, folder: AnyPath) -> Address | None:
        """Return the address stored in a run folder, or None if there is none."""
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            content = (Path(folder) / FOLDER / _NAME).read_bytes()[:1_000]
            found = msgspec.json.decode(content, type=_File)
            if 0 < found.port < 65_536 and 16 <= len(found.token) <= 64 and found.token.replace("-", "a").isascii():
                return cls(found.port, found.token)
        return None

    def write(self, folder: AnyPath) -> None:
        """Store the address in a run folder; only the owner of the folder can read it.

        Raises:
            RunDirectoryError: The folder cannot be written.
        """
        path = Path(folder) / FOLDER / _NAME
        with explained(path, "write to"):
            path.parent.mkdir(exist_ok=True)
            partial = path.with_name(f".{_NAME}.{os.getpid()}.part")
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump({"port": self.port, "token": self.token}, file)
            partial.replace(path)

    def answers(self) -> bool:
        """Return whether the page is served at this address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", f"/{self.token}/")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
