"""Log messages on standard error, for the option ``--log-level``."""

from __future__ import annotations

import logging
import sys

from neat.errors import ConfigError, did_you_mean

__all__ = ["LEVELS", "set_level"]

LEVELS = ("debug", "info", "warning", "error")
_ROOTS = ("neat", "environments", "experiments")


class _Handler(logging.Handler):
    """Writes to the current standard error, which the live display replaces."""

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
            logging.getLogger(quiet).setLevel("ERROR")  # the displays show these messages themselves
