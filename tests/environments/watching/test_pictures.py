"""Pictures of any kind become films; what is no picture is said in one line, and leaves no file behind."""

from __future__ import annotations

import os
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from arena import linear
from PIL import Image

from environments import TaskConfig, record, rollout
from environments.watching.films import write_films, write_frames
from environments.watching.pictures import Pictures
from environments.watching.stage import draws_pictures, frame_rate
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError, MissingExtraError, RunDirectoryError

PLAYER = linear([[1.0, 0.0], [0.0, 1.0]])
PICTURE = np.zeros((40, 60, 3), np.uint8)
PICTURE[:, 20] = [255, 128, 0]
GREY = PICTURE[..., 0]


class Film(gym.Env):
    """Six steps; what it draws is set from outside."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012
    observation_space = gym.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)
    drawn = None

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.t += 1
        return np.zeros(2, np.float32), 1.0, self.t >= 6, False, {}

    def render(self):
        if callable(Film.drawn):
            return Film.drawn(self.t)
        return Film.drawn


class NoMode(Film):
    def __init__(self):
        super().__init__()

    def render(self):
        return PICTURE if self.render_mode == "rgb_array" else None


class Old(Film):
    metadata = {"render.modes": ["human", "rgb_array"], "video.frames_per_second": 25}  # noqa: RUF012

    def render(self, mode="human"):
        return PICTURE if mode == "rgb_array" else None


class Silent(Film):
    metadata = {}  # noqa: RUF012

    def render(self):
        return PICTURE


class Rates(Film):
    rate = 30

    @property
    def metadata(self):
        return {"render_modes": ["rgb_array"], "render_fps": Rates.rate}


class HumanOnly(Film):
    metadata = {"render_modes": ["human"]}  # noqa: RUF012


for kind in (Film, NoMode, Old, Silent, Rates, HumanOnly):
    gym.register(f"{kind.__name__}Pictures-v0", entry_point=kind)


def task(name="Film"):
    return TaskConfig(environment=f"{name}Pictures-v0")


def films(path, name="Film"):
    return record(task(name), PLAYER, NetworkConfig(), path, seed=1)


@pytest.mark.parametrize(
    "given",
    [
        PICTURE,
        PICTURE / 255.0,
        (PICTURE / 255.0).astype(np.float32),
        PICTURE.astype(np.float64),
        PICTURE.astype(np.int64),
        PICTURE.astype(np.uint16) * 257,
        np.dstack([PICTURE, np.full((40, 60), 255, np.uint8)]),
        np.moveaxis(PICTURE, 2, 0),
        [PICTURE],
        [PICTURE * 0, PICTURE],
        [[PICTURE]],
        PICTURE[None],
        PICTURE.tolist(),
        Image.fromarray(PICTURE),
    ],
)
def test_colour_of_any_kind_is_the_same_picture(given):
    taken = Pictures().take(given)
    assert taken.dtype == np.uint8
    assert taken.shape == PICTURE.shape
    assert np.abs(taken.astype(int) - PICTURE).max() <= 1


@pytest.mark.parametrize("given", [GREY, GREY[..., None], GREY > 0, GREY / 255.0, GREY[None, :, :]])
def test_grey_of_any_kind_is_the_same_picture(given):
    assert np.array_equal(Pictures().take(given), np.dstack([GREY] * 3))


def test_what_is_transparent_shows_white():
    assert np.all(Pictures().take(np.zeros((4, 4, 4), np.uint8)) == 255)


def test_none_stands_still_and_other_sizes_fit_into_the_first():
    kind = Pictures()
    assert kind.take(None) is None
    assert np.array_equal(kind.take(PICTURE), kind.take(None))
    assert np.array_equal(kind.take([]), PICTURE)
    small = kind.take(np.full((10, 10, 3), 200, np.uint8))
    assert small.shape == PICTURE.shape
    assert np.all(small[:, 11:49] == 200)
    assert np.all(small[:, :10] == 0)


@pytest.mark.parametrize(
    "given", ["text", 3.0, {"a": 1}, np.zeros((0, 3, 3)), np.zeros((2, 3, 4, 5, 6)), np.zeros((5, 5, 7)), object()]
)
def test_no_picture_is_named(given):
    with pytest.raises(EvaluationError, match=r"expected a picture: uint8, shape \(height, width, 3\)"):
        Pictures().take(given)


@pytest.mark.parametrize("ending", ["mp4", "gif", "webp"])
@pytest.mark.parametrize(
    "drawn", [GREY, PICTURE / 255.0, lambda t: PICTURE[: 33 + t], PICTURE[:1, :1], PICTURE[1:, 1:]]
)
def test_films_of_any_kind_can_be_read_back(drawn, ending, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(Film, "drawn", staticmethod(drawn) if callable(drawn) else drawn)
    path = tmp_path / f"a.{ending}"
    assert films(path) == (6.0, 6)
    if ending == "mp4":
        ffmpeg = pytest.importorskip("imageio_ffmpeg")
        assert ffmpeg.count_frames_and_secs(str(path))[0] == 6
    else:
        with Image.open(path) as film:
            film.load()
    assert os.listdir(tmp_path) == [path.name]
    assert not caplog.records, "nothing is said about odd sizes"


@pytest.mark.parametrize("ending", ["mp4", "gif", "webp"])
def test_a_broken_film_leaves_no_file_and_does_not_touch_an_old_one(ending, tmp_path, monkeypatch):
    path = tmp_path / f"a.{ending}"

    def breaks(t):
        if t == 3:
            raise AttributeError("no attribute 'blit'")
        return PICTURE

    for drawn, message in (
        (breaks, r"raised AttributeError: no attribute 'blit' in breaks \(.*test_pictures.py, line \d+\)"),
        (lambda t: sys.exit(3), "called sys.exit"),
        (None, "returned None"),
        (lambda t: "ansi text", r"the render\(\) of .* returned a str.*test_pictures.py, line \d+\)"),
    ):
        monkeypatch.setattr(Film, "drawn", staticmethod(drawn))
        with pytest.raises(EvaluationError, match=message):
            films(path)
        assert os.listdir(tmp_path) == []
    path.write_bytes(b"old")
    with pytest.raises(EvaluationError):
        films(path)
    assert path.read_bytes() == b"old"
    with pytest.raises(EvaluationError, match="no picture to write"):
        write_frames(path, iter([]), fps=5)
    (tmp_path / f"b.{ending}").mkdir()
    with pytest.raises(RunDirectoryError, match="it is a folder"):
        films(tmp_path / f"b.{ending}")


def test_without_ffmpeg_no_file_is_left(tmp_path, monkeypatch):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")

    def missing():
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(ffmpeg, "get_ffmpeg_exe", missing)
    with pytest.raises(MissingExtraError, match="pip install"):
        write_frames(tmp_path / "a.mp4", [PICTURE], fps=5)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingExtraError, match="pip install imageio-ffmpeg"):
        write_frames(tmp_path / "a.mp4", [PICTURE], fps=5)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["NoMode", "Old", "Silent"])
def test_environments_are_asked_in_their_own_way(name):
    moments = list(rollout(task(name), PLAYER, NetworkConfig(), seed=1))
    assert all(np.array_equal(moment.picture, PICTURE) for moment in moments)
    assert [moment.ended for moment in moments] == [False] * 5 + [True]
    assert draws_pictures(task(name))


def test_an_environment_with_a_window_only_is_refused():
    assert not draws_pictures(task("HumanOnly"))
    with pytest.raises(ConfigError, match=r"renders \['human'\]; for pictures, add 'rgb_array'"):
        next(rollout(task("HumanOnly"), PLAYER, NetworkConfig(), seed=1))


@pytest.mark.parametrize(
    ("rate", "expected"), [(50, 50), ("30", 30), (None, 30), (0.5, 1), ("fast", 30), (-5, 30), (float("nan"), 30)]
)
def test_any_rate_is_a_whole_number_of_pictures(rate, expected, monkeypatch):
    monkeypatch.setattr(Rates, "rate", rate)
    assert frame_rate(task("Rates")) == expected
    assert frame_rate(task("Old")) == 25


def test_the_backend_of_a_notebook_does_not_matter(tmp_path):
    code = (
        "import sys; sys.modules['matplotlib_inline'] = None\n"
        "from experiments.display.canvas import draw_offscreen\n"
        "draw_offscreen()\n"
        "from matplotlib.figure import Figure\n"
        "import matplotlib.pyplot as plt\n"
        f"Figure().savefig({str(tmp_path / 'a.png')!r}); plt.figure()\n"
    )
    for backend in ("module://matplotlib_inline.backend_inline", "nonsense"):
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "MPLBACKEND": backend})


def test_several_films_are_written_at_once(tmp_path):
    reader = pytest.importorskip("imageio_ffmpeg")
    paths = [tmp_path / "wide.mp4", tmp_path / "narrow.mp4"]
    wide, narrow = np.full((40, 60, 3), 200, np.uint8), np.full((61, 31, 3), 90, np.uint8)
    write_films(paths, iter([(wide, narrow)] * 12), fps=6)
    for path, size in zip(paths, [(60, 40), (32, 62)], strict=True):
        frames = reader.read_frames(path)
        about = next(frames)
        assert about["size"] == size
        assert about["fps"] == 6
        assert sum(1 for _ in frames) == 12

    def broken():
        yield wide, narrow
        raise EvaluationError("the game failed")

    for path in paths:
        path.unlink()
    with pytest.raises(EvaluationError, match="the game failed"):
        write_films(paths, broken(), fps=6)
    with pytest.raises(EvaluationError, match="no picture"):
        write_films(paths, iter([]), fps=6)
    assert os.listdir(tmp_path) == []
