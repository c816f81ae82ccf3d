"""Compiling on another core: what a run needs after its first generation is compiled during that generation.

Results are shared through the kernel cache (`neat.compiled.kernel`): if one process compiles a kernel, others wait for
it and then load it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import numpy as np

from neat.breeding.emitter import Parents
from neat.breeding.reproduction import Reproduction
from neat.compiled.parallel import available_cores
from neat.config import Config
from neat.genes.innovation import InnovationRegister
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, new_genes
from neat.genes.table import Genome, Genomes
from neat.history.records import count_enabled
from neat.species.speciation import Speciation
from neat.species.stagnation import quotas, shared_fitness

__all__ = ["compile_evolution", "compiling_ahead"]

_GENOMES = 4


@contextlib.contextmanager
def compiling_ahead(wanted: bool) -> Iterator[None]:
    """Let a process of its own compile meanwhile, where there is a core for it; what it has compiled is kept."""
    with contextlib.ExitStack() as stack:
        if wanted and available_cores() > 1 and sys.executable:
            words = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import compile_evolution as go; go()"
            quiet = subprocess.DEVNULL
            with contextlib.suppress(OSError):
                helper = subprocess.Popen([sys.executable, "-c", words], stdin=quiet, stdout=quiet, stderr=quiet)
                stack.callback(helper.wait)
                stack.callback(helper.kill)
        yield


def compile_evolution() -> None:
    """Compile what makes a generation from the one before."""
    config = Config.preset("default", genome={"inputs": 1, "outputs": 1}, population={"size": _GENOMES})
    nodes = new_genes(3, NODE)
    nodes["innovation"] = range(3)
    nodes["kind"] = NodeKind.INPUT, NodeKind.BIAS, NodeKind.OUTPUT
    gene = new_genes(1, CONNECTION)
    gene["target"] = 2
    table = Genomes.of([Genome(nodes, gene)] * _GENOMES)
    fitness, members = np.arange(float(_GENOMES)), np.zeros(_GENOMES, np.int64)
    register = InnovationRegister(len(nodes))
    register.connection(0, 2)
    quota = np.array([_GENOMES])
    parents = Parents(table, fitness, fitness, members, quota)
    Reproduction(config, register, seed=0).offspring(parents, _GENOMES)
    shared_fitness(fitness, members, 1)
    quotas(np.ones(1), _GENOMES)
    speciation = Speciation(config)
    speciation.assign(table, 0)
    speciation.choose_representatives(table, fitness, seed=0)
    speciation.keep(np.zeros(1, np.bool_))
    count_enabled(table.connections)
