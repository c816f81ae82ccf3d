"""Checkpoints: a run goes on from one bit for bit, and a file from a stranger is refused in one line."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neat.config import Config
from neat.errors import DataError, NeatError
from neat.files import arrays as arrays_module
from neat.files.arrays import read_arrays, replace_file, write_arrays
from neat.files.checkpoint import _FORMAT, _VERSION, _dtypes, _Header, load_checkpoint, save_checkpoint
from neat.genes.table import Genomes
from neat.population import Population


def config(**sections: Any) -> Config:
    base: dict[str, Any] = {"population": {"size": 20}, "genome": {"inputs": 2, "outputs": 1}}
    base["mutation"] = {"add_node": 0.3, "add_connection": 0.3}
    return Config.preset("default", **{name: {**base.get(name, {}), **sections.get(name, {})} for name in
                                       {**base, **sections}})  # fmt: skip


def fitness(genomes: Genomes) -> np.ndarray[Any, Any]:
    """Give every genome a number of its own that evolution can climb."""
    return np.array([float(np.tanh(g.connections["weight"].sum())) + 0.01 * len(g.nodes) for g in genomes])


def evolve(population: Population, generations: int) -> list[dict[str, Any]]:
    records = []
    for _ in range(generations):
        if population.done:
            break
        records.append({**population.tell(fitness(population.ask())).record.as_dict(), "seconds": 0.0})
    return records


def state(population: Population) -> dict[str, bytes]:
    found = population.to_arrays()
    found["values"] = found["values"][:4]  # not the seconds
    return {name: array.tobytes() for name, array in found.items()}


VARIANTS = [
    {},
    {"population": {"size": 20, "innovation_scope": "generation"}},
    {"network": {"kind": "recurrent"}, "mutation": {"recurrent": 0.3, "add_connection": 0.5}},
    {"network": {"kind": "settling"}, "compatibility": {"target_species": 4}},
    {"species": {"stagnation": 2, "population_stagnation": 3, "representative": "champion"}},
    {"genome": {"inputs": 2, "outputs": 1, "initial": "random", "initial_hidden": 3}},
    {"search": {"share": 0.5}},
]


@pytest.mark.parametrize("sections", VARIANTS, ids=range(len(VARIANTS)))
@pytest.mark.parametrize("at", [0, 1, 6])
def test_a_run_goes_on_bit_for_bit(sections: dict[str, Any], at: int, tmp_path: Path) -> None:
    whole = Population(config(**sections), seed=5, threads=1)
    evolve(whole, at)
    save_checkpoint(tmp_path / "a.npz", whole, {"note": "x"}, {"mean": np.arange(6.0).reshape(2, 3), "n": np.ones(0)})
    again, header, extra = load_checkpoint(tmp_path / "a.npz", threads=2)
    assert state(again) == state(whole)
    assert header == {"note": "x"}
    assert extra["mean"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert extra["n"].shape == (0,)
    assert again.config == whole.config
    assert evolve(again, 6) == evolve(whole, 6)
    assert state(again) == state(whole)
    assert again.champion == whole.champion


def test_records_are_loaded_as_aligned_as_they_are_made(tmp_path: Path) -> None:
    """NumPy finds both types equal; compiled code does not, and a fresh process could not go on."""
    population = Population(Config.preset(genome={"inputs": 2, "outputs": 1}), seed=1)
    save_checkpoint(tmp_path / "a.npz", population)
    genomes = load_checkpoint(tmp_path / "a.npz")[0].genomes
    for array in (genomes.nodes, genomes.connections, genomes.lineage):
        assert array.dtype.isalignedstruct


def test_a_population_that_died_out_stays_dead(tmp_path: Path) -> None:
    settings = config(
        population={"size": 20, "extinction": "stop"},
        compatibility={"threshold": 1e9},
        species={"stagnation": 3, "protected": 0},
    )
    population = Population(settings, seed=1)
    for _ in range(20):
        if not population.done:
            population.tell(np.zeros(len(population.ask())))
    assert population.done
    save_checkpoint(tmp_path / "a.npz", population)
    assert load_checkpoint(tmp_path / "a.npz")[0].done


def test_a_generation_that_was_asked_for_is_saved_once_it_is_withdrawn(tmp_path: Path) -> None:
    population = Population(config(), seed=1)
    population.ask()
    with pytest.raises(RuntimeError, match="call tell"):
        save_checkpoint(tmp_path / "a.npz", population)
    population.withdraw()
    save_checkpoint(tmp_path / "a.npz", population)
    again = load_checkpoint(tmp_path / "a.npz")[0]
    assert evolve(again, 2) == evolve(population, 2)


def test_loading_makes_no_first_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path / "a.npz", Population(config(), seed=1))
    monkeypatch.setattr("neat.population.initial_population", lambda *_: pytest.fail("made a first generation"))
    load_checkpoint(tmp_path / "a.npz")


def saved(folder: Path, generations: int = 6, **sections: Any) -> Path:
    population = Population(config(**sections), seed=5)
    evolve(population, generations)
    save_checkpoint(folder / "a.npz", population)
    return folder / "a.npz"


def test_every_truncation_and_every_flipped_byte_is_refused_in_one_line(tmp_path: Path) -> None:
    content = saved(tmp_path).read_bytes()
    path = tmp_path / "b.npz"
    rng = np.random.default_rng(0)
    damaged = [content[:n] for n in (0, 1, 21, 22, 41, *rng.integers(42, len(content) - 1, 40))]
    for place in rng.integers(0, len(content), 60):
        flipped = bytearray(content)
        flipped[place] ^= 1 << rng.integers(8)
        damaged.append(bytes(flipped))
    harmless = 0
    refusals = []
    for bytes_ in damaged:
        path.write_bytes(bytes_)
        try:
            load_checkpoint(path)
        except DataError as error:
            refusals.append(str(error))
        else:
            harmless += 1
    assert all(text.startswith(str(path)) and "\n" not in text and len(text) < 500 for text in refusals)
    assert harmless <= 10  # bits that nobody reads: dates and the like in the archive


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any]]:
    """Return header and arrays of a sound checkpoint."""
    path = saved(tmp_path_factory.mktemp("good"), search={"share": 0.4})
    outer, _ = read_arrays(path, _FORMAT, _VERSION, _dtypes, _Header)
    return read_arrays(path, _FORMAT, _VERSION, _dtypes(outer), dict)


def rewritten(path: Path, good: tuple[Any, dict[str, Any]], change: Any) -> Path:
    header, arrays = json.loads(json.dumps(good[0])), {name: array.copy() for name, array in good[1].items()}
    change(header, arrays)
    write_arrays(path, _FORMAT, _VERSION, header, arrays)
    return path


def put(name: str, value: Any) -> Any:
    def change(header: Any, arrays: dict[str, Any]) -> None:
        arrays[name] = value(arrays[name]) if callable(value) else value

    return change


def field(name: str, field: str, place: Any, value: Any) -> Any:
    def change(header: Any, arrays: dict[str, Any]) -> None:
        arrays[name][field][place] = value

    return change


def item(name: str, place: Any, value: Any) -> Any:
    def change(header: Any, arrays: dict[str, Any]) -> None:
        arrays[name][place] = value

    return change


def setting(section: str, key: str, value: Any) -> Any:
    def change(header: Any, arrays: dict[str, Any]) -> None:
        header["config"][section][key] = value

    return change


def unmixed(z: int) -> int:
    """Undo the mixing of `neat.genes.innovation._home` (a finaliser like SplitMix64's can be inverted)."""
    z ^= z >> 31 ^ z >> 62
    z = z * pow(0x94D049BB133111EB, -1, 2**64) % 2**64
    z ^= z >> 27 ^ z >> 54
    z = z * pow(0xBF58476D1CE4E5B9, -1, 2**64) % 2**64
    return z ^ z >> 30 ^ z >> 60


def colliding(rows: int) -> Any:
    """Give keys that all begin at the same place of a hash table."""
    keys = [unmixed((k << 44) | 7) for k in range(5 * rows)]
    chosen = np.array([key for key in keys if key < 2**62][:rows], np.int64)

    def change(header: Any, arrays: dict[str, Any]) -> None:
        arrays["splits"] = np.stack([chosen, 4 + np.arange(len(chosen))], axis=1)
        arrays["counters"][1] = 5 + len(chosen) + 10_000
        arrays["counters"][3] = len(chosen)

    return change


BAD = {
    "offsets that fall": (item("node_offsets", 3, 0), "do not rise from 0"),
    "offsets beyond the table": (item("node_offsets", -1, 10**6), "do not end where 'nodes' do"),
    "too few genomes": (setting("population", "size", 21), "population.size is 21, but there are 20 genomes"),
    "a population no machine holds": (setting("population", "size", 9_000_000), "population.size"),
    "more inputs than nodes": (setting("genome", "inputs", 500_000), "innovation register counts beyond its range"),
    "fewer inputs": (setting("genome", "inputs", 1), "genome.inputs is 1"),
    "an activation to import": (setting("genome", "activations", ["os:system"]), "unknown activation 'os:system'"),
    "an activation number beyond": (field("nodes", "activation", 5, 250), "unknown activation"),
    "an unknown section": (lambda h, a: h.update(seed="x"), "header of this"),
    "a negative seed": (lambda h, a: h.update(seed=-1), "expected a seed from 0"),
    "a setting out of range": (setting("mutation", "add_node", 7.0), "mutation.add_node: expected a probability"),
    "a cycle": (field("connections", "source", slice(None), 3), "not usable|share an innovation|usable checkpoint"),
    "genes out of order": (field("connections", "innovation", 1, 0), "not a valid genome|share an innovation number"),
    "a weight that is not finite": (field("connections", "weight", 3, np.nan), "weight that is not a finite number"),
    "a gene with a number not given": (field("connections", "innovation", 2, 10**6), "has not given all numbers"),
    "a node with a number not given": (field("nodes", "innovation", -1, 10**6), "has not given all numbers that nodes"),
    "offsets of connections that fall": (item("connection_offsets", 3, 0), "'connection_offsets' do not rise"),
    "offsets of representatives beyond": (item("representative_offsets", -1, 10**6), "'representative_offsets' do not"),
    "offsets that begin late": (item("node_offsets", 0, 1), "'node_offsets' do not rise from 0"),
    "no offsets": (put("node_offsets", lambda o: o[:0]), "'node_offsets' do not rise from 0"),
    "offsets of two dimensions": (put("node_offsets", lambda o: o.reshape(-1, 1)), "'node_offsets' do not rise from 0"),
    "rows of two dimensions": (put("nodes", lambda n: n.reshape(-1, 1)), "'node_offsets' do not end where"),
    "a member of a negative species": (item("members", 0, -1), "genomes and species do not fit"),
    "a member of the next species": (put("members", lambda m: np.append(m[:-1], m.max() + 1)), "genomes and species"),
    "a species of negative number": (field("species", "id", 0, -5), "out of order"),
    "a species whose number was not given": (field("species", "id", -1, 10**9), "out of order"),
    "a species born before the run": (field("species", "born", 0, -1), "younger than the population"),
    "a species improved before the run": (field("species", "improved", 0, -1), "younger than the population"),
    "a negative counter": (item("counters", 0, -1), "counts beyond its range"),
    "fewer nodes than are fixed": (item("counters", 1, 2), "counts beyond its range"),
    "a negative key": (item("splits", (0, 0), -1), "'splits' of the innovation register are out of range"),
    "a repeated split": (put("splits", lambda s: np.stack([s[0], *s[:-1]])), "'splits' .* are repeated"),
    "a gene of negative number": (field("connections", "innovation", 0, -1), "has not given all numbers"),
    "a generation without end": (item("counts", 0, 2**62), "counts are out of range"),
    "species without end": (item("counts", 4, 2**63 - 1), "counts are out of range"),
    "an improvement of the future": (item("counts", 3, 10**6), "counts are out of range"),
    "a yes that is neither yes nor no": (item("counts", -1, 2), "counts are out of range"),
    "a count below zero": (item("counts", 2, -1), "counts are out of range"),
    "a best fitness that is no number": (item("values", 1, np.nan), "a fitness is not a number"),
    "a threshold that is no number": (item("values", 3, np.nan), "the threshold or the time"),
    "a parent of negative number": (field("lineage", "mother", 0, -2), "a parent of negative number"),
    "a representative that is not finite": (field("representatives", "weight", 0, np.inf), "or not finite"),
    "members of no species": (item("members", 0, 99), "genomes and species do not fit"),
    "a species without members": (put("members", lambda m: m * 0), "genomes and species do not fit"),
    "no species": (put("species", lambda s: s[:0]), "expected 'representative_offsets'|genomes and species"),
    "a species of the future": (field("species", "born", 0, 10**9), "younger than the population"),
    "a species of unknown fitness": (field("species", "best", 0, np.nan), "fitness that is not a number"),
    "species out of order": (field("species", "id", 0, 10**9), "out of order"),
    "a full register": (item("counters", 2, 0), "as many entries as it says"),
    "a forgetful register": (item("counters", 0, 10**6), "has forgotten connections"),
    "a register beyond its range": (item("counters", 1, 2**40), "beyond its range"),
    "a repeated pair": (item("pairs", (1, 0), 1), "repeated|share"),
    "a pair out of range": (item("pairs", (0, 1), 10**9), "out of range"),
    "two meanings of one number": (item("pairs", (0, 0), 2**40), "two connections share an innovation number"),
    "keys that collide": (colliding(20_000), "keys collide"),
    "a champion that is not finite": (item("values", 0, np.nan), "champion's fitness is not a finite number"),
    "a negative threshold": (item("values", 2, -1.0), "the threshold or the time"),
    "an infinite time": (item("values", 4, np.inf), "the threshold or the time"),
    "a negative generation": (item("counts", 0, -1), "out of range|younger"),
    "a champion of other inputs": (put("champion_nodes", lambda n: n[1:]), "not a valid genome|other inputs"),
    "a representative out of order": (put("representatives", lambda r: r[::-1]), "out of order"),
    "a search without a base": (put("search_nodes", lambda n: n[:0]), "the weight search has no base"),
    "a search of another size": (put("search_vectors", lambda v: v[:-1]), "not of the size"),
    "a search without settings": (setting("search", "share", 0.0), "checksum"),
    "a search that is not finite": (item("search_vectors", 0, np.nan), "no usable distribution"),
    "a search that cannot be inverted": (item("search_vectors", -1, 0.0), "no usable distribution"),
    "a search of full rank": (item("search_vectors", -2, 1.0), "no usable distribution"),
    "a step of 0": (item("search_values", 0, 0.0), "no usable distribution"),
    "a step that hardly is one": (item("search_values", 0, 5e-324), "no usable distribution"),
    "a mean beyond the limit": (item("search_vectors", 0, 9e49), "no usable distribution"),
    "a search of unknown fitness": (item("search_values", 1, np.nan), "fitness of the weight search"),
    "a search that has learned less than nothing": (item("search_counts", 0, -1), "no usable distribution"),
    "a search that has learned in the future": (item("search_counts", 0, 10**6), "counts of the weight search"),
    "a search that improved before the run": (item("search_counts", 1, -1), "counts of the weight search"),
    "a rival beyond the table": (item("search_counts", 2, 20), "counts of the weight search"),
    "a search that improved in the future": (item("search_counts", 1, 10**6), "counts of the weight search"),
    "a rival of negative number": (item("search_counts", 2, -2), "counts of the weight search"),
    "genomes drawn from another base": (field("search_connections", "enabled", 0, 0), "not of the size"),
    "one drawn from another base": (field("connections", "enabled", -1, 0), "not those that the weight search has"),
    "fewer genomes drawn": (setting("search", "share", 0.9), "are not those that the weight search has drawn"),
    "a base of negative weight": (field("search_connections", "weight", 0, np.inf), "weight that is not a finite"),
    "a wrong shape": (put("counts", lambda c: c.reshape(1, -1)), "expected 'counts' of shape"),
    "an extra of a claimed size": (lambda h, a: h.update(extra={"x": [10**9]}), "not as long as its shape"),
    "an extra of negative size": (lambda h, a: h.update(extra={"x": [-1]}), "not as long as its shape"),
    "a wrong type": (put("pairs", lambda p: p.astype(np.int32)), "expected 'pairs' to be int64, got int32"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_state_no_run_can_be_in_is_refused(name: str, good: Any, tmp_path: Path) -> None:
    change, message = BAD[name]
    path = rewritten(tmp_path / "a.npz", good, change)
    with pytest.raises(DataError, match=message) as caught:
        load_checkpoint(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


SHAPES = [(1, 1), (64, 4), (100, 100), (300, 300), (1000, 3), (1000, 300), (3, 20_000), (20_000, 3), (65_536, 1)]


@pytest.mark.parametrize(("inputs", "outputs"), SHAPES)
def test_what_is_saved_of_any_shape_is_read(inputs: int, outputs: int, tmp_path: Path) -> None:
    found = Population(config(genome={"inputs": inputs, "outputs": outputs}, population={"size": 2}), seed=1, threads=1)
    save_checkpoint(tmp_path / "a.npz", found)
    assert state(load_checkpoint(tmp_path / "a.npz")[0]) == state(found)


@pytest.mark.parametrize("initial", ["full", "partial", "empty", "hidden", "random"])
@pytest.mark.parametrize("scope", ["run", "generation"])
def test_what_is_saved_of_any_start_is_read_after_growth(initial: str, scope: str, tmp_path: Path) -> None:
    genome = {"inputs": 64, "outputs": 4, "initial": initial, "initial_hidden": 9}
    growth = {"add_node": 0.5, "add_connection": 0.9}
    found = Population(
        config(genome=genome, population={"size": 20, "innovation_scope": scope}, mutation=growth), seed=1, threads=1
    )
    for _ in range(12):
        evolve(found, 1)
        save_checkpoint(tmp_path / "a.npz", found)
        assert state(load_checkpoint(tmp_path / "a.npz")[0]) == state(found)


def test_a_sound_checkpoint_rewritten_is_sound(good: Any, tmp_path: Path) -> None:
    load_checkpoint(rewritten(tmp_path / "a.npz", good, lambda header, arrays: None))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_loaded_can_be_run(data: st.DataObject, good: Any, tmp_path: Path) -> None:
    """Change any number of a sound file: either the file is refused, or the population it gives evolves on."""
    header, arrays = json.loads(json.dumps(good[0])), {name: array.copy() for name, array in good[1].items()}
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(arrays)))
        array = arrays[name]
        if array.dtype.names:
            array = array[data.draw(st.sampled_from(array.dtype.names))]
        if array.size == 0:
            continue
        place = data.draw(st.integers(0, array.size - 1))
        if array.dtype.kind == "f":
            value = data.draw(st.sampled_from([0.0, -1.0, 1e300, np.nan, np.inf, -np.inf]))
        else:
            info = np.iinfo(array.dtype)
            near = st.integers(max(info.min, int(array.flat[place]) - 3), min(info.max, int(array.flat[place]) + 3))
            value = data.draw(near | st.sampled_from([info.min, info.max, 0, 1]))
        array.flat[place] = value
    path = tmp_path / "a.npz"
    write_arrays(path, _FORMAT, _VERSION, header, arrays)
    try:
        population = load_checkpoint(path)[0]
    except DataError:
        return
    if population.generation < 2**40:
        evolve(population, 2)


# The container -------------------------------------------------------------------------------------------------------


def test_headers_are_read_as_the_type_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, "thing", 1, {"a": 1}, {"x": np.zeros(2)})
    assert read_arrays(path, "thing", 1, {"x": np.float64}, dict[str, int])[0] == {"a": 1}
    for wrong, message in (
        (lambda: read_arrays(path, "thing", 1, {"x": np.float64}, dict[str, str]), "header of this thing is not"),
        (lambda: read_arrays(path, "other", 1, {"x": np.float64}, dict), "not a other"),
        (lambda: read_arrays(path, "thing", 2, {"x": np.float64}, dict), "version 1, this program reads 2"),
        (lambda: read_arrays(path, "thing", 1, {"y": np.float64}, dict), "it has no 'y'"),
    ):
        with pytest.raises(DataError, match=message):
            wrong()


def test_a_header_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at most 16,777,216 can be kept"):
        write_arrays(tmp_path / "a.npz", "thing", 1, {"a": "x" * 2**24}, {})
    assert os.listdir(tmp_path) == []


def test_a_table_of_contents_larger_than_ours_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2000):
            archive.writestr(f"{number}.npy", b"")
    with pytest.raises(DataError, match="table of contents is larger"):
        read_arrays(path, "thing", 1, {}, dict)
    # The same, said in the other record that zip files may have for it.
    content = path.read_bytes()
    count, size, start = struct.unpack("<HII", content[-12:-2])
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(content) - 22, 1)
    path.write_bytes(content[:-22] + end64 + locator + content[-22:-10] + b"\0\0\0\0" + content[-6:])
    with pytest.raises(DataError, match="table of contents is larger"):
        read_arrays(path, "thing", 1, {}, dict)


