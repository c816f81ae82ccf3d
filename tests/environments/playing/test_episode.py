"""One episode, one generation: the serial evaluator, which is the specification of all others."""

import itertools
import subprocess
import sys

import arena_games
import gymnasium
import numpy as np
import pytest
from arena import config_for, genomes_for, linear

from environments import TaskConfig, episode_seeds, make_task, verification_seeds
from environments.evaluators.serial import SerialEvaluator
from environments.making.environment import carries_over, make_environment
from environments.playing.episode import Player
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError, MissingExtraError
from neat.genes.table import Genomes
from neat.networks.network import Network


def task_of(environment, **settings):
    return make_task(TaskConfig(environment=environment, **settings))


def evaluate(task, genomes, *, seed=7, network=None, **changes):
    with task.evaluator(network or NetworkConfig(), seed=seed, backend="serial", **changes) as evaluator:
        return evaluator.evaluate(genomes)


def test_seeds_are_a_pure_function_and_never_shared_with_verification():
    assert episode_seeds(7, 3, 5) == episode_seeds(7, 3, 9)[:5]
    assert episode_seeds(7, 3, 5) != episode_seeds(7, 4, 5) != episode_seeds(8, 4, 5)
    trained = set(itertools.chain.from_iterable(episode_seeds(1, g, 50) for g in range(200)))
    fresh = verification_seeds(1, 10_000) + verification_seeds(1, 10_000, attempt=1)
    assert len(trained) > 9_990
    assert len(set(fresh)) > 19_980
    assert {s % 2 for s in trained} == {0}
    assert {s % 2 for s in fresh} == {1}
    assert all(0 <= s < 2**31 for s in [*trained, *fresh])


def test_cart_pole_returns_equal_a_loop_in_plain_gymnasium():
    task = task_of("CartPole-v1", episodes=3)
    config, genomes = genomes_for(task, generations=5)
    evaluation = evaluate(task, genomes, network=config.network)
    env = gymnasium.make("CartPole-v1")
    for genome, fitness, steps in zip(genomes, evaluation.fitness, evaluation.genome_steps, strict=True):
        network = Network(genome, config.network)
        returns = []
        for seed in episode_seeds(7, genomes.generation, 3):
            observation, _ = env.reset(seed=seed)
            network.reset()
            total, ended = 0.0, False
            while not ended:
                observation, reward, terminated, truncated, _ = env.step(int(np.argmax(network.activate(observation))))
                total += reward
                ended = terminated or truncated
            returns.append(total)
        assert fitness == np.mean(returns)
        assert steps == sum(returns)
    assert evaluation.steps == evaluation.genome_steps.sum()
    assert task.threshold == 475


def test_known_best_returns_are_reached():
    copycat = linear([[-1.0], [1.0]])
    contrary = linear([[1.0], [-1.0]])
    evaluation = evaluate(task_of("arena_games:Copycat-v0"), Genomes.of([copycat, contrary]))
    assert evaluation.fitness.tolist() == [20.0, 0.0]
    reach = linear([[0.75]], activation="clamped")
    assert evaluate(task_of("arena_games:Reach-v0"), Genomes.of([reach])).fitness.tolist() == [0.0]


@pytest.mark.parametrize("observation", arena_games.OBSERVATIONS)
@pytest.mark.parametrize("action", arena_games.ACTIONS)
def test_every_pair_of_spaces_plays(observation, action):
    task = task_of("arena_games:AnySpaces-v0", kwargs={"observation": observation, "action": action}, episodes=2)
    config, genomes = genomes_for(task, size=3)
    evaluation = evaluate(task, genomes, network=config.network)
    assert evaluation.fitness.tolist() == [10.0] * 3
    assert len(task.input_names) == task.inputs
    assert len(task.output_names) == task.outputs


@pytest.mark.parametrize("environment", ["FrozenLake-v1", "Taxi-v4", "Blackjack-v1"])
@pytest.mark.parametrize("kind", ["feedforward", "settling", "recurrent"])
def test_toy_text_plays(environment, kind):
    task = task_of(environment, episodes=2)
    config, genomes = genomes_for(task, size=6, kind=kind)
    first, second = (evaluate(task, genomes, network=config.network) for _ in range(2))
    assert np.array_equal(first.fitness, second.fitness)
    assert task.output_names[0] in ("left", "south", "stick")


