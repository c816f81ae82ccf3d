"""ES-HyperNEAT: the CPPN also determines where hidden nodes are (Risi & Stanley 2012, sections 3.1 to 3.3).

For every input, and then for every hidden node found, a quadtree finds the places where the CPPN's output for outgoing
connections varies; these become hidden nodes. For every output, another quadtree searches backwards, and connects it
with the hidden nodes found before. Hidden nodes without a path to an output are removed (all have one from an input).
In acyclic networks, a hidden node connects only to hidden nodes farther up (greater y), in the direction from inputs at
y = -1 to outputs at y = 1.
"""

from __future__ import annotations

import functools
import logging

import numpy as np

from neat.compiled.kernel import kernel
from neat.compiled.parallel import run_shards
from neat.errors import ConfigError
from neat.genes.schema import CONNECTION, new_genes
from neat.genes.table import Genomes
from neat.networks.batch import sweep_block
from neat.networks.decoders.hyperneat import express, node_genes
from neat.networks.decoders.indirect import Indirect
from neat.networks.decoders.quadtree import Search, find_cells, place_of_cell, room_for
from neat.networks.decoders.substrate import inputs_of, layers_of
from neat.networks.kinds import kind_of
from neat.networks.settings import NetworkConfig

__all__ = ["EsHyperNeat"]

_log = logging.getLogger(__name__)
_FIRST_ROOM = 1024


class EsHyperNeat(Indirect):
    """A decoder that places the hidden nodes; see `neat.networks.decoders.Decoder`."""

    def __init__(self, network: NetworkConfig) -> None:
        super().__init__(network)
        config = network.substrate
        for name, given in (("hidden", config.hidden), ("multi", config.multi), ("pairs", config.pairs)):
            if given:
                raise ConfigError(f"network.substrate.{name}: es-hyperneat does not use it: it places nodes itself")
        if len(config.layers) > 2:
            raise ConfigError(
                f"network.substrate.layers: es-hyperneat expects two, inputs and outputs, got {len(config.layers)}: it "
                "places hidden nodes itself"
            )

    def search(self) -> Search:
        """Return the settings of the quadtree for compiled code."""
        config = self._network.substrate
        return Search(
            config.initial_depth, config.max_depth, config.division, config.variance, config.band, config.deltas,
            config.distance, 1 if config.leo else -1,
        )  # fmt: skip

    def expand(self, genomes: Genomes) -> Genomes:
        """Return the networks of a table of genomes as directly encoded genomes.

        A place has the same innovation number in all of them; connections are numbered from 0 in each.

        Raises:
            ConfigError: The settings do not describe a two-dimensional substrate.
            GenomeError: A genome has a cycle.
        """
        config = self._network.substrate
        (_, sources), (_, targets) = layers_of(config)
        if sources.shape[1] != 2:
            raise ConfigError(
                f"network.substrate: es-hyperneat searches a plane, expected nodes of 2 coordinates, got "
                f"{sources.shape[1]} (of images, too); give layers of points"
            )
        cppns, n, search = self.cppns(genomes), len(genomes), self.search()
        forward = kind_of(self._network.kind).acyclic
        parts = {}

        def find(begin: int, end: int, _: int) -> None:
            parts[begin] = _find_all(
                cppns, search, np.ascontiguousarray(sources), np.ascontiguousarray(targets), forward,
                config.iterations, config.max_nodes, -1.0 if config.leo else config.threshold, config.maximum, begin,
                end,
            )  # fmt: skip

        run_shards(find, n, self.threads, smallest=2)
        found = [parts[begin] for begin in sorted(parts)]
        places, ends, weight = (np.concatenate([part[k] for part in found], axis=-1) for k in range(3))
        if any(part[3] for part in found):
            _warn(config.max_nodes)
        return self._table(genomes, sources, targets, places, ends, weight)

    def _table(self, genomes, sources, targets, places, ends, weight) -> Genomes:  # type: ignore[no-untyped-def]
        """Return the genomes of networks.

        Args:
            genomes: The CPPNs.
            sources: Places of the inputs.
            targets: Places of the outputs.
            places: Genome and cell of every hidden node, int64, shape (2, hidden nodes).
            ends: Genome, source and target of every connection, int64, shape (3, connections).
            weight: Its weight, float64.
        """
        config, n, fixed = self._network.substrate, len(genomes), len(sources) + len(targets)
        order = np.lexsort((places[1], places[0]))
        owner, cells = places[0][order], places[1][order]
        hidden = np.bincount(owner, minlength=n)
        node_offsets = np.concatenate([[0], np.cumsum(hidden + fixed)]).astype(np.int64)
        begin = np.concatenate([[0], np.cumsum(hidden)])
        rows = node_offsets[owner] + fixed + np.arange(len(cells)) - begin[owner]
        template = node_genes(config, len(sources), len(targets), fixed + 1)
        nodes = np.repeat(template[-1:], node_offsets[-1])
        for i in range(fixed):
            nodes[node_offsets[:-1] + i] = template[i]
        nodes["innovation"][rows] = fixed + cells
        if config.bias or config.time_constant:
            x, y = _middles(cells)
            self._ask_nodes(genomes, nodes, rows, owner, np.column_stack([x, y]))
            all_rows = (node_offsets[:-1, None] + len(sources) + np.arange(len(targets))).reshape(-1)
            self._ask_nodes(genomes, nodes, all_rows, np.repeat(np.arange(n), len(targets)), np.tile(targets, (n, 1)))
        order = np.lexsort((ends[1], ends[2], ends[0]))
        counts = np.bincount(ends[0], minlength=n)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        genes = np.repeat(new_genes(1, CONNECTION), len(weight))
        genes["innovation"] = np.arange(len(weight)) - np.repeat(offsets[:-1], counts)
        genes["source"], genes["target"], genes["weight"] = ends[1][order], ends[2][order], weight[order]
        return Genomes(nodes, node_offsets, genes, offsets, genomes.generation)

    def _ask_nodes(self, genomes, nodes, rows, owner, places) -> None:  # type: ignore[no-untyped-def]
        """Ask for the biases and time constants of nodes, at (0, 0, x, y)."""
        config = self._network.substrate
        first = 1 + config.leo
        answers = _ask_all(
            self.cppns(genomes), inputs_of(config, np.zeros_like(places), places), owner.astype(np.int64),
            first, config.bias + config.time_constant,
        )  # fmt: skip
        if config.bias:
            nodes["bias"][rows] = _express_all(answers[0], config.threshold, config.maximum)
        if config.time_constant:
            nodes["time_constant"][rows] = _powers(answers[-1])


