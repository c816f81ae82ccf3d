"""Indirect encodings: networks equal those of slow programs from the papers, and run like all others."""

from __future__ import annotations

import dataclasses
import itertools
import random

import numpy as np
import pytest
from hyperneat_reference import es_hyperneat, hyperneat
from strategies import draw_genome, make

from environments import make_task
from environments.tasks.settings import TaskConfig
from neat.config import Config, NetworkConfig, replace
from neat.errors import ConfigError, GenomeError
from neat.functions.activations import activation_index
from neat.genes.kinds import NodeKind
from neat.genes.table import Genomes
from neat.genes.validation import validate_all
from neat.networks.batch import outputs_of
from neat.networks.decoders import decoder_of, expanded
from neat.networks.decoders.substrate import layers_of, pairs_of, questions_of, substrate_of
from neat.networks.network import Network
from neat.networks.plan import plan
from neat.population import Population

FUNCTIONS = ("gaussian", "bipolar_sigmoid", "sine", "abs", "identity", "step", "clamped")


def settings(encoding="hyperneat", kind="feedforward", **substrate):
    return NetworkConfig(encoding=encoding, kind=kind, substrate=substrate)


def a_cppn(rng, network):
    """A CPPN of a few hidden nodes whose answers vary; or any genome at all."""
    decoder = decoder_of(network)
    inputs, outputs = (len(names) for names in decoder.genome_names())
    if rng.random() < 0.2:
        return draw_genome(rng, cyclic=False, inputs=inputs, outputs=outputs, functions=FUNCTIONS)
    hidden = rng.randint(1, 4)
    first = inputs + 1
    sources, middle = range(first), range(first + outputs, first + outputs + hidden)
    pairs = [(s, h) for h in middle for s in sources if rng.random() < 0.8]
    pairs += [(h, o) for o in range(first, first + outputs) for h in middle]
    pairs += [(a, b) for a, b in itertools.pairwise(middle)]
    genome = make(inputs, outputs, hidden, [(s, t, rng.gauss(0, 1.5), 1) for s, t in pairs])
    genome.nodes["activation"][first:] = [activation_index(rng.choice(FUNCTIONS)) for _ in genome.nodes[first:]]
    genome.nodes["activation"][first : first + outputs] = activation_index("bipolar_sigmoid")
    return genome


def layered(rng, dimensions, hidden):
    """Layers of random points, some of them the same place in several layers."""

    def points(count):
        return [[rng.choice([-1.0, -0.5, 0.0, 0.25, 1.0]) for _ in range(dimensions)] for _ in range(count)]

    return [{"name": f"l{i}", "points": points(rng.randint(1, 4))} for i in range(2 + hidden)]


def numbers_of_genes(layers):
    """From numbers layer by layer to those of genes: inputs, outputs, hidden."""
    sizes = [len(points) for points in layers]
    first = np.cumsum([0, *sizes])
    inputs, outputs = range(sizes[0]), range(first[-2], first[-1])
    order = [*inputs, *outputs, *range(sizes[0], first[-2])]
    return {number: gene for gene, number in enumerate(order)}


@pytest.mark.parametrize("seed", range(40))
def test_networks_equal_the_papers(seed):
    rng = random.Random(seed)
    kind = rng.choice(["feedforward", "recurrent", "ctrnn"])
    network = settings(
        kind=kind,
        layers=layered(rng, rng.choice([1, 2, 2, 3]), rng.randint(0, 2)),
        connect=rng.choice(["next", "forward", "forward" if kind == "feedforward" else "all"]),
        leo=rng.random() < 0.4,
        bias=rng.random() < 0.5,
        time_constant=rng.random() < 0.3,
        multi=rng.random() < 0.5,
        deltas=rng.random() < 0.3,
        distance=rng.random() < 0.3,
        threshold=rng.choice([0.0, 0.2, 0.3]),
    )
    config = network.substrate
    genomes = Genomes.of([a_cppn(rng, network) for _ in range(3)])
    layers = [[tuple(point) for point in places.tolist()] for _, places in layers_of(config)]
    pairs, number = pairs_of(config, [layer.name for layer in config.layers]), numbers_of_genes(layers)
    found = decoder_of(network, threads=2).expand(genomes)
    for genome, made in zip(genomes, found, strict=True):
        validate_all(Genomes.of([expanded(genome, network)[0]]), acyclic=kind == "feedforward")
        edges, biases, constants = hyperneat(genome, network, layers, pairs)
        expected = {(number[s], number[t]): weight for (s, t), weight in edges.items()}
        got = {(int(c["source"]), int(c["target"])): float(c["weight"]) for c in made.connections}
        assert got == expected
        assert {number[n]: b for n, b in biases.items() if b} == {
            i: float(node["bias"]) for i, node in enumerate(made.nodes) if node["bias"]
        }
        for n, constant in constants.items():
            assert made.nodes["time_constant"][number[n]] == constant
        assert (made.nodes["kind"] == NodeKind.OUTPUT).sum() == len(layers[-1])
    mine, direct = decoder_of(network).plan(genomes), plan(found, network)
    for name in mine._fields:
        value = getattr(direct, name)
        value = np.full_like(value, -1) if name.endswith("_gene") else value
        np.testing.assert_array_equal(getattr(mine, name), value)


