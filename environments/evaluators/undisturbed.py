"""Loaded first by the server of worker processes: a Ctrl-C while it loads is for the main process, which ends it.

Python's own server ignores the signal too, but only once everything is loaded.
"""

from __future__ import annotations

import signal

__all__: list[str] = []

signal.signal(signal.SIGINT, signal.SIG_IGN)
