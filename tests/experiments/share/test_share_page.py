"""`neat share`: what the page holds, and how it plays in a browser."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import CHROMIUM, Browser

import neat
from environments.tasks.settings import NO_GAME, TaskConfig
from experiments.cli import main
from experiments.folder.champion import Champion
from experiments.share.games import live_game
from experiments.share.modules import enclosed, exports
from experiments.share.page import share_html
from experiments.share.picture import slots
from neat.breeding.initial import make_genome
from neat.errors import ConfigError
from neat.networks.trace import Tracer

CATCH = """
class Catch:
    actions = 3

    def reset(self, seed=None):
        self.ball, self.paddle, self.height = 0.25, 0.5, 1.0

    def observe(self):
        return self.ball, self.paddle, self.height

    def step(self, action):
        self.paddle += (action - 1) * 0.05
        self.height -= 0.05
        done = self.height <= 0
        return float(done and abs(self.ball - self.paddle) < 0.1), done
"""


def champion(environment: str, inputs: int, outputs: int, genes: list[tuple[int, int, float]], **more: Any) -> Champion:
    """Return a champion with given connections: inputs first, then the bias, then outputs."""
    config = neat.Config.preset(genome={"inputs": inputs, "outputs": outputs})
    task = TaskConfig(environment=environment, **more)
    return Champion(
        genome=make_genome(config, genes), network=config.network, task=task, fitness=9.0, generation=3, seed=1
    )


def balancer() -> Champion:
    """Return one that holds CartPole's pole up."""
    return champion("CartPole-v1", 4, 2, [(s, 6, w) for s, w in enumerate((0.1, 0.3, 2.0, 1.0))] + [(4, 5, 0.0)])


def whole(of: Champion, folder: Path, name: str = "page.html") -> Path:
    path = folder / name
    path.write_text(share_html(of, live_game(of.task)), encoding="utf-8")
    return path


def docs_example() -> str:
    text = (Path(__file__).parents[3] / "docs" / "sharing.md").read_text("utf-8")
    return re.search(r"```js\n(.*?)```", text, re.S)[1]  # type: ignore[index]


def test_the_page_loads_nothing_and_is_small(tmp_path: Path) -> None:
    page = whole(balancer(), tmp_path).read_text("utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=\"(?!data:)", page)
    assert "http" not in page.replace("http-equiv", "")
    assert len(page) < 60_000


def test_modules_become_objects_and_what_cannot_stand_in_a_page_is_refused() -> None:
    text = "export const a = 1;\nconst b = '</script>';\nfunction c() { return b; }\nexport { c as d };\n"
    assert exports(text) == [("a", "a"), ("c", "d")]
    made = enclosed(text, "x.js", ("a", "d"))
    assert "</script" not in made
    assert "export" not in made
    with pytest.raises(ConfigError, match=r"x.js: expected it to export step; it lacks step"):
        enclosed(text, "x.js", ("step",))
    with pytest.raises(ConfigError, match=r"x.js, line 2: .*import z from"):
        enclosed("\nimport z from './z.js';", "x.js")


