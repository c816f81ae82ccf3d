"""The page about a run in a real browser: it plays, listens, and finds its way back."""

from __future__ import annotations

import time

import pytest
from browser import CHROMIUM, Browser
from served import TOKEN, served

from experiments.cli import main
from experiments.loop.runner import run
from experiments.targets import load
from experiments.watching.snapshots import SnapshotReporter

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium")

CHANGES = (
    *("run.generations=5", "population.size=30", "run.workers=1", "run.stop_when_solved=false", "run.trial_every=0"),
    "task.threshold=1000",
)


PAINTED = """
[...document.querySelectorAll("canvas:not([hidden])")].map(canvas =>
  canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(value => value))
"""
LEFTMOST = """
(() => {  // a little to the left of the leftmost player that is not the chosen one
  const box = document.querySelector("#arena").getBoundingClientRect();
  let [left, top] = [Infinity, 0];
  watching.hits.forEach((x, i) => {
    if (i % 2 === 0 && i / 2 !== watching.player.player && x < left) [left, top] = [x, watching.hits[i + 1]];
  });
  return [box.left + left - 3, box.top + top];
})()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "run"
    run(load("CartPole-v1", changes=CHANGES), SnapshotReporter(path), out=path)
    return path


@pytest.fixture(scope="module")
def page():
    browser = Browser()
    yield browser
    browser.close()


def until(page, condition, seconds=20.0):
    """Wait until an expression holds on the page."""
    deadline = time.monotonic() + seconds
    while not page.value(f"Boolean({condition})"):
        assert time.monotonic() < deadline, condition
        time.sleep(0.03)
        page.settle()


def test_the_population_plays_and_listens_on_wide_and_narrow_screens(folder, page):
    page.errors.clear()
    page.requests.clear()
    with served(folder) as port:
        page.visit(f"http://127.0.0.1:{port}/{TOKEN}/", 1280)
        until(page, "window.watching && watching.drawn > 3 && watching.player")
        assert page.value("watching.frame.count") == 30
        until(page, "watching.generation.generation > 0")  # a generation that has ended is followed by the next
        page.value("document.querySelector('#generation').value = 4; document.querySelector('#generation').oninput()")
        until(page, "watching.generation.generation === 4 && watching.frame && watching.frame.step > 2")
        page.value("document.querySelector('#pause').click()")
        until(page, "watching.status.paused")
        page.settle()
        step = page.value("watching.frame.step")
        time.sleep(0.3)
        page.settle()
        assert page.value("watching.frame.step") == step
        assert page.value(PAINTED) == [True] * 4
        assert page.value("watching.player.best")
        page.click(*page.value(LEFTMOST))
        until(page, "!watching.player.best && watching.frame.picked === watching.player.player")
        assert "Genome" in page.value("document.querySelector('#who').textContent")
        assert page.value("document.querySelectorAll('#ancestry li').length") >= 2
        page.value("document.querySelector('#best').click()")
        until(page, "watching.player.best")
        page.value("document.querySelector('#pause').click(); document.querySelector('#person').click()")
        until(page, "watching.status.person && watching.frame && watching.frame.waits")
        page.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight")
        until(page, "watching.frame.yours > 4")
        assert page.value("watching.frame.rows.at(-2)") > 0, "a cart that is pushed to the right goes there"
        page.call("Input.dispatchKeyEvent", type="keyUp", key="ArrowRight", code="ArrowRight")
        page.visit(f"http://127.0.0.1:{port}/{TOKEN}/", 390, 844, dark=True, touch=True)
        until(page, "window.watching && watching.drawn > 1")
        assert page.value("document.scrollingElement.scrollWidth") == 390
    assert page.errors == []
    assert {address.split("/")[2] for address in page.requests if not address.startswith("data:")} == {
        f"127.0.0.1:{port}"
    }


def test_the_page_finds_its_way_back_and_sees_the_run_go_on(folder, page):
    with served(folder) as port:
        page.visit(f"http://127.0.0.1:{port}/{TOKEN}/", 1280)
        until(page, "window.watching && watching.drawn > 1")
    until(page, "!watching.connected")
    assert "connection lost" in page.value("document.querySelector('#state').textContent")
    assert main(["resume", str(folder), "--generations", "8", "--quiet", "--workers", "1"]) == 0
    with served(folder, port):
        until(page, "watching.connected && watching.status.latest === 7")
        until(page, "document.querySelector('#n-generation').textContent === '7'")
        assert page.value("watching.status.generations.at(-1)") == 7, "the last that was played"
