"""Stores in PostgreSQL for tests: read and changed by hand, as with psql."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import psycopg

from engine import postgres
from engine.model.places.postgres_address import PostgresAddress
from engine.postgres.parameters import translated
from engine.store.postgres import version
from engine.store.postgres.migration import is_complete, migrate

EMPTY = """
do $$ begin
    execute (
        select 'truncate ' || string_agg(format('dashboard.%I', tablename), ', ') || ' restart identity'
        from pg_tables where schemaname = 'dashboard'
    );
end $$;
insert into dashboard.dashboard_state (name, value)
values ('generation', '0'), ('generation_mark', gen_random_uuid()::text);
"""


def connect(address: PostgresAddress) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection as psql has one, which finds the dashboard's tables."""
    connection = psycopg.connect(address.url.text, autocommit=True)
    connection.execute("set search_path to dashboard, public")
    return connection


def query(address: PostgresAddress, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connect(address) as connection:
        return connection.execute(translated(sql), parameters).fetchall()


def execute(address: PostgresAddress, sql: str, *rows: Sequence[Any]) -> None:
    """Execute one statement in a transaction of its own, and wait until this process has noticed it."""
    with connect(address) as connection, connection.transaction():
        for row in rows or [()]:
            connection.execute(translated(sql), row)
    wait_until_noticed(address)


def wait_until_noticed(address: PostgresAddress) -> None:
    """Wait until the version that this process has in memory, if it has one, is the server's."""
    follower = version._followers.get(address)
    until = time.monotonic() + 30
    while follower is not None:
        with postgres.reading(address) as connection:
            now = version.read_version(lambda sql: connection.execute(sql).fetchall())
        if follower.current() == now:
            return
        assert time.monotonic() < until, "the change is not noticed"
        time.sleep(0.001)


def make_empty(address: PostgresAddress) -> None:
    """Make a store that has its tables, and nothing in them."""
    with connect(address) as connection:
        if connection.execute("select to_regnamespace('dashboard')").fetchall() != [(None,)]:
            if is_complete(address):
                connection.execute(EMPTY)
                wait_until_noticed(address)
                return
            connection.execute("drop schema dashboard cascade")
    migrate(address)
    wait_until_noticed(address)