def test_lit_values_are_those_of_the_network(tmp_path: Path) -> None:
    """Node by node, for a recurrent network too, beside `neat.networks.trace.Tracer`."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node on this machine")
    from environments.watching.exporting import plan_of
    from neat.exporters.javascript import module_text

    seen = np.random.default_rng(3).uniform(-1.0, 1.0, (6, 4))
    for number, recurrent in enumerate((False, True)):
        one = balancer()
        if recurrent:
            one = dataclasses.replace(one, network=dataclasses.replace(one.network, kind="recurrent"))
        scaling = {"shift": np.full(4, 0.5), "factor": np.full(4, 2.0)}
        policy = plan_of(one.genome, one.network, one.task, scaling=scaling)
        (tmp_path / f"{number}.mjs").write_text(module_text(policy, slots(one.genome, policy)), "utf-8")
        script = (
            f"import * as made from './{number}.mjs'; const p = made.Policy ? new made.Policy() : made;"
            f"console.log(JSON.stringify({json.dumps(seen.tolist())}.map(x => {{ p.act(x); return made.lit; }})))"
        )
        done = subprocess.run(
            [node, "--input-type=module", "-e", script], capture_output=True, text=True, cwd=tmp_path, timeout=60
        )
        tracer = Tracer(one.genome, one.network)
        expected = [tracer.step((row - 0.5) * 2.0)[-1] for row in seen]
        np.testing.assert_allclose(json.loads(done.stdout), expected, atol=1e-12, err_msg=done.stderr)


def test_games_of_ones_own_bring_their_javascript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from environments.making.places import offer

    name = f"catching_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(CATCH + "\nclass Other(Catch):\n    javascript = 'pages/other.js'\n", "utf-8")
    offer(tmp_path, first=True)
    task = TaskConfig(environment=f"{name}:Catch")
    assert live_game(task) is None, "there is none"
    (tmp_path / f"{name}.js").write_text("export function reset() {}\n", "utf-8")
    with pytest.raises(ConfigError, match=rf"{name}.js: expected it to export reset, step, observe, draw; it lacks"):
        live_game(task)
    (tmp_path / f"{name}.js").write_text(docs_example(), "utf-8")
    assert live_game(task) is not None
    with pytest.raises(ConfigError, match=r"Other.javascript: there is no file .*other.js"):
        live_game(TaskConfig(environment=f"{name}:Other"))
    assert live_game(TaskConfig(environment="CartPole-v1", wrappers=({"name": "RescaleObservation"},))) is None
    sys.modules.pop(name, None)


def test_the_command_says_how_large_the_page_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "champion.json").write_text(balancer().to_json(), "utf-8")
    assert main(["share", str(tmp_path / "champion.json"), "--title", "My <pole>"]) == 0
    assert re.search(r"share\.html \(\d+ kB, it plays in the page\): open it", capsys.readouterr().out)
    page = (tmp_path / "share.html").read_text("utf-8")
    assert "<h1>My &lt;pole&gt;</h1>" in page


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    browser = Browser()
    yield browser
    browser.close()


def wait(browser: Browser, script: str, seconds: float = 20.0) -> Any:
    """Wait until an expression on the page is true."""
    end = time.monotonic() + seconds
    while not (value := browser.value(script)):
        assert time.monotonic() < end, f"{script} stays {value}"
        time.sleep(0.05)
    return value


STEP = "Number((document.querySelector('.told').textContent.match(/step (\\d+)/) || [0, 0])[1])"
PIXELS = "document.querySelector('canvas').toDataURL()"
LIT = "[...document.querySelectorAll('[data-node]')].map(n => n.style.getPropertyValue('--much')).join()"


@pytest.mark.parametrize(("width", "touch"), [(1200, False), (390, True)])
def test_a_game_plays_and_can_be_poked(browser: Browser, tmp_path: Path, width: int, touch: bool) -> None:
    browser.errors.clear()
    browser.requests.clear()
    browser.open(whole(balancer(), tmp_path), width, dark=touch, touch=touch)
    assert browser.value("document.documentElement.scrollWidth") <= width, "nothing sticks out sideways"
    before = browser.value(PIXELS), browser.value(LIT)
    wait(browser, f"{STEP} > 30")
    wait(browser, f"{PIXELS} !== {json.dumps(before[0])}")  # the game moves
    wait(browser, f"{LIT} !== {json.dumps(before[1])}")  # nodes light up
    click = browser.tap if touch else browser.click
    at = "(box => [box.x + {0} * box.width, box.y + {0} * box.height])(document.querySelector('{1}')"
    at += ".getBoundingClientRect())"
    browser.value("document.querySelector('.pause').scrollIntoView({block: 'center'})")
    click(*browser.value(at.format(0.5, ".pause")))
    held = browser.value(STEP)
    time.sleep(0.2)
    assert browser.value(STEP) == held, "it pauses"
    browser.value("document.querySelector('.restart').click()")
    assert browser.value("document.querySelector('.told').textContent").startswith("Episode 2, step 0")
    browser.value("document.querySelector('.pause').click()")
    browser.value("document.querySelector('canvas').scrollIntoView({block: 'center'})")
    x, y = browser.value(at.format(0.9, "canvas"))
    mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
    if touch:
        browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    else:
        browser.call("Input.dispatchMouseEvent", type="mousePressed", **mouse)
    wait(browser, "/over|Episode 3/.test(document.querySelector('.told').textContent)")  # pulled off the track
    if touch:
        browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    else:
        browser.call("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    assert browser.value(f"{STEP} < 450"), "by itself it balances for 500 steps"
    assert browser.errors == []
    assert [url for url in browser.requests if not url.startswith(("file:", "data:"))] == []


def test_a_hard_push_is_what_makes_the_pole_fall(browser: Browser, tmp_path: Path) -> None:
    browser.open(whole(balancer(), tmp_path), 1200)
    wait(browser, f"{STEP} > 100")
    assert browser.value("document.querySelector('.told').textContent").startswith("Episode 1,")
    press = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))"
    browser.value(f"for (let i = 0; i < 12; i++) {press}")
    wait(browser, "document.querySelector('.told').textContent.includes('over')")
    wait(browser, "document.querySelector('.told').textContent.startsWith('Episode 2')")


def test_the_documents_game_plays(browser: Browser, tmp_path: Path) -> None:
    from environments.making.places import offer

    (tmp_path / "shared_catch.py").write_text(CATCH, "utf-8")
    (tmp_path / "shared_catch.js").write_text(docs_example(), "utf-8")
    offer(tmp_path, first=True)
    one = champion("shared_catch:Catch", 3, 3, [(0, 6, 2.0), (1, 6, -2.0), (0, 4, -2.0), (1, 4, 2.0)])
    browser.errors.clear()
    browser.open(whole(one, tmp_path), 1200)
    wait(browser, f"{STEP} > 5")
    wait(browser, "document.querySelector('.told').textContent.startsWith('Episode 2')")
    assert browser.errors == []


@pytest.mark.parametrize(
    ("environment", "inputs", "outputs"),
    [("MountainCar-v0", 2, 3), ("MountainCarContinuous-v0", 2, 1), ("Pendulum-v1", 3, 1), ("Acrobot-v1", 6, 3),
     ("double-pole", 6, 1), ("neat-arena/HardMaze-v0", 10, 2)],
)  # fmt: skip
def test_every_bundled_game_plays(
    browser: Browser, tmp_path: Path, environment: str, inputs: int, outputs: int
) -> None:
    genes = [(s, inputs + 1 + t, 0.5) for s in range(inputs) for t in range(outputs)]
    browser.errors.clear()
    browser.open(whole(champion(environment, inputs, outputs, genes), tmp_path), 1000)
    before = browser.value(PIXELS)
    wait(browser, f"{STEP} > 2")
    wait(browser, f"{PIXELS} !== {json.dumps(before)}")
    assert browser.errors == []


def test_a_network_without_a_game_answers_to_sliders(browser: Browser, tmp_path: Path) -> None:
    one = champion(NO_GAME, 2, 1, [(0, 3, 1.0), (1, 3, -1.0)])
    browser.errors.clear()
    browser.open(whole(one, tmp_path), 390)
    first = browser.value("document.querySelector('.outputs dd').textContent")
    slide = "const s = document.querySelector('.inputs input'); s.value = 1; s.dispatchEvent(new Event('input'));"
    browser.value("{ " + slide + " }")
    assert browser.value("document.querySelector('.outputs dd').textContent") != first
    assert browser.errors == []
