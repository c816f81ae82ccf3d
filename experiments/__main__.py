"""Entry point of the command `neat` (also ``python -m experiments``)."""

from __future__ import annotations

import sys

from experiments.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
