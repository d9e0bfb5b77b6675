"""Finds the open rows that may have changed: appended rows that meet ``mutable_where``.

SQLite compares their ``final_when`` columns with what the replica knows, and returns only rows that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.model.catalogue.staging import Condition, Reading, StagedColumn, StagedTable, readings_of
from engine.model.text.quoting import quote_identifier, quote_literal
from engine.replica.sync.snapshot import SyncSnapshot
from engine.replica.sync.survey import SourceTable

# Each sync compares this many open rows of a table: the newest, and some of the others in turn.
MOST_OPEN_ROWS = 50_000
NEWEST_OPEN_ROWS = 40_000
# Rows with the same known values are compared as a group. This many groups, the largest, are compared.
MOST_GROUPS = 40

_UNREADABLE = "chr(1)"


def open_rows(
    snapshot: SyncSnapshot, staged: StagedTable, table: SourceTable, below: int | None
) -> tuple[list[str], int | None]:
    """Return conditions for open rows that may have changed, and the id below which the next turn continues.

    ``below`` is that id of the last sync; None means that a turn begins with the newest of the older rows.
    """
    askable = [condition for condition in staged.mutable_where if _can_ask(condition, staged, table)]
    if not askable:
        return [], None
    name = quote_identifier(staged.name)
    is_open = " or ".join(f"({condition.sql})" for condition in askable)
    closing = _closing_columns(staged, table)
    readings = readings_of(table.present(staged))
    known = "".join(
        f", {_known(column, reading, readings.index(reading))} as known_{index}"
        for index, (column, reading) in enumerate(closing.items())
    )
    rows = f"select source_rowid as id{known} from {name} where ({is_open})"
    at_once = MOST_OPEN_ROWS if below is None else NEWEST_OPEN_ROWS
    snapshot.connection.execute(
        f"create or replace temp table open_rows as {rows} order by id desc limit {at_once}"
    )
    looked_at, lowest = _count_and_lowest(snapshot)
    if below is not None and looked_at == NEWEST_OPEN_ROWS:
        snapshot.connection.execute(
            f"insert into temp.open_rows {rows} and source_rowid < {min(below, lowest)}"
            f" order by id desc limit {MOST_OPEN_ROWS - NEWEST_OPEN_ROWS}"
        )
        looked_at, lowest = _count_and_lowest(snapshot)
    next_below = lowest if looked_at == MOST_OPEN_ROWS else None
    conditions = list(_conditions(snapshot, table, closing))
    snapshot.connection.execute("drop table temp.open_rows")
    return conditions, next_below


def _count_and_lowest(snapshot: SyncSnapshot) -> tuple[int, int]:
    row = snapshot.connection.execute("select count(*), coalesce(min(id), 0) from temp.open_rows").fetchone()
    assert row is not None
    return row[0], row[1]


def _closing_columns(staged: StagedTable, table: SourceTable) -> dict[StagedColumn, Reading]:
    """Return the replica columns that are casts of the ``final_when`` columns that the source has.

    None of them if one of these source columns has no such column: then every open row is read again.
    """
    wanted = {name.lower() for name in staged.final_when if table.column(name)}
    closing = {
        column: column.plain
        for column in table.present(staged)
        if column.plain and column.plain.source_column.lower() in wanted and column.plain.cast != "is_present"
    }
    return closing if {reading.source_column.lower() for reading in closing.values()} == wanted else {}


def _conditions(
    snapshot: SyncSnapshot, table: SourceTable, closing: Mapping[StagedColumn, Reading]
) -> Iterable[str]:
    """Yield a condition for each group of rows with the same known values."""
    names = "".join(f"known_{index}, " for index in range(len(closing)))
    groups = snapshot.connection.execute(
        f"select {names}string_agg(id, ',' order by id) from temp.open_rows"
        " group by all having count(*) > 0 order by count(*) desc, min(id)"
    ).fetchall()
    for place, (*values, ids) in enumerate(groups):
        # SQLite reads one text of many numbers faster than as many literals.
        rows = f"{table.sql_rowid} in (select value from json_each('[{ids}]'))"
        if not closing or place >= MOST_GROUPS:
            yield rows
            continue
        changed = " or ".join(
            _has_changed(reading, table, value)
            for reading, value in zip(closing.values(), values, strict=True)
        )
        yield f"{rows} and ({changed})"


def _known(column: StagedColumn, reading: Reading, place: int) -> str:
    """Return what the replica knows of a closing column: the label itself, or else whether there is a value.

    ``place`` is that of the reading's bit in ``unreadable``.
    """
    known = column.name if reading.cast == "read_label" else f"if({column.name} is null, null, '')"
    return f"if(unreadable & {1 << place} <> 0, {_UNREADABLE}, {known})"


def _has_changed(reading: Reading, table: SourceTable, known: str | None) -> str:
    """Return the SQLite condition for a value that differs from what the replica knows.

    It may be true of an unchanged value in another spelling, but it is never false if the value has changed.
    """
    found = table.columns[reading.source_column.lower()]
    name = quote_identifier(found.name)
    if known is None:
        return f"{name} is not null"
    if not (known.isascii() and known.isprintable()):
        return "true"
    return f"{name} is not {quote_literal(known)}" if reading.cast == "read_label" else f"{name} is null"


def _can_ask(condition: Condition, staged: StagedTable, table: SourceTable) -> bool:
    """Return whether the replica has every column that a condition names."""
    return {column.name for column in table.present(staged)}.issuperset(condition.columns)
