"""Every score in whole runs: the same on every backend and across a checkpoint, and right about what it needs."""

from types import SimpleNamespace

import numpy as np
import pytest

import neat
from environments import make_task
from experiments.loop.runner import fitted
from experiments.settings import from_mapping, from_toml, to_toml
from neat.errors import ConfigError, DataError, EvaluationError
from neat.files.arrays import read_arrays
from neat.files.checkpoint import _dtypes, _Header, load_checkpoint, save_checkpoint
from neat.population import Population
from neat.selection import SCORES

METHODS = ["novelty", "local-competition", "blend", "dominated-novelty", "pareto", "random"]


def experiment(method, **selection):
    data = {
        "name": "x",
        "task": {"environment": "neat-arena/HardMaze-v0", "episodes": 1, "max_episode_steps": 60},
        "population": {"size": 40},
        "selection": {"method": method, "neighbours": 5, "archive": 30, "admission": 3.0, **selection},
    }
    return from_mapping(data, changes=["compatibility.threshold_step=0.05"])


def played(method, generations, *, backend="compiled", workers=1, population=None, save=None, **selection):
    settings = experiment(method, **selection)
    task = make_task(settings.task)
    config = fitted(settings.config, task)
    population = population or Population(config, seed=3, threads=workers)
    with task.evaluator(config.network, seed=3, workers=workers, backend=backend) as evaluator:
        while population.generation < generations:
            if save is not None and population.generation == save[0]:
                save_checkpoint(save[1], population)
            population.tell(evaluator.evaluate(population.ask()))
    return population


def states(population):
    return {name: array.tobytes() for name, array in population.to_arrays().items() if name != "values"}


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_run_goes_on_bit_for_bit(method, tmp_path):
    whole = played(method, 9, save=(4, tmp_path / "a.npz"))
    population = load_checkpoint(tmp_path / "a.npz")[0]
    assert population.generation == 4
    again = played(method, 9, population=population, workers=2)
    assert states(whole) == states(again)
    if method not in ("dominated-novelty", "random"):
        assert any(name.startswith("score_") and len(array) for name, array in whole.to_arrays().items())


@pytest.mark.parametrize(
    ("method", "backend"),
    [
        ("novelty", "serial"), ("novelty", "processes"), ("pareto", "serial"), ("local-competition", "serial"),
        ("blend", "serial"), ("dominated-novelty", "serial"),
    ],
)  # fmt: skip
def test_every_backend_breeds_the_same(method, backend):
    assert states(played(method, 3)) == states(played(method, 3, backend=backend, workers=2))


def test_methods_differ_and_no_species_stands_still_by_a_score_that_moves():
    champions = {method: played(method, 5).genomes for method in [*METHODS, "fitness"]}
    assert len({genomes.connections.tobytes() for genomes in champions.values()}) == len(champions)
    assert [m for m in METHODS if SCORES[m].COMPARABLE] == []
    population = played("random", 40)
    assert not population.done
    assert (population.speciation.species["improved"] >= population.generation - 1).all()


def test_the_minimal_criterion_leaves_nothing_to_those_below_it():
    settings = experiment("novelty", minimum=120.0)
    config = fitted(settings.config, make_task(settings.task))
    score = SCORES["novelty"](config, 0)
    genomes = neat.Population(config, seed=1).genomes
    rng = np.random.default_rng(0)
    fitness = rng.uniform(90, 150, len(genomes))
    evaluation = SimpleNamespace(fitness=fitness, steps=0, behaviours=100 * rng.normal(size=(len(genomes), 2)))
    values = score.score(genomes, evaluation)
    assert ((values == 0.0) == (fitness < 120.0)).all()
    assert score.archive.fitness.min() >= 120.0
    assert len(score.archive) > 3


def test_local_competition_counts_neighbours_that_are_beaten():
    """In a line of equally spaced behaviours novelty says little; the fittest of each neighbourhood come out first."""
    settings = experiment("local-competition", neighbours=2, archive=0)
    config = fitted(settings.config, make_task(settings.task))
    genomes = neat.Population(config, seed=1).genomes
    behaviours = np.stack([np.arange(40.0), np.zeros(40)], axis=1)
    fitness = np.tile([1.0, 5.0, 2.0, 0.0], 10)
    evaluation = SimpleNamespace(fitness=fitness, steps=0, behaviours=behaviours)
    values = SCORES["local-competition"](config, 0).score(genomes, evaluation)
    inner = np.arange(2, 38)
    assert values[inner][fitness[inner] == 5.0].min() > values[inner][fitness[inner] == 0.0].max()


