"""No page, status, answer of the API or metric says where a file of this machine is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dash_app.pages import PAGES
from dash_app.server import create_server
from engine.model.catalogue.sqlfile import SQL_DIR
from engine.model.clock import to_sqlite, wall_clock
from engine.model.errors import SourceError
from engine.model.settings import Settings
from engine.model.text.without_paths import without_paths
from engine.runs import Trigger
from engine.runs.records.job_log import log_job_run
from engine.store.freshness.unstored import UnstoredFailure
from engine.store.runs import RunRecord, insert_run
from engine.store.sqlite.database import write_transaction
from tests.dash_app.clients import page_client
from tests.dash_app.given import FakeRunner, database, fill_cache
from tests.dash_app.test_callbacks import Browser
from tests.engine.source_database import execute, query, settings_of

FOLDER = "a secret folder"
KEY = "pipeline/excluded_sites_count"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("postgresql://ann@/sites?host=/run/db: it is away", "postgresql://ann@/sites: it is away"),
        ("postgresql:///sites?host=/run/db&port=5433", "postgresql:///sites?port=5433"),
        ("postgresql:///?dbname=lake&host=/run/db: no", "postgresql:///?dbname=lake: no"),
        ("postgresql://ann@db.example.org:5433/sites: no", "postgresql://ann@db.example.org:5433/sites: no"),
        ("postgresql:///sites?host=db.example.org: no", "postgresql:///sites?host=db.example.org: no"),
        (
            "postgresql://ann@/a?host=/run/db has the values of /srv/x/sites.db, not of /srv/y.db",
            "postgresql://ann@/a has the values of sites.db, not of y.db",
        ),
    ],
)
def test_an_address_keeps_its_database_and_loses_the_folder_of_its_socket(line: str, shown: str) -> None:
    assert without_paths(line) == shown


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / FOLDER
    folder.mkdir()
    return settings_of(database(folder))


@pytest.fixture
def client(settings: Settings, runner: FakeRunner) -> Iterator[TestClient]:
    """A server of a database on which a run, a dataset and the storing of a failure have failed."""
    now = wall_clock()
    fill_cache(settings.db, now)
    error = str(SourceError(settings.db, f"could not open {SQL_DIR}/x.sql (in {settings.state_dir})", "mend"))
    execute(
        settings.db,
        "insert into dashboard_problems (cache_key, kind, reason, happened_at)"
        f" values ('{KEY}', 'failed', '{error}', '{to_sqlite(now)}')",
    )
    record = RunRecord(Trigger.SCHEDULE, "all", "UTC", now, now, now, 5, 0, 1, 0, "failed", error)
    with write_transaction(settings.db) as connection:
        insert_run(connection, record, None)
    runner.unstored_failures.keep(settings, UnstoredFailure(now, error))
    runner.failure = SourceError(settings.db, "it is damaged", "restore a backup")
    with page_client(create_server(settings)) as opened:
        yield opened


def state_with_conditions(client: TestClient) -> str:
    for _ in range(3000):
        answer = client.get("/state")
        if answer.json()["conditions"]:
            return str(answer.text)
        threading.Event().wait(0.02)
    raise AssertionError("no condition comes")


def require_no_path(texts: list[str], settings: Settings) -> None:
    for text in texts:
        assert FOLDER not in text
        assert str(settings.db.parent.parent) not in text
        assert str(SQL_DIR) not in text


def test_what_readers_get_names_files_without_their_folders(client: TestClient, settings: Settings) -> None:
    browser = Browser(client)
    pages = [str(browser.read(page)) for page in PAGES]
    answers = [client.get(f"/api/page/{page.name}").text for page in PAGES]
    others = [client.get(path).text for path in ("/metrics", "/api/pages", f"/api/dataset/{KEY}", "/")]
    refused = [client.get(path).text for path in ("/api/page/none", "/api/dataset/none/none")]
    state = state_with_conditions(client)
    require_no_path([*pages, *answers, *others, *refused, state], settings)
    # They do say what is wrong, and with which file.
    assert all("sites.db: could not open x.sql" in text for text in (pages[1], others[2], state))


def test_a_database_that_is_gone_and_a_run_that_fails_are_named_without_their_folder(
    client: TestClient, settings: Settings
) -> None:
    browser = Browser(client)
    failed = client.post("/api/refresh?wait=1").text
    settings.db.rename(settings.db.with_name("elsewhere.db"))
    page = str(browser.read(PAGES[1]))
    while "no such file" not in (state := client.get("/state").text):
        threading.Event().wait(0.02)
    require_no_path([failed, page, state, client.get(f"/api/dataset/{KEY}").text], settings)
    assert "sites.db: it is damaged; restore a backup" in failed
    assert "sites.db: no such file" in state


def test_the_log_of_the_dashboards_own_job_has_no_path_because_the_jobs_page_shows_it(
    settings: Settings,
) -> None:
    execute(settings.db, "create table cron_jobs (id integer primary key, task_key, last_run_at, updated_at)")
    execute(
        settings.db,
        "create table cron_job_logs (id integer primary key, job_name, status, started_at, finished_at,"
        " summary, error_message, items_processed, items_failed)",
    )
    now = wall_clock()
    error = f"{settings.db}: it is damaged; restore a backup"
    record = RunRecord(Trigger.SCHEDULE, "all", "UTC", now, now, now, 5, 0, 1, 0, "failed", error)
    with write_transaction(settings.db) as connection:
        log_job_run(connection, record)
    assert query(settings.db, "select error_message from cron_job_logs") == [
        ("sites.db: it is damaged; restore a backup",)
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/a/b.db: gone", "b.db: gone"),
        ("/home/jo smith/my sites.db: gone", "my sites.db: gone"),
        ('IO Error: Cannot open file "/x/y z/w.duckdb": no', 'IO Error: Cannot open file "w.duckdb": no'),
        ("(/srv/data)", "(data)"),
        ("~/.cache/sites-dashboard/1.duckdb is full", "1.duckdb is full"),
        ("../other/x.db", "x.db"),
        ("the folder / is full", "the folder … is full"),
        ("is `dashboard schedule` running? 3/4 and/or", "is `dashboard schedule` running? 3/4 and/or"),
        ("https://a.org/b/c", "https://a.org/b/c"),
    ],
)
def test_a_path_is_shown_as_its_last_name(text: str, shown: str) -> None:
    assert without_paths(text) == shown


def test_a_long_text_without_an_end_of_its_path_takes_no_time() -> None:
    assert len(without_paths("/a" * 50_000)) < 1000