@pytest.mark.parametrize("seed", range(25))
def test_quadtrees_equal_the_papers(seed):
    rng = random.Random(seed)
    kind = rng.choice(["feedforward", "recurrent"])
    network = settings(
        "es-hyperneat", kind, inputs=[rng.randint(1, 3)], outputs=[rng.randint(1, 2)],
        leo=rng.random() < 0.3, deltas=rng.random() < 0.3, distance=rng.random() < 0.3,
        initial_depth=rng.randint(0, 2), max_depth=rng.randint(2, 3), division=rng.choice([0.0, 0.03, 0.3]),
        variance=rng.choice([0.0, 0.03, 0.3]), band=rng.choice([0.0, 0.1, 0.3]), iterations=rng.randint(0, 2),
        threshold=rng.choice([0.0, 0.2]),
    )  # fmt: skip
    genomes = Genomes.of([a_cppn(rng, network) for _ in range(2)])
    (_, inputs), (_, outputs) = layers_of(network.substrate)
    found = decoder_of(network).expand(genomes)
    validate_all(found, acyclic=kind == "feedforward")
    for genome, made in zip(genomes, found, strict=True):
        hidden, edges = es_hyperneat(
            genome, network, [*map(tuple, inputs.tolist())], [*map(tuple, outputs.tolist())],
            forward=kind == "feedforward",
        )  # fmt: skip
        assert made.hidden == len(hidden)
        places = {n: places_of(made, n, inputs, outputs) for n in made.nodes["innovation"].tolist()}
        got = sorted((str(places[c["source"]]), str(places[c["target"]]), c["weight"]) for c in made.connections)
        assert got == sorted((str(s), str(t), w) for s, t, w in edges)


def places_of(genome, innovation, inputs, outputs):
    """What the reference calls a node."""
    from neat.networks.decoders.quadtree import place_of_cell

    if innovation < len(inputs):
        return "in", innovation
    if innovation < len(inputs) + len(outputs):
        return "out", innovation - len(inputs)
    return place_of_cell(innovation - len(inputs) - len(outputs))


def test_some_of_these_networks_have_hidden_nodes_and_some_connections_go_on():
    rng = random.Random(5)
    network = settings("es-hyperneat", inputs=[2], outputs=[1], max_depth=4, band=0.1)
    found = decoder_of(network).expand(Genomes.of([a_cppn(rng, network) for _ in range(30)]))
    assert sum(genome.hidden > 3 for genome in found) > 5
    between = [(c["source"] > 2) & (c["target"] > 2) for genome in found for c in genome.connections]
    assert any(between)


def test_biases_are_asked_at_the_origin():
    rng = random.Random(3)
    for encoding in ("hyperneat", "es-hyperneat"):
        network = settings(encoding, inputs=[2], outputs=[2], bias=True, time_constant=True, band=0.0, leo=True)
        genome = a_cppn(rng, network)
        made, direct = expanded(genome, network)
        ask = Network(genome).activate
        for node, x in zip(made.nodes[2:4], (-1.0, 1.0), strict=True):
            told = ask([0.0, 0.0, x, 1.0])
            size = min(abs(told[2]), 1.0)
            assert node["bias"] == (0.0 if size <= 0.2 else np.copysign((size - 0.2) / (1.0 - 0.2), told[2]) * 3.0)
            assert node["time_constant"] == pytest.approx(10 ** np.clip(told[3], -1, 1))
        assert direct.encoding == "direct"
        x = [0.3, -0.8]
        assert Network(made, direct).activate(x).tolist() == Network(genome, network).activate(x).tolist()


