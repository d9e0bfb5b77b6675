"""The version of a store in PostgreSQL: in memory, never stale for long, whatever becomes of the listener."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from engine.model.errors import ServerAwayError, SourceError
from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.postgres import listener
from engine.postgres.connection import TimedConnection
from engine.store import CacheSnapshot, SnapshotReader, version_reader
from engine.store.backend import VersionReader
from engine.store.postgres import version as following
from engine.store.postgres.migration import migrate
from engine.store.writes import set_entry
from tests.engine.server_store import query
from tests.engine.source_database import NOW, execute
from tests.postgres import Cluster, running_cluster

KEY = "pipeline/pipeline_funnel"
CHANGE = "update dashboard_cache set expires_at = '2026-01-01 00:00:00'"


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """Return a server that may be stopped."""
    with running_cluster() as running:
        yield running


@pytest.fixture
def address(own_cluster: Cluster) -> PostgresAddress:
    address = parse_postgres_address("DASHBOARD_CACHE_URL", own_cluster.create_database())
    migrate(address)
    set_entry(address, KEY, "first", 15, NOW)
    return address


@pytest.fixture
def reader(address: PostgresAddress) -> Iterator[VersionReader]:
    reader = version_reader(address)
    reader.read()
    yield reader
    reader.close()


def listener_pid(address: PostgresAddress) -> int:
    """Return the process of the listening session, once it has proven itself and asks for the version."""
    deadline = time.monotonic() + 60
    while not (
        found := query(
            address,
            "select pid from pg_stat_activity where datname = current_database()"
            " and application_name = 'dashboard listener' and query ilike 'select%'",
        )
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    ((pid,),) = found
    return int(pid)


def test_a_change_of_another_process_is_noticed_by_notification(
    monkeypatch: pytest.MonkeyPatch, address: PostgresAddress
) -> None:
    monkeypatch.setattr(listener, "POLL_SECONDS", 600.0)
    monkeypatch.setattr(following, "SILENT_SECONDS", 600.0)
    reader = version_reader(address)
    before = reader.read()
    execute(address, CHANGE)
    assert reader.read().nonce != before.nonce
    reader.close()


def test_while_nothing_changes_a_read_asks_no_server_and_returns_the_same_object(
    monkeypatch: pytest.MonkeyPatch, reader: VersionReader
) -> None:
    before = reader.read()
    monkeypatch.setattr(following, "read_version", None)
    assert reader.read() is before


def test_what_this_process_has_stored_is_in_its_next_read(
    monkeypatch: pytest.MonkeyPatch, address: PostgresAddress, reader: VersionReader
) -> None:
    monkeypatch.setattr(TimedConnection, "notifies", _swallowed)
    for value in range(20):
        before = reader.read()
        set_entry(address, KEY, value, 15, NOW)
        assert reader.read().generation == before.generation + 1


def _swallowed(self: TimedConnection, *, timeout: float = 0.0, stop_after: int = 1) -> Iterator[object]:
    time.sleep(min(timeout, 0.02))
    return iter(())


def test_without_notifications_it_is_said_and_changes_are_polled_for(
    address: PostgresAddress, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert following.is_notified(address)
    monkeypatch.setattr(TimedConnection, "notifies", _swallowed)
    assert not following.is_notified(address)
    reader = version_reader(address)
    before = reader.read()
    execute(address, CHANGE)
    assert reader.read().nonce != before.nonce
    assert "behind a pooler in transaction mode" in caplog.text
    reader.close()


def test_a_listener_whose_session_is_ended_is_replaced_without_a_word(
    address: PostgresAddress, reader: VersionReader
) -> None:
    before, ended = reader.read(), listener_pid(address)
    query(address, "select pg_terminate_backend(?, 5000)", (ended,))
    execute(address, CHANGE)
    assert reader.read().nonce != before.nonce


def test_a_listener_that_is_frozen_is_replaced(address: PostgresAddress, reader: VersionReader) -> None:
    before, frozen = reader.read(), listener_pid(address)
    os.kill(frozen, signal.SIGSTOP)
    try:
        execute(address, CHANGE)
        assert reader.read().nonce != before.nonce
    finally:
        os.kill(frozen, signal.SIGCONT)


def test_pages_keep_the_last_values_while_the_server_is_away_and_heal(
    address: PostgresAddress, own_cluster: Cluster
) -> None:
    snapshots = SnapshotReader(address, (KEY,), 1800)
    assert snapshots.read(NOW).entries[KEY].value == "first"
    own_cluster.stop("immediate")
    snapshot = _wait_for(snapshots, lambda trouble: trouble is not None)
    assert snapshot.entries[KEY].value == "first"
    assert not snapshot.entries[KEY].due
    assert "the server cannot be reached" in str(snapshot.trouble)
    assert "\n" not in str(snapshot.trouble)
    with pytest.raises(ServerAwayError):
        set_entry(address, KEY, "lost", 15, NOW)
    own_cluster.start()
    _wait_for(snapshots, lambda trouble: trouble is None)
    set_entry(address, KEY, "second", 15, NOW)
    assert snapshots.read(NOW).entries[KEY].value == "second"
    snapshots.close()


def _wait_for(snapshots: SnapshotReader, is_met: Callable[[str | None], bool]) -> CacheSnapshot:
    until = time.monotonic() + 30
    while not is_met((snapshot := snapshots.read(NOW)).trouble):
        assert time.monotonic() < until, snapshot.trouble
        time.sleep(0.01)
    return snapshot


def test_an_address_that_nobody_answers_at_is_an_error_in_one_line() -> None:
    nowhere = parse_postgres_address("DASHBOARD_CACHE_URL", "postgresql://ann:s3cret@/x?host=/nowhere")
    reader = version_reader(nowhere)
    with pytest.raises(SourceError, match="cannot be reached") as failed:
        reader.read()
    assert "s3cret" not in str(failed.value)
    reader.close()
