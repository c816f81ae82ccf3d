"""Environments in lock step: the same returns as one after the other, whatever the number of slots.

A pool with EnvPool's interface over Gymnasium's environments lets results be compared with the serial evaluator bit by
bit; the tests at the end use EnvPool itself.
"""

import sys
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
from arena import check_decoded_networks_play_alike, genomes_for, linear

from environments import TaskConfig, make_task
from environments.evaluators import envpool_backend
from environments.evaluators.envpool_backend import _halves
from environments.making.environment import make_environment
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError, MissingExtraError
from neat.genes.table import Genome, Genomes
from neat.networks.network import Network

COPYCATS = Genomes.of([linear([[-1.0], [1.0]]), linear([[1.0], [-1.0]])] * 3)


def remembering(weight):
    """Return a player of CartPole whose outputs also hear themselves."""
    genome = linear([[0.0, 0.0, -1.0, -0.5], [0.0, 0.0, 1.0, 0.5]], activation="tanh")
    loops = genome.connections[:2].copy()
    loops["innovation"] = 8, 9
    loops["source"] = loops["target"] = 4, 5
    loops["weight"] = weight
    return Genome(genome.nodes, np.concatenate([genome.connections, loops]))


class Pool:
    """What EnvPool is to its user: seeds fixed when made, subsets, the step after the end is the reset."""

    observation_space = None

    def __init__(self, config, seed):
        self.envs = [make_environment(config) for _ in seed]
        self.seeds = list(seed)
        self.ended = [True] * len(seed)  # the first step begins the first episode

    def _reset(self, slot):
        observation, _ = self.envs[slot].reset(seed=self.seeds[slot])
        self.seeds[slot] = None
        self.ended[slot] = False
        return observation

    def send(self, actions, ids):
        self.sent = actions.copy(), ids.copy()  # the sender writes on

    def recv(self):
        actions, ids = self.sent
        rows = []
        for action, slot in zip(actions, ids, strict=True):
            if self.ended[slot]:
                rows.append((self._reset(slot), 0.0, False, False))
            else:
                action = int(action) if action.ndim == 0 else action
                rows.append(self.envs[slot].step(action)[:4])
                self.ended[slot] = rows[-1][2] or rows[-1][3]
        observations, rewards, terminated, truncated = (np.array(column) for column in zip(*rows, strict=True))
        return observations, rewards.astype(float), terminated, truncated, {"env_id": ids}

    def close(self):
        for env in self.envs:
            env.close()


@pytest.fixture
def pretended(monkeypatch):
    """Return a function that makes the evaluator of a task over a `Pool`."""

    def make(config, network=None, seed=4):
        name = config.environment.rpartition(":")[2]
        env = make_environment(config)
        spec = SimpleNamespace(
            gymnasium_observation_space=env.observation_space, gymnasium_action_space=env.action_space
        )
        module = SimpleNamespace(
            list_all_envs=lambda: [name],
            make_spec=lambda _: spec,
            make=lambda name, *, seed, **_: Pool(config, seed),
        )
        monkeypatch.setattr(envpool_backend, "_load", lambda: module)
        return make_task(config).evaluator(network or NetworkConfig(), seed=seed, workers=2, backend="envpool")

    return make


def serial(config, network=None, seed=4):
    return make_task(config).evaluator(network or NetworkConfig(), seed=seed, backend="serial")


@pytest.mark.parametrize("kind", ["feedforward", "recurrent"])
@pytest.mark.parametrize("actions", ["argmax", "sample"])
@pytest.mark.parametrize(("scaling", "together"), [("none", 7), ("running", 64)])
def test_with_a_slot_for_each_episode_fitness_equals_the_serial_evaluators(
    pretended, kind, actions, scaling, together, monkeypatch
):
    monkeypatch.setattr(envpool_backend, "_WINDOW", together)
    config = TaskConfig(environment="CartPole-v1", episodes=3, actions=actions, observation_scaling=scaling)
    settings, genomes = genomes_for(make_task(config), size=20, generations=4, kind=kind)
    ours, theirs = pretended(config, settings.network), serial(config, settings.network)
    for table in (genomes, genomes.shard(3, 11)):
        a, b = ours.evaluate(table), theirs.evaluate(table)
        assert a.fitness.tolist() == b.fitness.tolist()
        assert a.genome_steps.tolist() == b.genome_steps.tolist()
        assert a.steps == b.steps
    for key, value in theirs.state().items():  # gathered over a genome's episodes in another order
        assert np.allclose(value, ours.state()[key], rtol=1e-12)


def test_vector_actions_of_several_kinds_of_outputs(pretended):
    pytest.importorskip("Box2D")
    config = TaskConfig(environment="BipedalWalker-v3", episodes=2, max_episode_steps=40, observation_scaling="bounds")
    _, genomes = genomes_for(make_task(config), size=6, generations=2, output="tanh")
    genomes.nodes["activation"][genomes.nodes["kind"] == 2] = [0, 1, 2, 3] * 6
    assert pretended(config).evaluate(genomes).fitness.tolist() == serial(config).evaluate(genomes).fitness.tolist()


