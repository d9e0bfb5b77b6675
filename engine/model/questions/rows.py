"""Questions about rows of the source, and about one long text of a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Cell = str | bool | int | float | None
"""A value of a row. An instant is text like ``2026-11-23T20:00:00Z``, a day is text like ``2026-11-23``."""

Operator = Literal["equals", "contains", "less", "greater", "between", "in", "empty"]
Mark = Literal["", "changed", "gone"]

MOST_ROWS = 500
"""The most rows of one answer."""
MOST_FILE_ROWS = 10_000
"""The most rows of one answer for a file."""
MOST_FILE_CHARACTERS = 4_000_000
"""The most characters of one answer for a file; it has fewer rows if they are long, but one at least."""
SHORT_TEXT = 200
"""A text of a row is cut to so many characters; ``TextQuestion`` returns the whole of it."""


@dataclass(frozen=True)
class Sort:
    """The order by one column. Null comes last both ways."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class Filter:
    """A condition on one column.

    ``equals`` and ``in`` compare with one value or several, of which None is null. ``contains`` looks for a
    text in any case. ``less`` and ``greater`` leave the value itself out, ``between`` takes both its ends in.
    ``empty`` takes no value and selects null. Values are cells: an instant or a day is given as its text.
    """

    column: str
    operator: Operator
    values: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class RowsQuestion:
    """Which rows does a number of a dataset count?

    ``key`` is the cache key with its selection, ``column`` the number's column. ``cells`` are the values of
    the number's row by column: those that ``Dataset.rows`` names, or all; none are given for the sum of the
    column. ``as_of`` is the *now* of the
    entry's run, ``time_zone`` its time zone; None is that of the settings. ``for_file``: many rows are wanted
    at a time, without marks and kinds of errors.
    """

    key: str
    column: str
    cells: Mapping[str, Cell]
    as_of: datetime
    sort: tuple[Sort, ...] = ()
    filters: tuple[Filter, ...] = ()
    offset: int = 0
    limit: int = 100
    time_zone: str | None = None
    for_file: bool = False
    kind: Literal["rows"] = "rows"


@dataclass(frozen=True)
class TableRowsQuestion:
    """Which rows of a table of ``sql/rows`` meet all conditions of ``where``?

    ``filters`` are those that a person has added: ``RowsAnswer.counted`` leaves them out.
    """

    table: str
    where: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    filters: tuple[Filter, ...] = ()
    offset: int = 0
    limit: int = 100
    kind: Literal["table_rows"] = "table_rows"


@dataclass(frozen=True)
class RowColumn:
    """One column of rows, as ``sql/rows`` declares it.

    ``contacts``: its texts may name people who were written to, or say what was written. ``long``: texts are
    cut to ``SHORT_TEXT`` characters, and ``TextQuestion`` returns the whole. ``link`` is the kind of thing
    that its values name (``site``, ``job``), ``error`` for the text of an error, None if they name none.
    ``is_sortable``: rows can be sorted and filtered by it; a text that the source alone has cannot.
    """

    name: str
    label: str
    type: str
    unit: str | None = None
    help: str | None = None
    contacts: bool = False
    long: bool = False
    link: str | None = None
    is_sortable: bool = True


@dataclass(frozen=True)
class ErrorKind:
    """What names one kind of error: its source, its stage (None if it has none) and its grouped message."""

    source: str
    stage: str | None
    message: str


@dataclass(frozen=True)
class RowsAnswer:
    """A page of rows. Each row has a cell for each column; ``ids`` and ``marks`` have one entry a row.

    An id is the row's id in the source as decimal text, None if the rows of the table have no ids. A mark is
    ``changed`` if the source has changed the row since the replica was synced, ``gone`` if it has no such row
    any more, else empty. ``total`` is the number of rows that meet the filters, ``counted`` the number of all
    rows of the question. ``replica_as_of`` is the clock just before the snapshot that the replica has.
    ``trouble`` says why the source could not be read; then no row has a mark or a text of the source.
    ``errors`` has the kind of each row's error, None for a row without one; it is empty if no row has one.
    """

    table: str
    label: str
    columns: tuple[RowColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    ids: tuple[str | None, ...]
    marks: tuple[Mark, ...]
    total: int
    counted: int
    replica_as_of: datetime | None
    trouble: str | None = None
    errors: tuple[ErrorKind | None, ...] = ()
    kind: Literal["rows"] = "rows"

    @property
    def contacts(self) -> frozenset[str]:
        """Return the names of the columns that only those may see who may see contacts."""
        return frozenset(column.name for column in self.columns if column.contacts)


@dataclass(frozen=True)
class TextQuestion:
    """What is the whole of one long text? ``id`` is that of ``RowsAnswer.ids``."""

    table: str
    id: str
    column: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class TextAnswer:
    """The text as the source has it now; None if it is null, unreadable, or the row is gone.

    ``is_cut`` is true if it is longer than the answer may be.
    """

    table: str
    id: str
    column: str
    text: str | None
    contacts: bool
    is_cut: bool = False
    is_gone: bool = False
    kind: Literal["text"] = "text"
