"""What is checked of a compiled game of one's own before it is compiled, and what Gymnasium knows of others."""

import random
import subprocess
import sys

import numpy as np
import pytest
from gymnasium import spaces
from random_genomes import random_genome

from environments.games import GAMES, Game
from environments.games.checking import _checked, check_game, plain_version
from environments.making.registration import BUNDLED
from environments.tasks.settings import TaskConfig
from environments.tasks.task import make_task
from experiments.folder.champion import Champion
from experiments.folder.names import names_for, names_to_keep
from neat import ConfigError
from neat.compiled import reach
from neat.compiled.kernel import kernel
from neat.config import NetworkConfig


def begin(rng, state):
    state[0] = rng.uniform(4.0, 6.0)


def look(state, seen):
    seen[0] = state[0]


def step(state, action):
    state[0] += 0.1 * action - 0.05
    return 1.0, state[0] < 0.0


def too_far(state, action):
    return state[5000], False


@kernel
def lot():
    return random.random()


def helped(state, action):
    return lot(), False


def drawn(state, action):
    return np.random.rand(), False  # noqa: NPY002


def one_value(state, action):
    return 1.0


def half_over(state, action):
    return 1.0, 0.5


def divides(state, action):
    return 1.0 / (state[0] - state[0]), False


def look_far(state, seen):
    seen[3] = state[0]


def begin_far(rng, state):
    state[99] = 1.0


def begin_anyhow(rng, state):
    state[0] = np.random.uniform(0, 1)  # noqa: NPY002


def game(**changes):
    given = {
        "id": "tests/Checked-v0",
        "state_size": 2,
        "reset": begin,
        "step": step,
        "observe": look,
        "observation_space": spaces.Box(-9, 9, (1,), np.float64),
        "action_space": spaces.Discrete(2),
    }
    return Game(**{**given, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"step": too_far},
            r"step uses an index out of range: index 5000 .* in too_far \(.*, line \d+\); state_size",
        ),
        ({"observe": look_far}, r"observe uses an index out of range.* in look_far \(.*observations have 1"),
        ({"reset": begin_far}, r"reset uses an index out of range: index 99"),
        ({"step": helped}, r"step draws from global random numbers \(random.random\).*rng of reset"),
        ({"step": drawn}, r"step draws from global random numbers \(np.random.rand\)"),
        ({"reset": begin_anyhow}, r"reset draws from global random numbers \(np.random.uniform\).* it is given"),
        ({"step": one_value}, r"step returned 1.0, expected two things: the reward"),
        ({"step": half_over}, r"step returned \(1.0, 0.5\), expected two things"),
    ],
)
def test_mistakes_are_found_before_the_first_generation(changes, message):
    with pytest.raises(ConfigError, match=message) as caught:
        _ = game(**changes).code
    assert "test_game_checks.py, line " in str(caught.value)


def test_what_machine_code_can_do_is_no_mistake():
    check_game(game())
    check_game(game(step=divides))
    low = np.array([-np.inf, 0.0])
    check_game(
        game(action_space=spaces.Box(low, np.array([np.inf, 1.0]), dtype=np.float64), step=lambda s, a: (a[1], False))
    )


def test_bundled_games_pass_in_plain_python():
    _checked.clear()
    for bundled in BUNDLED:
        check_game(GAMES[bundled])


def test_plain_versions_call_plain_versions():
    def outer(x):
        return twice(x)

    assert plain_version(twice)(3) == 6
    assert plain_version(outer).__globals__["twice"] is not twice


@kernel
def twice(x):
    return x + x


def test_gymnasium_knows_the_bundled_games_as_they_are():
    for name, (steps, threshold) in BUNDLED.items():
        assert (GAMES[name].max_steps, GAMES[name].threshold) == (steps, threshold)
    assert {name for name in GAMES if name.startswith("neat-arena/")} == set(BUNDLED)


@pytest.mark.parametrize("first", ["environments", "gymnasium"])
def test_importing_environments_registers_them(first):
    second = {"environments": "gymnasium", "gymnasium": "environments"}[first]
    code = (
        f"import {first}, {second}, sys; assert 'numba' not in sys.modules; import gymnasium; "
        "env = gymnasium.make('neat-arena/DoublePole-v0'); print(env.reset()[0].shape, env.spec.max_episode_steps)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "(6,) 100000\n", done.stderr


def test_names_of_an_own_game_are_kept_with_its_champion():
    task = make_task(TaskConfig(environment="environments.games:neat-arena/MountainCar-v0"))  # as an own module's
    names = names_to_keep(task)
    assert names == (("position", "velocity"), ("push left", "no push", "push right"))
    genome = random_genome(np.random.default_rng(1), inputs=2, outputs=3, hidden=1, connections=4)
    champion = Champion(
        genome=genome, network=NetworkConfig(), task=task.config, fitness=1.0, generation=0, seed=0, names=names
    )
    again = Champion.from_json(champion.to_json())
    assert again.names == names
    found = names_for(again.task.replace(environment="nowhere:Game-v0"), again.genome, again.names)
    assert (found["input_names"], found["output_names"]) == names


def test_a_file_of_a_docstring_alone_counts_as_nothing(tmp_path):
    (tmp_path / "alone.py").write_text('"""A package\'s text, and no code."""\n')
    (tmp_path / "empty.py").write_text("")
    assert reach._read(tmp_path / "alone.py").imports == reach._read(tmp_path / "empty.py").imports == ()
