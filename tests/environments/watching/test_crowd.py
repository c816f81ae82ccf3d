"""A crowd at play gets what the evaluators say, whatever is looked at in between."""

from __future__ import annotations

import random

import numpy as np
import pytest
from gymnasium import spaces
from random_genomes import random_genome

from environments import SerialEvaluator, TaskConfig
from environments.evaluators.compiled import CompiledEvaluator
from environments.games import find_game
from environments.watching.crowd import CompiledCrowd
from environments.watching.crowd_of_environments import EnvironmentCrowd
from environments.watching.guest import Guest
from environments.watching.keys import KeyMap
from environments.watching.theatre import Theatre
from environments.watching.together import Stage, blend, draws_together
from neat.config import NetworkConfig
from neat.errors import ConfigError
from neat.genes.table import Genomes
from neat.networks.trace import NodeValues, Tracer


class Drift:
    """A plain game that draws global random numbers in every step, as those of users do."""

    actions = 3
    max_steps = 12
    size = (60, 40)

    def reset(self, seed=None):
        self.x = random.random()

    def observe(self):
        return self.x, 1.0

    def step(self, action):
        self.x += (action - 1) * 0.2 + random.gauss(0.0, 0.3) + float(np.random.normal(0.0, 0.1))  # noqa: NPY002
        return -abs(self.x), abs(self.x) > 2.0

    @staticmethod
    def draw_all(screen, players, alive):
        for player, lives in zip(players, alive, strict=True):
            screen.fill((0, 0, 255) if lives else (255, 0, 0), (30 + 10 * player.x, 10, 4, 4))


def genomes_of(inputs, outputs, *, cyclic=False, count=12):
    rng = np.random.default_rng(1)
    table = [random_genome(rng, inputs, outputs, 3, 10, cyclic=cyclic) for _ in range(count)]
    return Genomes.of(table, generation=3)


@pytest.mark.parametrize(
    ("environment", "kind", "settings"),
    [
        ("neat-arena/CartPole-v1", "feedforward", {}),
        ("neat-arena/CartPole-v1", "recurrent", {"actions": "sample", "max_episode_steps": 60}),
        ("neat-arena/Pendulum-v1", "recurrent", {"observation_scaling": "bounds"}),
        ("neat-arena/HardMaze-v0", "settling", {}),
    ],
)
def test_returns_are_those_of_the_evaluator(environment, kind, settings):
    game = find_game(environment)
    genomes = genomes_of(game.inputs, game.outputs, cyclic=kind != "feedforward")
    config = TaskConfig(environment=environment, episodes=1, **settings)
    network = NetworkConfig(kind=kind)
    expected = CompiledEvaluator(game, config, network, seed=5).evaluate(genomes)
    theatre = Theatre(config, network)
    crowd, chosen = theatre.seat(genomes, np.arange(len(genomes)))
    assert isinstance(crowd, CompiledCrowd)
    assert chosen.tolist() == list(range(len(genomes)))
    for _ in range(2):  # it can be played again
        crowd.begin(theatre.seed(5, genomes.generation))
        while crowd.alive.any():
            crowd.advance(7)
            assert np.isfinite(crowd.rows()).all()
        assert crowd.totals.tobytes() == expected.fitness.tobytes()
        assert crowd.steps == expected.genome_steps.max()


def test_players_of_ones_own_game_keep_their_random_numbers_apart():
    environment = f"{__name__}:Drift"
    genomes = genomes_of(2, 3)
    config = TaskConfig(environment=environment, episodes=1)
    network = NetworkConfig()
    expected = SerialEvaluator(config, network, seed=5).evaluate(genomes)
    theatre = Theatre(config, network)
    crowd, chosen = theatre.seat(genomes, np.arange(len(genomes))[::-1])
    assert isinstance(crowd, EnvironmentCrowd)
    crowd.begin(theatre.seed(5, genomes.generation))
    before = crowd.picture()
    crowd.advance(3)
    assert before.shape == (40, 60, 3)
    assert not np.array_equal(before, crowd.picture())
    crowd.advance(20)
    assert crowd.totals.tolist() == expected.fitness[chosen].tolist()
    theatre.close()


def test_a_person_plays_the_same_episode_beside_them_and_is_seen():
    genomes = genomes_of(2, 3)
    theatre = Theatre(TaskConfig(environment=f"{__name__}:Drift", episodes=1), NetworkConfig())
    crowd, _ = theatre.seat(genomes, np.arange(len(genomes)))
    seat = crowd.seat_for_guest()
    person = Guest(seat, KeyMap(seat.action_space))
    alone: list[float] = []
    for others in (0, 5):  # steps of the networks in between change nothing for a person, nor theirs for them
        crowd.begin(7)
        person.begin(7)
        first = [player.unwrapped.game.x for player in crowd._envs]
        assert set(first) == {seat.unwrapped.game.x}
        assert not person.ready
        person.hold({"right"})
        assert person.ready
        totals = []
        while not person.over:
            crowd.advance(others)
            person.advance(1)
            totals.append(person.total)
            if len(totals) == 1:
                seat.unwrapped.game.x = 1.5  # where nobody else is
                assert not np.array_equal(crowd.picture(person), crowd.picture())
        assert totals == (alone or totals)
        alone = totals
    crowd.advance(20)
    expected = SerialEvaluator(
        TaskConfig(environment=f"{__name__}:Drift", episodes=1, episode_seeds=(7,)), NetworkConfig(), seed=0
    )
    assert crowd.totals.tolist() == expected.evaluate(genomes).fitness.tolist()
    theatre.close()


