"""Makes the answer of a page of rows: cells of the replica, long texts and marks of the source.

A page for a file has many more rows, and neither marks nor kinds of errors.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.model import questions as q
from engine.model.catalogue.rows import RowsColumn, RowsTable
from engine.model.catalogue.staging import staging
from engine.model.errors import DashboardError
from engine.model.questions import MOST_ROWS, SHORT_TEXT
from engine.model.text.without_paths import without_paths
from engine.replica.questions.reading import Asked
from engine.replica.questions.source_rows import SourceRows

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoundRows:
    """A page of rows as the replica has it; ``staged`` are the whole rows of its table, by id.

    ``for_file``: nothing is known of the rows but their cells.
    """

    cells: list[dict[str, Any]]
    ids: list[int | None]
    staged: dict[int, tuple[Any, ...]]
    total: int
    counted: int
    as_of: datetime | None
    errors: dict[int, q.ErrorKind]
    for_file: bool = False


def rows_answer(table: RowsTable, found: FoundRows, asked: Asked) -> q.RowsAnswer:
    """Return the answer, with the long texts and the marks that the source gives."""
    ids = [rowid for rowid in found.ids if rowid is not None]
    only_there = [column for column in table.columns if not column.shown.is_sortable]
    trouble, source = None, SourceRows({}, {})
    try:
        source = _of_source(table, ids, only_there, asked, for_file=found.for_file)
    except DashboardError as error:
        trouble = without_paths(str(error))
        log.info("rows are shown without what the source has: %s", error)
    named = [(column.name, column.shown.long) for column in table.columns]
    rows, marks, errors = [], [], []
    for row, rowid in zip(found.cells, found.ids, strict=True):
        texts = {} if rowid is None else source.texts.get(rowid, {})
        rows.append(tuple([_cell(row.get(name, texts.get(name)), long=long) for name, long in named]))
        marks.append(_mark(rowid, found, source) if trouble is None and not found.for_file else "")
        errors.append(None if rowid is None else found.errors.get(rowid))
    if found.for_file:
        rows = fitting_rows(rows)
    return q.RowsAnswer(
        table=table.name,
        label=table.label,
        columns=tuple(column.shown for column in table.columns),
        rows=tuple(rows),
        ids=tuple(None if rowid is None else str(rowid) for rowid in found.ids[: len(rows)]),
        marks=tuple(marks[: len(rows)]),
        total=found.total,
        counted=found.counted,
        replica_as_of=found.as_of,
        trouble=trouble,
        errors=tuple(errors) if any(errors) else (),
    )


def _of_source(
    table: RowsTable, ids: list[int], only_there: list[RowsColumn], asked: Asked, *, for_file: bool
) -> SourceRows:
    """Return what the source has of a page's rows; for a file, the texts that it alone has.

    Raises SourceError.
    """
    staged = staging()[table.name]
    if not for_file:
        return asked.source.rows(asked.db, staged, ids, only_there)
    texts: dict[int, Mapping[str, str | None]] = {}
    # In short reads, because a long one would hold up the writer's log.
    for start in range(0, len(ids) if only_there else 0, MOST_ROWS):
        part = ids[start : start + MOST_ROWS]
        texts |= asked.source.rows(asked.db, staged, part, only_there, is_compared=False).texts
    return SourceRows({}, texts)


def fitting_rows(rows: list[tuple[q.Cell, ...]]) -> list[tuple[q.Cell, ...]]:
    """Return the first rows that an answer for a file has room for; one at least."""
    characters = 0
    for place, row in enumerate(rows):
        characters += sum(len(cell) for cell in row if isinstance(cell, str))
        if characters > q.MOST_FILE_CHARACTERS and place:
            return rows[:place]
    return rows


def _mark(rowid: int | None, found: FoundRows, source: SourceRows) -> q.Mark:
    if rowid is None:
        return ""
    if rowid not in source.staged:
        return "gone"
    return "" if source.staged[rowid] == found.staged.get(rowid) else "changed"


def _cell(value: Any, *, long: bool) -> q.Cell:
    """Return a value of DuckDB as a cell; ``long`` says that texts of its column are cut."""
    if isinstance(value, str):
        return value[:SHORT_TEXT] + "…" if long and len(value) > SHORT_TEXT else value
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
