"""The tutorial keeps its promises: its cells run from top to bottom, and what its text says comes out."""

from __future__ import annotations

import base64
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

SOURCE = (Path(__file__).parents[1] / "docs" / "tutorial.ipynb").read_text(encoding="utf-8")
NOTEBOOK = json.loads(SOURCE)
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]

PROMISES = """
import json
import time

results = {
    "champion": [float(answer) for answer in answers(champion)],
    "hidden": champion.hidden,
    "first generation's hidden": records[0]["hidden_mean"],
    "generations": len(records),
    "fitness lines": [len(line.get_ydata()) for line in above.lines],
    "bands": len(next(c for c in below.collections if c.get_gid() == "species").get_paths()),
    "species": len({s["id"] for r in records for s in r["species"]}),
    "drawn": len(next(c for c in network_picture.collections if c.get_gid() == "connections").get_segments()),
    "genes": len(champion.connections),
    "numbers": [genome.connections["innovation"].tolist() for genome in (mother, father, child)],
    "backend": evaluator.backend,
    "mean": verification.mean,
    "episodes": verification.episodes,
    "solved": verification.solved,
    "same genome": loaded == accepted,
    "same returns": again.returns.tolist() == verification.returns.tolist(),
    "fresh": trial.returns.tolist() != verification.returns.tolist(),
    "painted": [axes.get_title(loc="left") for axes in places],
    "painter": [bool(neat.Network(painter.genome, painter.network).activate(bits)[0] > 0.5) for bits, _ in PATTERNS],
    "saved": file.read_text(encoding="utf-8") == accepted.to_json(),
    "cpu": time.process_time(),
}
Path("results.json").write_text(json.dumps(results), encoding="utf-8")
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook after its cells have run, in a kernel as notebook programs start it, and the folder it ran in."""
    folder = tmp_path_factory.mktemp("tutorial")
    notebook = nbformat.reads(SOURCE, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PROMISES))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)  # a notebook shows figures in its own way
        NotebookClient(notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return notebook, folder


@pytest.fixture(scope="module")
def results(executed):
    return json.loads((executed[1] / "results.json").read_text(encoding="utf-8"))


def shown(executed, name):
    """What a cell shows beside text that it prints, as a list of one dictionary an output, by media type."""
    (cell,) = [cell for cell in executed[0].cells if cell.get("id") == name]
    return [output["data"] for output in cell.outputs if "data" in output]


def test_genomes_and_networks_show_themselves(executed, results):
    for name in ("evolve-xor", "evolve-cartpole"):
        (data,) = shown(executed, name)
        assert "Genome" in data["text/plain"] or "Network" in data["text/plain"]
        assert data["image/svg+xml"].startswith("<svg")
    genes = ElementTree.fromstring(shown(executed, "evolve-xor")[0]["image/svg+xml"])
    assert len(genes.findall("{http://www.w3.org/2000/svg}g")) == results["genes"]


def test_figures_stand_below_their_cells(executed):
    for name in ("draw-history", "draw-champion", "draw-crossover", "report-score", "paint-xor"):
        pictures = [data["image/png"] for data in shown(executed, name) if "image/png" in data]
        assert len(pictures) == 1, name
        with Image.open(io.BytesIO(base64.b64decode(pictures[0]))) as picture:
            assert min(picture.size) > 180
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 50, "something is drawn"


def test_the_champion_solves_xor(results):
    assert [answer > 0.5 for answer in results["champion"]] == [False, True, True, False]
    assert results["first generation's hidden"] == 0
    assert results["hidden"] >= 1


def test_pictures_show_what_was_evolved(results):
    assert results["fitness lines"] == [results["generations"]] * 2
    assert results["bands"] == results["species"] > 1
    assert results["drawn"] == results["genes"]


def test_the_crossover_is_of_different_parents(results):
    mother, father, child = map(set, results["numbers"])
    assert mother != father
    assert mother & father <= child <= mother | father


def test_the_pole_is_balanced_by_the_compiled_game(results):
    assert results["backend"].startswith("compiled")
    assert results["solved"]
    assert results["mean"] >= 475
    assert results["episodes"] == 100
    assert results["fresh"]


def test_the_painted_network_solves_xor(results):
    assert results["painted"] == ["inputs → outputs", "quadtree of input 0", "substrate"]
    assert results["painter"] == [False, True, True, False]


def test_the_saved_champion_is_the_same(results):
    assert results["saved"]
    assert results["same genome"]
    assert results["same returns"]


def test_it_is_over_within_a_minute(results):
    assert results["cpu"] < 60


def test_it_is_a_notebook_of_version_4():
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert 10 <= len(NOTEBOOK["cells"]) <= 16
    names = [cell["id"] for cell in NOTEBOOK["cells"]]
    assert len(set(names)) == len(names)
    for cell in NOTEBOOK["cells"]:
        fields = {"cell_type", "id", "metadata", "source"}
        assert set(cell) == (fields | {"execution_count", "outputs"} if cell["cell_type"] == "code" else fields)


def test_nothing_of_the_machine_it_was_written_on_is_stored():
    for cell in CODE:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
    assert not re.search(r"/home/|/Users/|/tmp/|[A-Z]:\\\\", SOURCE)
