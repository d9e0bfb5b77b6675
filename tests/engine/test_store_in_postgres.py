"""A cache in PostgreSQL: what a run stores and shows, run locks that are lost, a server that is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model.clock import wall_clock
from engine.model.datasets import catalogue
from engine.model.postgres_address import PostgresAddress
from engine.model.settings import Settings
from engine.runs import Runner
from engine.runs.faults import find_faults
from engine.runs.readiness import find_readiness
from engine.store import cache_state, read_analytics, read_entries, recent_runs
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.sqlite.store_file import missing_in_store
from tests.engine.source_database import execute, make_source, run_request, settings_of

FUNNEL = "pipeline_funnel"
KEY = catalogue()[FUNNEL].key
SITES = "insert into sites (domain, updated_at) values (?, datetime('now'))"


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
