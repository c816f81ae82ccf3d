"""Watching: the pictures are those of the episode, and files can be read back."""

import numpy as np
import pytest
from arena import linear
from PIL import Image

from environments import TaskConfig, record, rollout, show
from environments.watching.films import write_frames
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError, RunDirectoryError

BALANCER = linear([[-0.1, -0.3, -1.0, -1.0], [0.1, 0.3, 1.0, 1.0]])
CART_POLE = TaskConfig(environment="CartPole-v1", max_episode_steps=12)


def test_a_rollout_shows_every_step():
    moments = list(rollout(CART_POLE, BALANCER, NetworkConfig(), seed=3))
    assert [m.step for m in moments] == list(range(12))
    assert moments[0].picture.shape == (400, 600, 3)
    assert not np.array_equal(moments[0].picture, moments[-1].picture)
    for moment in moments:
        assert moment.action == int(np.argmax(moment.outputs))
        assert moment.outputs == pytest.approx([-moment.outputs[1], moment.outputs[1]])
    blind = list(rollout(CART_POLE, BALANCER, NetworkConfig(), seed=3, render_mode=None))
    assert blind[5].picture is None
    assert np.array_equal(blind[5].inputs, moments[5].inputs)


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_animations_last_as_long_as_the_episode(ending, tmp_path):
    file = tmp_path / "new folder" / f"episode.{ending}"
    assert record(CART_POLE, BALANCER, NetworkConfig(), file, seed=3) == (12.0, 12)
    with Image.open(file) as image:
        assert image.size == (600, 400)
        assert image.n_frames > 3
        durations = []
        for frame in range(image.n_frames):  # equal pictures become one that stays longer
            image.seek(frame)
            image.load()
            durations.append(image.info["duration"])
    assert sum(durations) == 12 * 20


def test_mp4_has_a_frame_per_step_and_any_size(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    file = tmp_path / "episode.mp4"
    assert record(CART_POLE, BALANCER, NetworkConfig(), file, seed=3, fps=20) == (12.0, 12)
    assert ffmpeg.count_frames_and_secs(str(file))[0] == 12
    odd = tmp_path / "odd.mp4"
    write_frames(odd, iter([np.full((31, 45, 3), 128, np.uint8)] * 5), fps=5)
    assert ffmpeg.count_frames_and_secs(str(odd))[0] == 5


def test_what_cannot_be_written_is_said_in_one_line(tmp_path):
    with pytest.raises(ConfigError, match=r"expected a name that ends in .mp4, .gif, .webp"):
        record(CART_POLE, BALANCER, NetworkConfig(), tmp_path / "a.avi", seed=3)
    (tmp_path / "file").touch()
    with pytest.raises(RunDirectoryError, match="cannot be written"):
        record(CART_POLE, BALANCER, NetworkConfig(), tmp_path / "file" / "a.gif", seed=3)
    with pytest.raises(ConfigError, match="'arena_games:Copycat-v0' has no pictures"):
        list(rollout(TaskConfig(environment="arena_games:Copycat-v0"), BALANCER, NetworkConfig(), seed=3))
    with pytest.raises(ConfigError, match="nothing to watch"):
        list(rollout(TaskConfig(environment="xor"), BALANCER, NetworkConfig(), seed=3))


def test_the_double_pole_can_be_watched():
    task = TaskConfig(environment="double-pole")
    moments = list(rollout(task, linear([[0.0, 0.0, 1.0, 1.0, 1.0, 1.0]]), NetworkConfig(), seed=3))
    assert 5 < len(moments) <= 1000
    assert moments[0].picture.ndim == 3


def test_without_a_screen_a_window_is_refused(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(EvaluationError, match="there is no screen"):
        show(CART_POLE, BALANCER, NetworkConfig(), seed=3)
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    assert show(CART_POLE, BALANCER, NetworkConfig(), seed=3) == (12.0, 12)
