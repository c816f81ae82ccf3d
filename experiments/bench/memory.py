"""One population in a process of its own, so that its peak memory can be told from that of others.

The process is asked for its peak resident size: compiled code allocates where Python's own tracing does not look.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from neat.errors import EvaluationError

if TYPE_CHECKING:
    from experiments.bench.options import StepOptions

__all__ = ["peak_bytes", "population_alone"]


def peak_bytes() -> int:
    """Return the largest resident size this process has had, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def population_alone(options: StepOptions, size: int, *, near: float | None) -> dict[str, Any]:
    """Time a few generations of one population in a process of its own.

    Args:
        options: Seed, threads, species and warm-up.
        size: Genomes.
        near: A compatibility threshold that gave the number of species at another size.

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
        raise EvaluationError(f"a population of {size:,} in a process of its own failed: {lines[-1]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure(size: int, near: float | None, **settings: Any) -> dict[str, Any]:
    from experiments.bench.options import StepOptions
    from experiments.bench.step import OurStep, find_threshold

    options = StepOptions(**settings)
    OurStep(options, 150, near or 1.0).generation()  # load the machine code
    start = peak_bytes()
    ours = OurStep(options, size, find_threshold(options, size, near=near))
    samples = ours.turn(options.warm_up)
    return {
        "population": size,
        "seconds": [sample.seconds for sample in samples],
        "genes": sum(sample.genes for sample in samples) / len(samples),
        "species": sorted(sample.species for sample in samples)[len(samples) // 2],
        "peak_bytes": peak_bytes(),
        "start_bytes": start,
    }


if __name__ == "__main__":
    print(json.dumps(_measure(**json.loads(sys.argv[1]))))
