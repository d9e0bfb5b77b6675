"""A cache in PostgreSQL behind PgBouncer in transaction mode: nothing is notified, and all the rest holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.cli.check import show_notifications
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.model.settings import Settings
from engine.model.values.results import Progress
from engine.postgres import end_pools
from engine.postgres.listener import NOT_NOTIFIED
from engine.runs import Runner
from engine.store import read_entries, recent_runs
from engine.store.postgres.run_lock import PostgresRunLock
from engine.store.sqlite.store_file import prepare_store
from tests.engine.programs import read_line, start_script
from tests.engine.server_store import query
from tests.engine.source_database import execute, make_source, run_request, settings_of
from tests.pooler import Pooler, running_pooler
from tests.postgres import Cluster

FUNNEL = "pipeline_funnel"
KEY = catalogue()[FUNNEL].key


@pytest.fixture(scope="module")
def pooler(cluster: Cluster) -> Iterator[Pooler]:
    with running_pooler(cluster) as running:
        yield running


@pytest.fixture
def direct(postgres_url: str) -> PostgresAddress:
    """Return the address of the cache's database without the pooler."""
    return parse_postgres_address("DASHBOARD_CACHE_URL", postgres_url)


@pytest.fixture
def settings(tmp_path: Path, postgres_url: str, pooler: Pooler) -> Iterator[Settings]:
    db = make_source(tmp_path / "sites.db")
    execute(db, "insert into sites (domain) values (?)", ("a.example",))
    yield settings_of(db, DASHBOARD_CACHE_URL=pooler.address(postgres_url))
    end_pools()


@pytest.fixture
def address(settings: Settings) -> PostgresAddress:
    assert isinstance(settings.store, PostgresAddress)
    return settings.store


def holders(direct: PostgresAddress) -> list[tuple[object, ...]]:
    """Return the sessions of the server that hold the run lock."""
    return query(
        direct,
        "select pid from pg_locks where locktype = 'advisory' and granted"
        " and database = (select oid from pg_database where datname = current_database())",
    )


READER = """
import sys, time
from engine.model.clock import wall_clock
from engine.model.places.postgres_address import parse_postgres_address
from engine.store import SnapshotReader
from engine.store.postgres.run_lock import PostgresRunLock
address = parse_postgres_address("a", sys.argv[1])
reader = SnapshotReader(address, (sys.argv[2],), 1800)
def is_there():
    return reader.read(wall_clock()).entries[sys.argv[2]].value is not None
print(is_there(), flush=True)
while not is_there():
    time.sleep(0.01)
lock = PostgresRunLock(address)
print(lock.try_acquire(), flush=True)
sys.stdin.read()
"""


def test_check_says_that_nothing_is_notified(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    show_notifications(settings)
    assert capsys.readouterr().out == f"warning      {NOT_NOTIFIED}\n"


def test_a_run_is_stored_once_and_seen_by_another_process_and_its_lock_is_free_afterwards(
    settings: Settings, address: PostgresAddress, direct: PostgresAddress, _one_runner: Runner
) -> None:
    prepare_store(settings)
    reader = start_script(READER, address.url.text, KEY)
    assert read_line(reader) == "False"
    held: list[tuple[object, ...]] = []

    def look(_: Progress) -> None:
        if not held:
            held.extend(holders(direct))
            assert not PostgresRunLock(address).try_acquire()

    _one_runner.settings = settings
    summary = _one_runner.run(run_request(FUNNEL), look)
    _one_runner.finish_integrity_check()
    assert len(held) == 1
    assert read_entries(address, [KEY], wall_clock())[KEY].value is not None
    assert [(run.status, run.generation) for run in recent_runs(direct, 9)] == [
        ("success", summary.generation)
    ]
    # The reader sees the run, and then has the lock itself until it is killed.
    assert read_line(reader) == "True"
    lock = PostgresRunLock(address)
    assert not lock.try_acquire()
    reader.kill()
    reader.wait()
    eventually(lock.try_acquire)
    assert len(holders(direct)) == 1
    lock.release()
    assert holders(direct) == []


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
