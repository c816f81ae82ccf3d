"""Makes the server of worker processes ignore Ctrl-C while it loads modules; the main process ends the server.

It is loaded first. Python's own server also ignores the signal, but only after everything is loaded.
"""

from __future__ import annotations

import signal

__all__: list[str] = []

signal.signal(signal.SIGINT, signal.SIG_IGN)
