"""Global random numbers of several players in one process: each goes on with its own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

__all__ = ["Chances"]


class Chances:
    """The state of `random` and `numpy.random`, from which games of one's own may draw."""

    def __init__(self) -> None:
        self.keep()

    def keep(self) -> None:
        """Remember the present state."""
        self._python = random.getstate()
        self._numpy = np.random.get_state()  # noqa: NPY002 - these are the numbers that are meant

    def restore(self) -> None:
        """Go back to what was remembered."""
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002

    @contextmanager
    def own(self) -> Iterator[None]:
        """Let what is done meanwhile draw from these numbers, and remember where it got to."""
        self.restore()
        try:
            yield
        finally:
            self.keep()
