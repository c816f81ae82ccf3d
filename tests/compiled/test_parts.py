"""Kernels as parts of others: what they compute, that they get no machine code, and who compiles."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from neat.compiled.kernel import inlined, kernel
from neat.compiled.parts import TRIED

ROOT = Path(__file__).parents[2]


@inlined
def twice(x):
    return x * 2


@kernel
def rooted(x):
    if x < 0:
        raise ValueError("a negative number")
    room = np.zeros(2)
    room[1] = twice(x)
    return np.sqrt(room[0] + room[1])


@kernel
def total(values):
    found = 0.0
    for i in range(values.size):
        found += rooted(values[i]) + twice(values[i])
    return found


def plain(values):
    return sum(np.sqrt(2 * v) + 2 * v for v in values)


def test_a_kernel_of_kernels_computes_what_they_do():
    values = np.array([0.5, 3.0, 8.0])
    assert total(values) == pytest.approx(plain(values), rel=1e-15)
    with pytest.raises(ValueError, match="a negative number"):
        total(np.array([1.0, -1.0]))


@pytest.mark.skipif(numba.version_info.short != TRIED, reason="only with the version that was tried")
def test_a_part_has_machine_code_only_where_python_calls_it():
    assert total(np.array([2.0])) == plain([2.0])
    assert not rooted.overloads  # compiled into its caller, not for itself
    assert rooted(2.0) == 2.0
    assert len(rooted.overloads) == 1


SLOW = """
import sys
sys.path.insert(0, {root!r})
from neat.compiled.kernel import kernel

@kernel
def slow(a, b):
    found = 0.0
    for i in range(a.size):
        for k in range(b.size):
            found += a[i] * b[k] if a[i] > b[k] else a[i] - b[k]
    return found

if __name__ == "__main__":
    import numpy as np
    slow(np.ones(3), np.ones(3))
    print(sum(slow.stats.cache_misses.values()))
"""


def test_of_two_processes_one_compiles(tmp_path):
    script = tmp_path / "slowly.py"
    script.write_text(SLOW.format(root=str(ROOT)))
    environment = {**os.environ, "NEAT_ARENA_CACHE": str(tmp_path / "cache")}
    runs = [
        subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    counts = sorted(int(run.communicate(timeout=600)[0]) for run in runs)
    assert counts == [0, 1]
