"""A question ends when its time is over, its asker has gone, or the replica is wanted elsewhere."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from engine.model.places.lake import Lake
from engine.replica.questions.reading import Asked, AskerGone, TooSlow
from engine.replica.questions.source_rows import SourceReader
from engine.replica.source import connect_duckdb
from engine.replica.sync.held import ReplicaClosed
from engine.replica.sync.held_file import ReplicaFile

ENDLESS = "select count(*) from range(1000000000000000)"
FAR = 600.0


@dataclass(frozen=True)
class _Order:
    db: Path
    replica: Path
    socket: Path | None = None
    holds: bool = True
    lake: Lake | None = None


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[ReplicaFile]:
    db = tmp_path / "sites.db"
    db.touch()
    order = _Order(db, tmp_path / "replica.duckdb")
    with connect_duckdb(replica=order.replica) as connection:
        replica = ReplicaFile(connection)
        with replica.opened(order):
            pass
        yield replica
        replica.close()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def asked(replica: ReplicaFile, asker: socket.socket, seconds: float) -> Asked:
    return Asked(replica, Path(), SourceReader(), asker, time.monotonic() + seconds)


def test_it_is_stopped_when_its_time_is_over(
    replica: ReplicaFile, ends: tuple[socket.socket, socket.socket]
) -> None:
    with pytest.raises(TooSlow), asked(replica, ends[0], 0.2).cursor() as cursor:
        cursor.execute(ENDLESS).fetchall()


def test_it_is_stopped_when_its_asker_has_gone(
    replica: ReplicaFile, ends: tuple[socket.socket, socket.socket]
) -> None:
    ends[1].close()
    with pytest.raises(AskerGone), asked(replica, ends[0], FAR).cursor() as cursor:
        cursor.execute(ENDLESS).fetchall()


def test_it_is_stopped_when_the_replica_is_closed_and_the_file_is_free_then(
    replica: ReplicaFile, ends: tuple[socket.socket, socket.socket]
) -> None:
    began = threading.Event()
    raised: list[Exception] = []

    def ask() -> None:
        try:
            with asked(replica, ends[0], FAR).cursor() as cursor:
                began.set()
                cursor.execute(ENDLESS).fetchall()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert began.wait(100)
    assert replica.order is not None
    path = replica.order.replica
    assert replica.close()
    thread.join(100)
    assert [type(error) for error in raised] == [ReplicaClosed]
    with duckdb.connect(str(path)) as other:
        assert other.execute("select count(*) from sync_state.identity").fetchone() == (1,)
    with pytest.raises(ReplicaClosed), replica.reading():
        pass


def test_it_sees_the_replica_as_it_was_when_it_began(replica: ReplicaFile, tmp_path: Path) -> None:
    order = replica.order
    assert order is not None
    with replica.reading() as before:
        count = "select count(*) from sync_state.tables"
        assert before.execute(count).fetchone() == (0,)
        with replica.reading() as writer:
            writer.execute("rollback")
            writer.execute("insert into sync_state.tables values ('a', 'b')")
        assert before.execute(count).fetchone() == (0,)
    with replica.reading() as after:
        assert after.execute(count).fetchone() == (1,)


def test_it_cannot_write_to_the_replica(replica: ReplicaFile) -> None:
    with (
        replica.reading() as cursor,
        pytest.raises(duckdb.Error, match=r"(?i)read[-_ ]only"),
    ):
        cursor.execute("insert into sync_state.tables values ('a', 'b')")
