"""Opens the source database with DuckDB; no other module of the engine process does.

The source is attached read-only, and everything read through one ``Source`` comes from one snapshot. Values
are fetched raw, by SQL that runs inside SQLite, because then no value can make a read fail. Their form is
described in ``sql/macros/reading.sql``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Protocol

import duckdb

from engine.model.errors import SourceError
from engine.model.source_file.failures import explain_failure, is_about_the_file, require_file
from engine.model.text.quoting import quote_literal
from engine.model.values.quality import IntegrityCheck
from engine.replica.lake.errors import is_about_a_lake

SOURCE_ALIAS = "source_file_attached"
# The share of the process's memory; the rest is for SQLite's pages, Python and Polars.
DUCKDB_SHARE = 0.7
SPILL_FACTOR = 8
"""How much may be spilled, in memory limits: a view without end must not fill the pipeline's disk."""
COMPACT_SUFFIX = ".compact"
"""The ending of the file that a replica is compacted into."""


@dataclass(frozen=True)
class Source:
    """The attached source within one snapshot; valid inside ``open_source``."""

    connection: duckdb.DuckDBPyConnection
    db: Path

    def query(self, sql: str) -> str:
        """Return the DuckDB table expression for SQL that SQLite runs. All its columns are text."""
        return f"sqlite_query({quote_literal(SOURCE_ALIAS)}, {quote_literal(sql)})"

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        """Return the rows of SQL that SQLite runs; every value is text or None."""
        return self.connection.execute(f"from {self.query(sql)}").fetchall()

    def value(self, sql: str) -> str | None:
        """Return the first value of SQL that SQLite runs; None if it is null or there is no row."""
        rows = self.rows(sql)
        return rows[0][0] if rows else None

    def require_utf8(self) -> None:
        """Raise SourceError if text is stored as UTF-16, because the casts work on bytes of UTF-8."""
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

    Raises SourceError if it is missing, locked, damaged or not a database. Other errors of DuckDB pass
    unchanged.
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
    """Return whether an error is SQLite's, about the source as a whole, and not about DuckDB's own file."""
    if isinstance(error, duckdb.InternalException | duckdb.FatalException | duckdb.SerializationException):
        return False
    if is_about_a_lake(error):
        return False
    return is_about_the_file(str(error)) and "checksum" not in str(error).lower()


def is_beyond_a_table(error: duckdb.Error) -> bool:
    """Return whether an error is about the source or the replica as a whole, and not about one table."""
    return is_about_the_source(error) or is_about_a_lake(error)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Run the block in one transaction, which an exception rolls back."""
    connection.execute("begin transaction")
    try:
        yield
    except BaseException:
        # After the loss of a connection there is nothing to roll back.
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise
    connection.execute("commit")


def drop_temporary(connection: duckdb.DuckDBPyConnection, *what: str) -> None:
    """Drop temporary things that exist, each given as its kind and name: ``macro run_now``.

    In a transaction that has failed nothing is dropped, because its end does that.
    """
    with suppress(duckdb.TransactionException):
        for each in what:
            kind, _, name = each.rpartition(" ")
            connection.execute(f"drop {kind} if exists temp.{name}")


@contextmanager
def source_snapshot(connection: duckdb.DuckDBPyConnection, db: Path) -> Iterator[Source]:
    """Yield the attached source within one transaction, which is one snapshot.

    What DuckDB writes in the block is committed at its end; an exception rolls all of it back.
    """
    with transaction(connection):
        source = Source(connection, db)
        source.require_utf8()
        yield source


@contextmanager
def open_source(connection: duckdb.DuckDBPyConnection, db: Path) -> Iterator[Source]:
    """Attach the source for one snapshot. Raises SourceError."""
    with attached_source(connection, db), source_snapshot(connection, db) as source:
        yield source


def first_line(error: Exception) -> str:
    """Return DuckDB's message without its advice."""
    return str(error).strip().splitlines()[0]


