"""Watching costs a run nothing, and nobody else can look in."""

from __future__ import annotations

import json
import socket
import time

import numpy as np
import pytest
from served import TOKEN, asked, served
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from experiments.loop.runner import run
from experiments.targets import load
from experiments.watching.address import Address
from experiments.watching.following import Follower
from experiments.watching.server import MOST_CONNECTIONS
from experiments.watching.snapshots import SnapshotReporter, snapshots_of

CHANGES = ("run.generations=6", "population.size=30", "run.workers=1", "run.stop_when_solved=false")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("watched") / "run"
    run(load("CartPole-v1", changes=CHANGES), SnapshotReporter(path), out=path)
    return path


def test_a_run_is_the_same_bit_for_bit_while_it_is_watched(folder, tmp_path):
    alone = tmp_path / "alone"
    run(load("CartPole-v1", changes=CHANGES), out=alone)
    assert list(snapshots_of(folder)) == list(range(6))
    assert not snapshots_of(alone)
    for name in ("champion.json", "champions.jsonl", "lineage.jsonl"):
        assert (folder / name).read_bytes() == (alone / name).read_bytes()
    records = [
        [{**json.loads(line), "seconds": 0} for line in (path / "metrics.jsonl").read_text().splitlines()]
        for path in (folder, alone)
    ]
    assert records[0] == records[1]


def test_watching_takes_a_bounded_share_and_no_more_files_than_are_kept(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.watching.snapshots._MOST", 4)
    changes = (*CHANGES, "run.generations=12")
    run(load("CartPole-v1", changes=changes), SnapshotReporter(tmp_path / "thin"), out=tmp_path / "thin")
    kept = list(snapshots_of(tmp_path / "thin"))
    assert kept[0] == 0
    assert kept[-1] == 11
    assert len(kept) <= 5
    monkeypatch.setattr("experiments.watching.snapshots._CREDIT", 1e-9)
    run(load("CartPole-v1", changes=CHANGES), SnapshotReporter(tmp_path / "poor", share=1e-9), out=tmp_path / "poor")
    assert list(snapshots_of(tmp_path / "poor")) == [0, 5], "the last one is there in any case"
    run(load("CartPole-v1", changes=CHANGES), SnapshotReporter(tmp_path / "none", share=0.0), out=tmp_path / "none")
    assert list(snapshots_of(tmp_path / "none")) == [5], "alone, where nobody watches"


def test_a_run_without_snapshots_is_seen_by_its_checkpoint(folder, tmp_path):
    run(load("CartPole-v1", changes=CHANGES), out=tmp_path / "run")
    follower = Follower(tmp_path / "run")
    follower.poll()
    assert follower.generations() == [6], "which is yet to be played"
    seen = follower.load(6)
    assert len(seen.genomes) == 30
    assert np.isnan(seen.fitness).all()
    assert seen.species.min() > 0 or len(set(seen.species.tolist())) == 1
    watched = Follower(folder)
    watched.poll()
    last = watched.load(5)
    line = watched.ancestors(last, int(last.ranking[0]))
    assert line[0].generation == 0
    assert line[-1].fitness == last.fitness.max()
    assert not watched.running


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"/{TOKEN}/", {}, 200),
        (f"/{TOKEN}/watch.js", {"Host": "localhost:8123"}, 200),
        ("/", {}, 404),
        ("/wrong-token-of-that-kind/", {}, 404),
        (f"/{TOKEN}/../server.py", {}, 404),
        (f"/{TOKEN}/", {"Host": "evil.example"}, 403),
        (f"/{TOKEN}/", {"Host": "127.0.0.1.evil.example:80"}, 403),
        (f"/{TOKEN}/", {"Host": "localhost:8123", "Origin": "http://localhost:9999"}, 403),
        (f"/{TOKEN}/live", {}, 426),
    ],
)
def test_only_this_machine_gets_in_with_the_token(door, path, headers, status):
    assert asked(door, path, **headers) == status


@pytest.fixture(scope="module")
def door(folder):
    with served(folder) as port:
        yield port


def chatter(address):
    """Send more than a person does, and read until the watcher has had enough."""
    with connect(address, max_size=None) as page:
        for _ in range(100):
            page.send('{"do":"pause","on":false}')
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            page.recv(20)


def test_foreign_pages_and_nonsense_get_nowhere_and_a_flood_is_refused(door):
    address = f"ws://127.0.0.1:{door}/{TOKEN}/live"
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, origin="http://evil.example")
    with connect(address, origin=f"http://127.0.0.1:{door}", max_size=None) as page:
        kinds = {json.loads(m)["type"] for m in (page.recv(20) for _ in range(4)) if isinstance(m, str)}
        assert kinds <= {"run", "status", "history", "generation", "network"}
        for nonsense in ("{", "[]", '{"do":"pick","player":1e99}', '{"do":"keys","held":5}', "[" * 1500):
            page.send(nonsense)
        flood = [socket.create_connection(("127.0.0.1", door), timeout=5) for _ in range(3 * MOST_CONNECTIONS)]
        time.sleep(0.2)
        gone = 0
        for connection in flood:
            connection.settimeout(0.02)
            try:
                gone += connection.recv(1) == b""
            except ConnectionResetError:
                gone += 1
            except OSError:
                pass
        assert gone >= 2 * MOST_CONNECTIONS
        deadline = time.monotonic() + 20
        while not isinstance(page.recv(20), bytes):  # who was there before goes on watching
            assert time.monotonic() < deadline
        for connection in flood:
            connection.close()
    with pytest.raises(ConnectionClosed):
        chatter(address)


def test_a_watcher_that_hangs_costs_no_memory_and_holds_nobody_up(door):
    with socket.create_connection(("127.0.0.1", door)) as hung:
        request = (
            f"GET /{TOKEN}/live HTTP/1.1\r\nHost: 127.0.0.1:{door}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        )
        hung.sendall(f"{request}Sec-WebSocket-Key: {'A' * 22}==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        with connect(f"ws://127.0.0.1:{door}/{TOKEN}/live", max_size=None) as page:
            frames = 0
            deadline = time.monotonic() + 20
            while frames < 5 and time.monotonic() < deadline:
                frames += isinstance(page.recv(20), bytes)
            assert frames == 5


def test_an_address_is_kept_where_only_its_owner_reads_it(tmp_path):
    first = Address.of(tmp_path)
    assert (tmp_path / "watch" / "address.json").stat().st_mode & 0o077 == 0
    assert Address.of(tmp_path) == first == Address.read(tmp_path)
    assert not first.answers()
    with socket.create_server(("127.0.0.1", first.port)):
        other = Address.of(tmp_path)
        assert other.token == first.token
        assert other.port != first.port
    (tmp_path / "watch" / "address.json").write_text('{"port": 1, "token": "short"}')
    assert Address.read(tmp_path) is None
