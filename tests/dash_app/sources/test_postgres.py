"""Several sources with PostgreSQL: a database for each cache; a source in a file beside one in PostgreSQL."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from engine.demo.postgres import copy_to_postgres
from engine.model.errors import DashboardError
from engine.model.places.postgres_address import parse_postgres_address
from engine.store.sqlite.migration import DASHBOARD_TABLES
from tests.dash_app.sources.given import MARKS, NORTH, SOUTH, serving_several, settings_of_several
from tests.engine.source_database import execute
from tests.postgres import Cluster


@pytest.fixture
def cache_url(cluster: Cluster) -> str:
    """Return the address of the database of all, beside which there is one for each source."""
    url = cluster.create_database()
    name = urlsplit(url).path.strip("/")
    with psycopg.connect(cluster.address(), autocommit=True) as connection:
        for source in (NORTH, SOUTH):
            connection.execute(f'create database "{name}_{source}"'.encode())
    return url


def few_rows_of(file: Path, folder: Path) -> Path:
    """Return a copy that has the pipeline's tables alone, with few rows."""
    few = Path(shutil.copy(file, folder))
    for table in DASHBOARD_TABLES:
        execute(few, f"drop table if exists {table}")
    for table in ("sites", "site_status", "outreaches", "conversations", "llm_usage", "http_errors"):
        execute(few, f"delete from {table} where id % 20 > 0")
    for table in ("cron_job_logs", "system_metrics"):
        execute(few, f"delete from {table} where id < (select max(id) - 200 from {table})")
    return few


def test_each_cache_is_a_database_and_no_source_shows_another(
    files: dict[str, Path], cache_url: str, cluster: Cluster, tmp_path: Path
) -> None:
    south = cluster.create_database()
    copy_to_postgres(few_rows_of(files[SOUTH], tmp_path), parse_postgres_address("DASHBOARD_SOURCES", south))
    settings = settings_of_several(
        {NORTH: files[NORTH], SOUTH: south},
        DASHBOARD_CACHE_URL=cache_url,
        DASHBOARD_STATE_DIR=str(tmp_path),
    )
    addresses = ("/llm", "/jobs", "/errors", "/api/page/llm", "/api/search?q=claude", "/api/attention")
    with serving_several(settings) as client:
        for address in addresses:
            for source, other in ((NORTH, SOUTH), (SOUTH, NORTH)):
                text = client.get(f"/{source}{address}").text
                assert MARKS[other] not in text, address
                assert MARKS[source] in text or address == "/api/attention", address
        first, second = client.get("/api/sources").json()["sources"]
        assert first["llm_cost_usd_7d"] > second["llm_cost_usd_7d"] > 0
    with psycopg.connect(cache_url) as connection:
        found = connection.execute("select to_regclass('dashboard.dashboard_cache')").fetchone()
        assert found == (None,)


def test_an_address_without_a_database_is_refused(files: dict[str, Path]) -> None:
    settings = settings_of_several(files, DASHBOARD_CACHE_URL="postgresql://ann:hush@db.example.org")
    with pytest.raises(DashboardError, match="names no database; write its name as the path") as refusal:
        settings.for_source(NORTH)
    assert "hush" not in str(refusal.value)
