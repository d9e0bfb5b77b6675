"""Source databases for tests, made and read with plain sqlite3; DuckDB never touches them in this process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import engine.demo
from engine.model.setting_table.loading import load_settings
from engine.model.settings import Settings, StorePlace
from engine.model.values.results import RunOutcome
from engine.runs import RunRequest, Trigger
from engine.store.backend import reading
from engine.store.freshness.replica_token import place_of, store_replica_token
from engine.store.state_rows import read_generation
from tests.engine import server_store

STATE_TABLE = "create table dashboard_state (name text primary key, value text not null)"
SCHEMA = (Path(engine.demo.__file__).parent / "schema.sql").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)
NO_ENV_FILE = Path("/no/such/.env")


def make_source(path: Path, journal_mode: str = "wal") -> Path:
    """Make an empty source database with the pipeline's tables."""
    path.write_bytes(_empty_source(journal_mode))
    return path


@cache
def _empty_source(journal_mode: str) -> bytes:
    """Return the file of a source without rows; SQLite would wait for the disk at each of its statements."""
    with TemporaryDirectory() as folder:
        made = Path(folder) / "sites.db"
        execute_script(made, SCHEMA + f"\npragma journal_mode = {journal_mode};")
        assert [path.name for path in made.parent.iterdir()] == [made.name]
        return made.read_bytes()


def pipeline_connection(db: Path, **options: Any) -> sqlite3.Connection:
    """Return a connection that writes as the pipeline does, but waits for no disk at its commits.

    What it commits is lost by a loss of power alone, which no test has.
    """
    connection: sqlite3.Connection = sqlite3.connect(db, **options)
    connection.execute("pragma synchronous = off")
    return connection


def execute(db: StorePlace, sql: str, *rows: Sequence[Any]) -> None:
    """Execute one statement in a transaction of its own, once for each row of parameters."""
    if not isinstance(db, Path):
        server_store.execute(db, sql, *rows)
        return
    with closing(pipeline_connection(db)) as connection, connection:
        connection.executemany(sql, rows or [()])


def execute_script(db: Path, script: str) -> None:
    with closing(pipeline_connection(db)) as connection:
        connection.executescript(script)


def query(db: StorePlace, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(db, Path):
        return server_store.query(db, sql, tuple(parameters))
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(sql, tuple(parameters)).fetchall()


def dump(db: Path) -> list[tuple[Any, ...]]:
    """Return the contents of the dashboard's own tables, without the rows of runs."""
    tables = ("dashboard_cache", "dashboard_problems", "dashboard_unreadable", "dashboard_state")
    return [(table, *row) for table in tables for row in query(db, f"select * from {table} order by 1, 2")]


def store_token(db: Path, outcome: RunOutcome, store: Path | None = None) -> bool:
    """Store a run's token as storing the run does, in the source or in a store apart.

    Return False if it must not be stored.
    """
    assert outcome.token is not None
    place = None if store is None else place_of(settings_of(db, DASHBOARD_CACHE_URL=f"sqlite://{store}"))
    with closing(sqlite3.connect(store or db)) as connection, connection:
        return store_replica_token(connection, outcome.token, place)


def settings_of(db: Path, **environ: str) -> Settings:
    """Return the settings for a source, and for any other variables."""
    return load_settings({"DASHBOARD_DB": str(db), **environ}, NO_ENV_FILE)


def run_request(*datasets: str, trigger: Trigger = Trigger.PAGE, now: datetime = NOW) -> RunRequest:
    """Return a request that no other run can answer; of all datasets if none is named."""
    return RunRequest(trigger, now, datasets or None, reproduce=True)


def store_path(settings: Settings) -> Path:
    """Return the file of a store that is one."""
    assert isinstance(settings.store, Path)
    return settings.store


def current_generation(store: StorePlace) -> int:
    """Return the number of changes of the cache so far."""
    with reading(store) as connection:
        return read_generation(connection)