@pytest.mark.parametrize("slots", [1, 2, 7, 17, 29])
def test_slots_are_refilled_until_every_episode_is_played_once(pretended, slots):
    config = TaskConfig(environment="arena_games:Copycat-v0", episodes=5, slots=slots)
    evaluation = pretended(config).evaluate(COPYCATS)
    assert evaluation.fitness.tolist() == [20.0, 0.0] * 3
    assert evaluation.genome_steps.tolist() == [100] * 6


def test_a_refilled_slot_goes_on_with_its_random_numbers_and_a_fresh_network(pretended):
    config = TaskConfig(environment="CartPole-v1", episodes=4, slots=1)
    network_config = NetworkConfig(kind="recurrent")
    genomes = Genomes.of([remembering(weight) for weight in (-2.0, 0.5, 1.0, 2.0, 4.0)])
    plays = pretended(config, network_config).play(genomes, [[8, 2, 4, 6]] * 5, table=None, gather=False)
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=8)
    expected = []
    for genome in genomes:
        network = Network(genome, network_config)
        for episode in range(4):
            observation, _ = env.reset(seed=8) if not expected and episode == 0 else env.reset()
            network.reset()
            total, ended = 0.0, False
            while not ended:
                observation, reward, terminated, truncated, _ = env.step(int(network.activate(observation).argmax()))
                total, ended = total + reward, terminated or truncated
            expected.append(total)
    assert plays.returns.reshape(-1).tolist() == expected
    assert plays.steps.sum() == sum(expected)