def test_a_person_beside_players_of_a_compiled_game():
    game = find_game("neat-arena/CartPole-v1")
    config = TaskConfig(environment=game.id, max_episode_steps=5)
    crowd = CompiledCrowd(game, config, genomes_of(4, 2), NetworkConfig())
    seat = crowd.seat_for_guest()
    person = Guest(seat, KeyMap(seat.action_space, game.output_names))
    crowd.begin(3)
    person.begin(3)
    assert seat.unwrapped.state.tolist() == crowd._states[0].tolist()
    person.advance(9)
    assert person.over
    assert person.total == 5.0


def test_only_the_best_are_seated_where_there_is_no_room_for_all(monkeypatch):
    monkeypatch.setattr("environments.watching.theatre._MOST", 4)
    genomes = genomes_of(4, 2)
    crowd, chosen = Theatre(TaskConfig(environment="CartPole-v1"), NetworkConfig()).seat(
        genomes, np.array([5, 1, 7, 2, 0, 3, 4, 6, 8, 9, 10, 11])
    )
    assert (crowd.players, chosen.tolist()) == (4, [5, 1, 7, 2])


@pytest.mark.parametrize("kind", ["feedforward", "recurrent"])
def test_what_a_network_remembers_shows_its_nodes(kind):
    game = find_game("neat-arena/CartPole-v1")
    genomes = genomes_of(4, 2, cyclic=kind != "feedforward")
    network = NetworkConfig(kind=kind)
    crowd = CompiledCrowd(game, TaskConfig(environment=game.id), genomes, network)
    crowd.begin(8)
    tracer = Tracer(genomes[3], network)
    for _ in range(4):
        seen = crowd._seen[3].copy()
        crowd.advance(1)
        values = NodeValues(genomes[3], network).read(crowd.memory(3))
        assert np.array_equal(values, tracer.step(seen)[-1])


def test_a_game_may_draw_its_players_together():
    assert draws_together(Drift)
    players = [Drift(), Drift()]
    for player, x in zip(players, (0.0, 2.0), strict=True):
        player.x = x
    picture = Stage(Drift).picture(players, np.array([True, False]))
    assert picture[12, 32].tolist() == [0, 0, 255]
    assert picture[12, 52].tolist() == [255, 0, 0]


def test_pictures_laid_over_each_other_show_what_moves_in_each():
    pictures = [np.full((4, 9, 3), 200, np.uint8) for _ in range(9)]
    for i, picture in enumerate(pictures):
        picture[2, i] = 0
    together = blend(pictures)
    assert (together[2] < 40).all()
    assert (together[0] == 200).all()


def test_keys_mean_what_actions_are_called():
    cart = KeyMap(spaces.Discrete(2), ("push left", "push right"))
    assert [cart.action(held) for held in ({"left"}, set(), {"right"}, set())] == [0, 0, 1, 1]
    car = KeyMap(spaces.Discrete(3), ("accelerate left", "nothing", "accelerate right"))
    assert [car.action(held) for held in ({"left"}, set(), {"right"})] == [0, 1, 2]
    lander = KeyMap(spaces.Discrete(4), ("nothing", "left engine", "main engine", "right engine"))
    assert [lander.action(held) for held in (set(), {"left"}, {"up"}, {"space"}, {"right"})] == [0, 1, 2, 2, 3]
    acrobot = KeyMap(spaces.Discrete(3), ("torque -1", "torque 0", "torque +1"))
    assert [acrobot.action(held) for held in ({"left"}, set(), {"right"})] == [0, 1, 2]
    flap = KeyMap(spaces.Discrete(2, start=5))
    assert [flap.action(held) for held in (set(), {"space"})] == [5, 6]
    pole = KeyMap(spaces.Box(0.0, 1.0, (1,)), ("push",))
    assert [float(pole.action(held)[0]) for held in ({"left"}, set(), {"right"})] == [0.0, 0.5, 1.0]
    own = KeyMap(spaces.Discrete(3), own={"up": 2, "": 1})
    assert [own.action(held) for held in ({"up"}, {"left"})] == [2, 1]
    with pytest.raises(ConfigError, match="numbers of actions below 3"):
        KeyMap(spaces.Discrete(3), own={"up": 3})
    with pytest.raises(ConfigError, match="a person cannot play"):
        KeyMap(spaces.Box(0.0, 1.0, (4,)))
