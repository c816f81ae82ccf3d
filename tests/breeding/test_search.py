"""Weight search: what is drawn, when it moves, and that it finds weights faster than mutation does."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from neat.config import Config
from neat.errors import ConfigError
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.genes.table import Genomes
from neat.genes.validation import validate_all
from neat.networks.network import Network
from neat.operators.registry import Operator
from neat.population import Population

SIZE, DRAWN = 40, 20


def config(search=None, **sections):
    base = {
        "population": {"size": SIZE},
        "genome": {"inputs": 3, "outputs": 1, "output_activation": "tanh"},
        "search": {"share": 0.5, **(search or {})},
    }
    return Config.preset("default", **(base | sections))


def search_of(population):
    return population.breeding.emitters["search"]


def target(genomes: Genomes) -> np.ndarray:
    """Highest where all weights are 0.5 (and there are no others)."""
    return np.array([-float(((g.connections["weight"] - 0.5) ** 2).sum()) for g in genomes])


def evolve(population, generations, fitness=target):
    tables = []
    for _ in range(generations):
        genomes = population.ask()
        tables.append(genomes)
        population.tell(fitness(genomes))
    return tables


def topology(genome):
    return genome.connections[["innovation", "enabled"]].tolist()


def test_the_last_genomes_are_drawn_around_the_base_the_mean_first():
    population = Population(config(), seed=1)
    evolve(population, 5)
    table, search = population.genomes, search_of(population)
    assert len(table) == SIZE
    drawn = table[SIZE - DRAWN :]
    assert {str(topology(g)) for g in drawn} == {str(topology(search.base))}
    searched = search.base.connections["enabled"] != 0
    assert drawn[0].connections["weight"][searched].tolist() == search.method.mean.tolist()
    assert len({g.connections["weight"].tobytes() for g in drawn}) == DRAWN
    assert (population.lineage["operators"][-DRAWN:] == Operator.SEARCH).all()
    assert not (population.lineage["operators"][:-DRAWN] & Operator.SEARCH).any()
    validate_all(table, acyclic=True)


def test_a_search_that_has_made_no_genomes_has_no_mean():
    bred = Population(config({"share": 0.0}), seed=1)
    evolve(bred, 2)
    population = Population.from_arrays(config(), 1, bred.to_arrays(parts=False))  # as `neat run --from` does
    fitness = np.arange(SIZE, dtype=float)
    population.ask()
    assert population.tell(fitness).mean is None
    population.ask()
    assert population.tell(fitness).mean == SIZE - DRAWN


def test_the_favourite_is_the_mean_where_weights_are_searched():
    population = Population(config(), seed=1)
    fitness = np.arange(SIZE, dtype=float)
    population.ask()
    assert population.tell(fitness).favourite == SIZE - 1
    population.ask()
    assert population.tell(fitness).favourite == SIZE - DRAWN
    alone = Population(config({"share": 0.0}), seed=1)
    for _ in range(2):
        alone.ask()
        assert alone.tell(fitness[::-1]).favourite == 0


@pytest.mark.parametrize("method", ["ars", "cma"])
def test_the_first_genome_is_the_average_of_the_means_and_the_search_is_the_same(method, tmp_path):
    plain, averaged = (Population(config({"share": 1.0, "method": method, "averaging": k}), seed=1) for k in (1, 4))
    means, expected = [], None
    for generation in range(9):
        one, other = plain.ask(), averaged.ask()
        if generation > 1:
            means.append(one[0].connections["weight"].copy())
            share = 1.0 / min(4, len(means))
            expected = means[0] if expected is None else (1.0 - share) * expected + share * means[-1]
            assert other[0].connections["weight"] == pytest.approx(expected, rel=1e-12)
            assert all(a == b for a, b in zip(one[1:], other[1:], strict=True))
        plain.tell(target(one))
        averaged.tell(target(other))
    assert not np.array_equal(means[-1], expected)
    save_checkpoint(tmp_path / "a.npz", averaged)
    again = load_checkpoint(tmp_path / "a.npz")[0]
    for population in (averaged, again):
        evolve(population, 2)
    assert averaged.genomes == again.genomes


def test_the_first_generation_is_bred_and_its_best_is_the_base():
    population = Population(config(), seed=1)
    (first,) = evolve(population, 1)
    assert search_of(population).base == first[int(np.argmax(target(first)))]
    assert search_of(population).method.step == 0.5


def test_weights_that_are_disabled_stay_as_they_are():
    population = Population(config(), seed=1)
    genomes = population.ask()
    genomes.connections["enabled"][genomes.connections["source"] == 1] = 0
    population.tell(target(genomes))
    drawn = population.genomes[SIZE - DRAWN :]
    base = search_of(population).base.connections
    assert len(search_of(population).method.mean) == 3
    for genome in drawn:
        assert genome.connections["weight"][base["enabled"] == 0] == base["weight"][base["enabled"] == 0]


def test_a_base_without_enabled_connections_is_drawn_unchanged():
    population = Population(config(genome={"inputs": 3, "outputs": 1, "initial": "empty"}, mutation={}), seed=1)
    evolve(population, 1)
    assert all(g == search_of(population).base for g in population.genomes[SIZE - DRAWN :])
    evolve(population, 5)
    assert len(population.genomes) == SIZE


def test_weights_are_found_in_fewer_generations_than_by_mutation():
    structure = {"mutation": {"add_node": 0.0, "add_connection": 0.0}, "genome": {"inputs": 20, "outputs": 1}}
    best = {}
    for share in (0.0, 0.5):
        results = []
        for seed in range(5):
            population = Population(config({"share": share}, **structure), seed=seed)
            evolve(population, 60)
            results.append(population.champion_fitness)
        best[share] = max(results) if share == 0 else min(results)
    assert best[0.5] > best[0.0] / 10  # the worst run with it is ten times as close as the best without


@pytest.mark.parametrize("kin", [True, False])
def test_the_search_learns_from_all_that_was_drawn_but_the_mean_and_from_the_best_of_its_kind(kin):
    population = Population(config(mutation={"add_node": 0.0, "add_connection": 0.0}), seed=3)
    evolve(population, 3)
    twin = copy.deepcopy(search_of(population).method)
    genomes = population.ask()
    fitness = target(genomes)
    bred = SIZE - DRAWN
    fitness[:bred] -= 1.0
    fitness[7] = 1.0
    if not kin:
        genomes.connections["enabled"][genomes.connection_offsets[:bred]] = 0
    weights = np.array([g.connections["weight"] for g in genomes[bred:]])[1:]
    teachers, worth = weights, fitness[bred + 1 :]
    if kin:
        teachers, worth = np.vstack([weights, twin.pulled(genomes[7].connections["weight"])]), np.append(worth, 1.0)
    population.tell(fitness)
    twin.learn(np.ascontiguousarray(teachers), worth)
    assert search_of(population).method.mean.tolist() == twin.mean.tolist()
    assert search_of(population).method.step == twin.step


def test_a_rival_of_the_same_topology_teaches_and_is_not_moved_to():
    population = Population(growing(), seed=2)
    evolve(population, 2)
    base = search_of(population).base
    for _ in range(4):
        population.tell(rivalled(population.ask(), wins=True, same=True)[0])
    assert search_of(population).base is base


def enabled(genome):
    return genome.connections["innovation"][genome.connections["enabled"] != 0].tolist()


def rivalled(genomes, wins, *, same=False):
    """Fitness in which a bred genome, of another topology than the drawn ones or the same, is the best, or is not."""
    fitness = target(genomes)
    base = enabled(genomes[len(genomes) - 1])
    bred = len(genomes) - DRAWN
    others = [i for i in range(bred) if (enabled(genomes[i]) == base) == same]
    copies = [i for i in others if genomes.lineage["operators"][i] & Operator.ELITE]
    chosen = (copies or others)[0]
    fitness[:bred] = np.minimum(fitness[:bred], -1.0)
    if wins:
        fitness[chosen] = 1.0
    return fitness, chosen


def growing():
    return config(
        {"patience": 10_000}, mutation={"add_connection": 0.5, "add_node": 0.5},
        reproduction={"elite_species_size": 1}, species={"stagnation": 0},
        compatibility={"target_species": 0, "threshold": 100.0},
    )  # fmt: skip


def test_the_search_moves_to_a_rival_that_wins_twice():
    population = Population(growing(), seed=2)
    evolve(population, 2)
    base = search_of(population).base
    genomes = population.ask()
    fitness, rival = rivalled(genomes, wins=True)
    winner = genomes[rival].copy()
    population.tell(fitness)
    assert topology(search_of(population).base) == topology(base)  # once may be luck
    learned = search_of(population).method
    genomes = population.ask()
    fitness, copy = rivalled(genomes, wins=True)
    assert genomes[copy] == winner
    population.tell(fitness)
    assert search_of(population).base == winner
    assert search_of(population).method.mean.tolist() == winner.connections["weight"][
        winner.connections["enabled"] != 0
    ].tolist()  # fmt: skip
    assert 0.5 * learned.step < search_of(population).method.step < 2.0 * learned.step  # not begun anew


def test_what_was_learned_about_shared_weights_moves_along_by_innovation_number():
    population = Population(growing(), seed=2)
    evolve(population, 12)
    search, genomes = search_of(population), population.ask()
    before, numbers = search.method, enabled(search.base)
    # A connection that was split is missing in the middle: the same weight has another place before and after.
    rival, shared = next(
        (i, shared)
        for i in range(SIZE - DRAWN)
        for shared in [[n for n in enabled(genomes[i]) if n in numbers]]
        if numbers[: len(shared)] != shared and len(shared) > 1
    )
    old = [numbers.index(n) for n in shared]
    new = [enabled(genomes[rival]).index(n) for n in shared]
    search._move(genomes, rival)
    after = search.method
    known, kept = before.factor.T @ before.factor, after.factor.T @ after.factor
    assert abs(known[old[0], old[1]]) > 1e-3  # something was learned
    np.testing.assert_allclose(kept[np.ix_(new, new)], known[np.ix_(old, old)], rtol=1e-9, atol=1e-12)
    assert after.path[new].tolist() == before.path[old].tolist()


def test_a_rival_that_wins_once_is_forgotten():
    population = Population(growing(), seed=2)
    evolve(population, 2)
    base = search_of(population).base
    for wins in (True, False, True, False, True):
        population.tell(rivalled(population.ask(), wins)[0])
    assert search_of(population).base is base


def test_a_search_at_a_standstill_begins_anew_around_the_best():
    population = Population(config({"patience": 5}), seed=2)
    evolve(population, 12)
    assert search_of(population).method.updates > 0
    for _ in range(7):
        population.ask()
        population.tell(np.full(SIZE, -1e6))  # the same mean fitness for ever
        if search_of(population).method.updates == 0:
            break
    assert search_of(population).method.step == 0.5
    assert search_of(population).method.updates == 0


def test_a_distribution_that_has_become_useless_begins_anew():
    population = Population(config({"patience": 10_000}), seed=2)
    evolve(population, 4)
    search_of(population).method.path[:] = np.nan
    evolve(population, 1)
    assert search_of(population).method.step == 0.5
    assert search_of(population).method.usable()


def test_biases_that_evolve_are_searched_too():
    biased = config({"patience": 10_000}, mutation={"biases": 1.0, "add_node": 0.0, "add_connection": 0.0})
    population = Population(biased, seed=6)

    def fitness(genomes):
        return target(genomes) - np.array([abs(g.nodes["bias"][-1] - 2.0) for g in genomes])

    evolve(population, 150, fitness)
    search = search_of(population)
    assert len(search.method.mean) == 5
    assert search.method.mean[-1] == pytest.approx(2.0, abs=0.02)
    assert population.genomes[SIZE - DRAWN].nodes["bias"][-1] == search.method.mean[-1]


def test_one_bred_genome_is_enough():
    population = Population(config({"share": 0.9}, population={"size": 6}), seed=6)
    evolve(population, 20)
    assert len(population.genomes) == 6
    assert (population.lineage["operators"] == Operator.SEARCH).sum() == 5


def test_a_checkpoint_keeps_the_whole_state_of_the_search(tmp_path):
    population = Population(growing(), seed=2)
    evolve(population, 6)
    population.tell(rivalled(population.ask(), wins=True)[0] - 5.0)  # a bad generation: smoothed and best differ
    save_checkpoint(tmp_path / "a.npz", population)
    expected, found = search_of(population).to_arrays(), search_of(load_checkpoint(tmp_path / "a.npz")[0]).to_arrays()
    values, counts = expected["values"].tolist(), expected["counts"].tolist()
    assert len(set(values)) == len(set(counts)) == 3  # a mix-up would show
    assert counts[2] >= 0
    assert {name: array.tolist() for name, array in found.items()} == {n: a.tolist() for n, a in expected.items()}


def test_a_rival_is_remembered_across_a_checkpoint(tmp_path):
    population = Population(growing(), seed=2)
    evolve(population, 2)
    population.tell(rivalled(population.ask(), wins=True)[0])
    save_checkpoint(tmp_path / "a.npz", population)
    again = load_checkpoint(tmp_path / "a.npz")[0]
    winner = again.genomes[rivalled(again.genomes, wins=True)[1]].copy()
    again.tell(rivalled(again.ask(), wins=True)[0])
    assert search_of(again).base == winner


@pytest.mark.filterwarnings("error")
def test_huge_fitness_does_not_overflow():
    population = Population(config(), seed=2)
    for value in (1e308, -1e308, 1e308):
        population.ask()
        population.tell(np.full(SIZE, value))
    assert np.isfinite([search_of(population).smoothed, search_of(population).best]).all()


def test_threads_do_not_change_what_is_drawn():
    runs = []
    for threads in (1, 3):
        population = Population(config(population={"size": 400}), seed=9, threads=threads)
        evolve(population, 6)
        runs.append(population.genomes)
    assert runs[0] == runs[1]


def test_extinction_begins_the_search_anew():
    dying = config(species={"stagnation": 2, "protected": 0, "population_stagnation": 0})
    population = Population(dying, seed=4)
    restarts = 0
    for _ in range(30):
        record = population.tell(np.zeros(len(population.ask()))).record
        assert len(population.genomes) == SIZE
        if record.restarted:
            restarts += 1
            assert search_of(population).base is None
    assert restarts > 0


def test_drawn_genomes_play_as_networks():
    population = Population(config(), seed=5)
    evolve(population, 3)
    outputs = {Network(g, population.config.network).activate([0.1, -0.2, 0.3])[0] for g in population.genomes[-5:]}
    assert len(outputs) == 5


@pytest.mark.parametrize(
    ("search", "size", "message"),
    [
        ({"share": 1.05}, SIZE, "search.share: expected a share from 0 to 1"),
        ({"share": -0.1}, SIZE, "search.share: expected a share from 0 to 1"),
        ({"share": 0.1}, SIZE, "search.share: expected 0, or at least 5 of the 40 genomes"),
        ({"share": 0.5, "step": 0.0}, SIZE, "search.step: expected a finite number above 0"),
        ({"share": 0.5, "step": float("inf")}, SIZE, "search.step: expected a finite number above 0"),
        ({"share": 0.5, "averaging": 0}, SIZE, "search.averaging: expected a whole number from 1"),
        ({"share": 0.5, "patience": 0}, SIZE, "search.patience: expected at least 1"),
    ],
)
def test_settings_out_of_range(search, size, message):
    with pytest.raises(ConfigError, match=message):
        Population(config(search, population={"size": size}), seed=1)