def test_equal_questions_are_asked_once():
    layers = [{"grid": [5, 5]}, {"grid": [5, 5]}, {"grid": [5, 5]}]
    once = questions_of(settings(layers=layers).substrate)
    assert once.table.shape == (4, 625)
    assert len(once.of_connection) == 2 * 625


def test_a_batch_answers_like_single_networks():
    rng = random.Random(11)
    for kind in ("feedforward", "recurrent"):
        genomes = Genomes.of([draw_genome(rng, cyclic=kind == "recurrent", inputs=3, outputs=2) for _ in range(12)])
        network = NetworkConfig(kind=kind)
        x = np.random.default_rng(2).normal(size=(300, 3))
        y = outputs_of(genomes, network, x, threads=2)
        for genome, answers in zip(genomes, y, strict=True):
            single = Network(genome, network)
            for row, answer in zip(x[::37], answers[::37], strict=True):
                single.reset()
                assert single.activate(row).tolist() == answer.tolist()


class TestSubstrates:
    def test_automatic_ones_lie_between_inputs_below_and_outputs_above(self):
        config = settings(inputs=[3], outputs=[1], hidden=[2]).substrate
        found = dict(layers_of(config))
        assert found["inputs"].tolist() == [[-1, -1], [0, -1], [1, -1]]
        assert found["hidden 1"].tolist() == [[-1, 0], [1, 0]]
        assert found["outputs"].tolist() == [[0, 1]]

    def test_images_are_planes_in_the_order_of_their_pixels(self):
        config = settings(inputs=[2, 3, 2], outputs=[2], hidden=[2]).substrate
        found = dict(layers_of(config))
        assert found["inputs"][:4].tolist() == [[-1, -1, -1], [-1, -1, -0.8], [0, -1, -1], [0, -1, -0.8]]
        assert found["inputs"][-1].tolist() == [1, 1, -0.8]
        assert found["hidden 1"].shape == (4, 3)
        assert found["outputs"].tolist() == [[-1, 0, 1], [1, 0, 1]]

    def test_layers_of_grids_circles_and_points(self):
        layers = [{"grid": [2, 2], "at": [0.5]}, {"circle": 4, "radius": 2.0, "at": [0]}, {"points": [[1, 2, 3]]}]
        substrate = substrate_of(settings(layers=layers).substrate)
        assert substrate.places[0].tolist() == [-1, -1, 0.5]
        assert substrate.places[4].tolist() == [1, 2, 3]  # outputs stand before hidden nodes
        np.testing.assert_allclose(substrate.places[6], [0, 2, 0], atol=1e-12)

    def test_a_task_gives_the_shapes(self):
        config = Config.preset("hyperneat")
        from experiments.loop.runner import fitted

        made = fitted(config, make_task(TaskConfig(environment="LunarLander-v3")))
        assert (made.network.substrate.inputs, made.network.substrate.outputs) == ((8,), (4,))
        assert (made.genome.inputs, made.genome.outputs) == (4, 2)
        boxes = fitted(config, make_task(TaskConfig(environment="boxes")))
        assert boxes.network.substrate.inputs == (11, 11)
        assert boxes.genome.inputs == 6

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"tresh": 1}, r"unknown setting 'network.substrate.tresh' \(did you mean 'threshold'\?\)"),
            ({"layers": [{"grid": [2]}]}, "expected at least two layers"),
            ({"layers": [{"grid": [2]}, {"grid": [2, 2]}]}, "equally many coordinates in every layer, got \\[1, 2\\]"),
            ({"layers": [{"grd": [2]}, {"grid": [2]}]}, r"unknown setting 'network.substrate.layers.grd' .*'grid'"),
            ({"layers": [{"grid": [2], "circle": 3}, {"grid": [2]}]}, "one of grid, circle and points in each"),
            ({"threshold": 1.0}, "from 0 to less than 1, got 1.0"),
            ({"locality": ["x"]}, "none without leo = true"),
            ({"leo": True, "locality": ["w"]}, "axes of x, y, z, got 'w'"),
        ],
    )
    def test_bad_settings_are_refused_in_a_line(self, changes, message):
        with pytest.raises(ConfigError, match=message):
            settings(**changes)

    def test_what_does_not_fit_together_is_refused(self):
        with pytest.raises(ConfigError, match="'all' makes cycles"):
            decoder_of(settings(connect="all", inputs=[1], outputs=[1]))
        with pytest.raises(ConfigError, match=r"no layer 'ot' \(did you mean 'out'\?\)"):
            substrate_of(settings(layers=[{"grid": [1], "name": "in"}, {"grid": [1], "name": "out"}],
                                  pairs=["in > ot"]).substrate)  # fmt: skip
        with pytest.raises(ConfigError, match="at most 20,000,000 possible connections, got 25,000,000"):
            substrate_of(settings(inputs=[5000], outputs=[5000]).substrate)
        with pytest.raises(ConfigError, match="searches a plane, expected nodes of 2 coordinates, got 3"):
            decoder_of(settings("es-hyperneat", inputs=[2, 2], outputs=[1])).expand(Genomes.of([]))
        with pytest.raises(ConfigError, match="the first layer has 3 nodes, the task 4 inputs"):
            decoder_of(settings(inputs=[3], outputs=[2])).genome_inputs(4)
        cyclic = make(4, 1, 1, [(0, 6), (6, 6), (6, 5)])
        with pytest.raises(GenomeError, match="has a cycle"):
            decoder_of(settings(inputs=[1], outputs=[1])).plan(Genomes.of([cyclic]))

    def test_presets_change_the_substrate_and_keep_the_rest(self):
        config = Config.preset("hyperneat-leo", network={"substrate": {"maximum": 5.0}})
        assert (config.network.substrate.leo, config.network.substrate.maximum) == (True, 5.0)
        again = replace(config, {"network": {"substrate": {"leo": False, "locality": []}}})
        assert (again.network.substrate.leo, again.network.substrate.maximum) == (False, 5.0)


