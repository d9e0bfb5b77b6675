"""No password of the addresses of source, cache and lake is in what anybody reads, be all well or away."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from starlette.testclient import TestClient

from dash_app.pages import PAGES
from dash_app.server import create_server
from engine.model.places.postgres_address import parse_postgres_address
from engine.model.setting_table.loading import load_settings
from engine.model.source_file import retry
from engine.runs import Runner
from engine.runs.processes.engine_process import EngineProcess
from tests.dash_app.clients import page_client
from tests.dash_app.test_callbacks import Browser
from tests.engine.cli.test_postgres_source import TABLES
from tests.engine.programs import Command
from tests.engine.server_store import query
from tests.postgres import USER, Cluster

KEY = "pipeline/pipeline_funnel"
ADDRESSES = (
    "/readyz", "/healthz", "/metrics", "/state", "/api/pages", "/api/openapi.json", f"/api/dataset/{KEY}",
    f"/api/receipt/{KEY}", f"/api/dataset/{KEY}?range=7d", "/api/attention", "/api/search?q=site",
    f"/api/rows?key={KEY}&column=sites", "/site/1", "/job/score", "/error?status=404", "/api/none",
    *(page.path for page in PAGES), *(f"/api/page/{page.name}" for page in PAGES),
)  # fmt: skip
COMMANDS = (
    ("migrate",), ("precompute",), ("check",), ("cron", "list"), ("cron", "logs", "score"),
    ("cache", "stats"), ("cache", "show", KEY), ("sessions", "list"), ("attention",),
    ("cron", "logs", "none"),
)  # fmt: skip
LAKE = ("DASHBOARD_REPLICA_URL", "DASHBOARD_REPLICA_DATA")


def hushed(name: str) -> str:
    """Return a password of all the characters that addresses, words and statements write otherwise."""
    return f"hush-{name}@ /:'\\%?#&=+\"é"


@dataclass
class Read:
    """All texts that somebody reads."""

    texts: list[tuple[str, str]] = field(default_factory=list)

    def note(self, of: str, *texts: str) -> None:
        self.texts += [(of, text) for text in texts]

    def require_nothing_hushed(self) -> None:
        assert [(of, text) for of, text in self.texts if "hush-" in text] == []


@dataclass
class Places:
    """The addresses of source, cache and lake, each with a password; ``lake`` is the latter's without one."""

    environment: dict[str, str]
    lake: str


@pytest.fixture(scope="module")
def places(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder = tmp_path_factory.mktemp("lake")
    urls = [cluster.create_database() for _ in range(3)]
    with psycopg.connect(urls[0], autocommit=True) as writer:
        writer.execute(TABLES)
    lake = urlsplit(urls[2]).path.strip("/")
    password = hushed("lake").replace("\\", "\\\\").replace("'", "\\'")
    return Places(
        {
            "DASHBOARD_DB": _with_password(urls[0], "source"),
            "DASHBOARD_CACHE_URL": _with_password(urls[1], "cache"),
            "DASHBOARD_REPLICA_URL": f"ducklake:postgres:dbname={lake} host={cluster.folder} user={USER}"
            f" password='{password}'",
            "DASHBOARD_REPLICA_DATA": str(folder / "data"),
            "DASHBOARD_STATE_DIR": str(folder / "state"),
        },
        urls[2],
    )


def _with_password(url: str, name: str) -> str:
    return url.replace(f"{USER}@", f"{USER}:{quote(hushed(name), safe='')}@")


@pytest.fixture
def read(places: Places, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Read]:
    """Return what is read in a test; at its end nothing hushed is in it, nor in the log and in files."""
    for name, text in places.environment.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(retry, "SERVER_AWAY_SECONDS", 0.1)
    caplog.set_level("DEBUG")
    read = Read()
    yield read
    read.note("log", caplog.text)
    read.require_nothing_hushed()


def run_all(command: Command, read: Read) -> Iterable[int]:
    for arguments in COMMANDS:
        done = command(*arguments)
        read.note(" ".join(arguments), done.stdout, done.stderr)
        yield done.returncode


def visit(client: TestClient, read: Read) -> None:
    for address in ADDRESSES:
        answer = client.get(address)
        read.note(address, answer.text, str(answer.headers))
    browser = Browser(client)
    for page in PAGES:
        read.note(page.name, str(browser.read(page)))
    read.note("refresh", client.post("/api/refresh/errors?wait=1").text)


def test_while_all_is_well(
    computing: Command,
    read: Read,
    places: Places,
    _one_engine: EngineProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in LAKE:
        monkeypatch.delenv(name)
    assert list(run_all(computing, read)) == [0] * 8 + [1, 1], read.texts
    (checked,) = (text for of, text in read.texts if of == "check" and text)
    assert f"postgresql://{USER}@/" in checked
    assert "notified     of each change" in checked
    # The server closes its runner when it ends, but not the engine process that others have too.
    runner = Runner(load_settings(), _one_engine)
    with page_client(create_server(runner.settings, runner=runner)) as client:
        visit(client, read)
        assert client.get(f"/api/dataset/{KEY}").json()["columns"]
    tables = "select table_schema, table_name from information_schema.tables where table_schema = 'dashboard'"
    stored = parse_postgres_address("DASHBOARD_CACHE_URL", places.environment["DASHBOARD_CACHE_URL"])
    for schema, table in query(stored, tables):
        read.note(table, str(query(stored, f"select * from {schema}.{table}")))


def test_with_a_lake(computing: Command, read: Read, places: Places) -> None:
    settings = load_settings()
    read.note("settings", repr(settings), str(settings.source), str(settings.store), str(settings.lake))
    done = computing("precompute", "--page", "errors")
    assert done.returncode == 0, done.stderr
    read.note("precompute", done.stdout, done.stderr)
    stored = parse_postgres_address("a", places.lake)
    for (table,) in query(stored, "select tablename from pg_tables where schemaname = 'dashboard_replica'"):
        read.note(table, str(query(stored, f"select * from dashboard_replica.{table}")))
    for file in Path(places.environment["DASHBOARD_STATE_DIR"]).rglob("*"):
        read.note(str(file), file.read_bytes().decode("latin-1") if file.is_file() else "")


def test_when_all_are_gone(
    computing: Command, read: Read, places: Places, cluster: Cluster, _one_engine: EngineProcess
) -> None:
    # The server closes its runner when it ends, but not the engine process that others have too.
    runner = Runner(load_settings(), _one_engine)
    with page_client(create_server(runner.settings, runner=runner)) as client:
        for lost in (
            places.lake,
            places.environment["DASHBOARD_DB"],
            places.environment["DASHBOARD_CACHE_URL"],
        ):
            with psycopg.connect(cluster.address(), autocommit=True) as server:
                server.execute(f"drop database {urlsplit(lost).path[1:]} with (force)".encode())
            read.note(f"refresh without {lost}", client.post("/api/refresh?wait=1").text)
        while "no such database" not in (state := client.get("/state").text):
            time.sleep(0.02)
        read.note("state", state)
        visit(client, read)
    assert all(run_all(computing, read))
