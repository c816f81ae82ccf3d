"""Networks alone: the forward pass of a population, and one call from Python, compared with neat-python."""

from __future__ import annotations

import random
import time

import numpy as np

from experiments.bench.options import ActivationOptions
from experiments.bench.report import Report, Table, number, ratio, spread
from experiments.bench.timing import Series, in_turn, ratios
from experiments.bench.venv import peers
from neat.breeding.initial import make_genome
from neat.compiled.kernel import kernel
from neat.config import Config
from neat.errors import ConfigError
from neat.genes.table import Genome, Genomes
from neat.networks.network import Network
from neat.networks.tape import decode, forward

__all__ = ["measure", "random_genome"]

INPUTS, HIDDEN, OUTPUTS = 8, 12, 4
SIZES = ((12, 30), (12, 60), (12, 150), (48, 1_000))
"""Hidden nodes and connections."""
_PASSES = 2_000_000  # approximate number of connections evaluated in a timed forward pass


@kernel
def _pass_all(phenotypes, x, state, y, passes):  # type: ignore[no-untyped-def]
    """Pass an observation through every network repeatedly; return a sum, so that the compiler removes nothing."""
    total = 0.0
    for k in range(passes):
        x[0] = 1.0 / (1.0 + k)
        for g in range(phenotypes.code_start.size):
            forward(phenotypes, g, x, state, y)
            total += y[0]
    return total


def random_genome(
    connections: int, *, inputs: int, hidden: int, outputs: int, seed: int, function: str = "sigmoid"
) -> Genome:
    """Return an acyclic genome without a bias node in which every hidden and output node has an input.

    Args:
        connections: Number of connection genes, at least ``hidden + outputs``.
        inputs: Number of input nodes.
        hidden: Number of hidden nodes.
        outputs: Number of output nodes.
        seed: Random seed.
        function: Activation function of hidden and output nodes.

    Raises:
        ConfigError: There are too few connections, or more than pairs of nodes.
    """
    rng = random.Random(seed)
    order = [*range(inputs), *range(inputs + outputs, inputs + outputs + hidden), *range(inputs, inputs + outputs)]
    sources = order[: inputs + hidden]
    pairs = [(s, t) for k, t in enumerate(order[inputs:], inputs) for s in sources[: min(k, len(sources))]]
    if not hidden + outputs <= connections <= len(pairs):
        raise ConfigError(f"expected from {hidden + outputs} to {len(pairs)} connections, got {connections}")
    chosen = {rng.choice([pair for pair in pairs if pair[1] == target]) for target in order[inputs:]}
    rest = [pair for pair in pairs if pair not in chosen]
    edges = sorted(chosen | set(rng.sample(rest, connections - len(chosen))))
    functions = {"activations": (function,), "output_activation": function}
    config = Config.preset("paper", genome={"inputs": inputs, "outputs": outputs, "bias_node": False, **functions})
    return make_genome(config, [(s, t, rng.gauss(0.0, 1.0)) for s, t in edges], hidden)


def measure(options: ActivationOptions) -> Report:
    """Run the benchmark."""
    report = Report("activation")
    passes = Table(
        f"Forward pass of a population of {options.population:,} networks, one thread",
        ("network", "sigmoid, per connection", "ReLU, per connection", "sigmoid, per network"),
        notes=["ReLU takes hardly any time, so the difference is the time of the sigmoids"],
    )
    for hidden, count in SIZES:
        programs = {
            function: lambda function=function, hidden=hidden, count=count: _seconds_per_connection(
                options, hidden, count, function
            )
            for function in ("sigmoid", "relu")
        }
        found = {name: Series.of(values) for name, values in in_turn(programs, options.rounds, 1).items()}
        nodes = INPUTS + hidden + OUTPUTS
        passes.rows.append((
            f"{nodes} nodes, {count:,} connections", *(spread(s.scaled(1e9), "ns") for s in found.values()),
            f"{number(found['sigmoid'].median * count * 1e9)} ns",
        ))  # fmt: skip
        report.figures.setdefault("forward", []).append(
            {"nodes": nodes, "connections": count, **{name: s.as_dict() for name, s in found.items()}}
        )
    report.tables = [passes, _one_call(options, report)]
    return report


def _one_call(options: ActivationOptions, report: Report) -> Table:
    table = Table("One call of activate from Python, 24 nodes, 60 connections", ("program", "time", "× neat-arena"))
    size = {"inputs": INPUTS, "hidden": HIDDEN, "outputs": OUTPUTS}
    network = Network(random_genome(60, inputs=INPUTS, hidden=HIDDEN, outputs=OUTPUTS, seed=options.seed))
    x = np.random.default_rng(options.seed).random(INPUTS)

    def ours() -> float:
        begin = time.perf_counter()
        for _ in range(options.calls):
            network.activate(x)
        return (time.perf_counter() - begin) / options.calls

    with peers(("neat-python",), folder=options.peers, without=options.without_peers) as others:
        programs = {"neat-arena": ours}
        for name, peer in others.items():
            report.versions[name] = peer.version
            words = {"calls": max(1, options.calls // 10), "connections": 60, "seed": options.seed, **size}
            programs[name] = lambda peer=peer, words=words: peer.ask("activation", **words)["seconds"]  # type: ignore[misc]
        found = {name: Series.of(values) for name, values in in_turn(programs, options.rounds, 1).items()}
    for name, series in found.items():
        factor = ratios(series, found["neat-arena"])
        table.rows.append((name, spread(series.scaled(1e6), "µs"), "" if name == "neat-arena" else ratio(factor)))
        report.figures.setdefault("call", []).append(
            {"program": name, "seconds": series.as_dict(), "times_ours": factor.as_dict()}
        )
    return table


def _seconds_per_connection(options: ActivationOptions, hidden: int, count: int, function: str) -> float:
    genomes = Genomes.of([
        random_genome(
            count, inputs=INPUTS, hidden=hidden, outputs=OUTPUTS, seed=options.seed + k, function=function
        )
        for k in range(options.population)
    ])  # fmt: skip
    phenotypes = decode(genomes, Config().network)
    x, state, y = np.ones(INPUTS), np.zeros(phenotypes.state_size), np.zeros(OUTPUTS)
    turns = max(1, _PASSES // (count * options.population))
    _pass_all(phenotypes, x, state, y, 1)
    begin = time.perf_counter()
    _pass_all(phenotypes, x, state, y, turns)
    return (time.perf_counter() - begin) / (turns * options.population * count)