def test_first_genomes_connect_near_nodes_only():
    network = settings(inputs=[5], outputs=[5], leo=True, locality=["x"])
    decoder = decoder_of(network)
    config = Config.preset("hyperneat", genome={"inputs": 4, "outputs": 2})
    config = dataclasses.replace(config, network=network)
    population = Population(config, 3)
    genomes = population.ask()
    for made in decoder.expand(genomes):
        offset = made.connections["target"] - 5 - made.connections["source"]
        assert len(offset) == 5
        assert not offset.any()
    for _ in range(3):
        population.tell(np.arange(len(genomes)))
        genomes = population.ask()
    validate_all(genomes, acyclic=True)


def test_more_nodes_than_the_bound_are_left_out_and_told(caplog):
    from neat.networks.decoders import es_hyperneat as module

    module._warn.cache_clear()
    rng = random.Random(5)
    network = settings("es-hyperneat", inputs=[2], outputs=[1], max_depth=4, band=0.0, max_nodes=3)
    found = decoder_of(network).expand(Genomes.of([a_cppn(rng, network) for _ in range(10)]))
    assert max(genome.hidden for genome in found) == 3
    (line,) = caplog.messages
    assert "more than network.substrate.max_nodes = 3 hidden nodes, the rest is left out" in line


@pytest.mark.parametrize("encoding", ["hyperneat", "es-hyperneat"])
def test_backends_agree(encoding):
    task = make_task(TaskConfig(environment="CartPole-v1", episodes=2))
    network = settings(encoding, inputs=[4], outputs=[2], bias=True, band=0.05)
    rng = random.Random(4)
    genomes = Genomes.of([a_cppn(rng, network) for _ in range(60)])
    found = []
    for backend, workers in (("compiled", 2), ("serial", 1)):
        with task.evaluator(network, seed=3, workers=workers, backend=backend) as evaluator:
            found.append(evaluator.evaluate(genomes).fitness.tolist())
    assert found[0] == found[1]
    assert len(set(found[0])) > 2
    made = Genomes.of([expanded(genome, network)[0] for genome in genomes])
    with task.evaluator(NetworkConfig(), seed=3, backend="compiled") as evaluator:
        assert evaluator.evaluate(made).fitness.tolist() == found[0]