def test_places_before_the_beginning_of_the_file_are_refused(tmp_path: Path) -> None:
    content = bytearray(saved(tmp_path).read_bytes())
    del content[100:200]  # every place in the table of contents is now beyond the truth
    path = tmp_path / "b.npz"
    path.write_bytes(content)
    with pytest.raises(DataError):
        load_checkpoint(path)
    struct.pack_into("<I", content, len(content) - 6, 2**31)
    path.write_bytes(content)
    with pytest.raises(DataError):
        load_checkpoint(path)


def test_parts_that_share_their_bytes_cannot_be_larger_than_the_file(tmp_path: Path) -> None:
    # Each part's data reaches to the end of the file, the local headers and data of the parts after it included.
    names = [f"x{i}" for i in range(20)]
    body, entries = bytes(100_000), []
    for name in reversed(names):
        shape = io.BytesIO()
        np.lib.format.write_array_header_1_0(shape, {"descr": "|u1", "fortran_order": False, "shape": (len(body),)})
        data = shape.getvalue() + body
        file = f"{name}.npy".encode()
        crc, length = zlib.crc32(data), len(data)
        local = struct.pack("<4s5HIIIHH", b"PK\3\4", 20, 0, 0, 0, 33, crc, length, length, len(file), 0)
        body = local + file + data
        entries.append((file, crc, length, len(body)))
    outer = io.BytesIO()
    header = b'{"format": "thing", "version": 1, "sha256": "", "header": {}}'
    np.lib.format.write_array(outer, np.frombuffer(header, np.uint8))
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.npy", outer.getvalue())
    head = path.read_bytes()
    count, size, start = struct.unpack("<HII", head[-12:-2])
    contents = head[start : start + size]
    for file, crc, length, reach in entries:
        place = start + len(body) - reach
        contents += struct.pack("<4s6HIIIHHHHHII", b"PK\1\2", 20, 20, 0, 0, 0, 33, crc, length, length, len(file),
                                0, 0, 0, 0, 0, place) + file  # fmt: skip
    at_end = struct.pack("<4s4HIIH", b"PK\5\6", 0, 0, count + 20, count + 20, len(contents), start + len(body), 0)
    path.write_bytes(head[:start] + body + contents + at_end)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.read("x0.npy")) > 100_000  # a sound archive, as far as archives go
    with pytest.raises(DataError, match=r"is larger than it can be|Overlapped"):
        read_arrays(path, "thing", 1, dict.fromkeys(names, np.uint8), dict)


