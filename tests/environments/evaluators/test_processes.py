"""Worker processes: the same fitness as the serial evaluator, whatever happens to a worker."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest
from arena import (
    COPYCATS,
    check_decoded_networks_play_alike,
    check_fitness_equals_the_serial_evaluators,
    genomes_for,
    linear,
    same,
)

from environments import ProcessEvaluator, TaskConfig, episode_seeds, make_task
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError
from neat.genes.table import Genomes


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_fitness_equals_the_serial_evaluators(workers):
    check_fitness_equals_the_serial_evaluators("processes", workers)


@pytest.mark.parametrize("encoding", ["hyperneat", "es-hyperneat"])
def test_decoded_networks_play_as_they_do_elsewhere(encoding):
    check_decoded_networks_play_alike("processes", encoding)


@pytest.mark.parametrize("environment", ["BipedalWalker-v3", "LunarLander-v3"])
def test_box2d_games_are_bit_equal_too(environment):
    pytest.importorskip("Box2D")
    task = make_task(TaskConfig(environment=environment, episodes=2, max_episode_steps=120))
    config, genomes = genomes_for(task, size=8)
    serial = task.evaluator(config.network, seed=4, backend="serial").evaluate(genomes)
    with task.evaluator(config.network, seed=4, workers=3, backend="processes") as processes:
        assert same(serial, processes.evaluate(genomes))


def test_one_generation_is_one_message_each_way(monkeypatch):
    sent, received = [], []
    from environments.evaluators import processes as module

    send, answer = module._Worker.send, module._Worker.answer

    def counted(worker):
        result = answer(worker)
        if result is not None:
            received.append(len(result.indices))
        return result

    monkeypatch.setattr(module._Worker, "send", lambda w, m: sent.append(w.number) or send(w, m))
    monkeypatch.setattr(module._Worker, "answer", counted)
    with ProcessEvaluator(TaskConfig(environment="arena_games:Copycat-v0"), NetworkConfig(), 1, 2) as evaluator:
        for _ in range(2):
            evaluator.evaluate(Genomes.of([COPYCATS[0]] * 100, 1))  # in generation 0 some play again
    assert sorted(sent) == [0, 0, 1, 1]
    assert len(received) == 4
    assert 200 <= sum(received) < 220  # hardly anything is played twice


def test_a_worker_that_is_killed_is_replaced_and_its_genomes_are_played_again():
    task = make_task(TaskConfig(environment="CartPole-v1", episodes=40))
    config, genomes = genomes_for(task, size=60, generations=3)
    serial = task.evaluator(config.network, seed=4, backend="serial").evaluate(genomes)
    with ProcessEvaluator(task.config, config.network, 4, 2) as evaluator:
        evaluator.evaluate(genomes.shard(0, 4))
        victims = [worker.process.pid for worker in evaluator._crew]

        def kill():
            while evaluator._progress[3] < 0:  # until worker 1 plays
                time.sleep(0.001)
            os.kill(victims[1], signal.SIGKILL)

        thread = threading.Thread(target=kill)
        thread.start()
        evaluation = evaluator.evaluate(genomes)
        thread.join()
        assert same(serial, evaluation)
        assert evaluator._crew[1].process.pid != victims[1]
        os.kill(evaluator._crew[0].process.pid, signal.SIGKILL)  # between two generations
        assert same(serial, evaluator.evaluate(genomes))


@pytest.mark.parametrize("broken", [1, 99])
def test_a_server_of_processes_that_has_died_is_tried_again(monkeypatch, broken):
    from multiprocessing.context import ForkServerProcess

    start, calls = ForkServerProcess.start, []

    def failing(process):
        calls.append(process)
        if len(calls) <= broken:
            raise EOFError("unexpected EOF")
        start(process)

    monkeypatch.setattr(ForkServerProcess, "start", failing)
    with ProcessEvaluator(TaskConfig(environment="arena_games:Copycat-v0"), NetworkConfig(), 1, 1) as evaluator:
        if broken == 1:
            assert len(evaluator.evaluate(Genomes.of([COPYCATS[0]] * 3)).fitness) == 3
        else:
            with pytest.raises(EvaluationError, match=r"no worker process can be started .*'serial' needs none"):
                evaluator.evaluate(Genomes.of([COPYCATS[0]] * 3))
    assert len(calls) == 2


def test_an_environment_that_ends_its_process_once_is_forgiven(tmp_path):
    once = str(tmp_path / "once")
    task = make_task(TaskConfig(environment="arena_games:Bad-v0", kwargs={"how": "die", "once": once}))
    with task.evaluator(NetworkConfig(), seed=1, workers=2, backend="processes") as evaluator:
        assert evaluator.evaluate(COPYCATS).fitness.tolist() == [20.0, 0.0] * 3
    assert (tmp_path / "once").exists()


def test_an_environment_that_ends_its_process_twice_is_a_fault():
    rest = episode_seeds(1, 0, 5)[2] // 2 % 997
    task = make_task(TaskConfig(environment="arena_games:Bad-v0", kwargs={"how": "die", "among": 997, "rest": rest}))
    with (
        task.evaluator(NetworkConfig(), seed=1, workers=2, backend="processes") as evaluator,
        pytest.raises(EvaluationError, match=r"'arena_games:Bad-v0' ended its process twice \(exit code -9\)"),
    ):
        evaluator.evaluate(COPYCATS)
    assert not _workers()


@pytest.mark.parametrize("fault", ["fail", "worst"])
def test_a_hanging_environment_is_ended(fault, tmp_path):
    kwargs = {"how": "hang", "once": str(tmp_path / "once")}
    config = TaskConfig(environment="arena_games:Bad-v0", kwargs=kwargs, time_limit=2.5, fault=fault)
    with ProcessEvaluator(config, NetworkConfig(), 1, 2) as evaluator:
        begin = time.monotonic()
        if fault == "fail":
            with pytest.raises(EvaluationError, match=r"took longer for an episode than task.time_limit = 2.5 s"):
                evaluator.evaluate(COPYCATS)
        else:
            evaluation = evaluator.evaluate(COPYCATS)
            hung = evaluation.faults[0].genome
            assert len(evaluation.faults) == 1
            expected = [20.0, 0.0] * 3
            expected[hung] = 0.0
            assert evaluation.fitness.tolist() == expected
        assert time.monotonic() - begin < 20
    assert not _workers()


@pytest.mark.parametrize("how", ["raise", "nan reward", "nan observation", "shape"])
@pytest.mark.parametrize("fault", ["fail", "worst"])
def test_faults_equal_the_serial_evaluators(how, fault):
    rest = episode_seeds(1, 0, 5)[2] // 2 % 997
    kwargs = {"how": how, "among": 997, "rest": rest}
    config = TaskConfig(environment="arena_games:Bad-v0", kwargs=kwargs, fault=fault)
    serial = make_task(config).evaluator(NetworkConfig(), seed=1, backend="serial")
    with ProcessEvaluator(config, NetworkConfig(), 1, 2) as evaluator:
        for evaluate in (serial.evaluate, evaluator.evaluate):
            with pytest.raises(EvaluationError) as caught:
                evaluate(COPYCATS)
            text = str(caught.value)
            assert "environment 'arena_games:Bad-v0' r" in text
            assert f"generation 0, genome {'0' if fault == 'worst' else ''}" in text
        other = [[s for s in range(2, 60, 2) if s // 2 % 997 != rest][:5]] * 6
        other[3] = episode_seeds(1, 0, 5)
        plays = evaluator.play(COPYCATS, other, table=None, gather=False)
        assert [f.genome for f in plays.faults] == [3]


def test_more_genomes_than_before_and_empty_hands():
    config = TaskConfig(environment="arena_games:Copycat-v0", episodes=1)
    with ProcessEvaluator(config, NetworkConfig(), 1, 3) as evaluator:
        assert evaluator.evaluate(COPYCATS.shard(0, 1)).fitness.tolist() == [20.0]
        many = Genomes.of([COPYCATS[0]] * 5000)
        assert evaluator.evaluate(many).fitness.tolist() == [20.0] * 5000


def test_workers_know_the_users_own_activation_functions():
    import arena_games

    from neat.functions.activations import ACTIVATIONS, register_activation

    register_activation("bent", arena_games.bent)
    try:
        bent = Genomes.of([linear([[0.5], [-0.5]], activation="bent")] * 3)
        task = make_task(TaskConfig(environment="arena_games:Copycat-v0", episodes=3))
        serial = task.evaluator(NetworkConfig(), seed=1, backend="serial").evaluate(bent)
        with task.evaluator(NetworkConfig(), seed=1, workers=2, backend="processes") as evaluator:
            assert same(serial, evaluator.evaluate(bent))
    finally:
        ACTIVATIONS.pop()


def test_a_lambda_as_activation_function_is_named():
    from neat.functions.activations import register_activation

    register_activation("bent", lambda x: x * 0.5)  # taken out again by the fixture of all tests
    task = make_task(TaskConfig(environment="arena_games:Copycat-v0", episodes=1))
    genomes = Genomes.of([linear([[0.5], [-0.5]], activation="bent")] * 3)
    assert task.evaluator(NetworkConfig(), seed=1, backend="serial").evaluate(genomes).faults == ()
    message = r"activation 'bent': worker processes cannot import '.*<lambda>'; define it with def at the top of"
    with (
        task.evaluator(NetworkConfig(), seed=1, workers=2, backend="processes") as evaluator,
        pytest.raises(ConfigError, match=message),
    ):
        evaluator.evaluate(genomes)


def test_an_environment_that_only_the_main_program_registered_is_sent_along():
    import gymnasium

    gymnasium.register("Local-v0", "arena_games:Copycat", reward_threshold=20.0)
    try:
        task = make_task(TaskConfig(environment="Local-v0"))
        with task.evaluator(NetworkConfig(), seed=1, workers=2, backend="processes") as evaluator:
            assert evaluator.evaluate(COPYCATS).fitness.tolist() == [20.0, 0.0] * 3
    finally:
        del gymnasium.registry["Local-v0"]


def test_mistakes_are_found_before_a_process_starts():
    with pytest.raises(ConfigError, match="did you mean"):
        ProcessEvaluator(TaskConfig(environment="CartPoel-v1"), NetworkConfig(), 1, 2)


def test_closing_leaves_no_process_behind():
    evaluator = ProcessEvaluator(TaskConfig(environment="arena_games:Copycat-v0"), NetworkConfig(), 1, 3)
    evaluator.evaluate(COPYCATS)
    pids = [worker.process.pid for worker in evaluator._crew]
    evaluator.close()
    evaluator.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert evaluator.evaluate(COPYCATS).fitness.tolist() == [20.0, 0.0] * 3  # workers start again
    evaluator.close()
    assert not _workers()


SCRIPT = """
    import signal
    import sys
    sys.path.insert(0, {tests!r})
    from arena import linear
    from environments import ProcessEvaluator, TaskConfig
    from neat.config import NetworkConfig
    from neat.genes.table import Genomes

    if __name__ == "__main__":
        config = TaskConfig(environment="arena_games:Bad-v0", kwargs={{"how": "hang"}})
        evaluator = ProcessEvaluator(config, NetworkConfig(), 1, 2)
        genomes = Genomes.of([linear([[-1.0], [1.0]])] * 4)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's jobs in the background ignore it
        evaluator._player.rehearse(genomes, None, gather=False)  # llvmlite loses a Ctrl-C that comes as it loads code
        print("ready", flush=True)
        evaluator.evaluate(genomes)
