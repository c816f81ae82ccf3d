"""One thread for linear algebra: for small perceptrons, a second thread costs more time than it saves.

On a busy machine OpenBLAS's threads wait for each other in busy loops; a 64-unit layer then takes ten times as long.
"""

from __future__ import annotations

import importlib
import os
import sys

__all__ = ["use_one_thread"]

_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_thread() -> None:
    """Let linear algebra of this process, and of those it starts, run on one thread, if the user has not chosen.

    Works best before NumPy is loaded; afterwards only where threadpoolctl is installed.
    """
    if any(name in os.environ for name in _VARIABLES):
        return
    for name in _VARIABLES:
        os.environ[name] = "1"
    if "numpy" in sys.modules:
        try:
            importlib.import_module("threadpoolctl").threadpool_limits(1)
        except ImportError:
            return
