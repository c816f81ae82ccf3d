"""What the program says about itself while it works, on standard error: ``--log-level`` of the commands that run."""

from __future__ import annotations

import logging
import sys

from neat.errors import ConfigError, did_you_mean

__all__ = ["LEVELS", "set_level"]

LEVELS = ("debug", "info", "warning", "error")
_ROOTS = ("neat", "environments", "experiments")


class _Handler(logging.Handler):
    """Writes to whatever standard error is at the moment: the live display puts itself in front of it."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)


def set_level(name: str) -> None:
    """Show messages of this level and above.

    Raises:
        ConfigError: No such level.
    """
    if name not in LEVELS:
        raise ConfigError(f"--log-level: expected one of {', '.join(LEVELS)}, got {name!r}{did_you_mean(name, LEVELS)}")
    handler = _Handler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    for root in _ROOTS:
        logger = logging.getLogger(root)
        logger.handlers = [handler]
        logger.setLevel(name.upper())
    if name == "warning":
        for quiet in ("neat.compiled.kernel", "neat.notes"):
            logging.getLogger(quiet).setLevel("ERROR")  # displays say themselves that machine code is made, and notes
