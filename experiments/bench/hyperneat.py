"""HyperNEAT: the time to decode a generation, compared with neat-python's CPPNs; and ES-HyperNEAT.

The CPPNs are a population that has evolved for some generations on `environments.tasks.boxes`. Both programs evaluate
the same CPPNs for every pair of nodes of two fields. PUREPLES is not a package, so it cannot be run here. It evaluates
a neat-python network for one pair after the other (`pureples/hyperneat/hyperneat.py`), as the script for neat-python
does too.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

from environments import make_task
from experiments.bench.options import HyperneatOptions
from experiments.bench.report import Report, Table, ratio, spread
from experiments.bench.timing import Series, in_turn, ratios
from experiments.bench.venv import peers
from experiments.loop.runner import fitted, run
from experiments.settings import Experiment
from experiments.targets import load
from neat.compiled.parallel import available_cores
from neat.config import NetworkConfig
from neat.functions.activations import activation_name
from neat.genes.table import Genomes
from neat.networks.decoders import decoder_of
from neat.networks.plan import plan
from neat.networks.tape import pack
from neat.population import Population

__all__ = ["PUREPLES_SECONDS", "measure"]

PUREPLES_SECONDS = 291.0 * 60.0 / 30.0
"""Seconds per generation of XOR by ES-HyperNEAT, published for PUREPLES: 291 minutes for a run of 30 generations."""
_PEERS_NAMES = {
    "gaussian": "gauss", "bipolar_sigmoid": "tanh", "sine": "sin", "abs": "abs", "identity": "identity",
}  # fmt: skip
_DEPTHS = (3, 4, 5, 6, 7)


def measure(options: HyperneatOptions) -> Report:
    """Run the benchmark."""
    report = Report("hyperneat")
    report.tables = [_decoding(options, report), _quadtrees(options, report), _cartpole(options, report)]
    return report


def _decoding(options: HyperneatOptions, report: Report) -> Table:
    threads = options.threads or available_cores()
    genomes, network = _population(options)
    side, count = options.side, len(genomes)
    table = Table(
        f"Decoding a generation: {count} CPPNs, {side} x {side} to {side} x {side} nodes, {threads} threads",
        ("program", "time", "× neat-arena"),
    )
    hidden = sum(genome.hidden for genome in genomes) / count
    edges = sum(genome.enabled for genome in genomes) / count
    table.notes.append(
        f"CPPNs after {options.generations} generations of boxes: {hidden:.1f} hidden nodes, {edges:.1f} connections; "
        f"neat-python: from {options.asked} of them"
    )
    decoder = decoder_of(network, threads)

    def ours() -> float:
        begin = time.perf_counter()
        pack(decoder.plan(genomes))
        return time.perf_counter() - begin

    programs: dict[str, Any] = {"neat-arena": ours}
    with peers(("neat-python",), folder=options.peers, without=options.without_peers) as others:
        networks = [_evaluations(genomes[k : k + 1], network) for k in range(min(options.asked, count))]
        words = {"networks": networks, "side": side, "threshold": network.substrate.threshold}
        for name, peer in others.items():
            report.versions[name] = peer.version
            programs[f"{name}, pair by pair"] = lambda peer=peer: (
                peer.ask("cppn", **words)["seconds"] * count / len(networks)
            )
        found = {name: Series.of(values) for name, values in in_turn(programs, options.rounds, 1).items()}
    for name, series in found.items():
        factor = ratios(series, found["neat-arena"])
        table.rows.append((name, spread(series, "s"), "" if name == "neat-arena" else ratio(factor)))
        report.figures.setdefault("decoding", []).append(
            {"program": name, "seconds": series.as_dict(), "times_ours": factor.as_dict()}
        )
    return table


def _population(options: HyperneatOptions) -> tuple[Genomes, NetworkConfig]:
    """Return CPPNs that have evolved on boxes, and their network settings."""
    experiment = load("boxes", changes=[f"population.size={options.population}"])
    task = make_task(experiment.task)
    config = fitted(experiment.config, task)
    population = Population(config, options.seed)
    with task.evaluator(config.network, seed=options.seed, workers=options.threads or available_cores()) as evaluator:
        for _ in range(options.generations):
            population.tell(evaluator.evaluate(population.ask()))
    layers = tuple(
        dataclasses.replace(layer, grid=(options.side, options.side)) for layer in config.network.substrate.layers
    )
    substrate = dataclasses.replace(config.network.substrate, layers=layers)
    return population.ask(), dataclasses.replace(config.network, substrate=substrate)


def _evaluations(genomes: Genomes, network: NetworkConfig) -> list[list[Any]]:
    """Return each CPPN in the form of neat-python's feed-forward networks: node, activation, bias, [source, weight].

    Nodes are numbered as in neat-python: inputs are negative, outputs begin at 0.
    """
    found = plan(genomes, NetworkConfig(sigmoid_slope=network.sigmoid_slope))
    first, outputs = int(found.sensors[0]) + 1, found.output_slot[0].tolist()

    def key(slot: int) -> int:
        if slot < first:
            return -1 - slot
        return outputs.index(slot) if slot in outputs else len(outputs) + slot

    rows = []
    for j, node in enumerate(found.nodes):
        edges = range(int(found.edge_start[j]), int(found.edge_start[j + 1]))
        links = [[key(int(found.edge_source[e])), float(found.edge_weight[e])] for e in edges]
        name = _PEERS_NAMES[activation_name(int(node["activation"]))]
        rows.append([key(first + j), name, float(node["bias"]), links])
    return rows


def _quadtrees(options: HyperneatOptions, report: Report) -> Table:
    table = Table(
        f"ES-HyperNEAT on XOR: a generation of {options.population}, one thread",
        ("depth", "time", "PUREPLES as published"),
        notes=[f"PUREPLES: 291 minutes for a run of 30 generations, {PUREPLES_SECONDS:,.0f} s each"],
    )
    for depth in _DEPTHS:
        changes = [f"network.substrate.max_depth={depth}", f"population.size={options.population}"]
        seconds = Series.of([_a_generation(load("es-xor", changes=changes), seed) for seed in range(options.rounds)])
        factor = seconds.scaled(1.0 / PUREPLES_SECONDS)
        times = Series.of([1.0 / value for value in factor.values])
        table.rows.append((str(depth), spread(seconds, "s"), ratio(times)))
        report.figures.setdefault("es_xor", []).append(
            {"depth": depth, "seconds": seconds.as_dict(), "pureples_times_ours": times.as_dict()}
        )
    return table


def _a_generation(experiment: Experiment, seed: int) -> float:
    """Return the mean seconds per generation of a whole run, which continues after it is solved."""
    settings = dataclasses.replace(experiment.run, seed=seed, workers=1, stop_when_solved=False)
    outcome = run(dataclasses.replace(experiment, run=settings))
    return outcome.seconds / outcome.generations


def _cartpole(options: HyperneatOptions, report: Report) -> Table:
    table = Table(
        "CartPole-v1 by ES-HyperNEAT: a run to a verified champion", ("seed", "time", "generations", "verified")
    )
    rows: Sequence[int] = range(options.rounds)
    for seed in rows:
        experiment = load("CartPole-v1", encoding="es-hyperneat", changes=[f"run.seed={seed}"])
        outcome = run(experiment)
        mean = float("nan") if outcome.verification is None else outcome.verification.mean
        table.rows.append((str(seed), f"{outcome.seconds:.2f} s", str(outcome.generations), f"{mean:.1f}"))
        report.figures.setdefault("cartpole", []).append(
            {"seed": seed, "seconds": outcome.seconds, "solved": outcome.solved, "verified": mean}
        )
    return table
