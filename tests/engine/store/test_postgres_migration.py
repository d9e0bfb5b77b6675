"""The tables in PostgreSQL: those of SQLite, made once, in a schema of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.model.errors import SourceError
from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.store.backend import missing_tables
from engine.store.postgres.migration import is_complete, migrate
from engine.store.sqlite.migration import DASHBOARD_TABLES
from engine.store.sqlite.migration import migrate as migrate_file
from tests.engine.server_store import connect, query
from tests.engine.source_database import query as query_file

KINDS = {"text": "text", "bytea": "blob", "bigint": "integer", "double precision": "real"}


@pytest.fixture
def address(postgres_url: str) -> PostgresAddress:
    return parse_postgres_address("DASHBOARD_CACHE_URL", postgres_url)


def test_both_databases_get_the_same_tables_and_columns(address: PostgresAddress, source: Path) -> None:
    migrate(address)
    migrate_file(source)
    columns = """
        select table_name, column_name, data_type, is_nullable = 'YES' from information_schema.columns
        where table_schema = 'dashboard' order by table_name, ordinal_position
    """
    in_server = [(table, name, KINDS[kind], may) for table, name, kind, may in query(address, columns)]
    in_file = [
        (table, name, kind.lower(), not (must or key))
        for table in sorted(DASHBOARD_TABLES)
        for _, name, kind, must, _, key in query_file(source, f"pragma table_info({table})")
    ]
    assert in_server == in_file


def test_several_processes_may_migrate_at_once_and_again(address: PostgresAddress) -> None:
    assert set(missing_tables(address)) == set(DASHBOARD_TABLES)
    assert not is_complete(address)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrate, [address] * 6))
    assert is_complete(address)
    assert missing_tables(address) == ()


@pytest.mark.parametrize(
    "dropped",
    [
        "drop table dashboard_colours", "drop trigger dashboard_cache_changed on dashboard_cache",
        "delete from dashboard_state where name = 'generation_mark'",
        "alter table dashboard_cache disable trigger dashboard_cache_changed",
    ],
)  # fmt: skip
def test_what_is_missing_is_made_again(address: PostgresAddress, dropped: str) -> None:
    migrate(address)
    with connect(address) as connection:
        connection.execute(dropped)
    assert not is_complete(address)
    migrate(address)
    assert is_complete(address)


def test_a_name_that_something_else_has_is_refused_and_nothing_is_made(address: PostgresAddress) -> None:
    with connect(address) as connection:
        connection.execute(
            "create schema dashboard; create view dashboard.dashboard_runs as select 1 as mine"
        )
    with pytest.raises(SourceError, match=r"has the name dashboard_runs of a table .*columns mine"):
        migrate(address)
    assert query(address, "select count(*) from pg_tables where schemaname = 'dashboard'") == [(0,)]


def test_a_user_who_may_not_make_the_schema_learns_what_its_owner_has_to_do(
    address: PostgresAddress, postgres_url: str
) -> None:
    with connect(address) as connection:
        connection.execute("drop role if exists guest")
        connection.execute("create role guest login")
    guest = parse_postgres_address("DASHBOARD_CACHE_URL", postgres_url.replace("postgres@", "guest@"))
    remedy = 'create schema dashboard authorization "guest"'
    with pytest.raises(SourceError, match="guest may not make the schema dashboard") as refused:
        migrate(guest)
    assert remedy in refused.value.remedy
    with connect(address) as connection:
        connection.execute(remedy)
    migrate(guest)
    assert is_complete(guest)


def test_a_database_that_lacks_characters_of_the_source_is_refused(address: PostgresAddress) -> None:
    with connect(address) as connection:
        connection.execute("drop database if exists narrow")
        connection.execute("create database narrow encoding latin1 locale 'C' template template0")
    narrow = address.url.text.replace(address.name, "narrow")
    with pytest.raises(SourceError, match="its encoding is LATIN1"):
        migrate(parse_postgres_address("DASHBOARD_CACHE_URL", narrow))
