"""Champions and experiment files from strangers: refused with one clear line, in bounded memory and time."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import champion_json, experiment_toml, genome_json
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.folder.champion import LARGEST_CHAMPION, Champion
from experiments.folder.champions import read_champions
from experiments.folder.directory import RunDirectory
from experiments.folder.lineage_file import read_lineage
from experiments.folder.saved import SavedRun
from experiments.settings import from_toml
from neat.errors import ConfigError, GenomeError, NeatError, RunDirectoryError
from neat.files.genome_json import genome_from_json
from neat.genes.table import Genome

MIB = 2**20


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """Compile what checks genomes, so that it counts neither as time nor as memory."""
    genome_from_json(genome_json())


def refused(load: Callable[[], Any], kind: type[BaseException] = NeatError) -> str:
    """Check that a file is refused in one line, soon and within 200 MiB; return the line."""
    start = time.process_time()
    with pytest.raises(kind):
        load()
    assert time.process_time() - start < 8
    tracemalloc.start()
    try:
        with pytest.raises(kind) as caught:
            load()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 600
    assert peak < 200 * MIB
    return text


# Genomes -------------------------------------------------------------------------------------------------------------


def test_a_genome_larger_than_any_is_not_parsed() -> None:
    assert "larger than" in refused(lambda: genome_from_json("[" * (65 * MIB)), GenomeError)


FILL = {
    "nested lists": lambda n: "[" * n,
    "nested tables": lambda n: '{"a":' * (n // 5),
    "empty lists": lambda n: f'{{"nodes": [{"[]," * (n // 3)}1]}}',
    "unknown fields": lambda n: '{"nodes": [' + '{"a":1},' * (n // 8) + "1]}",
    "one long string": lambda n: '{"format": "' + "x" * n + '"}',
    "one long number": lambda n: '{"version": ' + "9" * n + "}",
    "zeros": lambda n: "\0" * n,
    "spaces": lambda n: " " * n,
}  # fmt: skip


@pytest.mark.parametrize("fill", FILL)
def test_sixteen_mebibytes_of_anything_are_refused_in_bounded_memory(fill: str) -> None:
    refused(lambda: genome_from_json(FILL[fill](16 * MIB - 100)), GenomeError)
    refused(lambda: Champion.from_json(FILL[fill](16 * MIB - 100)))


def test_the_largest_genome_there_can_be_takes_bounded_memory() -> None:
    gene = '{"innovation":%d,"source":0,"target":1,"weight":0.1}'
    genes = ",".join(gene % i for i in range(290_000))
    head = '{"format":"neat-arena genome","version":1,"nodes":[{"innovation":0,"kind":"input"},'
    text = head + '{"innovation":1,"kind":"output"}],"connections":[' + genes + "]}"
    assert 15 * MIB < len(text) < 16 * MIB
    assert "repeats the source and target" in refused(lambda: genome_from_json(text), GenomeError)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["connections"].append(d["connections"][0]), "connection genes must be sorted, each number once"),
        (lambda d: d["nodes"].append(d["nodes"][-1]), "node genes must be sorted, each number once"),
        (lambda d: d["nodes"][0].update(activation="os:system"), "unknown activation 'os:system'"),
        (lambda d: d["nodes"][0].update(kind="../../etc/passwd"), "Invalid enum value"),
        (lambda d: d["connections"][0].update(weight="1"), "Expected `float`, got `str`"),
        (lambda d: d["connections"][0].update(weight=1e999), "not a valid genome|not a genome"),
        (lambda d: d["connections"][0].update(innovation=2**31), "expected a number from 0"),
        (lambda d: d["connections"][0].update(innovation=-1), "expected a number from 0"),
        (lambda d: d["connections"][0].update(source=0.5), "Expected `int`, got `float`"),
        (lambda d: d["connections"][0].update(extra=1), "unknown field `extra`"),
        (lambda d: d.update(nodes=[]), "at least one input node and one output node"),
    ],
)
def test_what_breaks_a_rule_is_named(change: Any, message: str) -> None:
    data = json.loads(genome_json())
    change(data)
    with pytest.raises(GenomeError, match=message):
        genome_from_json(json.dumps(data))


def test_a_cycle_where_none_may_be_is_refused_when_it_is_to_be_played() -> None:
    data = json.loads(genome_json())
    last = {c["target"] for c in data["connections"] if c["enabled"]}
    hidden = next(n["innovation"] for n in data["nodes"] if n["kind"] == "hidden" and n["innovation"] in last)
    gene = {"weight": 1.0, "enabled": True}
    data["connections"] = [
        {"innovation": 0, "source": 0, "target": hidden, **gene},
        {"innovation": 1, "source": hidden, "target": 2, **gene},
        {"innovation": 2, "source": 2, "target": hidden, **gene},
    ]
    data["nodes"] = [n for n in data["nodes"] if n["kind"] != "hidden" or n["innovation"] == hidden]
    genome = genome_from_json(json.dumps(data))
    with pytest.raises(GenomeError, match=r"has a cycle, which network\.kind = 'feedforward' cannot run"):
        genome.network()


# Champions -----------------------------------------------------------------------------------------------------------


def test_a_champion_larger_than_any_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "champion.json").open("wb") as file:
        file.truncate(2**36)  # a hole of 64 GiB
    text = refused(lambda: RunDirectory(tmp_path).champion(), RunDirectoryError)
    assert text.endswith("larger than 96 MiB, not read")
    assert LARGEST_CHAMPION == 96 * MIB


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("task", '{"kwargs": {"a": [' + "[]," * 5_000_000 + "1]}}", "task has more than"),
        ("network", '{"kind": "' + "x" * 10_000_000 + '"}', "network has more than"),
        ("scaling", '{"shift": [' + "1," * 9_000_000 + "1]}", "scaling has more than"),
        ("seed", "9" * 1_000_000, "seed has more than"),
        ("seed", "9" * 60_000, "seed: "),
        ("fitness", "[" * 30_000 + "]" * 30_000, ""),
        ("generation", "1.5", "generation: Expected `int`, got `float`"),
        ("task", '{"environment": 3}', "task: Expected `str`, got `int`"),
    ],
)
def test_every_part_of_a_champion_has_bounds(part: str, value: str, message: str) -> None:
    data = json.loads(champion_json())
    data[part] = "HERE"
    text = json.dumps(data).replace('"HERE"', value)
    assert message in refused(lambda: Champion.from_json(text), RunDirectoryError)


# What else a run's folder holds --------------------------------------------------------------------------------------


LINES = {
    "metrics.jsonl": lambda folder: list(RunDirectory(folder).metrics()),
    "champions.jsonl": read_champions,
    "lineage.jsonl": read_lineage,
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("fill", FILL)
def test_sixteen_mebibytes_in_one_line_are_refused_in_bounded_memory(fill: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FILL[fill](16 * MIB - 100) + "\n")
    assert f"{tmp_path / name}, line 1" in refused(lambda: LINES[name](tmp_path))


@pytest.mark.parametrize("name", LINES)
def test_files_and_lines_longer_than_any_are_not_read(name: str, tmp_path: Path) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(2**36)  # a hole of 64 GiB
    largest = "2048 MiB" if name == "champions.jsonl" else "256 MiB"
    assert refused(lambda: LINES[name](tmp_path), RunDirectoryError).endswith(f"larger than {largest}, not read")
    with (tmp_path / name).open("wb") as file:
        file.truncate(2**27)
    assert refused(lambda: LINES[name](tmp_path), RunDirectoryError).endswith("line 1: longer than 68 MiB, not read")


GOOD = {
    "metrics.jsonl": {
        **dict.fromkeys(("best", "mean", "sd", "threshold", "hidden_mean", "connections_mean", "seconds"), 0.5),
        **dict.fromkeys(("generation", "champion_hidden", "champion_connections", "champion_index"), 1),
        "evaluations": 1,
        "steps": 1,
        "restarted": False,
        "species": [{"id": 1, "size": 2, "age": 0, "best": 0.5, "stagnation": 0}],
    },
    "champions.jsonl": {"generation": 1, "fitness": 2.0, "genome": json.loads(genome_json())},
    "lineage.jsonl": {"generation": 1, "nodes": 3, "connections": -1, "genomes": [[0, -1, -1, 0, None]]},
}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("metrics.jsonl", {"best": "1"}, "expected a generation's record: Expected `float | null`, got `str`"),
        ("metrics.jsonl", {"generation": 10**400}, "expected a generation's record"),
        ("metrics.jsonl", {"generation": -1}, "Expected `int` >= 0"),
        ("metrics.jsonl", {"species": [{}]}, "missing required field"),
        ("metrics.jsonl", {"species": 3}, "Expected `array`, got `int`"),
        ("champions.jsonl", {"genome": "x"}, "not a genome"),
        ("champions.jsonl", {"fitness": []}, "expected a champion or a trial"),
        ("champions.jsonl", {"verification": {"mean": 1}}, "missing required field"),
        ("lineage.jsonl", {"generation": 2**70}, "expected a generation's relatives"),
        ("lineage.jsonl", {"genomes": [[0, 0, 0, 2**40, 1.0]]}, "Expected `int` <= 4294967295"),
        ("lineage.jsonl", {"genomes": [[0, 0, 0, 1]]}, "Expected `array` of length 5"),
    ],
)
def test_a_line_of_something_else_is_named(name: str, change: Any, message: str, tmp_path: Path) -> None:
    line = json.dumps(GOOD[name])
    (tmp_path / name).write_text(f"{line}\n{json.dumps({**GOOD[name], **change})}\n")
    with pytest.raises(NeatError) as caught:
        LINES[name](tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / name}, line 2: ")
    assert message in str(caught.value)
    (tmp_path / name).write_text(f"{line}\n")
    LINES[name](tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("result.json", "[" * 100_000, "not readable as JSON"),
        ("result.json", "[]", "not readable as JSON"),
        ("result.json", '{"a":[' + "[]," * 4_000_000 + "1]}", "larger than 4 MiB, not read"),
        ("result.json", '{"verification": 3}', "not the result of a run: Expected `object | null`, got `int`"),
        ("result.json", '{"verification": {"returns": ["x"]}}', "not the result of a run"),
        ("result.json", '{"threshold": "x"}', "not the result of a run"),
        ("config.toml", "a = " + "9" * 10_000, "not a TOML file"),
        ("config.toml", "a" + ".a" * 500 + " = 1", "more than 16 names joined by dots"),
        ("config.toml", "x = " + "[" * 20 + "]" * 20, "nested 8 deep"),
        ("config.toml", "#" * (2 * MIB), "larger than 1 MiB, not read"),
    ],
    ids=range(10),
)
def test_a_folder_from_a_stranger_is_read_or_refused(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "champion.json").write_text(champion_json())
    assert SavedRun.load(tmp_path).result == {}
    (tmp_path / name).write_text(text)
    refusal = refused(lambda: SavedRun.load(tmp_path))
    assert refusal.startswith(str(tmp_path / name))
    assert message in refusal


# Experiment files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("x = " + "{a=" * 100_000, "nested too deeply"),
        ("a" + ".a" * 500_000 + " = 1", "more than 16 names joined by dots"),
        ("[a" + ".a" * 500_000 + "]", "more than 16 names joined by dots"),
        ("a" + " . \"b\" . 'c'" * 80_000 + " = 1", "more than 16 names joined by dots"),
        ("x = " + "9" * 100_000, "not a TOML file"),
        ("[run]\nseed = 0x" + "f" * 100_000, ""),
        ("[run]\n" + "k" * 900_000 + " = 1", "unknown setting"),
        ("k" * 900_000 + " = 1", "unknown setting"),
        ("x = 2020-99-99", "not a TOML file"),
        ("\0" * 1000, "not a TOML file"),
        ("x = '" + "a" * MIB, "an experiment file has at most"),
        ('x = """' + "\\n" * 400_000, "not a TOML file"),
        ("a" * 1_000_000, "not a TOML file"),
        ("".join(f"[a{i}]\n" for i in range(100_000)), "unknown section"),
        ("[task]\nenvironment = 3", "task.environment: expected a string, got 3"),
        ("[task]\nenvironment = ['x']", "task.environment: expected a string"),
        ("[run]\nseed = nan\n[task]\nenvironment='xor'", "run.seed: expected a whole number, got nan"),
        ("[population]\nsize = 1e400\n[task]\nenvironment='xor'", "population.size: expected a whole number"),
        ("[mutation]\nadd_node = nan\n[task]\nenvironment='xor'", "mutation.add_node: expected a probability"),
        ("name = '../../../etc'\n[run]\nworkers = -1\n[task]\nenvironment='xor'", "run.workers: expected"),
    ],
    ids=range(21),
)
def test_hostile_experiments_are_refused(text: str, message: str) -> None:
    assert message in refused(lambda: from_toml(text, name="x.toml"), ConfigError)


