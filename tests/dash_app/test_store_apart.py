"""The web app with a cache in a file of its own: pages, API, metrics and notices, also without the source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dash_app import server
from dash_app.live.conditions import Kind
from dash_app.live.notices import read_notices
from engine.model.clock import wall_clock
from engine.model.settings import Settings
from engine.store.freshness.unstored import UnstoredFailures
from engine.store.sqlite.store_file import prepare_store
from tests.dash_app.clients import page_client
from tests.dash_app.given import FakeRunner, fill_cache
from tests.engine.source_database import make_source, query, store_path

FUNNEL = "/api/dataset/pipeline/pipeline_funnel"


@pytest.fixture
def apart(tmp_path: Path, settings: Settings) -> Settings:
    """Return settings for a source without a table of the dashboard, and a cache beside it that is full."""
    apart = replace(settings, source=make_source(tmp_path / "source.db"), cache=tmp_path / "cache.db")
    prepare_store(apart)
    fill_cache(store_path(apart), wall_clock())
    return apart


def test_pages_go_on_without_the_source_and_say_why(apart: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "Runner", lambda _: FakeRunner(store_path(apart)))
    away = apart.db.with_name("away.db")
    with page_client(server.create_server(apart)) as client:
        value = client.get(FUNNEL).json()
        assert value["columns"]
        assert "dashboard_source_readable 1.0" in client.get("/metrics").text
        assert client.get("/readyz").json() == {"status": "ready"}
        for name in ("-wal", "-shm"):
            apart.db.with_name(apart.db.name + name).unlink(missing_ok=True)
        apart.db.rename(away)
        metrics = client.get("/metrics").text
        assert "dashboard_source_readable 0.0" in metrics
        assert 'dashboard_entries{state="missing"} 0.0' in metrics
        assert client.get(FUNNEL).json()["columns"] == value["columns"]
        assert client.get("/api/page/cache").status_code == 200
        notices = read_notices(apart, {}, wall_clock(), UnstoredFailures())
        (unreadable,) = (one for one in notices.conditions if one.kind is Kind.UNREADABLE)
        assert "source.db: no such file" in unreadable.text
        assert notices.lag == {}
        away.rename(apart.db)
        notices = read_notices(apart, {}, wall_clock(), UnstoredFailures())
        assert Kind.UNREADABLE not in {one.kind for one in notices.conditions}
        assert notices.lag
    # The counts of reads are written when the server ends.
    assert query(store_path(apart), "select sum(reads) from dashboard_cache_reads") != [(None,)]
    assert query(apart.db, "select name from sqlite_master where name like 'dashboard%'") == []
