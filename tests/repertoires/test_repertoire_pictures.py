"""What a run keeps of what its genomes did, the pictures of that, and fronts."""

import json
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from environments.games.maze import WALLS
from experiments.cli import main
from experiments.display.report import report_html
from experiments.folder.behaviours import read_behaviours
from experiments.folder.saved import SavedRun, load_champion
from experiments.repertoire.front import read_front
from neat.errors import RunDirectoryError
from neat.visualize import draw_behaviours, draw_front, draw_novelty

SMALL = ["--set", "population.size=30", "--set", "task.max_episode_steps=60", "--set", "run.workers=1", "--quiet"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_genomes_did_is_kept_and_goes_on_where_a_run_does(here):
    assert main(["run", "hard-maze", "--generations", "5", "--out", "whole", *SMALL]) == 0
    assert main(["run", "hard-maze", "--generations", "3", "--out", "half", *SMALL]) == 0
    assert main(["resume", "half", "--generations", "5", "--quiet"]) == 0
    whole = read_behaviours("whole")
    assert (here / "whole/behaviours.jsonl").read_text() == (here / "half/behaviours.jsonl").read_text()
    assert [behaved.generation for behaved in whole] == [0, 1, 2, 3, 4]
    assert all(behaved.behaviours.shape == (30, 2) for behaved in whole)
    assert all(behaved.best > behaved.mean > 0 for behaved in whole)
    assert main(["draw", "whole", "--behaviours"]) == 0
    assert (here / "whole/behaviours.png").stat().st_size > 10_000
    page = report_html([SavedRun.load("whole")])
    assert "Where the population has been" in page
    assert "Score used for selection" in page
    assert "data-repertoire" not in page
    (here / "whole/behaviours.jsonl").write_text('{"generation": -1}\n')
    with pytest.raises(RunDirectoryError, match=r"behaviours\.jsonl, line 1: expected a generation's behaviours"):
        read_behaviours("whole")


def test_a_repertoire_is_a_map_to_click_on(here):
    assert main(["illuminate", "hard-maze-qd", "--generations", "3", "--out", "a", *SMALL]) == 0
    page = report_html([SavedRun.load("a")], elites=[{"0,0": b"film"}])
    data = json.loads(re.search(r'data-repertoire.*?<script type="application/json">(.*?)</script>', page, re.S)[1])
    assert len(data["elites"]) == page.count("data-elite=") > 10
    assert page.count('pointer-events="none"') == len(WALLS["neat-arena/HardMaze-v0"])
    assert "From top to bottom: y of the end point" in page
    # As in the maze, y points down: the elite nearest to the top of the picture has the smallest y.
    low = min(data["elites"], key=lambda elite: int(elite["cell"].split(",")[1]))
    tops = {int(k): float(y) for y, k in re.findall(r' y="([\d.]+)" [^>]*data-elite="(\d+)"', page)}
    assert tops[data["elites"].index(low)] == min(tops.values())
    champion = load_champion("a", cell=data["elites"][3]["cell"])
    edges = [[g["source"], g["target"], float(f"{g['weight']:.3g}")] for g in champion.genome.connections]
    assert data["elites"][3]["edges"] == edges
    assert data["elites"][data["first"]]["fitness"] == max(elite["fitness"] for elite in data["elites"])
    assert data["films"]["0,0"].startswith("data:video/mp4;base64,")


def test_a_front_is_verified_and_its_members_are_files(here, capsys):
    sets = ["--set", "selection.method=pareto", "--set", "run.stop_when_solved=false", "--set", "run.workers=1"]
    assert main(["run", "cartpole", "--seed", "1", "--generations", "8", "--out", "c", "--quiet", *sets]) == 0
    capsys.readouterr()
    before = here / "c" / "front" / "1-connections-99.json"  # of a front before
    before.parent.mkdir()
    before.touch()
    assert main(["front", "c", "--episodes", "20"]) == 0
    assert not before.exists()
    told = capsys.readouterr().out
    front = read_front("c")
    sizes = [member["connections"] for member in front["members"]]
    returns = [member["fitness"] for member in front["members"]]
    assert sizes == sorted(sizes)
    assert returns == sorted(returns)  # a larger one that returns less would be dominated
    champion = load_champion(here / "c" / front["members"][-1]["file"])
    assert champion.genome.enabled == sizes[-1]
    if front["smallest"] is not None:
        assert f"The smallest that solves the task (475): {front['smallest']['connections']} connections" in told
        assert front["smallest"]["mean"] >= 475
    assert "<h3>Front</h3>" in report_html([SavedRun.load("c")])
    assert main(["run", "hard-maze", "--generations", "1", "--out", "m", *SMALL]) == 0
    assert main(["front", "m"]) == 2
    assert "this run has no front: run it with --set selection.method=pareto" in capsys.readouterr().err
    (here / "c/front.json").write_text('{"members": 3}')
    with pytest.raises(RunDirectoryError, match="not the front of a run"):
        read_front("c")


def test_pictures_show_every_dot():
    rng = np.random.default_rng(0)
    blocks = [rng.uniform(0, 200, (7, 3)) for _ in range(4)]
    ax = draw_behaviours(blocks, ax=Figure().add_subplot(), walls=WALLS["neat-arena/HardMaze-v0"], goal=(31, 20))
    points = next(artist for artist in ax.collections if artist.get_gid() == "points")
    assert np.allclose(points.get_offsets(), np.concatenate(blocks)[:, :2])
    assert points.get_array().tolist() == np.repeat(range(4), 7).tolist()
    assert len(ax.lines) == len(WALLS["neat-arena/HardMaze-v0"])
    assert ax.yaxis_inverted()
    line = draw_behaviours([np.ones((3, 1))], ax=Figure().add_subplot())  # of one number: over generations
    assert line.get_xlabel() == "generation"
    assert draw_behaviours([], ax=Figure().add_subplot()).texts[0].get_text() == "no behaviours"

    ax = draw_novelty([0, 1, 2], [3.0, 4.0, 2.0], [1.0, 2.0, 1.5], ax=Figure().add_subplot())
    assert {line.get_gid(): line.get_ydata().tolist() for line in ax.lines} == {
        "best": [3.0, 4.0, 2.0], "mean": [1.0, 2.0, 1.5],
    }  # fmt: skip
    ax = draw_front([3, 1], [9.0, 4.0], fresh=[8.0, 3.0], threshold=5.0, chosen_size=3, ax=Figure().add_subplot())
    dots = {line.get_gid(): line.get_xydata().tolist() for line in ax.lines if line.get_gid() in ("training", "fresh")}
    assert dots == {"training": [[1.0, 4.0], [3.0, 9.0]], "fresh": [[1.0, 3.0], [3.0, 8.0]]}
