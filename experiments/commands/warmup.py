"""`neat warmup`: compile in advance what targets need."""

from __future__ import annotations

from typing import Annotated

from tyro.conf import Positional, arg

__all__ = ["command"]

_GENERATIONS, _POPULATION = 2, 50


def command(targets: Positional[Annotated[tuple[str, ...], arg(metavar="[TARGET ...]")]] = ("CartPole-v1",)) -> None:
    """Compile now what targets need, into the cache: for container images, or before a course.

    Each target is run for two generations, verified and reported in a temporary folder. NEAT_ARENA_CACHE sets another
    cache folder than the user's.

    Args:
        targets: Gymnasium ids, bundled experiments, TOML files or your own games.
    """
    import contextlib
    import io
    import tempfile
    import time
    from pathlib import Path

    from experiments.commands.report import command as report
    from experiments.commands.run import experiment_from
    from experiments.loop.runner import run
    from neat.compiled.kernel import cache_root

    for target in targets:
        begin = time.perf_counter()
        experiment = experiment_from(
            target, generations=_GENERATIONS, population=_POPULATION, changes=("run.stop_when_solved=false",)
        )
        print(f"{target}: compiling …", flush=True)
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            run(experiment, out=Path(folder) / "run")
            report((Path(folder) / "run",))
        print(f"{target}: ready after {time.perf_counter() - begin:.1f} s")
    print(f"Machine code is kept in {cache_root()}")
