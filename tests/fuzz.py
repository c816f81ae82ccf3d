"""Coverage-guided fuzzing of everything that reads a file (atheris, ``pip install ".[fuzz]"``).

::

    python -m tests.fuzz champion --seconds 600
    python -m tests.fuzz --seconds 600            # every loader, one after the other

A loader may read its input or refuse it by an exception of `neat.errors`. Anything else ends the fuzzer: another
exception, more than a second of processor time, more than 200 MiB beyond what the process begins with. Inputs that do
are left in the current folder as ``crash-*``, ``timeout-*`` or ``oom-*``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from neat.errors import NeatError

TESTS = Path(__file__).parent
_MEMORY = Path("/dev/shm")
"""Where files are in memory, which spares the disk."""
Load = Callable[[bytes], object]


def _genome() -> tuple[Load, list[bytes]]:
    from neat.files.genome_json import genome_from_json
    from tests.hostile import genome_json

    def load(content: bytes) -> object:
        return genome_from_json(content)

    return load, [genome_json().encode()]


def _champion() -> tuple[Load, list[bytes]]:
    from experiments.folder.champion import Champion
    from tests.hostile import champion_json

    return Champion.from_json, [champion_json().encode()]


def _experiment() -> tuple[Load, list[bytes]]:
    from experiments.settings import from_toml
    from experiments.targets import bundled
    from tests.hostile import experiment_toml

    folder = TESTS.parent / "experiments" / "configs"
    seeds = [(folder / f"{name}.toml").read_bytes() for name in bundled()]
    return lambda content: from_toml(content, name="x"), [experiment_toml().encode(), *seeds]


def _file_loader(load: Callable[[Path], object]) -> Load:
    """Return a loader of bytes from one that reads a path, by way of a file in memory."""
    file = os.memfd_create("fuzz")
    path = Path(f"/proc/self/fd/{file}")

    def load_bytes(content: bytes) -> object:
        os.ftruncate(file, 0)
        os.pwrite(file, content, 0)
        return load(path)

    return load_bytes


def _checkpoint() -> tuple[Load, list[bytes]]:
    import numpy as np

    from neat.config import Config
    from neat.files import arrays
    from neat.files.checkpoint import load_checkpoint, save_checkpoint
    from neat.population import Population

    arrays._digest = lambda _: "same"  # else the checksum keeps all damage from what is behind it
    config = Config.preset(population={"size": 4}, genome={"inputs": 1, "outputs": 1}, mutation={"add_node": 0.5})
    population = Population(config, seed=1, threads=1)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "a.npz"
        seeds = []
        for _ in range(3):
            save_checkpoint(path, population, {}, {"mean": np.ones(2)})
            seeds.append(path.read_bytes())
            population.tell(np.arange(len(population.ask()), dtype=float))

    def load(file: Path) -> object:
        population, _, _ = load_checkpoint(file, threads=1)
        if population.generation < 2**40 and not population.done:
            population.tell(np.zeros(len(population.ask())))
        return population

    return _file_loader(load), seeds


def _perceptron() -> tuple[Load, list[bytes]]:
    from neat.backprop.mlp import MLP
    from neat.backprop.saving import load, save
    from neat.files import arrays

    arrays._digest = lambda _: "same"
    with tempfile.TemporaryDirectory() as place:
        save(MLP((2, 3, 1)), Path(place) / "a.npz")
        return _file_loader(load), [(Path(place) / "a.npz").read_bytes()]


def _folder(name: str) -> Callable[[], tuple[Load, list[bytes]]]:
    """Return what makes the loader of one file of a run's folder."""

    def prepare() -> tuple[Load, list[bytes]]:
        from experiments.folder.champions import read_champions
        from experiments.folder.directory import RunDirectory
        from experiments.folder.lineage_file import read_lineage
        from experiments.folder.saved import SavedRun
        from neat.history.ancestry import Births, ancestral_line

        folder = Path(tempfile.mkdtemp()) / "run"
        words = ["--population", "5", "--generations", "3", "--set", "run.stop_when_solved=false", "--quiet"]
        words += ["--set", "task.threshold=1", "--out", str(folder)]
        subprocess.run([sys.executable, "-m", "experiments", "run", "CartPole-v1", *words], check=True, stdout=2)
        sound = (folder / name).read_bytes()
        champion = RunDirectory.open(folder).champion()

        def lineage() -> object:
            relatives = read_lineage(folder)
            return ancestral_line(relatives, 2, champion.fitness), Births.of(champion.genome, relatives)

        readers: dict[str, Callable[[], object]] = {
            "metrics.jsonl": lambda: list(RunDirectory(folder).metrics()),
            "champions.jsonl": lambda: read_champions(folder),
            "lineage.jsonl": lineage,
            "result.json": lambda: SavedRun.load(folder).threshold,
        }

        def load(content: bytes) -> object:
            (folder / name).write_bytes(content)
            return readers[name]()

        return load, [sound]

    return prepare


