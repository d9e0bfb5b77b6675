"""The engine process's DuckDB opens the files of one replica and the source, and SQL cannot widen that."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from engine.replica.source import connect_duckdb, scanner_path
from tests.docs.pages import text_of

MIB = 1 << 20


@pytest.fixture
def replica(tmp_path: Path) -> Path:
    return tmp_path / "it's a replica.duckdb"


@pytest.fixture
def connection(replica: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect_duckdb(512 * MIB, replica.with_name("spill"), replica) as opened:
        yield opened


def quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


@pytest.mark.parametrize(
    "sql",
    [
        "from read_text('{other}')",
        "from read_csv('{other}')",
        "from glob('{folder}/*')",
        "copy (select 1) to '{folder}/made.csv'",
        "attach '{folder}/made.duckdb' as made",
        "export database '{folder}/made'",
        "load '{other}'",
        "load httpfs",
        "install httpfs",
        "from read_csv('https://127.0.0.1:1/a.csv')",
        "create persistent secret s (type http)",
        "set enable_external_access = true",
        "set allowed_paths = ['/']",
        "set lock_configuration = false",
        "set global temp_directory = '/tmp'",
        "set memory_limit = '100GB'",
        "reset temp_directory",
        "set autoinstall_known_extensions = true",
        "set TimeZone = 'Asia/Tokyo'",
    ],
)
def test_sql_reaches_no_other_file_no_network_and_no_setting(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, sql: str
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("a secret")
    before = set(tmp_path.iterdir())
    with pytest.raises((duckdb.Error, duckdb.HTTPException)) as failure:
        connection.execute(sql.format(other=other, folder=tmp_path)).fetchall()
    refusals = ("file system operations are disabled", "configuration", "disabled", "locked")
    assert any(refusal in str(failure.value) for refusal in refusals), failure.value
    assert set(tmp_path.iterdir()) == before


def test_sql_loads_no_extension_from_a_file_that_it_may_open(
    connection: duckdb.DuckDBPyConnection, replica: Path
) -> None:
    replica.write_bytes(scanner_path().read_bytes())
    with pytest.raises(duckdb.Error, match="external extensions is disabled"):
        connection.execute(f"load {quoted(replica)}")


def test_the_replica_is_written_checkpointed_and_copied_and_the_source_read(
    connection: duckdb.DuckDBPyConnection, replica: Path, tmp_path: Path
) -> None:
    source = tmp_path / "it's a source.db"
    with closing(sqlite3.connect(source)) as made:
        made.executescript("pragma journal_mode = wal; create table t (a text); insert into t values ('x')")
    connection.execute(f"attach {quoted(replica)} as replica (block_size 65536)")
    connection.execute(f"attach {quoted(source)} as source (type sqlite, read_only)")
    connection.execute("use replica; create table t as from sqlite_query('source', 'select a from t')")
    connection.execute("checkpoint; insert into t values ('y'); checkpoint; use memory; detach replica")
    compact = replica.with_name(replica.name + ".compact")
    connection.execute(f"attach {quoted(replica)} as old (read_only); attach {quoted(compact)} as new")
    connection.execute("copy from database old to new")
    assert connection.execute("from new.t").fetchall() == [("x",), ("y",)]


def test_the_source_is_read_with_the_sqlite_that_the_documentation_names(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    source = tmp_path / "sites.db"
    with closing(sqlite3.connect(source)) as made:
        made.execute("create table t (a text)")
    connection.execute(f"attach {quoted(source)} as source (type sqlite, read_only)")
    found = connection.execute("from sqlite_query('source', 'select sqlite_version()')").fetchall()
    assert f"has SQLite {found[0][0]}." in text_of("docs/operating.md")


def test_data_that_does_not_fit_into_memory_is_spilled(replica: Path) -> None:
    spill = replica.with_name("spill")
    with connect_duckdb(128 * MIB, spill, replica) as connection:
        connection.execute("create table t as select md5(cast(range as text)) as a from range(3000000)")
        assert list(spill.iterdir())
        assert connection.execute("select count(a) from t").fetchone() == (3_000_000,)


def test_no_more_is_spilled_than_eight_times_the_memory(replica: Path) -> None:
    with (
        connect_duckdb(16 * MIB, replica.with_name("spill"), replica) as connection,
        pytest.raises(duckdb.OutOfMemoryException, match="max_temp_directory_size"),
    ):
        connection.execute("create table t as select random() as a, random() as b from range(50000000)")


def test_every_cursor_has_the_time_zone_of_the_replica(connection: duckdb.DuckDBPyConnection) -> None:
    with connection.cursor() as cursor:
        assert cursor.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)
