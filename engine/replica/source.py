"""The source database as DuckDB reads it; the only module of the engine process that opens it.

It is attached read-only, and everything read through one ``Source`` comes from one snapshot.
Values are fetched raw, by SQL that runs inside SQLite, so that no value however odd can fail
a read: see ``sql/macros/reading.sql`` for their form.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import duckdb

from engine.model.errors import SourceError
from engine.model.results import IntegrityCheck
from engine.model.source_file.failures import explain_failure, is_about_the_file, require_file
from engine.model.text.quoting import quote_literal

SOURCE_ALIAS = "source_file_attached"
# Of the memory that the process may take; the rest is for SQLite's pages, Python and Polars.
DUCKDB_SHARE = 0.7


@dataclass(frozen=True)
class Source:
    """The attached source within one snapshot; valid inside ``open_source``."""

    connection: duckdb.DuckDBPyConnection
    db: Path

    def query(self, sql: str) -> str:
        """Return a DuckDB table expression for SQL that SQLite runs; its columns are all text."""
        return f"sqlite_query({quote_literal(SOURCE_ALIAS)}, {quote_literal(sql)})"

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        """Return the rows of SQL that SQLite runs; every value is text or None."""
        return self.connection.execute(f"from {self.query(sql)}").fetchall()

    def value(self, sql: str) -> str | None:
        """Return the first value of SQL that SQLite runs; None where it is null or there is no row."""
        rows = self.rows(sql)
        return rows[0][0] if rows else None

    def require_utf8(self) -> None:
        """Raise SourceError where text is UTF-16: values are told apart by the bytes of their UTF-8."""
        encoding = self.value("select encoding from pragma_encoding")
        if encoding != "UTF-8":
            raise SourceError(
                self.db, f"its text is {encoding}", "copy it with `.dump` into a database with UTF-8 text"
            )

    def check_integrity(self, started_at: datetime) -> IntegrityCheck:
        """Return the first finding of SQLite's quick check, which reads the whole file."""
        finding = self.value("select * from pragma_quick_check(1)")
        return IntegrityCheck(finding or "ok", started_at)


@contextmanager
def attached_source(connection: duckdb.DuckDBPyConnection, db: Path) -> Iterator[None]:
    """Attach the source to the connection's DuckDB, for all its cursors.

    Raises SourceError where it is missing, locked, damaged or no database; other errors of DuckDB
    pass as they are.
    """
    require_file(db)
    quoted = str(db).replace("'", "''")
    try:
        connection.execute(f"attach '{quoted}' as {SOURCE_ALIAS} (type sqlite, read_only)")
        try:
            yield
        finally:
            connection.execute(f"detach {SOURCE_ALIAS}")
    except duckdb.Error as error:
        if is_about_the_source(error):
            raise explain_failure(db, first_line(error)) from error
        raise


def is_about_the_source(error: duckdb.Error) -> bool:
    """Tell whether an error is SQLite's about the whole file, and not DuckDB's about one of its own."""
    if isinstance(error, duckdb.InternalException | duckdb.FatalException | duckdb.SerializationException):
        return False
    return is_about_the_file(str(error)) and "checksum" not in str(error).lower()


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do all that follows, or nothing of it."""
    connection.execute("begin transaction")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


@contextmanager
def source_snapshot(connection: duckdb.DuckDBPyConnection, db: Path) -> Iterator[Source]:
    """Read the attached source in one transaction: all of one moment; what DuckDB writes meanwhile
    is committed with it, or nothing of it.
    """
    with transaction(connection):
        source = Source(connection, db)
        source.require_utf8()
        yield source


@contextmanager
def open_source(connection: duckdb.DuckDBPyConnection, db: Path) -> Iterator[Source]:
    """Attach the source for the length of one snapshot. Raises SourceError."""
    with attached_source(connection, db), source_snapshot(connection, db) as source:
        yield source


def first_line(error: duckdb.Error) -> str:
    """Return DuckDB's message without its advice."""
    return str(error).strip().splitlines()[0]


def connect_duckdb(
    memory_limit_bytes: int = 1 << 30, spill_dir: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Return an in-memory DuckDB that can attach SQLite files and asks no network for anything.

    What does not fit into memory goes to ``spill_dir``, None for nowhere.
    """
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": f"{int(DUCKDB_SHARE * memory_limit_bytes)}B",
            "temp_directory": "" if spill_dir is None else str(spill_dir),
        }
    )
    connection.execute(f"load '{_scanner_path()}'")
    connection.execute("set TimeZone = 'UTC'")
    # Two threads that scan one attached table do not see one snapshot of it.
    connection.execute("set sqlite_disable_multithreaded_scans = true")
    connection.execute("set enable_progress_bar = false")
    return connection


def _scanner_path() -> Path:
    package = Path(str(files("duckdb_extension_sqlite_scanner")))
    version = f"v{duckdb.__version__}"
    return package / "extensions" / version / "sqlite_scanner.duckdb_extension"


def size_of(path: Path) -> int:
    """Return a file's size in bytes, 0 where there is none; it does not open the file."""
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except FileNotFoundError:
        return 0
