"""The virtual environment of the other programs, and the processes that run them.

neat-python is also imported as `neat`, so it needs an environment of its own, which is created once in the user's cache
folder. A peer is a script in the folder ``peers``. It reads requests as JSON, one object per line, and answers each
with one line. It keeps running between requests, so that programs can take turns.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import platformdirs

from neat.errors import NeatError

__all__ = ["REQUIREMENTS", "Peer", "PeerError", "is_ready", "peer_python", "peers"]

REQUIREMENTS = ("neat-python==2.0.0", "genoxide==0.13.1", f"gymnasium=={version('gymnasium')}")
"""The packages installed there. Gymnasium has the same version as here, so that both play the same games."""
_SCRIPTS = Path(__file__).parent / "peers"
_INSTALL_TIME_LIMIT = 900.0
_FINISHED = "installed"


class PeerError(NeatError, RuntimeError):
    """Another program that a benchmark compares with cannot be installed, or failed."""


def peer_python(folder: Path | None = None) -> Path:
    """Return the Python of the peers' virtual environment, which is created if it does not exist.

    Args:
        folder: A virtual environment that has the peers already; by default the one in the cache folder.

    Raises:
        PeerError: The folder has no virtual environment, or it cannot be created.
    """
    if folder is not None:
        python = _python_of(folder)
        if not python.exists():
            raise PeerError(f"--peers: expected a virtual environment, {folder} has no {python.relative_to(folder)}")
        return python
    place = _place()
    if not is_ready():
        _call(sys.executable, "-m", "venv", "--clear", str(place))
        _call(str(_python_of(place)), "-m", "pip", "install", "--quiet", "--only-binary=:all:", *REQUIREMENTS)
        (place / _FINISHED).touch()
    return _python_of(place)


def is_ready() -> bool:
    """Return whether the peers' environment exists already (creating it downloads some packages)."""
    return (_place() / _FINISHED).exists()


def _place() -> Path:
    """Return the folder of the environment; its name depends on the packages in it."""
    key = hashlib.sha256(" ".join((sys.version, *REQUIREMENTS)).encode()).hexdigest()[:12]
    return platformdirs.user_cache_path("neat-arena-peers") / key


def _python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _call(*words: str) -> None:
    environment = _clean_environment()
    try:
        done = subprocess.run(
            words, env=environment, capture_output=True, text=True, timeout=_INSTALL_TIME_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerError(f"the peers' virtual environment cannot be created: {error}") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise PeerError(
            f"the peers' virtual environment cannot be created: `{' '.join(words)}` ended with {lines[-1]!r}; "
            "--without-peers measures this project alone"
        )


def _clean_environment() -> dict[str, str]:
    """Return the environment variables of this process, without those that would make this project's `neat` visible."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}


class Peer:
    """A running script that controls another program; a context manager that ends the process."""

    def __init__(self, python: Path, script: str) -> None:
        """Start the script.

        Args:
            python: Python of the peers' virtual environment.
            script: Name of a file in the folder ``peers``.

        Raises:
            PeerError: The script does not start.
        """
        self.name = script
        # -E and -s: without PYTHONPATH and the user's own packages; the script's folder is the first on the path.
        self._process = subprocess.Popen(
            [str(python), "-E", "-s", str(_SCRIPTS / f"{script}.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_SCRIPTS,
            env=_clean_environment(),
            text=True,
            encoding="utf-8",
        )
        try:
            self.version = str(self.ask("version")["version"])
        except PeerError:
            self.close()
            raise

    def ask(self, request: str, **arguments: Any) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Raises:
            PeerError: The script ended, or reports an error.
        """
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        if pipe_in is None or pipe_out is None:
            raise PeerError(f"{self.name} has no pipes")
        try:
            pipe_in.write(json.dumps({"request": request, **arguments}) + "\n")
            pipe_in.flush()
            line = pipe_out.readline()
        except OSError as error:
            raise PeerError(f"{self.name} ended: {error}") from error
        if not line:
            code = self._process.wait()
            raise PeerError(f"{self.name} ended with exit code {code} at the request {request!r}")
        answer = json.loads(line)
        if not isinstance(answer, dict) or "error" in answer:
            raise PeerError(f"{self.name} failed at the request {request!r}: {answer}")
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@contextlib.contextmanager
def peers(names: Sequence[str], *, folder: Path | None, without: bool) -> Iterator[dict[str, Peer]]:
    """Start the named scripts, and end them afterwards.

    Args:
        names: Names of the programs, which have scripts in the folder ``peers``.
        folder: A virtual environment that has the peers already.
        without: Start no script; this project is measured alone.

    Raises:
        PeerError: A script does not start.
    """
    with contextlib.ExitStack() as stack:
        found: dict[str, Peer] = {}
        if not without:
            python = peer_python(folder)
            for name in names:
                found[name] = stack.enter_context(Peer(python, f"{name.replace('-', '_')}_peer"))
        yield found