class ToAttach(Protocol):
    """A database that is attached before DuckDB is locked, because a locked one would refuse it."""

    @property
    def folders(self) -> tuple[str, ...]:
        """Return the folders, or places in S3, that it opens files in."""

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach it. Raises DashboardError."""


def connect_duckdb(
    memory_limit_bytes: int = 1 << 30,
    spill_dir: Path | None = None,
    replica: Path | None = None,
    *attached: ToAttach,
) -> duckdb.DuckDBPyConnection:
    """Return an in-memory DuckDB that can attach SQLite files, and reaches no other host than what
    is ``attached`` with it.

    It opens no other file than those of ``replica``, None for none, and of what is ``attached`` with it, and
    loads no other extension. SQL cannot change that. Data that does not fit into memory goes to
    ``spill_dir``; None means that it has nowhere to go.
    """
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # To check the scanner's signature takes 0.2 s, and proves nothing: it is installed beside DuckDB
            # itself, from a wheel with a hash. Once the files are locked, no other extension is loaded.
            "allow_unsigned_extensions": True,
            "memory_limit": f"{int(DUCKDB_SHARE * memory_limit_bytes)}B",
            "temp_directory": "" if spill_dir is None else str(spill_dir),
        }
    )
    connection.execute(f"load {quote_literal(str(scanner_path()))}")
    # DuckDB does not hold to this limit if it is given with the others.
    connection.execute(f"set max_temp_directory_size = '{SPILL_FACTOR * memory_limit_bytes}B'")
    # Global, because a locked configuration cannot be changed for each cursor.
    connection.execute("set global TimeZone = 'UTC'")
    # If two threads scan an attached table, they do not see the same snapshot.
    connection.execute("set sqlite_disable_multithreaded_scans = true")
    connection.execute("set enable_progress_bar = false")
    # Emptying the log of a file that was deleted would delete the log of the file that took its place.
    connection.execute("pragma disable_checkpoint_on_shutdown")
    # What is attached may need secrets, and after the first one this cannot be changed.
    connection.execute("set allow_persistent_secrets = false")
    for each in attached:
        each.attach(connection)
    _lock_down(connection, spill_dir, replica, tuple(chain.from_iterable(each.folders for each in attached)))
    return connection


def _lock_down(
    connection: duckdb.DuckDBPyConnection,
    spill_dir: Path | None,
    replica: Path | None,
    others: tuple[str, ...],
) -> None:
    """Let DuckDB open the files of one replica and its spilled data alone, and in ``others``, for good.

    The scanner opens the source by SQLite's own functions, to which this does not apply.
    """
    paths = [] if replica is None else [str(path) for path in duckdb_files(replica)]
    folders = [*others, *([] if spill_dir is None else [str(spill_dir)])]
    for name, allowed in (("allowed_paths", paths), ("allowed_directories", folders)):
        connection.execute(f"set {name} = [{', '.join(map(quote_literal, allowed))}]")
    for name in ("enable_external_access", "allow_community_extensions"):
        connection.execute(f"set {name} = false")
    connection.execute("set lock_configuration = true")


def duckdb_files(replica: Path) -> Iterator[Path]:
    """Yield all files that DuckDB may make for a replica and for its compact copy, but for spilled data."""
    for database in ("", COMPACT_SUFFIX):
        for log in ("", ".wal", ".wal.checkpoint", ".wal.recovery"):
            yield replica.with_name(f"{replica.name}{database}{log}")


def scanner_path() -> Path:
    """Return the extension by which DuckDB reads SQLite's files, as its package brings it."""
    package = Path(str(files("duckdb_extension_sqlite_scanner")))
    version = f"v{duckdb.__version__}"
    return package / "extensions" / version / "sqlite_scanner.duckdb_extension"


def size_of(path: Path) -> int:
    """Return a file's size in bytes, 0 if it does not exist. Does not open the file."""
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except FileNotFoundError:
        return 0
