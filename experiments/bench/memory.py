"""The peak memory of one population: the program that `experiments.bench.alone` starts in a process of its own.

It measures the peak resident size of the process, since Python's own tracing does not see memory of compiled code.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from experiments.bench.options import StepOptions
from experiments.bench.step import OurStep, find_threshold

__all__ = ["peak_bytes"]


def peak_bytes() -> int:
    """Return the peak resident size of this process in bytes; 0 if the system does not report it."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def _measure(size: int, near: float | None, **settings: Any) -> dict[str, Any]:
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