@pytest.mark.parametrize("genomes", [2, 3, 7, 150])
@pytest.mark.parametrize("episodes", [1, 5])
def test_slots_for_all_episodes_are_slots_for_the_episodes_of_each_half(genomes, episodes):
    halves = _halves(genomes, genomes * episodes)
    assert [(start, stop) for start, stop, _ in halves] == [(0, -(-genomes // 2)), (-(-genomes // 2), genomes)]
    assert [slots for _, _, slots in halves] == [(stop - start) * episodes for start, stop, _ in halves]


@pytest.mark.parametrize(("genomes", "slots"), [(1, 9), (9, 1)])
def test_one_genome_or_one_slot_is_not_halved(genomes, slots):
    assert _halves(genomes, slots) == [(0, genomes, slots)]


@pytest.mark.parametrize("slots", [8, 1000])
def test_nothing_idles_while_there_is_work(pretended, monkeypatch, slots):
    monkeypatch.setattr(envpool_backend, "_WINDOW", 8)
    config = TaskConfig(environment="CartPole-v1", episodes=3, slots=slots)
    settings, genomes = genomes_for(make_task(config), size=20, generations=4)
    sizes: dict[Pool, list[int]] = {}
    turns = []
    send, receive = Pool.send, Pool.recv

    def sending(self, actions, ids):
        sizes.setdefault(self, []).append(len(ids))
        send(self, actions, ids)

    monkeypatch.setattr(Pool, "send", sending)
    monkeypatch.setattr(Pool, "recv", lambda self: turns.append(self) or receive(self))
    evaluation = pretended(config, settings.network).evaluate(genomes)
    one, other = sizes
    both = 2 * min(turns.count(one), turns.count(other))
    assert turns[:both] == [one, other] * (both // 2)  # while one steps, the other decides
    for pool, sent in sizes.items():
        assert len(pool.envs) == min(slots // 2, 30)
        assert sent[0] == min(slots // 2, 8)
        assert sent == sorted(sent, reverse=True)  # they become fewer only when the queue is empty
    resets = 20 * 3
    assert sum(map(sum, sizes.values())) == evaluation.steps + resets


def test_a_generation_depends_on_seed_and_number_alone(pretended):
    config = TaskConfig(environment="CartPole-v1", episodes=3, slots=4)
    _, genomes = genomes_for(make_task(config), size=10, generations=4)
    one = pretended(config)
    first = one.evaluate(genomes).fitness
    later = one.evaluate(genomes).fitness
    assert first.tolist() == later.tolist() == pretended(config).evaluate(genomes).fitness.tolist()
    assert first.tolist() != pretended(config, seed=5).evaluate(genomes).fitness.tolist()


@pytest.mark.parametrize("how", ["nan reward", "nan observation"])
def test_what_is_not_finite_is_a_fault(pretended, how, monkeypatch):
    kwargs = {"how": how, "among": 997, "rest": 11}
    bad = TaskConfig(environment="arena_games:Bad-v0", kwargs=kwargs, slots=8)
    evaluator = pretended(bad.replace(kwargs={}))
    evaluator.make = lambda seeds: Pool(bad, seeds.tolist())
    original = Pool._reset

    def reset(self, slot):  # environments that are refilled get a harmless seed: this one asks for a number
        self.seeds[slot] = self.seeds[slot] or 2
        return original(self, slot)

    monkeypatch.setattr(Pool, "_reset", reset)
    seeds = [[4, 6]] * 6
    seeds[1] = [22, 4]  # 22 // 2 % 997 == 11
    plays = evaluator.play(COPYCATS, seeds, table=None, gather=True)
    assert [(fault.genome, fault.seed) for fault in plays.faults] == [(1, 22)]
    assert plays.faults[0].message == "returned an observation or a reward that is not finite"
    assert np.isnan(plays.returns[1]).all()
    assert plays.returns[[0, 2, 3, 4, 5], 0].tolist() == [20.0, 20.0, 0.0, 20.0, 0.0]
    assert plays.statistics[1].tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(EvaluationError, match="not finite"):
        evaluator._settle(plays.returns.mean(axis=1), plays.faults, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"environment": "arena_games:Bad-v0", "kwargs": {"how": "die"}}, "task.kwargs: backend 'envpool' does not"),
        ({"environment": "CartPole-v1", "wrappers": ({"name": "TimeAwareObservation"},)}, "task.wrappers"),
        ({"environment": "FrozenLake-v1"}, "supports only vectors as observations, 'FrozenLake-v1' has"),
        ({"environment": "Pendulum-v1"}, "does not play 'Pendulum-v1' as Gymnasium does: .*velocity.*'processes'"),
    ],
)
def test_what_it_cannot_play_is_refused(pretended, changes, message):
    with pytest.raises(ConfigError, match=message):
        pretended(TaskConfig(**changes))


def test_a_missing_envpool_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "envpool", None)
    with pytest.raises(MissingExtraError, match=r'pip install "neat-arena\[envpool\]"'):
        make_task(TaskConfig()).evaluator(NetworkConfig(), seed=1, backend="envpool")


@pytest.fixture(scope="module")
def envpool():
    return pytest.importorskip("envpool", reason="the extra 'envpool' is not installed")


def test_envpool_lacks_an_environment(envpool):
    with pytest.raises(ConfigError, match=r"backend 'envpool' has no environment 'Copycat-v0'.*backend 'processes'"):
        make_task(TaskConfig(environment="arena_games:Copycat-v0")).evaluator(
            NetworkConfig(), seed=1, backend="envpool"
        )


@pytest.mark.parametrize(
    "environment", ["CartPole-v1", "MountainCarContinuous-v0", "LunarLander-v3", "BipedalWalker-v3"]
)
@pytest.mark.parametrize("slots", [7, 100])
def test_threads_do_not_change_results(envpool, environment, slots):
    if "Lander" in environment or "Bipedal" in environment:
        pytest.importorskip("Box2D")
    config = TaskConfig(environment=environment, episodes=3, slots=slots, max_episode_steps=60)
    task = make_task(config)
    settings, genomes = genomes_for(task, size=8, generations=3)
    one, two = (task.evaluator(settings.network, seed=3, workers=n, backend="envpool") for n in (1, 3))
    a, b, again = one.evaluate(genomes), two.evaluate(genomes), one.evaluate(genomes)
    assert a.fitness.tolist() == b.fitness.tolist() == again.fitness.tolist()
    assert a.genome_steps.tolist() == b.genome_steps.tolist()
    assert (a.genome_steps <= 3 * 60).all()
    if environment == "MountainCarContinuous-v0":  # which nobody reaches the end of
        assert (a.genome_steps == 3 * 60).all()


@pytest.mark.parametrize("encoding", ["hyperneat", "es-hyperneat"])
def test_decoded_networks_play_as_they_do_elsewhere(envpool, encoding):
    check_decoded_networks_play_alike("envpool", encoding)


def test_genomes_share_episodes_where_each_has_its_slot(envpool):
    config = TaskConfig(environment="CartPole-v1", episodes=3, slots=30)
    task = make_task(config)
    settings, genomes = genomes_for(task, size=8, generations=5)
    twice = Genomes.of([genomes[5]] * 10)
    fitness = task.evaluator(settings.network, seed=3, backend="envpool").evaluate(twice).fitness
    assert len(set(fitness)) == 1
    fewer = make_task(config.replace(slots=29)).evaluator(settings.network, seed=3, backend="envpool")
    assert len(set(fewer.evaluate(twice).fitness)) > 1


def test_envpools_cart_pole_is_gymnasiums(envpool):
    """The same policy has the same distribution of returns: means of 400 episodes differ by chance alone."""
    config = TaskConfig(environment="CartPole-v1", episodes=400)
    task = make_task(config)
    _, genomes = genomes_for(task, size=4, generations=8)
    network = NetworkConfig()
    seeds = [list(range(0, 800, 2))] * 4
    pool = task.evaluator(network, seed=3, backend="envpool").play(genomes, seeds, table=None, gather=False)
    twin = task.evaluator(network, seed=3, backend="compiled").play(genomes, seeds, table=None, gather=False)
    deviation = np.sqrt((pool.returns.var(axis=1) + twin.returns.var(axis=1)) / 400) + 0.05
    assert (np.abs(pool.returns.mean(axis=1) - twin.returns.mean(axis=1)) < 4 * deviation).all()
