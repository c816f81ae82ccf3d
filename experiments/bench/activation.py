"""Networks alone: a population's forward pass, and one call from Python beside neat-python's."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import numpy as np

from experiments.bench.options import Compared
from experiments.bench.report import Report, Table, number, ratio, spread
from experiments.bench.timing import Series, in_turn, ratios
from experiments.bench.venv import peers
from neat.config import Config
from neat.errors import ConfigError
from neat.genome import Genome, Genomes
from neat.initial import make_genome
from neat.kernel import kernel
from neat.network import Network
from neat.phenotype import forward, pack

__all__ = ["ActivationBench", "random_genome"]

INPUTS, HIDDEN, OUTPUTS = 8, 12, 4
SIZES = ((12, 30), (12, 60), (12, 150), (48, 1_000))
"""Hidden nodes and connections."""
_PASSES = 2_000_000  # connections a timed forward pass goes through, about


@kernel
def _pass_all(phenotypes, x, state, y, passes):  # type: ignore[no-untyped-def]
    """Pass an observation through every network, again and again; return a sum, so that nothing is left out."""
    total = 0.0
    for k in range(passes):
        x[0] = 1.0 / (1.0 + k)
        for g in range(phenotypes.code_start.size):
            forward(phenotypes.code, phenotypes.data, phenotypes.code_start[g], phenotypes.data_start[g], x, state, y)
            total += y[0]
    return total


def random_genome(
    connections: int, *, inputs: int, hidden: int, outputs: int, seed: int, function: str = "sigmoid"
) -> Genome:
    """Return an acyclic genome without a bias node in which every hidden and output node has an input.

    Args:
        connections: Connection genes, from ``hidden + outputs`` on.
        inputs: Input nodes.
        hidden: Hidden nodes.
        outputs: Output nodes.
        seed: Another number gives another genome.
        function: Activation function of hidden and output nodes.

    Raises:
        ConfigError: More connections than there are pairs of nodes, or too few.
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


@dataclass(frozen=True, kw_only=True)
class ActivationBench(Compared):
    """Networks alone: the forward pass of a population, and one call from Python."""

    population: int = 150
    """Networks in the population's forward pass."""
    calls: int = 20_000
    """Calls from Python in each turn."""
    rounds: int = 7
    """Turns of each program."""
    seed: int = 1
    """Seed of the random networks."""

    def __post_init__(self) -> None:
        if min(self.population, self.calls, self.rounds) < 1:
            raise ConfigError("--population, --calls and --rounds: expected at least 1")

    def run(self) -> Report:
        """Measure, and return what was found."""
        report = Report("activation")
        passes = Table(
            f"Forward pass of a population of {self.population:,} networks, one thread",
            ("network", "sigmoid, per connection", "ReLU, per connection", "sigmoid, per network"),
            notes=["ReLU costs next to nothing: the difference is what the sigmoids take"],
        )
        for hidden, count in SIZES:
            programs = {
                function: lambda function=function, hidden=hidden, count=count: self._seconds_per_connection(  # type: ignore[misc]
                    hidden, count, function
                )
                for function in ("sigmoid", "relu")
            }
            found = {name: Series.of(values) for name, values in in_turn(programs, self.rounds, 1).items()}
            nodes = INPUTS + hidden + OUTPUTS
            passes.rows.append((
                f"{nodes} nodes, {count:,} connections", *(spread(s.scaled(1e9), "ns") for s in found.values()),
                f"{number(found['sigmoid'].median * count * 1e9)} ns",
            ))  # fmt: skip
            report.figures.setdefault("forward", []).append(
                {"nodes": nodes, "connections": count, **{name: s.as_dict() for name, s in found.items()}}
            )
        report.tables = [passes, self._one_call(report)]
        return report

    def _one_call(self, report: Report) -> Table:
        table = Table("One call of activate from Python, 24 nodes, 60 connections", ("program", "time", "× neat-arena"))
        size = {"inputs": INPUTS, "hidden": HIDDEN, "outputs": OUTPUTS}
        network = Network(random_genome(60, inputs=INPUTS, hidden=HIDDEN, outputs=OUTPUTS, seed=self.seed))
        x = np.random.default_rng(self.seed).random(INPUTS)

        def ours() -> float:
            begin = time.perf_counter()
            for _ in range(self.calls):
                network.activate(x)
            return (time.perf_counter() - begin) / self.calls

        with peers(("neat-python",), folder=self.peers, without=self.without_peers) as others:
            programs = {"neat-arena": ours}
            for name, peer in others.items():
                report.versions[name] = peer.version
                words = {"calls": max(1, self.calls // 10), "connections": 60, "seed": self.seed, **size}
                programs[name] = lambda peer=peer, words=words: peer.ask("activation", **words)["seconds"]  # type: ignore[misc]
            found = {name: Series.of(values) for name, values in in_turn(programs, self.rounds, 1).items()}
        for name, series in found.items():
            factor = ratios(series, found["neat-arena"])
            table.rows.append((name, spread(series.scaled(1e6), "µs"), "" if name == "neat-arena" else ratio(factor)))
            report.figures.setdefault("call", []).append(
                {"program": name, "seconds": series.as_dict(), "times_ours": factor.as_dict()}
            )
        return table

    def _seconds_per_connection(self, hidden: int, count: int, function: str) -> float:
        genomes = Genomes.of([
            random_genome(
                count, inputs=INPUTS, hidden=hidden, outputs=OUTPUTS, seed=self.seed + k, function=function
            )
            for k in range(self.population)
        ])  # fmt: skip
        phenotypes = pack(genomes, Config().network)
        x, state, y = np.ones(INPUTS), np.zeros(phenotypes.state_size), np.zeros(OUTPUTS)
        turns = max(1, _PASSES // (count * self.population))
        _pass_all(phenotypes, x, state, y, 1)
        begin = time.perf_counter()
        _pass_all(phenotypes, x, state, y, turns)
        return (time.perf_counter() - begin) / (turns * self.population * count)
