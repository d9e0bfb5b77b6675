"""Attaches a source in PostgreSQL to DuckDB; no other module of the engine process does.

DuckDB's transaction is one read-only, repeatable-read transaction of the server, so all that is read through
one ``PostgresSource`` comes from one snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from engine.model.errors import SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.text.quoting import quote_literal
from engine.replica.postgres.failures import explain_postgres_failure

ALIAS = "source_server_attached"
SECRET = "source_server"
OLDEST_VERSION = 130_000


@dataclass(frozen=True)
class PostgresSource:
    """The attached source within one snapshot; valid inside ``postgres_snapshot``."""

    connection: duckdb.DuckDBPyConnection
    address: PostgresAddress

    def query(self, sql: str) -> str:
        """Return the DuckDB table expression for SQL that PostgreSQL runs. Each column has its own name."""
        return f"postgres_query({quote_literal(ALIAS)}, {quote_literal(sql)})"

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        """Return the rows of SQL that PostgreSQL runs, which makes every value text or null."""
        return self.connection.execute(f"from {self.query(sql)}").fetchall()

    def number(self, sql: str) -> int:
        """Return the first value of SQL that PostgreSQL runs, as an integer; 0 if it is null."""
        rows = self.rows(sql)
        return int(rows[0][0] or 0) if rows else 0

    def require_unrewritten(self) -> None:
        """Raise RewrittenTable if a table that was read here has been truncated or rewritten meanwhile.

        Both show in older snapshots at once: the table looks empty. What has been read stays locked until
        the snapshot ends, so one look afterwards is enough.
        """
        rows = self.rows(
            "select relation.relname::text as name from pg_locks as held"
            " join pg_class as relation on relation.oid = held.relation"
            " where held.locktype = 'relation' and held.pid = pg_backend_pid()"
            " and held.database = (select oid from pg_database where datname = current_database())"
            " and relation.relkind in ('r', 'm', 't') and relation.relfilenode <> 0"
            " and relation.relfilenode is distinct from pg_relation_filenode(relation.oid) limit 1"
        )
        if rows:
            raise RewrittenTable(rows[0][0] or "")


class RewrittenTable(Exception):
    """A table was truncated or rewritten while it was read."""


def extension_path() -> Path:
    """Return the extension by which DuckDB reads PostgreSQL, as its package brings it."""
    package = Path(str(files("duckdb_extension_postgres_scanner")))
    return package / "extensions" / f"v{duckdb.__version__}" / "postgres_scanner.duckdb_extension"


@dataclass(frozen=True)
class ServerToRead:
    """A source that DuckDB attaches for good, for all cursors; no connection is kept between snapshots."""

    address: PostgresAddress

    @property
    def folders(self) -> tuple[str, ...]:
        """Return none: it opens no files."""
        return ()

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach the source. Raises SourceError if the server does not answer."""
        # What knows of connection strings takes a while to import, and most sources are files.
        from engine.postgres import CONNECT_SECONDS, connection_words, joined

        words = {"connect_timeout": str(2 * CONNECT_SECONDS), "application_name": "dashboard"}
        words |= connection_words(self.address)
        password = words.pop("password", "")
        connection.execute(f"load {quote_literal(str(extension_path()))}")
        connection.execute("set pg_pool_max_connections = 0")
        # A secret stands in no message of DuckDB, and in none of its tables.
        secret = f", password {quote_literal(password)}" if password else ""
        connection.execute(f"create secret {SECRET} (type postgres{secret})")
        try:
            connection.execute(
                f"attach {quote_literal(joined(words))} as {ALIAS}"
                f" (type postgres, secret {SECRET}, read_only)"
            )
        except duckdb.Error as error:
            raise explain_postgres_failure(self.address, str(error)) from None


@contextmanager
def postgres_snapshot(
    connection: duckdb.DuckDBPyConnection, address: PostgresAddress
) -> Iterator[PostgresSource]:
    """Yield the attached source within one transaction, which is one snapshot.

    What DuckDB writes in the block is committed at its end; an exception rolls all of it back. Raises
    SourceError if the server cannot serve as a source.
    """
    from engine.replica.source import transaction

    with transaction(connection):
        source = PostgresSource(connection, address)
        require_usable(source)
        yield source


@contextmanager
def open_postgres(
    connection: duckdb.DuckDBPyConnection, address: PostgresAddress
) -> Iterator[PostgresSource]:
    """Yield the source for one snapshot that nothing is stored of. Raises SourceError for all its errors."""
    try:
        with postgres_snapshot(connection, address) as source:
            yield source
    except duckdb.Error as error:
        raise explain_postgres_failure(address, str(error)) from None


def require_usable(source: PostgresSource) -> None:
    """Raise SourceError if the server is too old, a standby, or has another encoding than UTF-8."""
    version, shown, is_standby, encoding = source.rows(
        "select current_setting('server_version_num') as number,"
        " current_setting('server_version') as version, pg_is_in_recovery()::text as standby,"
        " current_setting('server_encoding') as encoding"
    )[0]
    address = source.address
    if int(version or 0) < OLDEST_VERSION:
        raise SourceError(address, f"it is PostgreSQL {shown}", "use version 13 or later")
    if is_standby == "true":
        raise SourceError(
            address, "it is a standby, whose snapshots do not show which rows are new", "name the primary"
        )
    if encoding != "UTF8":
        raise SourceError(
            address, f"its text is {encoding}", "dump it into a database with the encoding UTF8"
        )
