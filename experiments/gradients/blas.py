"""One thread for linear algebra. For small perceptrons, a second thread costs more time than it saves.

OpenBLAS's threads wait for each other in busy loops. On a busy machine, a layer of 64 units then takes ten times as
long.
"""

from __future__ import annotations

import importlib
import os
import sys

__all__ = ["use_one_thread"]

_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_thread() -> None:
    """Limit linear algebra in this process and its child processes to one thread, unless the user set a number.

    Call it before NumPy is loaded; afterwards it affects this process only if threadpoolctl is installed.
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
