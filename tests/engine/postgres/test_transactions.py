"""Transactions on PostgreSQL: statements as for sqlite3, all or nothing, no password shown."""

from __future__ import annotations

import pytest

from engine.model.errors import ServerAwayError, SourceError
from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.model.source_file.failures import is_locked
from engine.postgres import reading, writing
from tests.postgres import Cluster

PUT = "insert into counts (name, total) values (?, ?)"


def rows(address: PostgresAddress) -> list[tuple[object, ...]]:
    with reading(address) as connection:
        return connection.execute("select name, total from counts order by name").fetchall()


def test_statements_have_the_parameters_of_sqlite3(address: PostgresAddress) -> None:
    with writing(address) as connection:
        connection.executemany(PUT, [("a", 1), ("b", 2)])
        connection.executemany(PUT, [])
        found = connection.execute(
            "select name || '?', total % 2 from counts where name = :name", {"name": "b"}
        ).fetchone()
    assert found == ("b?", 0)
    assert rows(address) == [("a", 1), ("b", 2)]


def test_sums_are_whole_numbers_bytes_are_bytes_and_any_text_can_be_stored(address: PostgresAddress) -> None:
    with writing(address) as connection:
        connection.executemany(PUT, [("nul \0", 2**40), ("half \ud800", 1)])
        total, mean, blob = connection.execute(
            "select sum(total), avg(total), cast(? as bytea) from counts", (b"\0\xff",)
        ).fetchall()[0]
    assert (total, type(total), mean, blob) == (2**40 + 1, int, (2**40 + 1) / 2, b"\0\xff")
    assert {name for name, _ in rows(address)} == {"nul \ufffd", "half ?"}


def test_a_transaction_that_fails_stores_nothing(address: PostgresAddress) -> None:
    with pytest.raises(ZeroDivisionError), writing(address) as connection:
        connection.execute(PUT, ("a", 1))
        raise ZeroDivisionError
    assert rows(address) == []


def test_reading_sees_one_state_and_cannot_write(address: PostgresAddress) -> None:
    with reading(address) as connection:
        before = connection.execute("select count(*) from counts").fetchone()
        with writing(address) as other:
            other.execute(PUT, ("a", 1))
        assert connection.execute("select count(*) from counts").fetchone() == before
    with pytest.raises(SourceError, match="standby, or read-only"), reading(address) as connection:
        connection.execute(PUT, ("b", 1))


def test_a_lock_of_another_transaction_is_waited_for_as_long_as_said(address: PostgresAddress) -> None:
    with writing(address) as connection:
        connection.execute(PUT, ("a", 1))
    with writing(address) as connection:
        connection.execute("update counts set total = 2")
        with pytest.raises(SourceError) as locked, writing(address, 0.05) as other:
            other.execute("update counts set total = 3")
    assert is_locked(locked.value)
    assert rows(address) == [("a", 2)]


def test_connections_that_were_lost_while_idle_are_replaced(address: PostgresAddress) -> None:
    with reading(address), reading(address):
        pass
    with writing(address) as connection:
        ended = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        connection.execute(f"{ended} and datname = current_database()")
    assert rows(address) == []


def test_a_connection_that_is_lost_in_mid_transaction_stores_nothing(address: PostgresAddress) -> None:
    with pytest.raises(ServerAwayError), writing(address) as connection:
        connection.execute(PUT, ("a", 1))
        (pid,) = connection.execute("select pg_backend_pid()").fetchall()[0]
        with writing(address) as other:
            other.execute("select pg_terminate_backend(?, 5000)", (pid,))
        connection.execute(PUT, ("b", 1))
    assert rows(address) == []


def test_a_frozen_server_is_given_up(address: PostgresAddress) -> None:
    with pytest.raises(ServerAwayError), reading(address) as connection:
        connection.driver.longest_seconds = 0.2
        connection.execute("select pg_sleep(60)")
    assert rows(address) == []


def test_a_missing_table_names_its_remedy(address: PostgresAddress) -> None:
    with pytest.raises(SourceError, match="run `dashboard migrate`"), reading(address) as connection:
        connection.execute("select 1 from gone")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (("@/test", "@/missing_test"), "no such database"),
        (("postgres@", "nobody:s3cret@"), "no such user"),
        (("host=/", "password=s3cret&host=/nowhere/"), "cannot be reached"),
        (("host=/", "sslmode=s3cret&host=/"), "cannot be used"),
    ],
)
def test_an_address_that_does_not_work_is_explained_without_its_password(
    postgres_url: str, change: tuple[str, str], cause: str
) -> None:
    wrong = parse_postgres_address("DASHBOARD_CACHE_URL", postgres_url.replace(*change))
    with pytest.raises(SourceError, match=cause) as failed, reading(wrong):
        pass
    assert "\n" not in str(failed.value)
    assert "s3cret" not in str(failed.value) or "sslmode" in change[1]


def test_a_server_that_comes_back_is_used_again(own_cluster: Cluster) -> None:
    address = parse_postgres_address("DASHBOARD_CACHE_URL", own_cluster.create_database())
    with reading(address) as connection:
        connection.execute("select 1")
    own_cluster.stop("immediate")
    with pytest.raises(ServerAwayError), reading(address):
        pass
    own_cluster.start()
    with reading(address) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
