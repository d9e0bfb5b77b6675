"""Copies tables that are far behind, in chunks, because one long read would hold up the writer's log.

Each chunk is one snapshot and one transaction that includes the table's state, so an interrupted copy
continues from its last chunk. The sync after the copy brings all chunks to one snapshot.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import duckdb

from engine.model.catalogue.staging import StagedTable
from engine.model.text.quoting import quote_identifier
from engine.replica.source import Source, first_line, is_beyond_a_table, source_snapshot
from engine.replica.sync.fetch import replica_rows, rows_after, rows_of
from engine.replica.sync.file import ALIAS
from engine.replica.sync.state import TableState, read_states, write_states
from engine.replica.sync.survey import SourceTable
from engine.replica.sync.tables import UnreadableTable

log = logging.getLogger(__name__)

# Two of DuckDB's row groups, because DuckDB writes whole row groups to the file at once.
CHUNK_ROWS = 2 * 122_880
WORKERS = 2
# If a larger share of the rows has to be read again, reading all rows exactly is faster.
ODD_SHARE = 0.1


@dataclass(frozen=True)
class CopyTask:
    """A table to copy from its watermark on; ``rows`` is the approximate number of rows."""

    staged: StagedTable
    table: SourceTable
    rows: int


def copy_tables(
    connection: duckdb.DuckDBPyConnection,
    db: Path,
    tasks: Iterable[CopyTask],
    report: Callable[[int, str], None],
    workers: int = WORKERS,
) -> None:
    """Copy tables, so many at a time; calls ``report`` with the number of rows done and the step under way.

    Raises UnreadableTable, and DuckDB's own error if the file itself is at fault.
    """
    progress = _Progress(report)
    largest_first = sorted(tasks, key=lambda task: -task.rows)
    with ThreadPoolExecutor(workers) as pool:
        copies = [pool.submit(_copy_table, connection.cursor(), db, task, progress) for task in largest_first]
        try:
            for copy in copies:
                copy.result()
        finally:
            for copy in copies:
                copy.cancel()
            progress.is_cut_short = True


class _Progress:
    """Counts and reports the rows of all copies under way."""

    def __init__(self, report: Callable[[int, str], None]) -> None:
        self._report = report
        self._lock = Lock()
        self._done = 0
        self.is_cut_short = False

    def add(self, rows: int, step: str) -> None:
        with self._lock:
            self._done += rows
            self._report(self._done, step)


def _copy_table(cursor: duckdb.DuckDBPyConnection, db: Path, task: CopyTask, progress: _Progress) -> None:
    with cursor:
        cursor.execute(f"use {ALIAS}")
        state = read_states(cursor)[task.staged.name]
        fast, copied = True, 0
        while not progress.is_cut_short:
            step = f"copying {task.table.name}: {_of(copied, task.rows)}"
            progress.add(0, step)
            try:
                with source_snapshot(cursor, db) as source:
                    rows, state = _copy_chunk(source, task, state, fast)
            except _TooManyOdd:
                fast = False
                continue
            except duckdb.Error as error:
                if is_beyond_a_table(error):
                    raise
                if not fast:
                    raise UnreadableTable(task.staged, error) from error
                log.debug("%s is read exactly: %s", task.table.name, first_line(error))
                fast = False
                continue
            copied += rows
            progress.add(rows, step)
            if rows < CHUNK_ROWS:
                return


def _of(done: int, total: int) -> str:
    """Return how many rows are done of about how many, in words."""
    if total < 1_000_000:
        return f"{min(done, total):,} of {total:,} rows"
    return f"{min(done, total) / 1e6:.1f} of {total / 1e6:.1f} million rows"


class _TooManyOdd(Exception):
    """So many rows have to be read again that the fast way is slower than the exact one."""


def _copy_chunk(source: Source, task: CopyTask, state: TableState, fast: bool) -> tuple[int, TableState]:
    staged, table, connection = task.staged, task.table, source.connection
    name = quote_identifier(staged.name)
    chunk = replica_rows(source, staged, table, rows_after(table, state.watermark, CHUNK_ROWS), fast=fast)
    row = connection.execute(f"insert into {name} {chunk}").fetchone()
    rows = 0 if row is None else int(row[0])
    if rows == 0:
        return 0, state
    copied = "true" if state.watermark is None else f"source_rowid > {state.watermark}"
    if fast:
        _read_again(source, task, copied, rows)
    ends = connection.execute(
        f"select min(source_rowid), max(source_rowid) from {name} where {copied}"
    ).fetchone()
    assert ends is not None
    lowest = ends[0] if state.lowest is None else state.lowest
    state = replace(state, watermark=ends[1], lowest=lowest)
    write_states(connection, {staged.name: state})
    return rows, state


def _read_again(source: Source, task: CopyTask, copied: str, rows: int) -> None:
    """Read the rows exactly that have a value which the fast way cannot read."""
    staged, table, connection = task.staged, task.table, source.connection
    name = quote_identifier(staged.name)
    odd = connection.execute(
        f"select source_rowid from {name} where {copied} and unreadable > 0 order by 1"
    ).fetchall()
    if len(odd) > max(100, rows * ODD_SHARE):
        raise _TooManyOdd
    if odd:
        ids = [rowid for (rowid,) in odd]
        connection.execute(f"delete from {name} where {copied} and unreadable > 0")
        connection.execute(f"insert into {name} {replica_rows(source, staged, table, rows_of(table, ids))}")
