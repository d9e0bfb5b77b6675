"""One connection of a process is notified for all that hear something, and is made again when it is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from engine.model.errors import DashboardError, SourceError
from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.postgres import listener
from engine.postgres.listener import Query
from engine.postgres.notification_thread import NotificationThread
from engine.store import version_reader
from engine.store.postgres.migration import migrate
from tests.engine.server_store import query


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Hearer:
    """What hears some channels, and keeps what it hears."""

    def __init__(self, *channels: str) -> None:
        self.channels = frozenset(channels)
        self.heard: list[frozenset[str]] = []
        self.failed: list[SourceError] = []

    def hear(self, heard: frozenset[str], query: Query) -> None:
        if heard:
            self.heard.append(heard)

    def fail(self, error: SourceError) -> None:
        self.failed.append(error)


@pytest.fixture
def joined(address: PostgresAddress) -> Iterator[Callable[..., Hearer]]:
    hearers: list[Hearer] = []

    def join(*channels: str) -> Hearer:
        hearers.append(Hearer(*channels))
        listener.join(address, hearers[-1])
        # The first turn is for all channels.
        eventually(lambda: hearers[-1].heard)
        hearers[-1].heard.clear()
        return hearers[-1]

    yield join
    for hearer in hearers:
        listener.leave(address, hearer)


def listening(address: PostgresAddress) -> list[int]:
    """Return the sessions that listen."""
    found = query(
        address,
        "select pid from pg_stat_activity"
        " where datname = current_database() and application_name = 'dashboard listener'",
    )
    return [pid for (pid,) in found]


def notify(address: PostgresAddress, channel: str) -> None:
    query(address, "select pg_notify(?, '')", (channel,))


def test_all_that_hear_share_a_connection_and_each_hears_its_own(
    address: PostgresAddress, joined: Callable[..., Hearer]
) -> None:
    first, second = joined("one", "both"), joined("two", "both")
    assert len(listening(address)) == 1
    notify(address, "one")
    eventually(lambda: first.heard)
    notify(address, "two")
    eventually(lambda: second.heard)
    assert (first.heard, second.heard) == ([frozenset({"one"})], [frozenset({"two"})])
    notify(address, "both")
    eventually(lambda: len(first.heard) == len(second.heard) == 2)
    assert first.heard[1] == second.heard[1] == {"both"}


def test_the_last_one_that_leaves_ends_the_connection(
    address: PostgresAddress, joined: Callable[..., Hearer]
) -> None:
    first, second = joined("one"), joined("two")
    listener.leave(address, first)
    notify(address, "two")
    eventually(lambda: second.heard)
    listener.leave(address, second)
    eventually(lambda: not listening(address))


@pytest.mark.parametrize("is_frozen", [False, True], ids=["ended", "frozen"])
def test_a_connection_that_is_lost_is_made_again_and_all_have_a_turn(
    address: PostgresAddress, joined: Callable[..., Hearer], is_frozen: bool
) -> None:
    hearer = joined("one", "two")
    (lost,) = listening(address)
    if is_frozen:
        os.kill(lost, signal.SIGSTOP)
    else:
        query(address, "select pg_terminate_backend(?, 5000)", (lost,))
    try:
        eventually(lambda: hearer.heard)
        assert hearer.heard == [{"one", "two"}]
        assert hearer.failed == []
    finally:
        if is_frozen:
            os.kill(lost, signal.SIGCONT)


def test_a_hearer_that_fails_in_an_unknown_way_costs_the_others_nothing(
    address: PostgresAddress, joined: Callable[..., Hearer], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Hearer):
        def hear(self, heard: frozenset[str], query: Query) -> None:
            super().hear(heard, query)
            if len(self.heard) == 1:
                raise ValueError("unknown")

    other, broken = joined("one"), Broken("one")
    listener.join(address, broken)
    eventually(lambda: len(broken.heard) > 1)
    other.heard.clear()
    notify(address, "one")
    eventually(lambda: other.heard)
    assert "a turn after notifications failed" in caplog.text
    listener.leave(address, broken)


def test_a_server_that_is_away_is_each_hearers_to_know() -> None:
    nowhere, hearer = parse_postgres_address("a", "postgresql:///x?host=/nowhere"), Hearer("one")
    listener.join(nowhere, hearer)
    eventually(lambda: len(hearer.failed) > 1)
    listener.leave(nowhere, hearer)


def test_a_thread_takes_turns_after_notifications_and_anyway(
    address: PostgresAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[frozenset[str]] = []

    def turn(heard: frozenset[str]) -> None:
        turns.append(heard)
        if len(turns) == 1:
            raise DashboardError("a", "b", "c")

    thread = NotificationThread(address, ["one", "two"], turn)
    thread.start()
    eventually(lambda: frozenset() in turns)
    notify(address, "two")
    eventually(lambda: frozenset({"two"}) in turns)
    thread.close()
    number = len(turns)
    notify(address, "one")
    eventually(lambda: not listening(address))
    assert len(turns) == number


def test_an_idle_process_has_one_listening_connection_and_those_of_its_pool(postgres_url: str) -> None:
    address = parse_postgres_address("a", postgres_url)
    migrate(address)
    reader = version_reader(address)
    threads = [NotificationThread(address, [name], lambda _: None) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    reader.read()
    eventually(lambda: listening(address))
    found = query(
        address,
        "select application_name, count(*) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
        " and backend_type = 'client backend' group by 1",
    )
    assert dict(found)["dashboard listener"] == 1
    assert dict(found).keys() <= {"dashboard listener", "dashboard"}
    for thread in threads:
        thread.close()
    reader.close()
