"""All datasets have the same bytes over SQLite and over PostgreSQL if both have the same rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from engine.demo import generate
from engine.demo.postgres import copy_to_postgres
from engine.demo.timeline import LEAST_DAYS
from engine.model.catalogue.datasets import catalogue
from engine.model.places.postgres_address import parse_postgres_address
from engine.model.values import payload
from engine.model.values.orders import RunOrder
from engine.model.values.results import RunOutcome
from engine.replica.run import compute_run
from engine.replica.session import DuckDBSession
from engine.runs.processes.engine_process import EngineProcess

NOW = datetime(2026, 3, 18, 14, 27, 53, tzinfo=UTC)
ABOUT_THE_FILE = ("size_bytes", "wal_bytes", "page_size", "pages", "free_pages", "journal_mode", "integrity")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "sites.db"
    generate(path, scale=0.02, days=LEAST_DAYS, now=NOW)
    return path


def _values(outcome: RunOutcome) -> dict[str, bytes]:
    """Return the datasets' bytes; of the one about the file what is about its tables."""
    assert not outcome.problems
    values = {dataset.name: dataset.value.blob for dataset in outcome.computed}
    health = payload.decode(values.pop("database_health"))
    assert health.keys() > set(ABOUT_THE_FILE)
    tables = {name: cells for name, cells in health.items() if name not in ABOUT_THE_FILE}
    return values | {"database_health": repr(tables).encode()}


def _of_server(url: str, folder: Path) -> RunOutcome:
    session = DuckDBSession()
    order = RunOrder(
        parse_postgres_address("DASHBOARD_DB", url),
        NOW,
        "Australia/Adelaide",
        tuple(catalogue()),
        replica=folder / "server.duckdb",
    )
    try:
        return compute_run(order, lambda _: None, session)
    finally:
        session.close()


def _assert_equal(demo: Path, url: str, folder: Path, engine: EngineProcess) -> None:
    order = RunOrder(
        demo, NOW, "Australia/Adelaide", tuple(catalogue()), replica=folder / "file.duckdb", tokens={}
    )
    of_file, of_server = engine.compute(order, lambda _: None), _of_server(url, folder)
    first, second = _values(of_file), _values(of_server)
    assert len(first) == len(catalogue())
    assert [name for name in first if first[name] != second[name]] == []
    assert sorted(of_file.unreadable, key=repr) == sorted(of_server.unreadable, key=repr)
    assert of_file.unrecognised == of_server.unrecognised


def _sound(demo: Path, folder: Path) -> Path:
    """Return a copy without the values that only a database without types can hold."""
    path = folder / "sound.db"
    with closing(sqlite3.connect(demo)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        for table, column in (
            ("llm_usage", "created_at"), ("http_errors", "occurred_at"), ("http_errors", "status_code"),
            ("outreaches", "delivered_at"),
        ):  # fmt: skip
            is_odd = f"{column} glob '[A-Z]*' or {column} glob '0000*'"
            target.execute(f"update {table} set {column} = null where {is_odd}")
        target.execute("update llm_usage set estimated_cost = 0 where typeof(estimated_cost) = 'text'")
        target.commit()
    return path


def test_over_columns_with_types(
    demo: Path, tmp_path: Path, postgres_url: str, engine: EngineProcess
) -> None:
    sound = _sound(demo, tmp_path)
    copy_to_postgres(sound, parse_postgres_address("--out", postgres_url))
    _assert_equal(sound, postgres_url, tmp_path, engine)


def test_over_columns_of_text_with_unreadable_values(
    demo: Path, tmp_path: Path, postgres_url: str, engine: EngineProcess
) -> None:
    with closing(sqlite3.connect(demo)) as source, psycopg.connect(postgres_url) as target:
        for (name,) in source.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite%'"
        ).fetchall():
            columns = source.execute("select name, pk from pragma_table_info(?)", (name,)).fetchall()
            declared = sql.SQL(", ").join(
                sql.SQL("{} {}").format(
                    sql.Identifier(column), sql.SQL("bigint primary key" if is_key else "text")
                )
                for column, is_key in columns
            )
            target.execute(sql.SQL("create table {} ({})").format(sql.Identifier(name), declared))
            with target.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(name))) as copy:
                for row in source.execute(f'select * from "{name}"'):
                    copy.write_row([None if value is None else str(value) for value in row])
    _assert_equal(demo, postgres_url, tmp_path, engine)
