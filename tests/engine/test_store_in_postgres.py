"""A cache in PostgreSQL: what a run stores and shows, run locks that are lost, a server that is away."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from filelock import Timeout

import engine.store as cache
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError, ServerAwayError, SettingError, SourceError
from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.model.settings import Settings
from engine.model.source_file import retry
from engine.model.values.results import Progress
from engine.postgres import end_pools
from engine.runs import Runner
from engine.runs.health.faults import find_faults
from engine.runs.health.readiness import find_readiness
from engine.runs.records import stored_run
from engine.runs.records.after_store import storing
from engine.runs.turns.lock import ServerLock
from engine.store import SnapshotReader, cache_state, read_analytics, read_entries, recent_runs
from engine.store.backend import writing
from engine.store.freshness.replica_token import read_replica_tokens
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.postgres.migration import migrate
from engine.store.postgres.run_lock import PostgresRunLock
from engine.store.sqlite.store_file import missing_in_store, prepare_store
from engine.store.writes import set_entry
from tests.engine.programs import read_line, start_script
from tests.engine.server_store import wait_until_noticed
from tests.engine.small_disk import fill, small_disk
from tests.engine.source_database import NOW, execute, make_source, query, run_request, settings_of
from tests.postgres import Cluster, program, running_cluster

FUNNEL = "pipeline_funnel"
KEY = catalogue()[FUNNEL].key
SITES = "insert into sites (domain, updated_at) values (?, datetime('now'))"


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """Return a server that may be stopped."""
    with running_cluster() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, postgres_url: str) -> Settings:
    """Return settings for a source with two sites, and a cache in PostgreSQL that is not made yet."""
    db = make_source(tmp_path / "sites.db")
    execute(db, SITES, ("a.example",), ("b.example",))
    return settings_of(db, DASHBOARD_CACHE_URL=postgres_url)


@pytest.fixture
def address(settings: Settings) -> PostgresAddress:
    assert isinstance(settings.store, PostgresAddress)
    return settings.store


@pytest.fixture
def runner(_one_runner: Runner, settings: Settings) -> Iterator[Runner]:
    """A runner on these settings, with the engine process that all tests share."""
    _one_runner.settings = settings
    yield _one_runner
    _one_runner.finish_integrity_check()


def test_the_stored_bytes_are_those_of_a_cache_in_a_file(settings: Settings, runner: Runner) -> None:
    runner.run(run_request())
    in_file = settings_of(settings.db, DASHBOARD_CACHE_URL=f"sqlite://{settings.db.with_name('cache.db')}")
    runner.settings = in_file
    runner.run(run_request())
    # The cache has a size.
    keys = [dataset.key for dataset in catalogue().values() if dataset.name != "database_health"]
    blobs, others = (
        {
            key: (entry.blob, entry.page_blob)
            for key, entry in read_entries(s.store, keys, wall_clock()).items()
        }
        for s in (settings, in_file)
    )
    assert blobs == others
    assert sum(blob is not None for blob, _ in blobs.values()) > 20


def test_a_run_is_stored_with_all_that_is_shown_of_it(settings: Settings, runner: Runner) -> None:
    assert len(missing_in_store(settings)) > 10
    runner.run(run_request())
    now = wall_clock()
    assert cache_state(settings.store, now).fresh == len(catalogue())
    assert [run.status for run in recent_runs(settings.store, 9)] == ["success"]
    assert read_analytics(settings.store, now, 600).runs.last_7_days.runs == 1
    assert missing_in_store(settings) == ()
    assert find_faults(settings, now) == ()
    assert find_readiness(settings, UnstoredFailures(), now).reasons == ()
    assert query(settings.db, "select name from sqlite_master where name like 'dashboard%'") == []


def test_the_replica_is_continued_from_the_token_in_the_store(
    settings: Settings, address: PostgresAddress, runner: Runner
) -> None:
    runner.run(run_request())
    tokens = read_replica_tokens(address)
    runner.run(run_request(FUNNEL))
    assert list(read_replica_tokens(address)) == list(tokens)
    assert read_replica_tokens(address) != tokens


def test_one_store_has_the_values_of_one_source(
    settings: Settings, tmp_path: Path, postgres_url: str
) -> None:
    prepare_store(settings)
    other = settings_of(make_source(tmp_path / "other.db"), DASHBOARD_CACHE_URL=postgres_url)
    with pytest.raises(SettingError, match=r"not of .*other\.db; name another database, or run `drop"):
        prepare_store(other)


def test_the_four_functions_for_other_programs_work(
    settings: Settings, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHBOARD_DB", str(settings.db))
    monkeypatch.setenv("DASHBOARD_CACHE_URL", postgres_url)
    assert cache.get_from_cache("mine") is None
    cache.set_cache("mine", {"a": [1, None, "ü"]}, 5)
    assert cache.get_from_cache("mine") == {"a": [1, None, "ü"]}
    assert cache.get_cache_stats().fresh == 1
    assert cache.clear_all_cache() == 1
    assert cache.get_from_cache("mine") is None


def holders(address: PostgresAddress) -> list[int]:
    """Return the sessions that hold an advisory lock."""
    sql = "select pid from pg_locks where locktype = 'advisory' and granted and pid <> pg_backend_pid()"
    database = " and database = (select oid from pg_database where datname = current_database())"
    return [pid for (pid,) in query(address, sql + database)]


def end_sessions(address: PostgresAddress, pids: list[int]) -> None:
    for pid in pids:
        query(address, "select pg_terminate_backend(?, 5000)", (pid,))


def test_one_holder_at_a_time_has_the_run_lock(settings: Settings, address: PostgresAddress) -> None:
    prepare_store(settings)
    first, second = PostgresRunLock(address), PostgresRunLock(address)
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()


HOLDER = """
import sys
from engine.model.places.postgres_address import parse_postgres_address
from engine.store.postgres.run_lock import PostgresRunLock
lock = PostgresRunLock(parse_postgres_address("a", sys.argv[1]))
print(lock.try_acquire(), flush=True)
sys.stdin.read()
"""


def test_a_holder_that_is_killed_lets_go(settings: Settings, address: PostgresAddress) -> None:
    prepare_store(settings)
    process = start_script(HOLDER, address.url.text)
    assert read_line(process) == "True"
    lock = ServerLock(PostgresRunLock(address))
    with pytest.raises(Timeout):
        lock.acquire(timeout=0)
    process.kill()
    process.wait()
    lock.acquire(timeout=30)
    lock.release()


def test_a_run_that_has_lost_its_lock_to_another_is_refused(
    settings: Settings, address: PostgresAddress, runner: Runner
) -> None:
    runner.run(run_request(FUNNEL))
    before = read_entries(address, [KEY], wall_clock())[KEY]
    execute(settings.db, SITES, ("c.example",))
    other = PostgresRunLock(address)
    taken: list[bool] = []

    def lose_the_lock(_: Progress) -> None:
        if not taken:
            end_sessions(address, holders(address))
            taken.append(other.try_acquire())

    with pytest.raises(ComputeError, match="another run has begun since"):
        runner.run(run_request(FUNNEL), lose_the_lock)
    assert taken == [True]
    assert [run.status for run in recent_runs(address, 9)] == ["failed", "success"]
    assert read_entries(address, [KEY], wall_clock())[KEY].blob == before.blob
    # The other goes on with what it does.
    with writing(address) as connection:
        assert other.stored(connection) is None
    other.release()


def test_a_run_whose_session_was_ended_is_stored_if_no_other_has_begun(
    address: PostgresAddress, runner: Runner
) -> None:
    ended: list[int] = []

    def end_session(_: Progress) -> None:
        if not ended:
            ended.extend(holders(address))
            end_sessions(address, ended)

    assert runner.run(run_request(FUNNEL), end_session).generation is not None
    assert ended
    assert [run.status for run in recent_runs(address, 9)] == ["success"]


def test_a_run_whose_commit_was_not_answered_is_stored_once(
    address: PostgresAddress, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    @contextmanager
    def storing_without_answer(*given: Any) -> Iterator[Any]:
        with storing(*given) as connection:
            yield connection
        attempts.append(1)
        if len(attempts) == 1:
            raise ServerAwayError(address, "the server has ended the connection", "try again")

    monkeypatch.setattr(stored_run, "storing", storing_without_answer)
    summary = runner.run(run_request(FUNNEL))
    assert len(attempts) == 2
    assert [(run.status, run.generation) for run in recent_runs(address, 9)] == [
        ("success", summary.generation)
    ]


def test_a_run_during_which_all_sessions_end_is_stored(address: PostgresAddress, runner: Runner) -> None:
    prepared = runner.run(run_request(FUNNEL))

    def end_all(_: Progress) -> None:
        sql = (
            "select pid from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()"
        )
        end_sessions(address, [pid for (pid,) in query(address, sql)])

    summary = runner.run(run_request(FUNNEL), end_all)
    assert (summary.generation or 0) > (prepared.generation or 0)


def test_a_server_that_is_away_fails_a_run_with_its_cause_and_nothing_half_written(
    own_cluster: Cluster, tmp_path: Path, _one_runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "SERVER_AWAY_SECONDS", 0.2)
    db = make_source(tmp_path / "sites.db")
    execute(db, SITES, ("a.example",))
    settings = settings_of(db, DASHBOARD_CACHE_URL=own_cluster.create_database())
    _one_runner.settings = settings
    _one_runner.run(run_request())
    before = read_entries(settings.store, [KEY], wall_clock())[KEY]
    execute(db, SITES, ("b.example",))

    def stop(_: Progress) -> None:
        if not stopped:
            stopped.append(True)
            own_cluster.stop("immediate")

    stopped: list[bool] = []
    with pytest.raises(ServerAwayError, match="the server cannot be reached"):
        _one_runner.run(run_request(FUNNEL), stop)
    _one_runner.finish_integrity_check()
    assert "the database cannot be read" in find_readiness(settings, UnstoredFailures(), wall_clock()).reasons
    own_cluster.start()
    assert read_entries(settings.store, [KEY], wall_clock())[KEY].blob == before.blob
    _one_runner.run(run_request(FUNNEL))
    assert read_entries(settings.store, [KEY], wall_clock())[KEY].blob != before.blob


def test_a_run_during_which_the_server_restarts_waits_for_it_and_is_stored(
    own_cluster: Cluster, tmp_path: Path, _one_runner: Runner
) -> None:
    db = make_source(tmp_path / "sites.db")
    _one_runner.settings = settings = settings_of(db, DASHBOARD_CACHE_URL=own_cluster.create_database())
    _one_runner.run(run_request(FUNNEL))
    _one_runner.finish_integrity_check()
    restarts: list[threading.Thread] = []

    def restart(_: Progress) -> None:
        if not restarts:
            own_cluster.stop("immediate")
            restarts.append(threading.Thread(target=own_cluster.start))
            restarts[0].start()

    generation = _one_runner.run(run_request(FUNNEL), restart).generation
    restarts[0].join()
    assert [(run.status, run.generation) for run in recent_runs(settings.store, 1)] == [
        ("success", generation)
    ]


COUNTER = """
import random, sys
from engine.model.places.postgres_address import parse_postgres_address
from engine.store.reads import Cause, Outcome, ReadCount, ReadKind, store_reads
address = parse_postgres_address("a", sys.argv[1])
counts = [ReadCount(f"key {n}", "2026-11-23 20", ReadKind(Outcome.MEMORY), 3, 1, 9) for n in range(40)]
for _ in range(40):
    random.shuffle(counts)
    store_reads(address, counts, 5.0)
