"""``python -m neat``: the command `neat` of the installed package."""

from __future__ import annotations

import sys
from importlib import metadata

__all__ = ["main"]


def main() -> int:
    """Run the command `neat` with this process's arguments, and return its exit code."""
    try:
        scripts = metadata.distribution("neat-arena").entry_points.select(group="console_scripts", name="neat")
        entry = next(iter(scripts))
    except (metadata.PackageNotFoundError, StopIteration):
        print(
            "error: neat-arena is not installed here, so there is no command `neat`: pip install . (in the "
            "project's folder python -m experiments does the same)",
            file=sys.stderr,
        )
        return 2
    return int(entry.load()() or 0)


if __name__ == "__main__":
    sys.exit(main())
