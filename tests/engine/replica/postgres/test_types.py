"""Each cast reads what PostgreSQL's types hold, as it reads the same value in SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import psycopg
import pytest

from engine.model.places.postgres_address import parse_postgres_address
from engine.replica.macros import create_macros
from engine.replica.postgres.expressions import kind_of, raw_value
from engine.replica.postgres.source import PostgresSource, ServerToRead, open_postgres
from engine.replica.source import connect_duckdb
from tests.postgres import Cluster

UNREADABLE = object()
NOON = datetime.fromisoformat("2026-11-26T12:00:00")
LONG = "long " * 9_000

READINGS: list[tuple[str, str, str | None, Any]] = [
    ("read_instant", "timestamptz", "2026-11-26 13:00:00.75+01", NOON),
    ("read_instant", "timestamp", "2026-11-26 12:00:00", NOON),
    ("read_instant", "date", "2026-11-26", datetime.fromisoformat("2026-11-26")),
    ("read_instant", "text", "2026-11-26T12:00:00.000Z", NOON),
    ("read_instant", "text", "26 November", UNREADABLE),
    ("read_instant", "bigint", "1795694400", NOON),
    ("read_instant", "numeric", "1795694400.9", NOON),
    ("read_instant", "double precision", "1795694400000", NOON),
    ("read_instant", "double precision", "NaN", UNREADABLE),
    ("read_instant", "double precision", "Infinity", UNREADABLE),
    ("read_instant", "timestamptz", "infinity", UNREADABLE),
    ("read_instant", "timestamptz", "0044-03-15 12:00:00 BC", UNREADABLE),
    ("read_instant", "timestamptz", "12026-01-01", UNREADABLE),
    ("read_instant", "boolean", "true", UNREADABLE),
    ("read_number", "numeric", "0.0125", 0.0125),
    ("read_number", "numeric(40,2)", "12345678901234567890.25", 12345678901234567890.25),
    ("read_number", "numeric", "NaN", UNREADABLE),
    ("read_number", "real", "0.1", 0.1),
    ("read_number", "double precision", "0.1", 0.1),
    ("read_number", "double precision", "-Infinity", UNREADABLE),
    ("read_number", "money", "12.50", 12.5),
    ("read_number", "smallint", "-7", -7.0),
    ("read_number", "text", " 4.5\n", 4.5),
    ("read_number", "text", "n/a", UNREADABLE),
    ("read_number", "jsonb", "4.5", 4.5),
    ("read_number", "timestamptz", "2026-11-26 12:00:00", UNREADABLE),
    ("read_number", "bytea", "4", UNREADABLE),
    ("read_id", "bigint", "9223372036854775807", 2**63 - 1),
    ("read_integer", "numeric", "12.00", 12),
    ("read_flag", "boolean", "true", True),
    ("read_flag", "boolean", "false", False),
    ("read_flag", "int", "2", True),
    ("read_text", "text", "Zoë\tβ 猫", "Zoë\tβ 猫"),
    ("read_text", "varchar(20)", "", ""),
    ("read_text", "char(6)", "ab", "ab"),
    ("read_text", "text", LONG, LONG[:10_000]),
    ("read_text", "text[]", '{a,"b c"}', '{a,"b c"}'),
    ("read_text", "json", '{"a": 1}', '{"a": 1}'),
    ("read_text", "uuid", "c0ffee00-0000-4000-8000-000000000001", "c0ffee00-0000-4000-8000-000000000001"),
    ("read_text", "int", "5", UNREADABLE),
    ("read_text", "bytea", "abc", UNREADABLE),
    ("read_label", "text", "\u00a0 Sent ", "sent"),
    ("read_label", "mood", "Fine", "fine"),
    ("read_code", "int", "404", "404"),
    ("read_code", "numeric", "404", "404"),
    ("read_code", "numeric", "4.5", UNREADABLE),
    ("read_code", "text", "a-1", "a-1"),
    ("is_present", "bytea", "abc", True),
    *(
        (cast, type_name, None, False if cast == "is_present" else None)
        for cast in ("read_text", "read_number", "read_instant", "read_code", "is_present")
        for type_name in ("text", "bigint", "timestamptz", "numeric", "boolean", "bytea")
    ),
]


@pytest.fixture(scope="module")
def source(cluster: Cluster) -> Iterator[PostgresSource]:
    url = cluster.create_database()
    with psycopg.connect(url) as writer:
        writer.execute("create type mood as enum ('Fine', 'Bad')")
        # No text of a value may follow them.
        for setting in ("timezone = 'Asia/Tokyo'", "datestyle = 'SQL, DMY'", "bytea_output = 'escape'"):
            writer.execute(f"alter role postgres set {setting}")
    address = parse_postgres_address("DASHBOARD_DB", url)
    connection: duckdb.DuckDBPyConnection
    try:
        with connect_duckdb(1 << 30, None, None, ServerToRead(address)) as connection:
            create_macros(connection)
            with open_postgres(connection, address) as opened:
                yield opened
    finally:
        with psycopg.connect(url) as writer:
            writer.execute("alter role postgres reset all")


@pytest.mark.parametrize(("cast", "type_name", "text", "expected"), READINGS)
def test_a_cast_reads_a_value(
    source: PostgresSource, cast: str, type_name: str, text: str | None, expected: Any
) -> None:
    value = "null" if text is None else "'" + text.replace("'", "''") + "'"
    kind = source.rows(
        "select coalesce(nullif(typelem, 0), oid)::text as oid, typname::text as name from pg_type"
        f" where oid = '{type_name}'::regtype"
    )[0][1]
    raw = raw_value(cast, kind_of(kind or ""), "c")
    query = source.query(f"select {raw} as raw from (select {value}::{type_name} as c) as one")
    row = source.connection.execute(f"select raw, {cast}(raw) from {query}").fetchone()
    assert row is not None
    if expected is UNREADABLE:
        assert row[0] is not None
        assert row[1] is None
    else:
        assert row[1] == expected