def thing(path: Path, header: bytes = b"{}", checksum: str | None = None, **arrays: Any) -> Path:
    """Write a file of `write_arrays`' kind, of any header, and of any checksum."""
    digest = arrays_module._digest(arrays) if checksum is None else checksum
    text = b'{"format": "thing", "version": 1, "sha256": "%s", "header": %s}' % (digest.encode(), header)
    np.savez(path, header=np.frombuffer(text, np.uint8), **arrays)
    return path


def read(path: Path) -> Any:
    return read_arrays(path, "thing", 1, {"x": np.float64}, dict)


def test_the_checksum_knows_names_shapes_and_values(tmp_path: Path) -> None:
    x = np.arange(6.0)
    read(thing(tmp_path / "a.npz", x=x))
    for other in ({"x": x + 1}, {"x": x.reshape(2, 3)}, {"y": x}):
        with pytest.raises(DataError, match="its checksum does not fit its content"):
            read(thing(tmp_path / "a.npz", checksum=arrays_module._digest(other), x=x))


def test_what_such_files_never_are_is_named(tmp_path: Path) -> None:
    path, x = tmp_path / "a.npz", np.ones((2, 3))
    with pytest.raises(DataError, match=r"expected 'x' to be float64, got float64|expected 'x' to be"):
        read(thing(path, x=np.asfortranarray(x)))
    text = b'{"format": "thing", "version": 1, "sha256": "", "header": {}}'
    np.savez_compressed(path, header=np.frombuffer(text, np.uint8), x=x)
    with pytest.raises(DataError, match="is compressed, which such files never are"):
        read(path)
    member = io.BytesIO()
    np.lib.format.write_array(member, x, version=(2, 0))
    outer = io.BytesIO()
    np.lib.format.write_array(outer, np.frombuffer(text, np.uint8))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.npy", outer.getvalue())
        archive.writestr("x.npy", member.getvalue())
    with pytest.raises(DataError, match=r"'x' is not an array of format 1\.0"):
        read(path)


