"""Breeding pictures: in the browser as with hands, and on from what was saved."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, Browser
from PIL import Image
from served import asked

from experiments.breed.breeder import Breeder, champion_of
from experiments.breed.nursery import Nursery
from experiments.breed.painting import painted, settings
from experiments.breed.serving import serve_until
from experiments.cli import main
from experiments.folder.champion import Champion
from neat.errors import GenomeError
from neat.genes.table import Genomes
from neat.genes.validation import validate_all
from neat.networks.network import Network


def same(a: Genomes, b: Genomes) -> bool:
    return all(x == y for x, y in zip(a, b, strict=True))


def test_children_take_after_their_parents_alone_and_the_way_back_is_there() -> None:
    nursery = Nursery(6, 3)
    first = nursery.genomes
    nursery.breed([1, 4])
    second = nursery.genomes
    assert nursery.parents == 2
    assert second.generation == 1
    assert [second[0], second[1]] == [first[1], first[4]]
    assert len({genome.to_json() for genome in second}) == 6
    validate_all(second, acyclic=True)
    numbers = {}
    for gene in np.concatenate([first.connections, second.connections]):  # the same connection, the same number
        pair = int(gene["source"]), int(gene["target"])
        assert numbers.setdefault(pair, int(gene["innovation"])) == gene["innovation"]
    assert len(set(numbers.values())) == len(numbers)
    nursery.back()
    assert nursery.genomes is first
    assert not nursery.can_go_back
    nursery.breed([1, 4])
    assert not same(nursery.genomes, second), "the same choice again gives other children"
    again = Nursery(6, 3)
    again.breed([1, 4])
    assert same(again.genomes, second)
    nursery.breed([])
    assert nursery.parents == 0
    assert nursery.genomes.generation == 2


def test_pictures_are_what_the_network_answers() -> None:
    genomes = Nursery(3, 5).genomes
    pictures = painted(genomes, 9)
    network = Network(genomes[2], settings(2).network)
    for row, column in ((0, 0), (2, 7), (8, 3)):
        x, y = (column + 0.5) * 2 / 9 - 1, 1 - (row + 0.5) * 2 / 9
        network.reset()
        hue, saturation, value = network.activate([x, y, np.hypot(x, y)])
        saturation, value = min(abs(saturation) / 2, 1), min(abs(value), 1)
        sector = hue / 5 * 6 % 6
        for channel, offset in enumerate((0, 2, 4)):  # how far the sector is from red, green and blue
            away = min((sector - offset) % 6, (offset - sector) % 6)
            expected = 255 * value * (1 - saturation * min(max(away - 1, 0), 1))
            assert abs(pictures[2, row, column, channel] - expected) <= 0.51


@pytest.fixture
def told(tmp_path: Path):
    """Return a breeder, asked one order after the other, and what it has told."""
    messages: list[dict] = []
    breeder = Breeder(Nursery(3, 1), tmp_path / "kept", 1, lambda topic, text: messages.append(json.loads(text)))

    def order(**what: object) -> list[dict]:
        messages.clear()
        breeder._obey(what)
        return list(messages)

    return order


def test_nonsense_is_left(told) -> None:
    for nonsense in (
        {},
        {"do": "breed", "chosen": [0]},
        {"do": "breed", "chosen": [3], "generation": 0},
        {"do": "breed", "chosen": [True], "generation": 0},
        {"do": "breed", "chosen": "all", "generation": 0},
        {"do": "save", "picture": -1, "generation": 0},
        {"do": "save", "picture": "../x", "generation": 0},
        {"do": "burn", "generation": 0},
    ):
        assert told(**nonsense) == []
    shown, _ = told(do="breed", chosen=[2, 2], generation=0)
    assert (shown["generation"], shown["parents"], shown["back"], len(shown["pictures"])) == (1, 1, True, 3)


def test_what_is_saved_is_drawn_and_bred_on_from(told, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2):
        (note,) = told(do="save", picture=1, generation=0)
        assert note["text"].startswith(f"Saved {tmp_path / 'kept'}/picture-{number}.png")
    file = tmp_path / "kept" / "picture-2.json"
    with Image.open(file.with_suffix(".png")) as image:
        assert image.size == (1024, 1024)
    champion = Champion.read(file)
    assert champion.genome == Nursery(3, 1).genomes[1]
    assert main(["draw", str(file), "--out", str(tmp_path / "network.svg")]) == 0
    assert "brightness" in (tmp_path / "network.svg").read_text()
    nursery = Nursery(4, 9, champion.genome)
    assert nursery.genomes[0] == champion.genome
    assert nursery.parents == 1
    old = champion.genome
    for child in list(nursery.genomes)[1:]:
        new = child.connections[~np.isin(child.connections["innovation"], old.connections["innovation"])]
        assert (new["innovation"] > old.connections["innovation"].max()).all()
    with pytest.raises(GenomeError, match="expected a picture, a network of 3 inputs and 3 outputs, got one of 2 "):
        Nursery(4, 9, Champion.read(_xor(tmp_path)).genome)
    assert main(["breed", str(tmp_path / "xor.json")]) == 2
    assert capsys.readouterr().err.startswith("error: expected a picture")
    assert main(["breed", "--port", "0"]) == 2


def _xor(folder: Path) -> Path:
    from neat.breeding.initial import make_genome
    from neat.config import Config

    genome = make_genome(Config.preset("default", genome={"inputs": 2, "outputs": 1}))
    (folder / "xor.json").write_text(champion_of(genome, generation=0, seed=0).to_json())
    return folder / "xor.json"


@contextmanager
def bred(folder: Path):
    """Serve the page; give its address."""
    ended, found, there = threading.Event(), [], threading.Event()

    def ready(address: str) -> None:
        found.append(address)
        there.set()

    thread = threading.Thread(target=serve_until, args=(folder, 4), kwargs={"ended": ended, "ready": ready})
    thread.start()
    try:
        assert there.wait(20)
        yield found[0]
    finally:
        ended.set()
        thread.join(20)


def until(page: Browser, script: str) -> None:
    deadline = time.monotonic() + 20
    while not page.value(script):
        assert time.monotonic() < deadline, script
        time.sleep(0.05)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_the_page_breeds_goes_back_and_saves(tmp_path: Path) -> None:
    with bred(tmp_path / "kept") as address:
        port, token = int(address.split(":")[2].split("/")[0]), address.split("/")[3]
        assert asked(port, f"/{token}/") == 200
        assert asked(port, f"/{token}/watch.js") == 404
        assert asked(port, "/") == 404
        assert asked(port, f"/{token}/", Host="evil.example") == 403
        page = Browser()
        try:
            page.visit(address, 390, touch=True)
            until(page, "document.querySelectorAll('img[src]').length === 12")
            before = page.value("[...document.images].map(image => image.src).join()")
            assert page.value("document.documentElement.scrollWidth <= 390")
            assert page.value("document.getElementById('back').disabled")
            for i in (0, 5):
                page.value(f"document.querySelectorAll('.choice')[{i}].click()")
            assert page.value("document.getElementById('breed').textContent") == "Breed these 2"
            page.value("document.getElementById('breed').click()")
            until(page, "document.getElementById('when').textContent === 'generation 1'")
            assert page.value("document.querySelectorAll('.parent').length") == 2
            assert page.value("document.images[0].src") == before.split(",data:")[0]
            page.value("document.querySelectorAll('.save')[1].click()")
            until(page, "document.getElementById('note').textContent.startsWith('Saved')")
            page.value("document.getElementById('back').click()")
            until(page, "document.getElementById('when').textContent === 'generation 0'")
            assert page.value("[...document.images].map(image => image.src).join()") == before
            assert page.errors == []
        finally:
            page.close()
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["picture-1.json", "picture-1.png"]