"""


UNGUARDED = """
import sys
from pathlib import Path

import experiments
from experiments.targets import load

changes = ["run.backend=processes", "run.workers=2", "run.generations=1", "population.size=8"]
with Path("times").open("a") as file:
    file.write("x")
experiments.run(load("CartPole-v1", changes=changes))
"""


def test_a_script_without_a_guard_is_told_so_at_once(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert 'below a line if __name__ == "__main__":' in done.stderr.splitlines()[-1]
    assert "x" in (tmp_path / "times").read_text()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_its_parent(end, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT).format(tests=str(Path(__file__).parents[2])))
    parent = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    parent.stdout.readline()
    family = []
    deadline = time.monotonic() + 30
    while len([p for p in family if p.is_running()]) < 4 and time.monotonic() < deadline:  # server, tracker, workers
        time.sleep(0.3)
        family = psutil.Process(parent.pid).children(recursive=True)
    time.sleep(1.0)
    os.kill(parent.pid, end)
    parent.wait(20)
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive
    if end == signal.SIGINT:
        assert "KeyboardInterrupt" in parent.stderr.read()


def test_other_packages_of_the_same_name_in_the_current_folder_do_no_harm(tmp_path):
    for name in ("environments", "neat"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("print('decoy', flush=True)")
    tests = str(Path(__file__).parents[2])
    script = tmp_path / "scripts" / "script.py"
    script.parent.mkdir()
    code = textwrap.dedent(SCRIPT).format(tests=tests).replace('"hang"', '"nothing"')
    code = code.replace("import sys\n", f"import sys\nsys.path.insert(0, {os.path.dirname(tests)!r})\n")
    script.write_text(
        code.replace("evaluator.evaluate(genomes)", "print(evaluator.evaluate(genomes).fitness.tolist())")
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout == "ready\n[20.0, 20.0, 20.0, 20.0]\n", done.stderr


def _workers():
    """Return this process's worker processes: the children of the server, which stays."""
    children = psutil.Process().children(recursive=True)
    return [p for p in children if p.is_running() and p.ppid() != os.getpid()]


def test_the_projects_own_games_are_found_by_workers():
    task = make_task(TaskConfig(environment="neat-arena/DoublePole-v0", episodes=2))
    config, genomes = genomes_for(task, size=6)
    serial = task.evaluator(config.network, seed=4, backend="serial").evaluate(genomes)
    with task.evaluator(config.network, seed=4, workers=2, backend="processes") as processes:
        assert same(serial, processes.evaluate(genomes))
