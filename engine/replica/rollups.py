"""Keeps each rollup equal to what its SQL gives on the staging tables, at a cost that follows the changes.

A rollup per row loses the rows made of old versions and gains those made of new ones. An aggregate stores
signed rows: a change appends what the new versions add, and negated what the old versions had added. A
reader sums these rows and leaves out groups whose count is 0. The aggregate is compacted when it has grown
to twice its length. A rollup per key computes the rows of the changed keys again.

An aggregate by time has a table macro ``<name>_between(start, until)``, both ends included, exact to the
second if ``start`` begins a local day or hour. It reads whole quarters of an hour from the aggregate, and
what is after the last one row by row.
A staging column that the source lacks is null in the rollups. A rollup exists while all its staging
tables exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import duckdb

from engine.model.catalogue.rollups import AGGREGATE, PER_ROW, Rollup, rollups
from engine.model.catalogue.staging import staging
from engine.replica.rollup_sizes import TABLE, RollupSizes

if TYPE_CHECKING:
    from engine.replica.sync.changes import TableChange

# Compacting a short aggregate would save no query any time.
_LEAST_ROWS_TO_COMPACT = 2000

_Columns = Mapping[str, tuple[str, ...]]


def rebuild_rollups(connection: duckdb.DuckDBPyConnection, names: Iterable[str] | None = None) -> None:
    """Rebuild the named rollups from the staging tables that exist; all of them if ``names`` is None.

    The clock's macros must exist; their *now* does not matter.
    """
    known = rollups()
    present = _present_columns(connection)
    sizes = RollupSizes(connection, is_made=TABLE in present)
    for rollup in known.values() if names is None else [known[name] for name in names]:
        _rebuild(connection, rollup, present, sizes)
    sizes.store()


def refresh_rollups(
    connection: duckdb.DuckDBPyConnection,
    changed: Mapping[str, TableChange],
    begin: Callable[[str], None] = lambda _: None,
) -> None:
    """Bring the rollups up to date with staging tables that have just been changed.

    Calls ``begin`` with the name of each rollup before that one is changed. If a table was not reloaded,
    the temporary tables ``added_<table>`` and ``removed_<table>`` hold the rows it gained and lost, if there
    are any. The clock's macros must exist.
    """
    changes = {
        table: change for table, change in changed.items()
        if change.reloaded or change.added or change.removed
    }  # fmt: skip
    concerned = [rollup for rollup in rollups().values() if set(rollup.tables) & set(changes)]
    if not concerned:
        return
    present = _present_columns(connection)
    sizes = RollupSizes(connection, is_made=TABLE in present)
    by_key: dict[str, list[Rollup]] = {}
    for rollup in concerned:
        own = {table: changes[table] for table in rollup.tables if table in changes}
        if rollup.name not in present or any(change.reloaded for change in own.values()):
            begin(rollup.name)
            _rebuild(connection, rollup, present, sizes)
        elif rollup.key is not None:
            by_key.setdefault(rollup.key, []).append(rollup)
        elif rollup.kind == PER_ROW:
            begin(rollup.name)
            _replace_rows(rollup, next(iter(own.values())), present, sizes)
        else:
            begin(rollup.name)
            _append_to_aggregate(connection, rollup, next(iter(own.values())), present, sizes)
    for key, together in by_key.items():
        begin(together[0].name)
        _replace_keys(connection, key, together, changes, present)
    sizes.store()


def _present_columns(connection: duckdb.DuckDBPyConnection) -> _Columns:
    """Return the columns of the tables that exist, staging tables and rollups, in order."""
    columns: dict[str, tuple[str, ...]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns()"
        " where database_name = current_database() and schema_name = 'main' order by column_index"
    ).fetchall():
        columns[table] = (*columns.get(table, ()), column)
    return columns


def _rows_of(rollup: Rollup, sql: str, sources: Mapping[str, str], present: _Columns) -> str:
    """Return the query of a rollup over other sources in place of its staging tables."""
    shadows = ", ".join(
        f"{table} as (select *{_absent_columns(rollup, table, present)} from {source})"
        for table, source in sources.items()
    )
    return f"with {shadows} select * from ({sql})"


def _absent_columns(rollup: Rollup, table: str, present: _Columns) -> str:
    """Return nulls for the columns that a replica table lacks; one that staging leaves out is a text."""
    types = {column.name: column.type for column in staging()[table].columns}
    return "".join(
        f", cast(null as {types.get(name, 'varchar')}) as {name}"
        for name in rollup.columns_of(table)
        if name not in present[table]
    )


def _rebuild(
    connection: duckdb.DuckDBPyConnection, rollup: Rollup, present: _Columns, sizes: RollupSizes
) -> None:
    connection.execute(f"drop table if exists {rollup.name}")
    sizes.forget(rollup.name)
    if rollup.time is not None:
        connection.execute(f"drop macro table if exists {rollup.name}_between")
    if not all(table in present for table in rollup.tables):
        return
    rows = _rows_of(rollup, rollup.sql, {table: f"main.{table}" for table in rollup.tables}, present)
    if rollup.kind == AGGREGATE:
        rows = f"select *, 1 as {rollup.count} from ({rows})"
        described = connection.execute(f"from ({rows}) limit 0").description or []
        rows = _compacted(rollup, tuple(name for name, *_ in described), rows)
    connection.execute(f"create table {rollup.name} as {rows} order by all")
    if rollup.kind in (AGGREGATE, PER_ROW):
        sizes.note_made(rollup.name)
    if rollup.time is not None:
        connection.execute(_between_macro(rollup, rollup.time, present))


def _between_macro(rollup: Rollup, time: str, present: _Columns) -> str:
    (table,) = rollup.tables
    by_row = f"main.{table} where {time} >= greatest(start, whole_until(until)) and {time} <= until"
    tail = f"select *, 1 from ({_rows_of(rollup, rollup.sql_by_instant, {table: by_row}, present)})"
    if time not in present[table]:
        tail = f"select * from main.{rollup.name} where false"
    return (
        f"create or replace macro {rollup.name}_between(start, until) as table"
        f" select * from main.{rollup.name} where {time} >= start and {time} < whole_until(until)"
        f" union all {tail}"
    )


def empty_rollup(rollup: Rollup) -> str:
    """Return the query of a rollup over no rows, which needs none of its tables."""
    no_rows = {
        table: f"(select null::bigint as source_rowid, {_nulls_of(rollup, table)}) where false"
        for table in rollup.tables
    }
    every = {table: ("source_rowid", *rollup.columns_of(table)) for table in rollup.tables}
    count = f", cast(1 as bigint) as {rollup.count}" if rollup.kind == AGGREGATE else ""
    return f"select *{count} from ({_rows_of(rollup, rollup.sql, no_rows, every)})"


def _nulls_of(rollup: Rollup, table: str) -> str:
    types = {column.name: column.type for column in staging()[table].columns}
    return ", ".join(f"cast(null as {types[name]}) as {name}" for name in rollup.columns_of(table))


def _replace_rows(rollup: Rollup, change: TableChange, present: _Columns, sizes: RollupSizes) -> None:
    (table,) = rollup.tables
    if change.removed:
        removed = f"select source_rowid from temp.removed_{table}"
        sizes.delete(rollup.name, f"source_rowid in ({removed})")
    if change.added:
        added = _rows_of(rollup, rollup.sql, {table: f"temp.added_{table}"}, present)
        sizes.insert(rollup.name, added)


def _append_to_aggregate(
    connection: duckdb.DuckDBPyConnection,
    rollup: Rollup,
    change: TableChange,
    present: _Columns,
    sizes: RollupSizes,
) -> None:
    (table,) = rollup.tables
    parts = []
    if change.added:
        added = _rows_of(rollup, rollup.sql, {table: f"temp.added_{table}"}, present)
        parts.append(f"select *, 1 as {rollup.count} from ({added})")
    if change.removed:
        removed = _rows_of(rollup, rollup.sql, {table: f"temp.removed_{table}"}, present)
        if rollup.outlier_key is not None:
            sizes.delete(
                rollup.name, f"{rollup.outlier_key} in (select source_rowid from temp.removed_{table})"
            )
            removed = f"select * from ({removed}) where {rollup.outlier_key} is null"
        negated = ", ".join(f"-{name} as {name}" for name in rollup.sums)
        columns = f"* replace ({negated})" if negated else "*"
        parts.append(f"select {columns}, -1 as {rollup.count} from ({removed})")
    rows = _compacted(rollup, present[rollup.name], " union all ".join(f"({part})" for part in parts))
    sizes.insert(rollup.name, rows)
    size = sizes.of(rollup.name)
    if size.rows > 2 * size.compact_rows + _LEAST_ROWS_TO_COMPACT:
        _compact(connection, rollup, present[rollup.name])
        sizes.note_made(rollup.name)


def _compacted(rollup: Rollup, names: tuple[str, ...], rows: str) -> str:
    """Return the query that makes one row of all rows with equal keys, with the columns in order.

    A row whose count is 0 stays if its sums have changed.
    """
    added_up = {name: f"sum({name}) as {name}" for name in rollup.sums}
    added_up[rollup.count] = f"cast(sum({rollup.count}) as bigint) as {rollup.count}"
    columns = ", ".join(added_up.get(name, name) for name in names)
    keys = ", ".join(name for name in names if name not in added_up)
    together = alone = ""
    if rollup.outlier_key is not None:
        together = f"where {rollup.outlier_key} is null"
        alone = f"union all select * from parts_of_rows where {rollup.outlier_key} is not null"
    return (
        f"with parts_of_rows as not materialized ({rows})"
        f" select {columns} from parts_of_rows {together} group by {keys} {alone}"
    )


def _compact(connection: duckdb.DuckDBPyConnection, rollup: Rollup, columns: tuple[str, ...]) -> None:
    rows = _compacted(rollup, columns, f"from main.{rollup.name}")
    some = f"select * from ({rows}) where {rollup.count} <> 0"
    connection.execute(f"create or replace table {rollup.name} as {some} order by all")


def _replace_keys(
    connection: duckdb.DuckDBPyConnection,
    key: str,
    together: Iterable[Rollup],
    changed: Mapping[str, TableChange],
    present: _Columns,
) -> None:
    """Compute the rows of the changed keys again, of all rollups with one key.

    The rows of these keys are found once for all of them, because that takes a scan of each table.
    """
    tables = sorted({table for rollup in together for table in rollup.tables})
    touched = " union ".join(
        f"select {key} as touched from {rows}"
        for table in tables
        if table in changed
        for rows in changed[table].parts(table)
    )
    connection.execute(f"create or replace temp table touched_keys as {touched}")
    condition = f"{key} in (select touched from temp.touched_keys)"
    for table in tables:
        read = {name for rollup in together for name in rollup.columns_of(table)} | {"source_rowid"}
        columns = ", ".join(name for name in present[table] if name in read)
        rows = f"select {columns} from main.{table} where {condition}"
        connection.execute(f"create or replace temp table touched_{table} as {rows}")
    sources = {table: f"temp.touched_{table}" for table in tables}
    for rollup in together:
        own = {table: sources[table] for table in rollup.tables}
        connection.execute(f"delete from {rollup.name} where {condition}")
        connection.execute(f"insert into {rollup.name} {_rows_of(rollup, rollup.sql, own, present)}")
    for name in ("touched_keys", *(f"touched_{table}" for table in tables)):
        connection.execute(f"drop table temp.{name}")