@pytest.mark.parametrize("flag", [0x1, 0x20, 0x40])  # encrypted, patched, encrypted otherwise
def test_members_that_zip_files_may_have_and_these_never_do(flag: int, tmp_path: Path) -> None:
    path = thing(tmp_path / "a.npz", x=np.ones(3))
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\1\2")
    content[at + 8] |= flag
    place = int.from_bytes(content[at + 42 : at + 46], "little")
    content[place + 6] |= flag
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a thing, or damaged"):
        read(path)


@pytest.mark.parametrize("header", [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000])
def test_headers_nested_too_deeply_are_refused(header: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read(thing(tmp_path / "a.npz", header, x=np.ones(1)))


def test_files_that_do_not_end_as_such_files_do_are_not_looked_into(tmp_path: Path) -> None:
    path = thing(tmp_path / "a.npz", x=np.ones(1))
    content = path.read_bytes()
    comment = content[:-2] + b"\1\0x"
    for other in (b"", content[-10:], content[:-1], content + b"x", comment, content[:-22] + b"QQ" + content[-20:]):
        path.write_bytes(other)
        with pytest.raises(DataError, match="not such a file, or cut short: it does not end as one"):
            read(path)


def test_what_the_system_refuses_is_no_damage(tmp_path: Path) -> None:
    for path, kind in ((tmp_path, IsADirectoryError), (tmp_path / "none", FileNotFoundError)):
        with pytest.raises(kind):
            read(path)


def test_a_rename_is_made_to_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []

    def fsync(file: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(file).st_mode))

    monkeypatch.setattr(os, "fsync", fsync)
    replace_file(tmp_path / "a", b"x")
    assert synced == [False, True]