def test_an_episode_without_end_is_cut_off():
    assert evaluate(task_of("arena_games:Endless-v0", episodes=1), Genomes.of([linear([[1], [2]])])).steps == 10_000
    task = task_of("arena_games:Endless-v0", episodes=1, max_episode_steps=50)
    assert evaluate(task, Genomes.of([linear([[1], [2]])])).fitness.tolist() == [50.0]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("raise", "raised ValueError: the board is on fire"),
        ("nan reward", "returned rewards that add up to nan"),
        ("nan observation", "returned an observation that is not finite .element 0 is nan"),
        ("shape", r"returned an observation of shape \(2,\), expected \(1,\)"),
        ("slow", "took longer for an episode than task.time_limit"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_bad_environments_are_named(how, message):
    task = task_of("arena_games:Bad-v0", kwargs={"how": how}, time_limit=0.2 if how == "slow" else 600)
    genomes = Genomes.of([linear([[-1.0], [1.0]])] * 2, generation=4)
    with pytest.raises(EvaluationError, match=message) as caught:
        evaluate(task, genomes)
    text = str(caught.value)
    assert "\n" not in text
    seed = episode_seeds(7, 4, 1)[0]
    assert f"environment 'arena_games:Bad-v0' {message.split(' ', maxsplit=1)[0]}" in text
    assert f"(generation 4, genome 0, seed {seed})" in text


def test_no_episode_pays_for_loading_machine_code(monkeypatch):
    player = Player(TaskConfig(environment="arena_games:Copycat-v0", episodes=2), NetworkConfig())
    player.seat(Genomes.of([linear([[-1.0], [1.0]])]))
    progress, thoughts = np.zeros(3), []
    thinker = player._policy.thinker

    def noting(index, statistics):
        think = thinker(index, statistics)
        return lambda observation: (thoughts.append(progress[2] > 0), think(observation))[1]

    monkeypatch.setattr(player._policy, "thinker", noting)
    assert player.score(0, [2, 4], progress=progress) == ([20.0, 20.0], 40, None)
    assert thoughts == [False] + [True] * 40  # the first, which loads it, before any clock runs
    player.close()


def test_a_fault_can_cost_the_genome_its_fitness_instead():
    seeds = episode_seeds(7, 0, 5)
    rest = seeds[2] // 2 % 997  # only the third episode goes wrong
    kwargs = {"how": "raise", "among": 997, "rest": rest}
    genomes = Genomes.of([linear([[-1.0], [1.0]]), linear([[1.0], [-1.0]])])
    task = task_of("arena_games:Bad-v0", kwargs=kwargs, fault="worst")
    with pytest.raises(EvaluationError, match="raised ValueError"):  # it goes wrong for all genomes
        evaluate(task, genomes)
    with SerialEvaluator(task.config, NetworkConfig(), 7) as evaluator:
        other = [s for s in range(2, 60, 2) if s // 2 % 997 != rest][:5]
        plays = evaluator.play(genomes, [seeds, other], table=None, gather=False)
        assert [fault.genome for fault in plays.faults] == [0]
        assert plays.faults[0].seed == seeds[2]
        assert np.isnan(plays.returns).tolist() == [[False, False, True, True, True], [False] * 5]
        assert evaluator._settle(plays.returns.mean(axis=1), plays.faults, 0).tolist() == [0.0, 0.0]


def test_wrappers_and_arguments():
    wrappers = ({"name": "arena_games:Double", "kwargs": {"factor": 3.0}}, {"name": "FlattenObservation"})
    task = task_of("arena_games:Copycat-v0", wrappers=wrappers)
    assert evaluate(task, Genomes.of([linear([[-1.0], [1.0]])])).fitness.tolist() == [60.0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"environment": "CartPoel-v1"}, "there is no environment 'CartPoel-v1' .did you mean 'CartPole-v1'"),
        ({"environment": "xorr"}, "did you mean 'xor'"),
        ({"environment": "CartPole-v7"}, "did you mean 'CartPole-v1'"),
        ({"environment": "no_such_module:Game-v0"}, "module 'no_such_module' cannot be imported"),
        ({"environment": "arena_games:Words-v0"}, "of kind Text have no fixed size"),
        ({"kwargs": {"gravitation": 3}}, "cannot be made with {'gravitation': 3}"),
        ({"wrappers": ({"name": "FlatenObservation"},)}, "did you mean 'FlattenObservation'"),
        ({"wrappers": ({"name": "arena_games:Doubel"},)}, "cannot be imported"),
        ({"wrappers": ({"name": "arena_games:Double", "kwargs": {"f": 1}},)}, "cannot be made with {'f': 1}"),
        ({"wrappers": ({"name": "arena_games:Double", "kwarg": {}},)}, "did you mean 'kwargs'"),
        ({"episodes": 0}, "task.episodes: expected from 1 to 100,000, got 0"),
        ({"fault": "ignore"}, "task.fault: expected one of fail, worst"),
        ({"time_limit": -1.0}, "task.time_limit"),
        ({"max_episode_steps": 0}, "task.max_episode_steps: expected at least 1 step, got 0"),
    ],
)
def test_bad_settings_are_answered_in_one_line(settings, message):
    with pytest.raises(ConfigError, match=message) as caught:
        make_task(TaskConfig(**settings))
    assert "\n" not in str(caught.value)


