"""Ray's actors: the same fitness as the serial evaluator, whatever happens to an actor."""

import os
import signal
import socket
import sys
import threading
import time

import numpy as np
import pytest
from arena import (
    COPYCATS,
    check_decoded_networks_play_alike,
    check_fitness_equals_the_serial_evaluators,
    genomes_for,
    same,
)

from environments import TaskConfig, episode_seeds, make_task
from environments.evaluators.ray_backend import RayEvaluator, _Shards, connect
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError, MissingExtraError


@pytest.fixture(scope="module")
def ray():
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    module = connect(cores=4)
    yield module
    module.shutdown()


def test_a_missing_ray_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r'pip install "neat-arena\[ray\]"'):
        make_task(TaskConfig()).evaluator(NetworkConfig(), seed=1, backend="ray")


def test_only_ray_has_an_address():
    with pytest.raises(ConfigError, match="backend 'serial' takes no address"):
        make_task(TaskConfig()).evaluator(NetworkConfig(), seed=1, backend="serial:here")


def test_an_address_where_nothing_listens_is_refused_at_once():
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ConfigError, match=f"no Ray cluster answers at '{address}'"):
            make_task(TaskConfig()).evaluator(NetworkConfig(), seed=1, backend=f"ray:{address}")


@pytest.mark.parametrize(("genomes", "actors"), [(1, 3), (2, 2), (7, 1), (1000, 4)])
def test_shards_cover_the_table_once_large_ones_first(genomes, actors):
    shards = _Shards(genomes, actors)
    sizes = []
    end = 0
    while (shard := shards.take()) is not None:
        assert shard.begin == end < shard.end
        end = shard.end
        sizes.append(end - shard.begin)
    assert end == genomes
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == -(-genomes // (2 * actors))
    assert len(sizes) <= 2 * actors * (1 + np.log(genomes))


@pytest.mark.parametrize("workers", [1, 3])
def test_fitness_equals_the_serial_evaluators(ray, workers):
    check_fitness_equals_the_serial_evaluators("ray", workers)
    assert ray.is_initialized()  # the connection was there before


@pytest.mark.parametrize("encoding", ["hyperneat", "es-hyperneat"])
def test_decoded_networks_play_as_they_do_elsewhere(ray, encoding):
    check_decoded_networks_play_alike("ray", encoding)


def test_an_actor_that_is_killed_is_replaced_and_its_shard_is_played_again(ray):
    task = make_task(TaskConfig(environment="CartPole-v1", episodes=40))
    config, genomes = genomes_for(task, size=60, generations=3)
    serial = task.evaluator(config.network, seed=4, backend="serial").evaluate(genomes)
    with RayEvaluator(task.config, config.network, 4, 2) as evaluator:
        evaluator.evaluate(genomes.shard(0, 4))
        victim = evaluator.actors[1]
        pid = ray.get(victim.pid.remote())
        killed = []

        def kill():
            while ray.get(victim.progress.remote())[0] < 0:  # until it plays
                time.sleep(0.001)
            killed.append(ray.get(victim.progress.remote())[0])
            os.kill(pid, signal.SIGKILL)

        thread = threading.Thread(target=kill)
        thread.start()
        evaluation = evaluator.evaluate(genomes)
        thread.join()
        assert killed[0] >= 0
        assert same(serial, evaluation)
        assert victim not in evaluator.actors
        os.kill(ray.get(evaluator.actors[0].pid.remote()), signal.SIGKILL)  # between two generations
        assert same(serial, evaluator.evaluate(genomes))


def test_an_environment_that_ends_its_actor_once_is_forgiven(ray, tmp_path, capfd):
    once = str(tmp_path / "once")
    task = make_task(TaskConfig(environment="arena_games:Bad-v0", kwargs={"how": "die", "once": once}))
    with task.evaluator(NetworkConfig(), seed=1, workers=2, backend="ray") as evaluator:
        assert evaluator.evaluate(COPYCATS).fitness.tolist() == [20.0, 0.0] * 3
    assert (tmp_path / "once").exists()
    time.sleep(0.5)
    assert capfd.readouterr().out == ""  # Ray's remarks about the dead would break up output for programs


def test_the_genome_that_keeps_ending_actors_is_found(ray):
    config = TaskConfig(
        environment="arena_games:Bad-v0", kwargs={"how": "die", "among": 997, "rest": 11}, fault="worst"
    )
    seeds = [[s for s in range(2, 60, 2) if s // 2 % 997 != 11][:2]] * 6
    seeds[3] = [4, 22]  # 22 // 2 % 997 == 11
    with RayEvaluator(config, NetworkConfig(), 1, 2) as evaluator:
        plays = evaluator.play(COPYCATS, seeds, table=None, gather=False)
    assert [(fault.genome, fault.message) for fault in plays.faults] == [
        (3, "ended its Ray actor twice, in one of its episodes")
    ]
    assert np.isnan(plays.returns[3]).all()
    assert np.delete(plays.returns, 3, axis=0).tolist() == [
        [20.0, 20.0],
        [0.0, 0.0],
        [20.0, 20.0],
        [20.0, 20.0],
        [0.0, 0.0],
    ]


@pytest.mark.parametrize("fault", ["fail", "worst"])
def test_a_hanging_environment_is_ended(ray, fault, tmp_path):
    kwargs = {"how": "hang", "once": str(tmp_path / "once")}
    config = TaskConfig(environment="arena_games:Bad-v0", kwargs=kwargs, time_limit=0.5, fault=fault)
    with RayEvaluator(config, NetworkConfig(), 1, 2) as evaluator:
        if fault == "fail":
            with pytest.raises(EvaluationError, match=r"'arena_games:Bad-v0' took longer .* task.time_limit = 0.5 s"):
                evaluator.evaluate(COPYCATS)
        else:
            evaluation = evaluator.evaluate(COPYCATS)
            hung = evaluation.faults[0].genome
            expected = [20.0, 0.0] * 3
            expected[hung] = 0.0
            assert len(evaluation.faults) == 1
            assert evaluation.fitness.tolist() == expected


def test_faults_equal_the_serial_evaluators(ray):
    rest = episode_seeds(1, 0, 5)[2] // 2 % 997
    config = TaskConfig(environment="arena_games:Bad-v0", kwargs={"how": "raise", "among": 997, "rest": rest})
    with RayEvaluator(config, NetworkConfig(), 1, 2) as evaluator:
        message = r"raised ValueError: the board is on fire in step \(.*, line \d+\) .generation 0, genome"
        with pytest.raises(EvaluationError, match=message):
            evaluator.evaluate(COPYCATS)
        good = [[2, 4, 6]] * 6
        plays = evaluator.play(COPYCATS, good, table=None, gather=False)  # new actors after the fault
        assert plays.returns.mean(axis=1).tolist() == [20.0, 0.0] * 3


def test_closing_ends_the_actors_and_they_can_start_again(ray):
    evaluator = RayEvaluator(TaskConfig(environment="arena_games:Copycat-v0"), NetworkConfig(), 1, 2)
    evaluator.evaluate(COPYCATS)
    actors = evaluator.actors
    evaluator.close()
    evaluator.close()
    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(actors[0].pid.remote())
    assert evaluator.evaluate(COPYCATS).fitness.tolist() == [20.0, 0.0] * 3
    evaluator.close()
