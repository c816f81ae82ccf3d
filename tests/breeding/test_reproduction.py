"""Reproduction: who the parents are, what stays unchanged, and that the lineage tells the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
import reference
from breeding import settings
from reference import genes_of, nodes_of

from neat.breeding.emitter import Parents
from neat.breeding.initial import fixed_nodes, initial_population
from neat.breeding.reproduction import Reproduction
from neat.genes.innovation import InnovationRegister
from neat.genes.table import Genomes
from neat.genes.validation import validate
from neat.operators.registry import Operator
from neat.population import Population

SIZE = 400


def chance(count, trials, expected, sds=4.0):
    return abs(count - trials * expected) <= sds * math.sqrt(trials * expected * (1 - expected)) + 1e-9


def bred_by(made, parents, fitness, members, quotas, **more):
    """Children of a generation that breeds by its fitness."""
    return made.offspring(Parents(parents, fitness, fitness, members, quotas, **more), int(quotas.sum()))


def breed(mutation=None, *, species=4, fitness=None, quotas=None, seed=1, generations=1, threads=1, **reproduction):
    """Parents, their members and fitness, and the children."""
    config = settings(mutation, population={"size": SIZE}, reproduction=reproduction)
    register = InnovationRegister(fixed_nodes(config))
    parents = initial_population(config, register, seed)
    made = Reproduction(config, register, seed)
    rng = np.random.default_rng(0)
    fitness = rng.random(SIZE) if fitness is None else fitness
    members = np.arange(SIZE) % species
    quotas = np.full(species, SIZE // species) if quotas is None else np.array(quotas)
    for _ in range(generations - 1):
        parents = bred_by(made, parents, fitness, members, quotas, threads=threads)
    return parents, fitness, members, quotas, bred_by(made, parents, fitness, members, quotas, threads=threads)


def ranked(fitness, members, species):
    """Genomes of a species, best first."""
    return sorted(np.flatnonzero(members == species).tolist(), key=lambda g: (-fitness[g], g))


def children_of(quotas, species):
    start = int(quotas[:species].sum())
    return range(start, start + int(quotas[species]))


BUSY = {"weights": 1.0, "add_node": 0.3, "add_connection": 0.3, "toggle": 0.3, "biases": 0.5}


def test_elites_are_bit_equal_copies_of_the_champions():
    parents, fitness, members, quotas, children = breed(BUSY, elites=2, generations=3)
    for species in range(4):
        places = children_of(quotas, species)
        for rank in range(2):
            champion = ranked(fitness, members, species)[rank]
            assert children[places[rank]] == parents[champion]
            row = children.lineage[places[rank]]
            assert (row["mother"], row["father"], row["operators"]) == (champion, -1, Operator.ELITE)
        assert all(children.lineage[c]["operators"] & Operator.ELITE == 0 for c in places[2:])


def test_champions_of_small_species_are_not_copied():
    """Paper: of species with more than five members."""
    members = np.repeat([0, 1], [5, 395])
    config = settings(BUSY, population={"size": SIZE})
    register = InnovationRegister(fixed_nodes(config))
    parents = initial_population(config, register, 1)
    for by, expected in (("members", [1]), ("offspring", [0])):
        config = settings(BUSY, population={"size": SIZE}, reproduction={"elite_by": by})
        made = Reproduction(config, register, 1)
        children = bred_by(made, parents, np.arange(SIZE, dtype=float), members, np.array([395, 5]))
        found = [0 if c < 395 else 1 for c in np.flatnonzero(children.lineage["operators"] & Operator.ELITE)]
        assert found == expected


def test_no_more_elites_than_offspring():
    *_, children = breed(BUSY, elites=7, quotas=[3, 397, 0, 0])
    assert (children.lineage["operators"][:3] == Operator.ELITE).all()
    assert (children.lineage["operators"] == Operator.ELITE).sum() == 10


@pytest.mark.parametrize("survival", [0.05, 0.2, 1.0])
def test_parents_are_the_best_of_their_species(survival):
    _, fitness, members, quotas, children = breed(BUSY, survival=survival, interspecies=0.0, mutate_only=0.3)
    count = math.ceil(survival * 100)
    for species in range(4):
        allowed = set(ranked(fitness, members, species)[:count])
        rows = children.lineage[list(children_of(quotas, species))]
        used = set(rows["mother"].tolist()) | set(rows["father"].tolist()) - {-1}
        assert used <= allowed
        assert len(used) > 0.6 * count  # and all of them have a chance
    one = breed(BUSY, survival=0.0)
    assert len(set(one[4].lineage["mother"].tolist())) == 4  # at least one genome a species


ROUNDED = [(0.28, 25, 7), (0.07, 100, 7), (0.29, 100, 29), (0.58, 50, 29)]


@pytest.mark.parametrize("survivors", ["up", "beyond"])
@pytest.mark.parametrize(("survival", "size", "count"), ROUNDED)
def test_a_share_that_is_a_whole_number_but_for_rounding_is_that_number(survival, size, count, survivors):
    assert survival * size != count  # in floating point
    assert parents_of(survival, size, survivors) == set(range(count + (survivors == "beyond")))


@pytest.mark.parametrize(("survival", "size", "count"), [(0.4, 4, 2), (0.4, 5, 3), (0.2, 100, 21), (1.0, 4, 4)])
def test_parents_may_be_the_first_number_beyond_their_share(survival, size, count):
    assert parents_of(survival, size, "beyond") == set(range(count))


def parents_of(survival, size, survivors):
    """Return which genomes are mothers, of a species of that size whose genomes are ranked by number."""
    config = settings(BUSY, population={"size": SIZE}, reproduction={"survival": survival, "survivors": survivors})
    register = InnovationRegister(fixed_nodes(config))
    parents = initial_population(config, register, 1)
    members = np.repeat([0, 1], [size, SIZE - size])
    fitness = np.arange(SIZE, 0, -1.0)
    children = bred_by(Reproduction(config, register, 1), parents, fitness, members, np.array([SIZE, 0]))
    return set(children.lineage["mother"].tolist())


def test_a_genome_may_be_crossed_with_itself_and_is_mutated_then():
    everything = {"weights": 1.0, "weight_perturb": 0.0, "weight_replace": 1.0}
    *_, children = breed(
        everything, selfing=True, mate_only=1.0, mutate_only=0.0, elites=0, survival=0.04, interspecies=0.0
    )
    lineage = children.lineage
    assert (lineage["operators"] & Operator.CROSSOVER != 0).all()
    alone = lineage["mother"] == lineage["father"]
    assert chance(int(alone.sum()), SIZE, 1 / 4)  # of four parents
    assert ((lineage["operators"] & Operator.WEIGHTS != 0) == alone).all()


@pytest.mark.parametrize("added", [0.0, 0.3])
def test_delta_coding_makes_variants_of_champions(added):
    """One copy of each champion; of the rest four in five with other weights, or all where no connection is added."""
    config = settings({"add_connection": added, "recurrent_only": 1.0, "connection_tries": 500, "weight_perturb": 1.0,
                       "weight_replace": 0.0},
                      population={"size": SIZE}, network={"kind": "recurrent"})  # fmt: skip
    register = InnovationRegister(fixed_nodes(config))
    parents = initial_population(config, register, 1)
    fitness, members = np.random.default_rng(0).random(SIZE), np.arange(SIZE) % 3
    quotas = np.array([150, 0, 250])
    children = bred_by(Reproduction(config, register, 1), parents, fitness, members, quotas, champions_only=True)
    for species in (0, 2):
        champion = ranked(fitness, members, species)[0]
        places = children_of(quotas, species)
        lineage = children.lineage[list(places)]
        assert (lineage["mother"] == champion).all()
        assert (lineage["father"] == -1).all()
        assert lineage["operators"][-1] == Operator.ELITE
        assert children[places[-1]] == parents[champion]
        weights = lineage["operators"][:-1] == Operator.WEIGHTS
        assert (weights | (lineage["operators"][:-1] == Operator.ADD_CONNECTION)).all()
        assert chance(int(weights.sum()), len(weights), 0.8 if added else 1.0)
        for place, changed in zip(places, weights, strict=False):
            w, old = children[place].connections["weight"], parents[champion].connections["weight"]
            assert (w != old).all() if changed else np.array_equal(w[:-1], old)


@pytest.mark.parametrize("scope", ["run", "generation"])
@pytest.mark.parametrize("shared", [True, False])
def test_a_new_connection_may_have_one_weight_in_all_of_a_generation(scope, shared):
    mutation = {"add_connection": 1.0, "recurrent": 1.0, "shared_weight": shared}
    config = settings(mutation, population={"size": SIZE, "innovation_scope": scope}, network={"kind": "recurrent"},
                      reproduction={"mutate_only": 1.0, "elites": 0, "survival": 1.0})  # fmt: skip
    register = InnovationRegister(fixed_nodes(config))
    table = initial_population(config, register, 1)
    made = Reproduction(config, register, 1)
    once, often = [], []
    for _ in range(3):
        before, parents = int(register.counters[0]), table
        table = bred_by(made, table, np.arange(SIZE, dtype=float), np.zeros(SIZE, np.int64), np.array([SIZE]))
        weights: dict[int, list[float]] = {}
        for child, mother in zip(table, table.lineage["mother"].tolist(), strict=True):
            for number in set(genes_of(child)) - set(genes_of(parents[mother])):
                weights.setdefault(number, []).append(genes_of(child)[number][3])
        repeated = {number: drawn for number, drawn in weights.items() if len(drawn) > 1}
        for number, drawn in repeated.items():
            (once if len(set(drawn)) == 1 else often).append(number >= before)
    assert len(once) + len(often) >= 4
    if shared:
        assert all(once)
        assert not any(often)  # a connection that the run knew already is drawn each time
    else:
        assert once == []


def test_a_species_without_offspring_has_no_children_and_no_parents():
    _, _, members, _, children = breed(BUSY, quotas=[200, 0, 200, 0], interspecies=0.5)
    lineage = children.lineage
    used = {int(members[g]) for name in ("mother", "father") for g in lineage[name] if g >= 0}
    assert used == {0, 2}


def test_share_of_mutation_without_crossover():
    *_, children = breed(BUSY, mutate_only=0.25, elites=0)
    alone = children.lineage["father"] < 0
    assert chance(int(alone.sum()), SIZE, 0.25)
    crossed = (children.lineage["operators"] & Operator.CROSSOVER) != 0
    assert (crossed == ~alone).all()
    for share, expected in ((0.0, 0), (1.0, SIZE)):
        *_, children = breed(BUSY, mutate_only=share, elites=0)
        assert (children.lineage["father"] < 0).sum() == expected


def test_interspecies_mating():
    for share in (0.0, 0.3, 1.0):
        _, _, members, _, children = breed(BUSY, interspecies=share, mutate_only=0.0, elites=0)
        lineage = children.lineage
        apart = members[lineage["mother"]] != members[lineage["father"]]
        assert chance(int(apart.sum()), SIZE, share)
        assert ((lineage["operators"] & Operator.INTERSPECIES != 0) == apart).all()
        assert (members[lineage["mother"]] == np.repeat(np.arange(4), 100)).all()
    *_, alone = breed(BUSY, species=1, interspecies=1.0, mutate_only=0.0, elites=0)
    assert not (alone.lineage["operators"] & Operator.INTERSPECIES).any()


def test_mate_only_children_are_not_mutated():
    everything = {"weights": 1.0, "weight_perturb": 0.0, "weight_replace": 1.0}
    parents, *_, children = breed(everything, mate_only=0.2, mutate_only=0.0, elites=0, survival=1.0)
    lineage = children.lineage
    mated = lineage["mother"] != lineage["father"]
    pure = (lineage["operators"] & Operator.WEIGHTS == 0) & mated
    assert chance(int(pure.sum()), int(mated.sum()), 0.2)
    for c in np.flatnonzero(mated):
        w = children[int(c)].connections["weight"]
        from_parents = [
            v in (a, b)
            for v, a, b in zip(
                w.tolist(),
                parents[int(lineage[c]["mother"])].connections["weight"].tolist(),
                parents[int(lineage[c]["father"])].connections["weight"].tolist(),
                strict=True,
            )
        ]
        assert all(from_parents) if pure[c] else not any(from_parents)


def test_lineage_of_mutation_is_true():
    """A child without crossover differs from its mother only where its flags say so."""
    parents, *_, children = breed(BUSY, mutate_only=1.0, elites=0, generations=3)
    seen = Operator(0)
    for child, row in zip(children, children.lineage, strict=True):
        mother, flags = parents[int(row["mother"])], Operator(int(row["operators"]))
        seen |= flags
        old, new = genes_of(mother), genes_of(child)
        assert not flags & (Operator.CROSSOVER | Operator.ELITE)
        grown = 2 * (Operator.ADD_NODE in flags) + (Operator.ADD_CONNECTION in flags)
        assert len(new) - len(old) == grown
        assert child.hidden - mother.hidden == (Operator.ADD_NODE in flags)
        assert (Operator.WEIGHTS in flags) == any(old[i][3] != new[i][3] for i in old)
        assert (Operator.BIASES in flags) == any(nodes_of(mother)[n] != nodes_of(child)[n] for n in nodes_of(mother))
        if not flags & (Operator.TOGGLE | Operator.ADD_NODE):
            assert all(old[i][2] == new[i][2] for i in old)
        if flags == 0:
            assert child == mother
    assert seen == Operator.WEIGHTS | Operator.BIASES | Operator.TOGGLE | Operator.ADD_NODE | Operator.ADD_CONNECTION


def test_crossover_is_led_by_the_fitter_parent_whichever_is_called_mother():
    fitness = np.random.default_rng(1).random(SIZE)
    parents, _, _, _, children = breed(
        {"add_node": 0.5, "add_connection": 0.5}, mutate_only=0.0, elites=0, survival=1.0, generations=4,
        fitness=fitness,
    )  # fmt: skip
    sizes = set()
    for child, row in zip(children, children.lineage, strict=True):
        mother, father = int(row["mother"]), int(row["father"])
        fitter = mother if fitness[mother] >= fitness[father] else father
        sizes.add((len(parents[mother].connections), len(parents[father].connections)))
        if row["operators"] == Operator.CROSSOVER:
            assert list(genes_of(child)) == list(genes_of(parents[fitter]))
    assert len(sizes) > 5


def test_children_are_one_valid_table():
    _, _, _, _, children = breed(BUSY, generations=6)
    assert isinstance(children, Genomes)
    assert len(children) == SIZE
    assert children.generation == 6
    assert children.node_offsets[-1] == len(children.nodes)
    for child in children:
        assert reference.faults(child, acyclic=True) == []
        validate(child, acyclic=True)


@pytest.mark.usefixtures("any_work_is_shared")
def test_threads_do_not_change_children():
    one, *others = (breed(BUSY, generations=4, threads=t)[4] for t in (1, 2, 3, 4, 4))
    for other in others:
        assert one == other
        assert one.connections.tobytes() == other.connections.tobytes()
        assert one.nodes.tobytes() == other.nodes.tobytes()
        assert np.array_equal(one.lineage, other.lineage)


def test_same_innovations_of_one_generation_share_numbers():
    _, _, _, _, children = breed({"add_node": 1.0}, mutate_only=1.0, elites=0)
    splits: dict[int, set[int]] = {}
    for child in children:
        (split,) = [n for n, g in genes_of(child).items() if not g[2]]
        splits.setdefault(split, set()).update(n for n, node in nodes_of(child).items() if node[0] == reference.HIDDEN)
    assert len(splits) == 6  # 3 inputs to 2 outputs; the bias node's are not split
    assert all(len(nodes) == 1 for nodes in splits.values())


@pytest.mark.parametrize("initial", ["full", "partial", "empty", "hidden", "random"])
@pytest.mark.parametrize("bias", [True, False])
def test_first_generation(initial, bias):
    config = settings(
        population={"size": 200},
        genome={
            "initial": initial,
            "initial_fraction": 0.3,
            "initial_hidden": 3,
            "bias_node": bias,
            "weight_scale": 2.0,
        },
    )
    population = Population(config, 1)
    table = population.ask()
    sensors = 3 + bias
    possible = {"full": 2 * sensors, "empty": 0, "hidden": 3 * sensors + 6}
    for genome in table:
        assert reference.faults(genome, acyclic=True) == []
        assert (genome.inputs, genome.outputs) == (3, 2)
        assert int((genome.nodes["kind"] == reference.BIAS).sum()) == bias
        if initial in possible:
            assert len(genome.connections) == genome.enabled == possible[initial]
        assert genome.hidden == 3 if initial == "hidden" else genome.hidden <= 3 * (initial == "random")
    w = table.connections["weight"]
    if initial != "empty":
        assert 1.95 < np.abs(w).max() <= 2.0
        assert len(np.unique(w)) == len(w)
    if initial == "partial":
        assert chance(len(w), 200 * 2 * sensors, 0.3)
    assert (table.lineage["mother"] == -1).all()
    assert (table.lineage["father"] == -1).all()
    population.tell(np.arange(200.0))
    assert len(population.ask()) == 200


def test_innovations_after_a_start_with_hidden_nodes_do_not_collide():
    config = settings({"add_node": 0.8, "add_connection": 0.5},
                      population={"size": 50}, genome={"initial": "random", "initial_hidden": 4})  # fmt: skip
    population = Population(config, 2, threads=1)
    pairs: dict[int, tuple[int, int]] = {}
    for _ in range(6):
        for genome in population.ask():
            assert reference.faults(genome, acyclic=True) == []
            for number, (source, target, *_) in genes_of(genome).items():
                assert pairs.setdefault(number, (source, target)) == (source, target)
        population.tell(np.arange(50.0))