def test_the_front_is_what_nothing_in_the_run_dominates(tmp_path):
    settings = experiment("pareto")
    task = make_task(settings.task)
    config = fitted(settings.config, task)
    population, seen = Population(config, seed=3), []
    with task.evaluator(config.network, seed=3) as evaluator:
        for _ in range(8):
            genomes = population.ask()
            evaluation = evaluator.evaluate(genomes)
            seen += [(f, -g.enabled) for f, g in zip(evaluation.fitness.tolist(), genomes, strict=True)]
            population.tell(evaluation)
    best = {a for a in seen if not any(b[0] >= a[0] and b[1] >= a[1] and b != a for b in seen)}
    front = population.score
    assert set(map(tuple, front.values.tolist())) == best
    assert [-genome.enabled for genome in front.front] == front.values[:, 1].tolist()
    assert len(best) > 1
    save_checkpoint(tmp_path / "a.npz", population)
    _, arrays = read_arrays(tmp_path / "a.npz", "neat-arena checkpoint", 3, _dtypes, _Header)
    arrays = {name.removeprefix("score_"): a for name, a in arrays.items() if name.startswith("score_")}
    front.restore(arrays)
    for name, wrong in (("values", arrays["values"][:-1]), ("found", arrays["found"] - 100)):
        with pytest.raises(DataError):
            front.restore({**arrays, name: wrong})
    with pytest.raises(DataError):
        front.restore({**arrays, "values": np.sort(arrays["values"], axis=0)})


def test_goals_may_be_those_of_the_game_novelty_or_hidden_nodes():
    settings = experiment("pareto", goals=["objectives", "novelty", "hidden"])
    config = fitted(settings.config, make_task(settings.task))
    genomes = neat.Population(config, seed=1).genomes
    rng = np.random.default_rng(0)
    evaluation = SimpleNamespace(
        fitness=rng.normal(size=40), steps=0, behaviours=rng.normal(size=(40, 2)), objectives=rng.normal(size=(40, 2))
    )
    score = SCORES["pareto"](config, 0)
    assert score.score(genomes, evaluation).shape == (40,)
    assert score.values.shape[1] == 4
    del evaluation.objectives
    with pytest.raises(EvaluationError, match=r"task\.objectives"):
        score.score(genomes, evaluation)


def test_without_behaviours_the_message_says_what_to_do():
    population = Population(neat.Config.preset(genome={"inputs": 2, "outputs": 1}, selection={"method": "novelty"}), 1)
    with pytest.raises(EvaluationError, match=r"set task\.behaviour = 'auto'"):
        population.tell(np.zeros(len(population.ask())))


def test_an_experiment_that_needs_behaviours_asks_for_them():
    assert experiment("novelty").task.behaviour == "auto"
    assert experiment("pareto").task.behaviour == "none"
    assert experiment("pareto", goals=["fitness", "novelty"]).task.behaviour == "auto"
    text = to_toml(experiment("novelty", minimum=3.0))
    assert from_toml(text, name="x") == experiment("novelty", minimum=3.0)
    with pytest.raises(ConfigError, match=r"selection\.goals"):
        experiment("pareto", goals=["return"])


def test_a_damaged_archive_is_refused():
    score = played("novelty", 3).score
    arrays = score.to_arrays()
    for name, wrong in (
        ("rows", arrays["rows"][:-1]), ("rows", arrays["rows"] * np.nan), ("fitness", arrays["fitness"][:-1]),
        ("counts", arrays["counts"] + 1), ("counts", arrays["counts"][:3]), ("threshold", np.array([-1.0])),
    ):  # fmt: skip
        with pytest.raises(DataError):
            score.restore({**arrays, name: wrong})


@pytest.mark.parametrize("method", ["novelty", "local-competition", "blend", "dominated-novelty"])
def test_behaviours_whose_distances_would_overflow_are_refused(method):
    population = played(method, 3)
    count = len(population.genomes)
    huge = SimpleNamespace(fitness=np.zeros(count), steps=0, behaviours=np.full((count, 2), 1e200))
    with pytest.raises(EvaluationError, match=r"behaviours of at most 1e\+100 in size, .*, got 1e\+200"):
        population.score.score(population.genomes, huge)


def test_behaviours_of_another_length_are_refused():
    score = played("novelty", 3).score
    genomes = neat.Genomes.of([])
    with pytest.raises(EvaluationError, match="have 3 numbers, those of the archive 2"):
        score.score(genomes, SimpleNamespace(fitness=np.empty(0), steps=0, behaviours=np.empty((0, 3))))