HEADERS = [
    b"(" * 5000,
    b"{'descr': 'O'}",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (-5,)}",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,)}",
    b"'''",
    b"\xff" * 50,
    b"{1: 2, " * 900,
]


@pytest.mark.parametrize("text", HEADERS)
def test_hostile_array_headers_are_refused(text: bytes, tmp_path: Path) -> None:
    header = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text
    outer = io.BytesIO()
    about = b'{"format": "thing", "version": 1, "sha256": "", "header": {}}'
    np.lib.format.write_array(outer, np.frombuffer(about, np.uint8))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("header.npy", outer.getvalue())
        archive.writestr("x.npy", header + bytes(80))
    with pytest.raises(DataError) as caught:
        read_arrays(tmp_path / "a.npz", "thing", 1, {"x": np.float64}, dict)
    assert len(str(caught.value)) < 500


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(DataError):
        load_checkpoint(path)


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if failing == "write":
        opened = open

        class Full(io.FileIO):
            def write(self, _: Any) -> int:
                raise OSError(errno.ENOSPC, "No space left on device")

        def open_full(name: Any, mode: str = "r", *rest: Any) -> Any:
            return Full(name, mode) if mode == "wb" else opened(name, mode, *rest)

        monkeypatch.setattr(arrays_module, "open", open_full, raising=False)
    elif failing == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    population = Population(config(), seed=9)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(path, population)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["a.npz"]
    assert path.read_bytes() == before
    load_checkpoint(path)


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_file(tmp_path / "a", b"old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "a", b"new")
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_own_activations_are_named_and_never_imported(tmp_path: Path) -> None:
    from neat.functions.activations import ACTIVATIONS

    def bend(x: float) -> float:
        return x * 0.5

    from neat import register_activation

    number = register_activation("bend", bend)
    try:
        path = saved(tmp_path, genome={"inputs": 2, "outputs": 1, "activations": ("bend",)})
        load_checkpoint(path)
        entry = ACTIVATIONS.pop(number)
        with pytest.raises(NeatError, match="unknown activation 'bend'"):
            load_checkpoint(path)
        register_activation("another", bend)  # takes the number that the file means "bend" by
        ACTIVATIONS.append(entry)
        nodes = load_checkpoint(path)[0].ask().nodes
        assert set(nodes["activation"][nodes["kind"] == 3]) == {number + 1}
    finally:
        del ACTIVATIONS[number:]