@functools.cache
def _warn(most: int) -> None:
    _log.warning(
        "a network has more than network.substrate.max_nodes = %d hidden nodes, the rest is left out: raise it, or "
        "network.substrate.division and band, or lower max_depth",
        most,
    )


@kernel
def _middles(cells):  # type: ignore[no-untyped-def]
    x, y = np.empty(cells.size), np.empty(cells.size)
    for i in range(cells.size):
        x[i], y[i] = place_of_cell(cells[i])
    return x, y


@kernel
def _express_all(answers, threshold, maximum):  # type: ignore[no-untyped-def]
    found = np.empty(answers.size)
    for i in range(answers.size):
        found[i] = express(answers[i], threshold, maximum)
    return found


@kernel
def _powers(answers):  # type: ignore[no-untyped-def]
    found = np.empty(answers.size)
    for i in range(answers.size):
        found[i] = 10.0 ** min(max(answers[i], -1.0), 1.0)
    return found


@kernel
def _ask_all(cppns, table, owner, first, count):  # type: ignore[no-untyped-def]
    """Ask each question of its own CPPN; return ``count`` outputs from ``first`` on."""
    room = room_for(1, cppns.slots)
    answers = np.empty((count, owner.size))
    for q in range(owner.size):
        for i in range(table.shape[0]):
            room.values[i, 0] = table[i, q]
        sweep_block(cppns, owner[q], 1, room.values, room.scratch)
        for k in range(count):
            answers[k, q] = room.values[cppns.output_slot[owner[q], first + k], 0]
    return answers