def test_backends_and_workers_are_checked():
    task = task_of("arena_games:Copycat-v0")
    with pytest.raises(ConfigError, match="did you mean 'processes'"):
        task.evaluator(NetworkConfig(), seed=1, backend="process")
    with pytest.raises(ConfigError, match="workers: expected at least 1, got 0"):
        task.evaluator(NetworkConfig(), seed=1, workers=0)
    with pytest.raises(ConfigError, match="backend 'compiled' does not support the task 'arena_games:Copycat-v0'"):
        task.evaluator(NetworkConfig(), seed=1, backend="compiled")
    assert task.evaluator(NetworkConfig(), seed=1).backend == "serial"
    assert task.evaluator(NetworkConfig(), seed=1, workers=2).backend == "processes"
    assert task_of("CartPole-v1").evaluator(NetworkConfig(), seed=1).backend == "compiled"


@pytest.mark.parametrize(
    ("environment", "extra"), [("LunarLander-v3", "box2d"), ("HalfCheetah-v5", "mujoco"), ("ALE/Pong-v5", "atari")]
)
def test_missing_packages_name_the_extra(environment, extra, monkeypatch):
    for module in ("Box2D", "mujoco", "ale_py"):
        monkeypatch.setitem(sys.modules, module, None)
    for module in [m for m in sys.modules if m.startswith(("gymnasium.envs.box2d", "gymnasium.envs.mujoco"))]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(MissingExtraError, match=rf'pip install "neat-arena\[{extra}\]"') as caught:
        make_task(TaskConfig(environment=environment))
    assert "\n" not in str(caught.value)


def test_mujoco_neither_prints_nor_writes_a_file(tmp_path):
    pytest.importorskip("mujoco")
    code = "from environments import *; make_task(TaskConfig(environment='HalfCheetah-v5'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def test_running_statistics_are_frozen_within_a_generation_and_given_to_the_champion():
    task = task_of("CartPole-v1", observation_scaling="running", episodes=2)
    config, genomes = genomes_for(task)
    with task.evaluator(config.network, seed=1, backend="serial") as evaluator:
        first = evaluator.evaluate(genomes)
        assert first.scaling["factor"].tolist() != [1.0] * 4  # of an episode that some genomes play before
        second = evaluator.evaluate(genomes)
        assert second.scaling["factor"].tolist() != first.scaling["factor"].tolist()
        state = evaluator.state()
        assert state["count"][0] == first.steps + second.steps
    with task.evaluator(config.network, seed=1, backend="serial") as resumed:
        resumed.restore(state)
        assert np.array_equal(resumed.evaluate(genomes).scaling["shift"], state["mean"])


def test_scaling_from_bounds_is_what_the_network_sees():
    task = task_of("MountainCar-v0", observation_scaling="bounds", episodes=1)
    assert task.inputs == 2
    config, genomes = genomes_for(task, size=2)
    with task.evaluator(config.network, seed=1, backend="serial") as evaluator:
        table = evaluator.table(None)
        assert table[0] == pytest.approx([-0.3, 0.0])
        assert table[1] == pytest.approx([1 / 0.9, 1 / 0.07])
        assert evaluator.evaluate(genomes).scaling is None


def test_sampled_actions_depend_on_the_episode_only():
    task = task_of("arena_games:Copycat-v0", actions="sample")
    undecided = linear([[0.0], [0.0]])
    fitness = evaluate(task, Genomes.of([undecided] * 3)).fitness
    assert fitness.tolist() == [fitness[0]] * 3
    assert 0 < fitness[0] < 20


def test_bipedal_walker_is_made_anew_because_it_carries_something_over():
    pytest.importorskip("Box2D")
    task = task_of("BipedalWalker-v3", episodes=1)
    assert carries_over(task.config)
    assert not carries_over(TaskConfig(environment="LunarLander-v3"))
    assert carries_over(TaskConfig(environment="LunarLander-v3", remake="always"))
    config, genomes = genomes_for(task, size=8)
    evaluation = evaluate(task, genomes, network=config.network)
    alone = [evaluate(task, genomes.shard(i, i + 1), network=config.network).fitness[0] for i in range(8)]
    assert evaluation.fitness.tolist() == alone


def test_lunar_lander_has_names_and_a_threshold():
    pytest.importorskip("Box2D")
    task = task_of("LunarLander-v3")
    assert (task.inputs, task.outputs, task.threshold) == (8, 4, 200)
    assert task.output_names == ("nothing", "left engine", "main engine", "right engine")
    assert task_of("LunarLander-v3", threshold=120.0).threshold == 120.0
    assert config_for(task).genome.inputs == 8


def test_step_limits_come_from_the_registry_or_the_settings():
    def limit(**settings):
        env = make_environment(TaskConfig(**settings))
        while not isinstance(env, gymnasium.wrappers.TimeLimit):
            env = env.env
        return env._max_episode_steps

    assert limit(environment="CartPole-v1") == 500
    assert limit(environment="CartPole-v1", max_episode_steps=20) == 20
    assert limit(environment="Blackjack-v1") == 10_000


def test_importing_the_package_loads_nothing_heavy():
    import subprocess
    import sys

    code = "import sys, environments; print({'gymnasium', 'numba', 'numpy', 'matplotlib'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_all_is_sorted_complete_and_importable():
    import environments

    assert sorted(environments.__all__) == environments.__all__ == sorted(environments._HOMES)
    assert all(hasattr(environments, name) for name in environments.__all__)
