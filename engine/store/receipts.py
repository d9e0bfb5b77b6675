"""What the run of an entry read: stored with the run, for as long as the cache has a value of it.

The tables are ``dashboard_run_tables`` and ``dashboard_run_left_out``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model.clock import from_sqlite, to_sqlite
from engine.model.settings import StorePlace
from engine.model.values.results import RunOutcome
from engine.store.backend import Connection, missing_tables, reading
from engine.store.runs import RunRow, select_runs

TABLES = ("dashboard_run_tables", "dashboard_run_left_out")


@dataclass(frozen=True)
class TableRead:
    """One source table as a run found it: its rows, when all were last verified, the share audited since."""

    table: str
    rows: int
    verified_at: datetime | None
    covered: float


@dataclass(frozen=True)
class LeftOut:
    """How many values of one source column a run left out."""

    table: str
    column: str
    unreadable: int
    unrecognised: int


@dataclass(frozen=True)
class RunRead:
    """The run of an entry, and what it read; without any table nothing is known of that.

    ``run`` is None for a value that no finished run has stored, ``compute_ms`` for one that none computed.
    """

    compute_ms: float | None = None
    run: RunRow | None = None
    tables: tuple[TableRead, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def store_run_read(connection: Connection, run_id: int, outcome: RunOutcome) -> None:
    """Store what a run read.

    The numbers of runs begin again if somebody drops ``dashboard_runs``; then what an older run of that
    number read is deleted. The connection is in a write transaction.
    """
    for table in TABLES:
        connection.execute(f"delete from {table} where run_id = ?", (run_id,))
    connection.executemany(
        "insert into dashboard_run_tables (run_id, table_name, row_count, verified_at, covered)"
        " values (?, ?, ?, ?, ?)",
        [
            (
                run_id,
                table.table,
                table.rows,
                table.verified_at and to_sqlite(table.verified_at),
                table.covered,
            )
            for table in outcome.replica
        ],
    )
    counts: dict[tuple[str, str], list[int]] = {}
    for unreadable in outcome.unreadable:
        if unreadable.values:
            found = counts.setdefault((unreadable.table, unreadable.column), [0, 0])
            # Two replica columns may read the same source column by different rules.
            found[0] = max(found[0], unreadable.values)
    for word in outcome.unrecognised:
        counts.setdefault((word.table, word.column), [0, 0])[1] += word.values
    connection.executemany(
        "insert into dashboard_run_left_out"
        " (run_id, table_name, column_name, unreadable_values, unrecognised_values) values (?, ?, ?, ?, ?)",
        [(run_id, table, column, *values) for (table, column), values in counts.items()],
    )


def read_run(store: StorePlace, key: str, computed_at: datetime, run_id: int | None) -> RunRead:
    """Return the run of an entry and what it read. Raises SourceError."""
    lacking = set(missing_tables(store))
    with reading(store) as connection:
        row = connection.execute(
            "select compute_ms from dashboard_cache where cache_key = ? and created_at = ?",
            (key, to_sqlite(computed_at)),
        ).fetchone()
        compute_ms = None if row is None else row[0]
        if run_id is None:
            return RunRead(compute_ms)
        run = next(iter(select_runs(connection, "where id = ?", [run_id])), None)
        if lacking & set(TABLES):
            return RunRead(compute_ms, run)
        tables = connection.execute(
            "select table_name, row_count, verified_at, covered from dashboard_run_tables"
            " where run_id = ? order by table_name",
            (run_id,),
        ).fetchall()
        left_out = connection.execute(
            "select table_name, column_name, unreadable_values, unrecognised_values"
            " from dashboard_run_left_out where run_id = ? order by table_name, column_name",
            (run_id,),
        ).fetchall()
    return RunRead(
        compute_ms,
        run,
        tuple(
            TableRead(table, rows, None if verified is None else from_sqlite(verified), covered)
            for table, rows, verified, covered in tables
        ),
        tuple(LeftOut(*each) for each in left_out),
    )
