"""A benchmark of one population in a process of its own, to measure its peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from experiments.bench.options import StepOptions
from neat.errors import EvaluationError

__all__ = ["population_alone"]


def population_alone(options: StepOptions, size: int, *, near: float | None) -> dict[str, Any]:
    """Time a few generations of one population in a process of its own.

    Args:
        options: Seed, threads, species and warm-up.
        size: Number of genomes.
        near: The compatibility threshold for the number of species at another size.

    Returns:
        ``seconds`` (a list), ``genes``, ``species``, ``peak_bytes`` and ``start_bytes``.

    Raises:
        EvaluationError: The process failed.
    """
    words = {
        "size": size, "near": near, "species": options.species, "warm_up": options.warm_up,
        "threads": options.threads, "seed": options.seed,
    }  # fmt: skip
    call = [sys.executable, "-m", "experiments.bench.memory", json.dumps(words)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise EvaluationError(f"the process with a population of {size:,} failed: {lines[-1]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
