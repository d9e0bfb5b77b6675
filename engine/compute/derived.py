"""Keeps the derived tables equal to what their SQL gives on the staging tables, at the cost of what changed.

A tally holds signed rows: a change appends what the new versions of rows add and what the old
ones took part in, negated, so whoever reads it sums and leaves out groups of no row. It is
summed up once it has grown twice as long. A keyed table has the rows of changed keys made anew.

A tally by time comes with a table macro ``<name>_since(start)``: its rows from ``start`` to *now*,
which is read to the second; so ``start`` must be the start of a quarter of an hour.
A staging column that the source lacks is null in what is derived from it; a derived table exists
while all its staging tables do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import duckdb

from engine.compute.source import quote_identifier
from engine.derived import TALLY, DerivedTable, derived_tables
from engine.staging import staging

if TYPE_CHECKING:
    from engine.compute.replica.changes import TableChange

_UPKEEP = "derived_tables"
# Short tallies are summed up only when a query would notice.
_LEAST_ROWS_TO_SUM_UP = 2000

_Present = Mapping[str, frozenset[str]]


def rebuild_derived(connection: duckdb.DuckDBPyConnection, names: Iterable[str] | None = None) -> None:
    """Make derived tables anew from the staging tables there are: those named, or all where names is None.

    The clock's macros must be there, whatever their *now*.
    """
    tables = derived_tables()
    present = _present_columns(connection)
    for derived in tables.values() if names is None else (tables[name] for name in names):
        _rebuild(connection, derived, present)


def refresh_derived(connection: duckdb.DuckDBPyConnection, changed: Mapping[str, TableChange]) -> None:
    """Bring the derived tables up to date with staging tables that have just been changed.

    For a table that was not reloaded the temporary tables ``added_<table>`` and
    ``removed_<table>`` hold the rows it gained and lost. The clock's macros must be there.
    """
    concerned = [
        derived for derived in derived_tables().values()
        if any(_is_changed(changed.get(table)) for table in derived.tables)
    ]  # fmt: skip
    if not concerned:
        return
    present = _present_columns(connection)
    for derived in concerned:
        changes = {table: changed[table] for table in derived.tables if _is_changed(changed.get(table))}
        if derived.name not in present or any(change.reloaded for change in changes.values()):
            _rebuild(connection, derived, present)
        elif not all(table in present for table in derived.tables):
            _drop(connection, derived)
        elif derived.kind == TALLY:
            _apply_to_tally(connection, derived, next(iter(changes.values())), present)
        else:
            _apply_by_key(connection, derived, tuple(changes), present)


def _is_changed(change: TableChange | None) -> bool:
    return change is not None and (change.reloaded or change.added > 0 or change.removed > 0)


def _present_columns(connection: duckdb.DuckDBPyConnection) -> _Present:
    rows = connection.execute(
        "select table_name, list(column_name) from duckdb_columns()"
        " where database_name = current_database() and schema_name = 'main' group by table_name"
    ).fetchall()
    return {table: frozenset(columns) for table, columns in rows}


def _rows_of(derived: DerivedTable, sql: str, sources: Mapping[str, str], present: _Present) -> str:
    """Return the SQL of a derived table over sources that stand in for its staging tables."""
    shadows = ", ".join(
        f"{table} as (select *{_absent_columns(derived, table, present)} from {source})"
        for table, source in sources.items()
    )
    return f"with {shadows} select * from ({sql})"


def _absent_columns(derived: DerivedTable, table: str, present: _Present) -> str:
    return "".join(
        f", cast(null as {column.type}) as {quote_identifier(column.name)}"
        for column in staging()[table].columns
        if column.name in derived.columns_of(table) and column.name not in present[table]
    )


def _drop(connection: duckdb.DuckDBPyConnection, derived: DerivedTable) -> None:
    connection.execute(f"drop table if exists {derived.name}")
    if derived.time is not None:
        connection.execute(f"drop macro table if exists {derived.name}_since")


def _rebuild(connection: duckdb.DuckDBPyConnection, derived: DerivedTable, present: _Present) -> None:
    _drop(connection, derived)
    if not all(table in present for table in derived.tables):
        return
    rows = _rows_of(derived, derived.sql, {table: f"main.{table}" for table in derived.tables}, present)
    connection.execute(f"create table {derived.name} as {rows} order by all")
    _note_rows(connection, derived)
    if derived.time is not None:
        connection.execute(_since_macro(derived, present))


def _since_macro(derived: DerivedTable, present: _Present) -> str:
    (table,) = derived.tables
    time = quote_identifier(derived.time or "")
    tail = _rows_of(
        derived,
        derived.sql_by_instant,
        {table: f"main.{table} where {time} >= greatest(start, tail_start()) and {time} <= run_now()"},
        present,
    )
    if derived.time not in present[table]:
        tail = f"select * from main.{derived.name} where false"
    return (
        f"create or replace macro {derived.name}_since(start) as table"
        f" select * from main.{derived.name} where {time} >= start and {time} < tail_start()"
        f" union all select * from ({tail})"
    )


def _apply_to_tally(
    connection: duckdb.DuckDBPyConnection, derived: DerivedTable, change: TableChange, present: _Present
) -> None:
    (table,) = derived.tables
    parts = []
    if change.added:
        parts.append(_rows_of(derived, derived.sql, {table: f'temp."added_{table}"'}, present))
    if change.removed:
        condition = ""
        if derived.apart is not None:
            # A row that stands for itself goes as it came: no two of them may be added up.
            apart = quote_identifier(derived.apart)
            connection.execute(
                f"delete from {derived.name}"
                f' where {apart} in (select source_rowid from temp."removed_{table}")'
            )
            condition = f" where {apart} is null"
        negated = ", ".join(f"-{name} as {name}" for name in derived.sums)
        rows = _rows_of(derived, derived.sql, {table: f'temp."removed_{table}"'}, present)
        parts.append(f"select * replace ({negated}) from ({rows}){condition}")
    union = " union all ".join(f"select * from ({part})" for part in parts)
    connection.execute(f"insert into {derived.name} {union}")
    _sum_up_if_long(connection, derived)


def _sum_up_if_long(connection: duckdb.DuckDBPyConnection, derived: DerivedTable) -> None:
    counts = connection.execute(
        f"select (select count(*) from {derived.name}),"
        f" (select rows from {_UPKEEP} where name = '{derived.name}')"
    ).fetchone()
    rows, summed_up = counts or (0, 0)
    if rows > 2 * (summed_up or 0) + _LEAST_ROWS_TO_SUM_UP:
        sum_up(connection, derived)


def sum_up(connection: duckdb.DuckDBPyConnection, derived: DerivedTable) -> None:
    """Make one row of all rows of a tally that have equal keys, and none of those that cancel out."""
    described = connection.execute(f"select * from {derived.name} limit 0").description or []
    names = [name for name, *_ in described]
    columns = ", ".join(
        f"cast(sum({name}) as {type_}) as {name}" if name in derived.sums else quote_identifier(name)
        for name, type_, *_ in described
    )
    keys = ", ".join(quote_identifier(name) for name in names if name not in derived.sums)
    connection.execute(
        f"create or replace table {derived.name} as select {columns} from {derived.name}"
        f" group by {keys} having sum({derived.sums[0]}) <> 0 order by all"
    )
    _note_rows(connection, derived)


def _note_rows(connection: duckdb.DuckDBPyConnection, derived: DerivedTable) -> None:
    connection.execute(f"create table if not exists {_UPKEEP} (name varchar, rows bigint)")
    connection.execute(f"delete from {_UPKEEP} where name = '{derived.name}'")
    connection.execute(f"insert into {_UPKEEP} select '{derived.name}', count(*) from {derived.name}")


def _apply_by_key(
    connection: duckdb.DuckDBPyConnection, derived: DerivedTable, changed: tuple[str, ...], present: _Present
) -> None:
    key = quote_identifier(derived.key or "")
    touched = " union ".join(
        f'select {key} as key from temp."{which}_{table}"' for table in changed for which in ("added", "removed")
    )
    connection.execute(f"create or replace temp table touched_keys as select key from ({touched})")
    connection.execute(f"delete from {derived.name} where {key} in (select key from temp.touched_keys)")
    sources = {
        table: f"main.{table} where {key} in (select key from temp.touched_keys)" for table in derived.tables
    }
    connection.execute(f"insert into {derived.name} {_rows_of(derived, derived.sql, sources, present)}")
    connection.execute("drop table temp.touched_keys")