LOADERS = {
    "genome": _genome,
    "champion": _champion,
    "experiment": _experiment,
    "checkpoint": _checkpoint,
    "perceptron": _perceptron,
    "metrics": _folder("metrics.jsonl"),
    "champions": _folder("champions.jsonl"),
    "lineage": _folder("lineage.jsonl"),
    "result": _folder("result.json"),
}
_MODULES = [
    *(
        "neat.files.genome_json",
        "neat.files.checkpoint",
        "neat.files.arrays",
        "neat.config",
        "neat.backprop.saving",
        "tomllib",
    ),
    *(
        "experiments.folder.champion",
        "experiments.folder.champions",
        "experiments.folder.files",
        "experiments.folder.lineage_file",
        "experiments.folder.saved",
    ),
    *(
        "experiments.settings",
        "experiments.folder.toml",
        "environments.tasks.settings",
        "zipfile",
        "numpy.lib.format",
        "neat.history.ancestry",
    ),
]


def _fuzz(name: str, seconds: int, corpus: Path) -> None:
    """Fuzz one loader in this process, which ends with it."""
    import resource

    import atheris

    with atheris.instrument_imports(include=_MODULES):
        load, seeds = LOADERS[name]()
    for number, seed in enumerate(seeds):
        (corpus / f"seed{number}").write_bytes(seed)
        load(seed)  # compile, and see that sound files are read

    def one(content: bytes) -> None:
        start = time.process_time()
        try:
            load(content)
        except NeatError as error:
            seconds = time.process_time() - start  # on a busy machine the clock on the wall says nothing
            if seconds > 1:
                raise AssertionError(f"took {seconds:.1f} s") from error
            if "\n" in str(error) or len(str(error)) > 1000:
                raise AssertionError(f"not one short line: {error}") from error

    begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    options = [f"-max_total_time={seconds}", "-timeout=30", f"-rss_limit_mb={begin + 200}", "-max_len=65536"]
    options += ["-print_final_stats=1", "-verbosity=1", "-len_control=0"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("loader", nargs="?", choices=LOADERS)
    parser.add_argument("--seconds", type=int, default=600, help="for each loader")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here is not None:
        _fuzz(given.loader, given.seconds, given.here)
        return 0
    failed = []
    for name in [given.loader] if given.loader else LOADERS:
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as place:
            (Path(place) / "corpus").mkdir()
            call = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(given.seconds)]
            call += ["--here", f"{place}/corpus"]
            within = {**os.environ, "TMPDIR": place}
            done = subprocess.run(call, stderr=subprocess.PIPE, text=True, check=False, env=within)
        lines = [line for line in done.stderr.splitlines() if line.startswith("stat::")]
        figures = {line.split(":")[2]: line.split()[-1] for line in lines}
        executions, peak = figures.get("number_of_executed_units", "?"), figures.get("peak_rss_mb", "?")
        if done.returncode:
            failed.append(name)
            print(done.stderr[-3000:], file=sys.stderr)
        verdict = "FAILED" if done.returncode else "nothing found"
        print(f"{name}: {given.seconds} s, {executions} inputs, peak {peak} MiB: {verdict}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