@kernel
def _grown(numbers, count):  # type: ignore[no-untyped-def]
    """Return an array twice as long with the same first numbers."""
    larger = np.empty((numbers.shape[0], 2 * numbers.shape[1]), numbers.dtype)
    for r in range(numbers.shape[0]):
        for i in range(count):
            larger[r, i] = numbers[r, i]
    return larger


@kernel
def _find_all(  # type: ignore[no-untyped-def]
    cppns, search, sources, targets, forward, iterations, most, t, maximum, begin, end
):
    """Find the networks of CPPNs ``begin … end - 1``.

    Returns:
        Genome and cell of every hidden node, int64, shape (2, nodes); genome, source and target of every connection,
        int64, shape (3, connections), hidden nodes numbered after inputs and outputs by their cells; weights, float64;
        and whether nodes were left out.
    """
    room = room_for(search.max_depth, cppns.slots)
    inputs, outputs = sources.shape[0], targets.shape[0]
    fixed, epoch = inputs + outputs, 0
    number = np.full(room.asked.size, -1, np.int64)  # of the hidden node in each cell
    cell_of, useful = np.empty(most, np.int64), np.empty(most, np.bool_)
    made, own = np.empty((2, _FIRST_ROOM), np.int64), np.empty((2, _FIRST_ROOM), np.int64)
    ends, weights = np.empty((3, _FIRST_ROOM), np.int64), np.empty((1, _FIRST_ROOM))
    strength = np.empty((1, _FIRST_ROOM))
    nodes, edges, lacking = 0, 0, False
    for g in range(begin, end):
        hidden, count, explored = 0, 0, 0
        for round_ in range(iterations + 2):
            last = round_ == iterations + 1
            first, beyond = (0, inputs) if round_ == 0 else (explored, hidden)
            if last:
                first, beyond = 0, outputs
            elif round_ > 0:
                explored = hidden
            for i in range(first, beyond):
                if last:
                    x, y = targets[i, 0], targets[i, 1]
                elif round_ == 0:
                    x, y = sources[i, 0], sources[i, 1]
                else:
                    x, y = place_of_cell(cell_of[i])
                epoch += 1
                for k in range(find_cells(cppns, g, search, room, x, y, not last, epoch)):
                    cell = room.found[k]
                    weight = express(room.weight[cell], t, maximum)
                    if (room.leo[cell] <= 0.0) if search.leo >= 0 else (weight == 0.0):
                        continue
                    if round_ > 0 and not last and forward and place_of_cell(cell)[1] <= y:
                        continue
                    if number[cell] < 0:
                        if last:
                            continue
                        if hidden == most:
                            lacking = True
                            continue
                        number[cell] = hidden
                        cell_of[hidden] = cell
                        hidden += 1
                    if count == own.shape[1]:
                        own, strength = _grown(own, count), _grown(strength, count)
                    # Hidden nodes are numbered from 0, inputs below, outputs below those.
                    own[0, count] = number[cell] if last else (-1 - i if round_ == 0 else i)
                    own[1, count] = -1 - inputs - i if last else number[cell]
                    strength[0, count] = weight
                    count += 1
        for h in range(hidden):
            useful[h] = False
        changed = True
        while changed:
            changed = False
            for c in range(count):
                s, into = own[0, c], own[1, c]
                if s >= 0 and not useful[s] and (into < 0 or useful[into]):
                    useful[s] = True
                    changed = True
        for h in range(hidden):
            if useful[h]:
                if nodes == made.shape[1]:
                    made = _grown(made, nodes)
                made[0, nodes], made[1, nodes] = g, cell_of[h]
                nodes += 1
            number[cell_of[h]] = -1
        for c in range(count):
            s, into = own[0, c], own[1, c]
            if (s >= 0 and not useful[s]) or (into >= 0 and not useful[into]):
                continue
            if edges == ends.shape[1]:
                ends, weights = _grown(ends, edges), _grown(weights, edges)
            ends[0, edges] = g
            ends[1, edges] = fixed + cell_of[s] if s >= 0 else -1 - s
            ends[2, edges] = fixed + cell_of[into] if into >= 0 else -1 - into
            weights[0, edges] = strength[0, c]
            edges += 1
    return made[:, :nodes].copy(), ends[:, :edges].copy(), weights[0, :edges].copy(), lacking