def test_full_stops_are_no_dotted_keys() -> None:
    text = experiment_toml().replace('description = ""', 'description = "Up. Down. Left. Right. 1.2.3. So. it. goes."')
    assert from_toml(text, name="x").description.startswith("Up.")


# Fuzzing -------------------------------------------------------------------------------------------------------------


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def mutated(draw: st.DrawFn, data: Any) -> Any:
    """Return the data with one place of it replaced, doubled or removed."""
    place = data
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return data
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], (dict, list)) and draw(st.integers(0, 3)):
            place = place[key]
            continue
        action = draw(st.sampled_from(["replace", "remove", "double"]))
        if action == "replace":
            place[key] = draw(JSON)
        elif action == "remove":
            del place[key]
        elif isinstance(place, list):
            place.append(place[key])
        return data


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_champion_with_anything_changed_is_refused_or_playable(data: st.DataObject) -> None:
    content = json.loads(champion_json())
    for _ in range(data.draw(st.integers(1, 3))):
        content = data.draw(st.composite(mutated)(content))
    try:
        champion = Champion.from_json(json.dumps(content))
    except (RunDirectoryError, GenomeError) as error:
        refusal = str(error)
        assert "\n" not in refusal
        return
    playable(champion.genome, champion)


def playable(genome: Genome, champion: Champion) -> None:
    try:
        network = genome.network(champion.network)
    except GenomeError:  # a cycle
        return
    assert len(network.activate([0.5] * genome.inputs)) == genome.outputs


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200))
def test_any_text_is_refused(content: str | bytes) -> None:
    for load in (genome_from_json, Champion.from_json):
        with pytest.raises(NeatError):
            load(content)
    try:
        from_toml(content, name="x")
    except ConfigError as error:
        refusal = str(error)
        assert "\n" not in refusal


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_an_experiment_with_a_line_changed_is_refused_or_read(data: st.DataObject) -> None:
    lines = experiment_toml().splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    key = lines[number].split(" = ")[0]
    value = data.draw(
        st.sampled_from(["nan", "-1", "1e999", "[]", "{}", "'x'", "1", "true", "[[1]]", "1979-05-27", ""])
    )
    lines[number] = f"{key} = {value}"
    try:
        from_toml("\n".join(lines), name="x")
    except ConfigError as error:
        refusal = str(error)
        assert "\n" not in refusal
