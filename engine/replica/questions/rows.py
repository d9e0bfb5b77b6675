"""Answers with rows: those that a number counts, or those of a table that meet some conditions.

The replica finds, filters and sorts them, and only the page that is asked for is read: from the replica by
id, its long texts from the source. Each of its rows is compared with the source's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from engine.model import questions as q
from engine.model.catalogue.counted_rows import ROW_ID
from engine.model.catalogue.datasets import dataset_of_key
from engine.model.catalogue.rows import RowsColumn, RowsTable, rows_table
from engine.model.catalogue.staging import staging
from engine.model.clock import Clock
from engine.model.errors import DashboardError, nearest
from engine.model.questions import MOST_ROWS
from engine.model.selections.run_macros import selection_macros
from engine.model.text.quoting import quote_identifier, quote_literal
from engine.replica.counted import CountedIds, counted_ids
from engine.replica.macros import create_clock_macros, create_each
from engine.replica.questions.error import error_kinds
from engine.replica.questions.literals import condition, order, sortable
from engine.replica.questions.reading import Asked
from engine.replica.questions.replica_tables import ReplicaTables
from engine.replica.questions.row_answer import FoundRows, rows_answer

_IDS = "counted_ids"
# The query of a condition on the columns of one table. What looks like more than that only takes longer.
_ONE_SCAN = re.compile(
    rf"select\s+{ROW_ID}\s+from\s+\w+\s+where\s+(?!.*\b(?:select|join|union|group|order|limit|qualify)\b).*",
    re.DOTALL | re.IGNORECASE,
)


def rows_behind(question: q.RowsQuestion, asked: Asked) -> q.RowsAnswer:
    """Return the rows behind a number. Raises DashboardError."""
    dataset = dataset_of_key(question.key)
    if dataset is None:
        raise DashboardError(question.key, "no such dataset", "give the key of an entry")
    ids = counted_ids(dataset, question.column, question.cells)
    if ids is None:
        raise DashboardError(
            f"{dataset.key}.{question.column}",
            "the number is that of several groups together",
            "open one of them",
        )
    table = rows_table(ids.table)
    clock = Clock(q.utc(question.as_of).replace(microsecond=0), question.time_zone or "UTC")
    with asked.cursor() as cursor:
        create_clock_macros(cursor, clock, temporary=True)
        create_each(cursor, selection_macros(dataset, clock), temporary=True)
        tables = ReplicaTables(cursor)
        tables.state(ids.table)
        which = _condition_of(ids)
        found_in = None
        if which is None or ("select" in which and tables.have_ids(ids.table)):
            tables.require_rollups()
            found_in = _found_ids(tables, ids, question)
            which = f"{ROW_ID} in (select {ROW_ID} from {found_in})"
        found = _find(tables, table, which, question, found_in=found_in)
    return rows_answer(table, found, asked)


def _condition_of(ids: CountedIds) -> str | None:
    """Return the condition that is all of a query of ids; None if the query is another."""
    plain = f"select {ROW_ID} from {ids.table}"
    if ids.sql == plain:
        return "true"
    return ids.sql.removeprefix(f"{plain} where ") if ids.sql.startswith(f"{plain} where ") else None


def _found_ids(tables: ReplicaTables, ids: CountedIds, question: q.RowsQuestion) -> str:
    """Return what ids are selected from: their query if two reads of it are cheap, else a temporary table."""
    if _ONE_SCAN.fullmatch(ids.sql.strip()) and not question.filters and not question.sort:
        return f"({ids.sql})"
    # Found once, because the count and the page both need them.
    tables.cursor.execute(f"create temp table {_IDS} as select {ROW_ID} from ({ids.sql})")
    return f"temp.{_IDS}"


def rows_of_table(question: q.TableRowsQuestion, asked: Asked) -> q.RowsAnswer:
    """Return the rows of a table that meet some conditions. Raises DashboardError."""
    table = rows_table(question.table)
    with asked.cursor() as cursor:
        found = _find(ReplicaTables(cursor), table, "true", question, question.where)
    return rows_answer(table, found, asked)


def whole_text(question: q.TextQuestion, asked: Asked) -> q.TextAnswer:
    """Return the whole of one long text, from the source. Raises DashboardError."""
    table = rows_table(question.table)
    column = table.column(question.column)
    if column.source is None:
        names = [each.name for each in table.columns if each.source is not None]
        raise DashboardError(f"{table.name}.{column.name}", "it is no long text", nearest(column.name, names))
    rowid = _integer(question.id)
    found = asked.source.text(asked.db, staging()[table.name], rowid, column)
    return q.TextAnswer(
        table.name,
        question.id,
        column.name,
        found.text,
        column.shown.contacts,
        is_cut=found.is_cut,
        is_gone=found.is_gone,
    )


def _integer(text: str) -> int:
    try:
        found = int(text)
    except ValueError:
        found = 1 << 64
    if abs(found) >= 1 << 63:
        raise DashboardError(text[:40], "it is the id of no row", "give one of the ids of an answer")
    return found


def _find(
    tables: ReplicaTables,
    table: RowsTable,
    which: str,
    question: q.RowsQuestion | q.TableRowsQuestion,
    where: Sequence[q.Filter] = (),
    *,
    found_in: str | None = None,
) -> FoundRows:
    """Return a page of the rows that meet ``which``; ``found_in`` is what their ids are selected from."""
    for_file = isinstance(question, q.RowsQuestion) and question.for_file
    most = q.MOST_FILE_ROWS if for_file else MOST_ROWS
    offset, limit = max(0, question.offset), min(max(0, question.limit), most)
    filters = (*where, *question.filters)
    named = [each.column for each in filters] + [each.column for each in question.sort]
    used = [sortable(table, name) for name in named]
    shadow = f"with {table.name} as ({tables.whole(table.name)} where {which})"
    if found_in is not None:
        counted = tables.number(f"select count({ROW_ID}) from {found_in}")
    else:
        counted_sql = _joined(table, [sortable(table, each.column) for each in where])
        counted = tables.number(
            f"{shadow} select count(*) from ({counted_sql}) where {condition(table, where)}"
        )
    total = counted
    if question.filters:
        filtered = _joined(table, [sortable(table, each.column) for each in filters])
        total = tables.number(f"{shadow} select count(*) from ({filtered}) where {condition(table, filters)}")
    rows = f"({_joined(table, used)}) where {condition(table, filters)}"
    if found_in is not None and not named:
        shadow, rows = "", f"{found_in} where {ROW_ID} is not null"
    page = f"from {rows} order by {order(question.sort)} limit {limit} offset {offset}"
    own, ids = _page(tables, table, shadow, page)
    as_of = tables.as_of(table.name)
    _look_up(tables, table, own)
    if for_file:
        return FoundRows(own, ids, {}, total, counted, as_of, {}, for_file=True)
    staged = _staged(tables, table) if any(rowid is not None for rowid in ids) else {}
    return FoundRows(own, ids, staged, total, counted, as_of, error_kinds(tables, table.name, ids))


def _page(
    tables: ReplicaTables, table: RowsTable, shadow: str, page: str
) -> tuple[list[dict[str, Any]], list[int | None]]:
    """Return the own columns of the rows of a page, and their ids."""
    found = [rowid for (rowid,) in tables.rows(f"{shadow} select source_rowid {page}")]
    if None in found:
        # The rows have no ids, so they are read in one go; such a table is copied whole, and small.
        rows = _dicts(tables, f"{shadow} select * {page}")
        return rows, [None] * len(rows)
    if not found:
        return [], []
    listed = ",".join(map(str, found))
    # A few rows anywhere in a table take a scan of all of it.
    tables.cursor.execute(
        f"create temp table page_rows as {tables.whole(table.name)} where source_rowid in ({listed})"
    )
    by_id = f"with {table.name} as (from temp.page_rows) {table.sql}"
    rows_by_id = {row["source_rowid"]: row for row in _dicts(tables, by_id)}
    return [rows_by_id[rowid] for rowid in found], list(found)


def _dicts(tables: ReplicaTables, sql: str) -> list[dict[str, Any]]:
    result = tables.cursor.execute(sql)
    names = [name for name, *_ in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _joined(table: RowsTable, used: Iterable[RowsColumn]) -> str:
    """Return the query of the own columns and of those lookups that are used."""
    joins: list[str] = []
    columns: list[str] = []
    for column in dict.fromkeys(each for each in used if each.lookup is not None):
        assert column.lookup is not None
        name, alias = quote_identifier(column.name), f"found_{len(joins)}"
        # Two rows with one key must not make two of the row that looks up.
        joins.append(
            f" left join (select {_key_of(column)} as looked_up, any_value({column.lookup.column}) as {name}"
            f" from main.{quote_identifier(column.lookup.table)} group by 1) as {alias}"
            f" on {alias}.looked_up = own.{quote_identifier(column.lookup.by)}"
        )
        columns.append(f", {alias}.{name}")
    return f"select own.*{''.join(columns)} from ({table.sql}) as own{''.join(joins)}"


def _key_of(column: RowsColumn) -> str:
    assert column.lookup is not None
    return quote_identifier(staging()[column.lookup.table].key)


def _look_up(tables: ReplicaTables, table: RowsTable, rows: list[dict[str, Any]]) -> None:
    """Add the columns of other tables to the rows of a page."""
    by_key: dict[tuple[str, str], list[RowsColumn]] = {}
    for column in table.columns:
        if column.lookup is not None:
            by_key.setdefault((column.lookup.table, column.lookup.by), []).append(column)
    for (other, by), columns in by_key.items():
        found = _looked_up(tables, other, columns, {row[by] for row in rows} - {None})
        for row in rows:
            values = found.get(row[by], {})
            row.update({column.name: values.get(column.name) for column in columns})


def _looked_up(
    tables: ReplicaTables, other: str, columns: list[RowsColumn], keys: set[Any]
) -> dict[Any, dict[str, Any]]:
    """Return columns of the rows of another table with some keys, by key."""
    if not keys or not tables.has(other):
        return {}
    there = tables.columns(other)
    present = [each for each in columns if each.lookup is not None and each.lookup.column in there]
    if not present:
        return {}
    key = _key_of(present[0])
    values = "".join(
        f", any_value({quote_identifier(each.lookup.column)})" for each in present if each.lookup
    )
    # A literal in quotes takes the type of the column.
    listed = ", ".join(quote_literal(str(each)) for each in keys)
    found = tables.rows(
        f"select {key}{values} from main.{quote_identifier(other)} where {key} in ({listed}) group by 1"
    )
    return {
        each: dict(zip([column.name for column in present], cells, strict=True)) for each, *cells in found
    }


def _staged(tables: ReplicaTables, table: RowsTable) -> dict[int, tuple[Any, ...]]:
    """Return the rows of a page as the replica has them, by id."""
    names = ", ".join(map(quote_identifier, tables.columns(table.name)))
    return {row[0]: row for row in tables.rows(f"select {names} from temp.page_rows")}
