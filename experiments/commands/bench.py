"""`neat bench`: measure the speed of this project, compared with other programs in the same run."""

from __future__ import annotations

from typing import Annotated

from tyro.conf import OmitArgPrefixes, OmitSubcommandPrefixes, configure, subcommand

from experiments.bench.options import (
    ActivationOptions,
    CartpoleOptions,
    Compared,
    DataOptions,
    DoublePoleOptions,
    HarnessOptions,
    HyperneatOptions,
    ScalingOptions,
    StartupOptions,
    StepOptions,
    WatchOptions,
    XorOptions,
)

__all__ = ["command"]

Benchmark = (
    Annotated[StepOptions, subcommand("step")]
    | Annotated[ActivationOptions, subcommand("activation")]
    | Annotated[CartpoleOptions, subcommand("cartpole")]
    | Annotated[XorOptions, subcommand("xor")]
    | Annotated[DoublePoleOptions, subcommand("double-pole")]
    | Annotated[ScalingOptions, subcommand("scaling")]
    | Annotated[HarnessOptions, subcommand("harness")]
    | Annotated[HyperneatOptions, subcommand("hyperneat")]
    | Annotated[DataOptions, subcommand("data")]
    | Annotated[WatchOptions, subcommand("watch")]
    | Annotated[StartupOptions, subcommand("startup")]
)

_MODULES = {
    StepOptions: "step",
    ActivationOptions: "activation",
    CartpoleOptions: "cartpole",
    XorOptions: "xor",
    DoublePoleOptions: "double_pole",
    ScalingOptions: "scaling",
    HarnessOptions: "harness",
    HyperneatOptions: "hyperneat",
    DataOptions: "data",
    WatchOptions: "watch",
    StartupOptions: "startup",
}
"""The module of `experiments.bench` for each kind of options, which its function ``measure`` takes."""


@configure(OmitArgPrefixes, OmitSubcommandPrefixes)
def command(benchmark: Benchmark) -> int:
    """Measure this project against alternatives: all programs take turns in one run, and results are ratios.

    Other programs (genoxide, neat-python) run in a separate virtual environment. The first benchmark that needs it
    creates it in the user's cache folder, which downloads them.

    Args:
        benchmark: What to measure.
    """
    import importlib
    import json
    import sys

    from rich.console import Console

    from experiments.bench.venv import is_ready
    from experiments.folder.files import finite

    if isinstance(benchmark, Compared) and not benchmark.without_peers and benchmark.peers is None and not is_ready():
        print("making a virtual environment for the other programs, some minutes …", file=sys.stderr, flush=True)
    report = importlib.import_module(f"experiments.bench.{_MODULES[type(benchmark)]}").measure(benchmark)
    if benchmark.json:
        print(json.dumps(finite(report.as_dict())))
    else:
        console = Console()
        report.show(console if console.is_terminal else Console(width=120))
    return 0
