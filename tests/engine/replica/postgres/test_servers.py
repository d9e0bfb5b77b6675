"""A server that is restored, restarted, a standby or away: noticed, or refused with a sentence."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import cast

import psycopg
import pytest

from engine.model.errors import SourceError
from engine.model.places.postgres_address import parse_postgres_address
from engine.replica.postgres.failures import explain_postgres_failure
from engine.replica.postgres.source import (
    OLDEST_VERSION,
    PostgresSource,
    RewrittenTable,
    ServerToRead,
    postgres_snapshot,
    require_usable,
)
from engine.replica.source import connect_duckdb
from tests.engine.replica.postgres.followed import TABLES, Followed
from tests.postgres import Cluster, running_cluster

SECRET = "corr3ct horse"


def test_a_restored_server_is_compared_row_by_row(
    own_cluster: Cluster, follow: Callable[[str], Followed], tmp_path: Path
) -> None:
    followed = follow(own_cluster.create_database())
    data, backup = own_cluster.folder / "data", tmp_path / "backup"
    with followed.connect() as writer:
        writer.execute(TABLES)
        writer.execute("insert into sites (id, domain) select each, 'a' from generate_series(1, 9) as each")
    followed.sync()
    own_cluster.stop()
    subprocess.run(["cp", "-a", data, backup], check=True)
    own_cluster.start()
    with followed.connect() as writer:
        writer.execute("update sites set domain = 'lost' where id < 5")
        writer.execute("insert into sites (id, domain) values (10, 'lost')")
    followed.sync()
    own_cluster.stop()
    shutil.rmtree(data)
    subprocess.run(["cp", "-a", backup, data], check=True)
    own_cluster.start()
    with followed.connect() as writer:
        # The same transaction ids, and as many rows, with other values.
        writer.execute("update sites set domain = 'kept' where id > 7")
        writer.execute("insert into sites (id, domain) values (10, 'kept')")
        for _ in range(9):
            writer.execute("update sites set score = 1 where id = 6")
    followed.sync()
    followed.assert_equal()


def test_another_database_of_the_same_name_is_read_again(
    cluster: Cluster, follow: Callable[[str], Followed]
) -> None:
    followed = follow(cluster.create_database())
    for domain in ("first", "second"):
        with followed.connect() as writer:
            writer.execute(TABLES)
            writer.execute("insert into sites (id, domain) values (1, %s)", (domain,))
        followed.sync()
        followed.assert_equal()
        name = followed.address.name
        with psycopg.connect(cluster.address(), autocommit=True) as admin:
            admin.execute(f"drop database {name}")
            admin.execute(f"create database {name}")


def test_a_table_that_is_truncated_while_it_is_read_is_noticed(followed: Followed) -> None:
    with followed.connect() as writer:
        writer.execute("insert into sites (id) values (1)")
        with connect_duckdb(1 << 30, None, None, ServerToRead(followed.address)) as connection:
            with (
                pytest.raises(RewrittenTable, match="sites"),
                postgres_snapshot(connection, followed.address) as source,
            ):
                writer.execute("truncate sites")
                assert source.number("select count(*)::text as rows from sites") == 0
                source.require_unrewritten()
            with postgres_snapshot(connection, followed.address) as source:
                source.number("select count(*)::text as rows from sites")
                source.require_unrewritten()


def test_a_standby_is_refused(own_cluster: Cluster, follow: Callable[[str], Followed]) -> None:
    url = own_cluster.create_database()
    with running_cluster(hot_standby="on") as standby:
        standby.stop()
        standby.become_standby_of(own_cluster)
        standby.start()
        name = parse_postgres_address("DASHBOARD_DB", url).name
        with pytest.raises(SourceError, match=r"it is a standby, .* name the primary"):
            follow(standby.address(name)).sync()


def test_an_older_server_than_the_documentation_names_is_refused() -> None:
    class Old:
        address = parse_postgres_address("DASHBOARD_DB", "postgresql://db.example.org/pipeline")

        def rows(self, _: str) -> list[tuple[str, ...]]:
            return [(str(OLDEST_VERSION - 1), "12.22", "false", "UTF8")]

    with pytest.raises(SourceError, match=r"pipeline: it is PostgreSQL 12\.22; use version 13 or later"):
        require_usable(cast(PostgresSource, Old()))


def test_text_of_another_encoding_is_refused(cluster: Cluster, follow: Callable[[str], Followed]) -> None:
    with psycopg.connect(cluster.address(), autocommit=True) as admin:
        admin.execute("create database ascii encoding 'SQL_ASCII' locale 'C' template template0")
    with pytest.raises(SourceError, match="its text is SQL_ASCII; dump it"):
        follow(cluster.address("ascii")).sync()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:corr3ct%20horse@/none?host={folder}",
        "postgresql://ann:corr3ct%20horse@127.0.0.1:1/none",
        "postgresql:///none?host={folder}&user=ann&password=corr3ct%20horse",
    ],
)
def test_a_server_that_cannot_be_read_is_named_without_its_password(
    cluster: Cluster, follow: Callable[[str], Followed], url: str
) -> None:
    with pytest.raises(SourceError) as caught:
        follow(url.format(folder=cluster.folder)).sync()
    line = str(caught.value)
    assert line.startswith("postgresql://")
    assert "\n" not in line
    assert "corr3ct" not in line


def test_messages_of_drivers_lose_what_is_secret() -> None:
    address = parse_postgres_address("X", "postgresql://ann:it%27s%20s3cret@db/sites?sslpassword=k3y")
    for message in (
        r"""Unable to connect to Postgres at "user=ann password='it\'s s3cret' host=db": no such host""",
        "bad address postgresql://ann:it%27s%20s3cret@db/sites?sslpassword=k3y",
        "it's s3cret",
    ):
        assert "s3cret" not in str(explain_postgres_failure(address, message))


def test_a_table_that_may_not_be_read_leaves_the_others(followed: Followed, cluster: Cluster) -> None:
    with followed.connect() as writer:
        writer.execute("create role reader login")
        writer.execute("grant select on sites to reader")
        writer.execute("insert into sites (id, country_code) values (1, 'at')")
    reader = Followed(followed.url.replace("postgres@", "reader@"), followed.order.replica.parent / "reader")  # type: ignore[union-attr]
    try:
        outcome = reader.sync()
        assert [table.table for table in outcome.replica] == ["sites"]
        assert [dataset.name for dataset in outcome.computed] == ["sites_by_country"]
        assert [table for table, _ in outcome.tables_unreadable] == ["llm_usage"]
        with followed.connect() as writer:
            writer.execute("grant select (id) on llm_usage to reader")
        reason = "table llm_usage cannot be read (permission denied for table llm_usage)"
        assert reader.sync().tables_unreadable == (("llm_usage", reason),)
    finally:
        reader.close()
        with followed.connect() as writer:
            writer.execute("drop owned by reader")
            writer.execute("drop role reader")