print("done", flush=True)
"""


def test_three_processes_count_at_once_and_none_waits_for_another_for_ever(
    settings: Settings, address: PostgresAddress
) -> None:
    prepare_store(settings)
    processes = [start_script(COUNTER, address.url.text) for _ in range(3)]
    assert [read_line(process) for process in processes] == ["done"] * 3
    assert {process.wait() for process in processes} == {0}
    found = query(address, "select min(reads), max(reads), count(*) from dashboard_cache_reads")
    assert found == [(120, 120, 40)]


def test_the_full_disk_of_a_server_is_named_and_nothing_is_half_written(
    own_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = Path(tempfile.mkdtemp(prefix="pg-disk-"))
    root.chmod(0o755)
    with small_disk(root / "disk") as disk:
        shutil.chown(disk, "postgres")
        with psycopg.connect(own_cluster.address(), autocommit=True) as connection:
            connection.execute(f"create tablespace small location '{disk}'")
            connection.execute("create database small tablespace small")
        address = parse_postgres_address("DASHBOARD_CACHE_URL", own_cluster.address("small"))
        migrate(address)
        set_entry(address, KEY, "last good", 15, NOW)
        fill(disk)
        with pytest.raises(SourceError, match="the disk of the server is full") as full:
            for number in range(100):
                set_entry(address, f"mine/{number}", random.Random(number).randbytes(50_000).hex(), 15, NOW)
        assert full.value.offender == str(address)
        assert read_entries(address, [KEY], NOW)[KEY].value == "last good"
        (disk / "filler").unlink()
        set_entry(address, KEY, "new", 15, NOW)
        assert read_entries(address, [KEY], NOW)[KEY].value == "new"
        end_pools()
        with psycopg.connect(own_cluster.address(), autocommit=True) as connection:
            connection.execute("drop database small with (force)")
            connection.execute("drop tablespace small")
    shutil.rmtree(root)


def test_an_older_backup_of_the_cache_is_shown_and_the_next_run_goes_on_from_it(
    settings: Settings, address: PostgresAddress, runner: Runner, tmp_path: Path
) -> None:
    runner.run(run_request(FUNNEL))
    snapshots = SnapshotReader(address, (KEY,), 1800)
    older = snapshots.read(wall_clock())
    backup = tmp_path / "backup"
    url = address.url.text
    subprocess.run([program("pg_dump"), "--format", "custom", "--file", backup, url], check=True)
    execute(settings.db, SITES, ("c.example",))
    runner.run(run_request(FUNNEL))
    # It would be refused, as whatever holds the run lock while its database is put back.
    runner.finish_integrity_check()
    newer = snapshots.read(wall_clock())
    assert newer.version != older.version
    subprocess.run([program("pg_restore"), "--clean", "--dbname", url, backup], check=True)
    wait_until_noticed(address)
    restored = snapshots.read(wall_clock())
    assert restored.entries[KEY].value == older.entries[KEY].value != newer.entries[KEY].value
    assert restored.version is not None and newer.version is not None
    assert restored.version.generation < newer.version.generation
    runner.run(run_request(FUNNEL))
    assert snapshots.read(wall_clock()).entries[KEY].value == newer.entries[KEY].value
    assert [run.status for run in recent_runs(address, 9)] == ["success"] * 2
    snapshots.close()
