"""Kernels as Python functions: they do the same, and nothing is compiled for a few calls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import genomes, make

from neat.compiled import interpreted as module
from neat.compiled.interpreted import interpreted, sparing
from neat.compiled.kernel import kernel
from neat.config import NetworkConfig
from neat.errors import GenomeError
from neat.genes.table import Genome, Genomes
from neat.networks import plan as planning
from neat.networks import tape
from neat.networks.kinds import KINDS


def packed(genome: Genome, kind: str) -> list[object]:
    """Return all arrays of a genome's plan and tape, or what is wrong with it."""
    try:
        made = planning.plan(Genomes.of([genome]), NetworkConfig(kind=kind))
    except GenomeError as error:
        return [str(error)]
    return [*made, *tape.pack(made)]


@settings(max_examples=60, deadline=None)
@given(genomes(cyclic=True))
def test_plans_and_tapes_without_machine_code_are_the_same(genome: Genome) -> None:
    spared = {(planning, "_few_sizes"), (planning, "_few_plans"), (tape, "_few_tapes")}
    for kind in KINDS:
        compiled = packed(genome, kind.name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "is_ready", lambda kernel: False)
            for room, name in spared:
                patch.setattr(room, name, sparing(getattr(room, name).__wrapped__))
            plain = packed(genome, kind.name)
        assert len(plain) == len(compiled)
        for one, other in zip(plain, compiled, strict=True):
            assert np.array_equal(one, other)


@kernel
def _doubled(values):  # type: ignore[no-untyped-def]
    for i in range(values.size):
        values[i] *= 2


@kernel
def _doubled_twice(values):  # type: ignore[no-untyped-def]
    _doubled(values)
    _doubled(values)
    return values.size


def test_a_kernel_is_compiled_when_calls_go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(module, "is_ready", lambda kernel: bool(kernel.overloads))
    call, values = sparing(_doubled_twice), np.ones(3)
    for count in range(1, module._CALLS + 1):
        assert call(values) == 3
        assert values.tolist() == [4.0**count] * 3
        assert not _doubled_twice.overloads
        assert not _doubled.overloads
    call(values)
    assert _doubled_twice.overloads
    assert values[0] == 4.0 ** (module._CALLS + 1)


def test_records_are_read_and_written_by_name() -> None:
    genome = make(2, 1, 1, [(0, 3, 1.0), (3, 2, 2.0)])
    found = interpreted(planning._sizes)
    table = Genomes.of([genome])
    assert found(table.nodes.view(np.recarray), table.node_offsets, table.connection_offsets)[:2] == (2, 1)
