"""Separate states of the global random numbers for several players in one process."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

__all__ = ["Chances"]


class Chances:
    """A state of `random` and `numpy.random`, from which a user's games may draw."""

    def __init__(self) -> None:
        self.keep()

    def keep(self) -> None:
        """Store the current state."""
        self._python = random.getstate()
        self._numpy = np.random.get_state()  # noqa: NPY002 - the global state is meant

    def restore(self) -> None:
        """Set the global state to the stored one."""
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002

    @contextmanager
    def own(self) -> Iterator[None]:
        """Use the stored state inside the context, and store the new state at its end."""
        self.restore()
        try:
            yield
        finally:
            self.keep()
