"""Keeps the derived tables equal to what their SQL gives on the staging tables, at the cost of what changed.

A table of rows loses those made of old versions and gains those made of new ones. A tally holds
signed rows: a change appends what the new versions add and what the old ones took part in,
negated, so whoever reads it adds up and leaves out groups of no row. It is summed up once it has
grown twice as long. A keyed table has the rows of changed keys made anew.

A tally by time comes with a table macro ``<name>_since(start)``: its rows from ``start`` to *now*,
exact to the second, where ``start`` begins a local day or hour.
A staging column that the source lacks is null in what is derived from it; a derived table exists
while all its staging tables do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import duckdb

from engine.model.catalogue.rollups import ROWS, TALLY, DerivedTable, derived_tables
from engine.model.staging import staging

if TYPE_CHECKING:
    from engine.replica.sync.changes import TableChange

# Short tallies are summed up only when a query would notice.
_LEAST_ROWS_TO_SUM_UP = 2000

_Columns = Mapping[str, tuple[str, ...]]


def rebuild_derived(connection: duckdb.DuckDBPyConnection, names: Iterable[str] | None = None) -> None:
    """Make derived tables anew from the staging tables there are: those named, or all where names is None.

    The clock's macros must be there, whatever their *now*.
    """
    tables = derived_tables()
    present = _present_columns(connection)
    for derived in tables.values() if names is None else [tables[name] for name in names]:
        _rebuild(connection, derived, present)


def refresh_derived(
    connection: duckdb.DuckDBPyConnection,
    changed: Mapping[str, TableChange],
    begin: Callable[[str], None] = lambda _: None,
) -> None:
    """Bring the derived tables up to date with staging tables that have just been changed.

    ``begin`` is called with the name of each one before it is brought up to date.

    For a table that was not reloaded the temporary tables ``added_<table>`` and
    ``removed_<table>`` hold the rows it gained and lost. The clock's macros must be there.
    """
    changes = {
        table: change for table, change in changed.items()
        if change.reloaded or change.added or change.removed
    }  # fmt: skip
    concerned = [derived for derived in derived_tables().values() if set(derived.tables) & set(changes)]
    if not concerned:
        return
    present = _present_columns(connection)
    for derived in concerned:
        begin(derived.name)
        own = {table: changes[table] for table in derived.tables if table in changes}
        if derived.name not in present or any(change.reloaded for change in own.values()):
            _rebuild(connection, derived, present)
        elif derived.kind == ROWS:
            _replace_rows(connection, derived, next(iter(own.values())), present)
        elif derived.kind == TALLY:
            _append_to_tally(connection, derived, next(iter(own.values())), present)
        else:
            _make_keys_anew(connection, derived, own, present)


def _present_columns(connection: duckdb.DuckDBPyConnection) -> _Columns:
    """Return the columns of the tables there are, staging and derived, in order."""
    columns: dict[str, tuple[str, ...]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns()"
        " where database_name = current_database() and schema_name = 'main' order by column_index"
    ).fetchall():
        columns[table] = (*columns.get(table, ()), column)
    return columns


def _rows_of(derived: DerivedTable, sql: str, sources: Mapping[str, str], present: _Columns) -> str:
    """Return the query of a derived table over sources that stand in for its staging tables."""
    shadows = ", ".join(
        f"{table} as (select *{_absent_columns(derived, table, present)} from {source})"
        for table, source in sources.items()
    )
    return f"with {shadows} select * from ({sql})"


def _absent_columns(derived: DerivedTable, table: str, present: _Columns) -> str:
    return "".join(
        f", cast(null as {column.type}) as {column.name}"
        for column in staging()[table].columns
        if column.name in derived.columns_of(table) and column.name not in present[table]
    )


def _rebuild(connection: duckdb.DuckDBPyConnection, derived: DerivedTable, present: _Columns) -> None:
    connection.execute(f"drop table if exists {derived.name}")
    if derived.time is not None:
        connection.execute(f"drop macro table if exists {derived.name}_since")
    if not all(table in present for table in derived.tables):
        return
    rows = _rows_of(derived, derived.sql, {table: f"main.{table}" for table in derived.tables}, present)
    if derived.kind == TALLY:
        rows = f"select *, 1 as {derived.count} from ({rows})"
        described = connection.execute(f"from ({rows}) limit 0").description or []
        rows = _summed_up(derived, tuple(name for name, *_ in described), rows)
    connection.execute(f"create table {derived.name} as {rows} order by all")
    _note_length(connection, derived)
    if derived.time is not None:
        connection.execute(_since_macro(derived, derived.time, present))


def _since_macro(derived: DerivedTable, time: str, present: _Columns) -> str:
    (table,) = derived.tables
    latest = f"main.{table} where {time} >= greatest(start, tail_start()) and {time} <= run_now()"
    tail = f"select *, 1 from ({_rows_of(derived, derived.sql_by_instant, {table: latest}, present)})"
    if time not in present[table]:
        tail = f"select * from main.{derived.name} where false"
    return (
        f"create or replace macro {derived.name}_since(start) as table"
        f" select * from main.{derived.name} where {time} >= start and {time} < tail_start()"
        f" union all {tail}"
    )


def _replace_rows(
    connection: duckdb.DuckDBPyConnection, derived: DerivedTable, change: TableChange, present: _Columns
) -> None:
    (table,) = derived.tables
    if change.removed:
        removed = f"select source_rowid from temp.removed_{table}"
        connection.execute(f"delete from {derived.name} where source_rowid in ({removed})")
    if change.added:
        added = _rows_of(derived, derived.sql, {table: f"temp.added_{table}"}, present)
        connection.execute(f"insert into {derived.name} {added}")


def _append_to_tally(
    connection: duckdb.DuckDBPyConnection, derived: DerivedTable, change: TableChange, present: _Columns
) -> None:
    (table,) = derived.tables
    parts = []
    if change.added:
        added = _rows_of(derived, derived.sql, {table: f"temp.added_{table}"}, present)
        parts.append(f"select *, 1 as {derived.count} from ({added})")
    if change.removed:
        removed = _rows_of(derived, derived.sql, {table: f"temp.removed_{table}"}, present)
        if derived.apart is not None:
            connection.execute(
                f"delete from {derived.name}"
                f" where {derived.apart} in (select source_rowid from temp.removed_{table})"
            )
            removed = f"select * from ({removed}) where {derived.apart} is null"
        negated = ", ".join(f"-{name} as {name}" for name in derived.sums)
        columns = f"* replace ({negated})" if negated else "*"
        parts.append(f"select {columns}, -1 as {derived.count} from ({removed})")
    rows = _summed_up(derived, present[derived.name], " union all ".join(f"({part})" for part in parts))
    connection.execute(f"insert into {derived.name} {rows}")
    _sum_up_if_long(connection, derived, present[derived.name])


def _summed_up(derived: DerivedTable, names: tuple[str, ...], rows: str) -> str:
    """Return the query that makes one row of all rows with equal keys, with the columns in order.

    One with a count of 0 is still needed where sums have changed.
    """
    added_up = {name: f"sum({name}) as {name}" for name in derived.sums}
    added_up[derived.count] = f"cast(sum({derived.count}) as bigint) as {derived.count}"
    columns = ", ".join(added_up.get(name, name) for name in names)
    keys = ", ".join(name for name in names if name not in added_up)
    together = alone = ""
    if derived.apart is not None:
        together = f"where {derived.apart} is null"
        alone = f"union all select * from summand where {derived.apart} is not null"
    return (
        f"with summand as not materialized ({rows})"
        f" select {columns} from summand {together} group by {keys} {alone}"
    )


def _sum_up_if_long(
    connection: duckdb.DuckDBPyConnection, derived: DerivedTable, columns: tuple[str, ...]
) -> None:
    counted = connection.execute(
        f"select count(*), (select rows from derived_tables where name = '{derived.name}')"
        f" from {derived.name}"
    ).fetchone()
    rows, summed_up = counted or (0, 0)
    if rows > 2 * summed_up + _LEAST_ROWS_TO_SUM_UP:
        _sum_up(connection, derived, columns)


def _sum_up(connection: duckdb.DuckDBPyConnection, derived: DerivedTable, columns: tuple[str, ...]) -> None:
    rows = _summed_up(derived, columns, f"from main.{derived.name}")
    some = f"select * from ({rows}) where {derived.count} <> 0"
    connection.execute(f"create or replace table {derived.name} as {some} order by all")
    _note_length(connection, derived)


def _note_length(connection: duckdb.DuckDBPyConnection, derived: DerivedTable) -> None:
    connection.execute("create table if not exists derived_tables (name varchar, rows bigint)")
    connection.execute(f"delete from derived_tables where name = '{derived.name}'")
    connection.execute(f"insert into derived_tables select '{derived.name}', count(*) from {derived.name}")


def _make_keys_anew(
    connection: duckdb.DuckDBPyConnection,
    derived: DerivedTable,
    changes: Mapping[str, TableChange],
    present: _Columns,
) -> None:
    touched = " union ".join(
        f"select {derived.key} as touched from temp.{which}_{table}"
        for table in changes
        for which in ("added", "removed")
    )
    connection.execute(f"create or replace temp table touched_keys as {touched}")
    condition = f"{derived.key} in (select touched from temp.touched_keys)"
    connection.execute(f"delete from {derived.name} where {condition}")
    sources = {table: f"main.{table} where {condition}" for table in derived.tables}
    connection.execute(f"insert into {derived.name} {_rows_of(derived, derived.sql, sources, present)}")
    connection.execute("drop table temp.touched_keys")
