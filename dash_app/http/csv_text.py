"""CSV text of a dataset's columns, by RFC 4180: made in parts, with no cell that a spreadsheet would run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from engine.model.catalogue.columns import Column

BOM = "\ufeff"
LINE_END = "\r\n"
_IN_NO_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_ROWS_A_PART = 1000

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a formula begins with; the wide forms are read as the narrow ones in some languages."""


def file_name_of(parts: Sequence[str]) -> str:
    """Return the name of a CSV file; what some system or shell does not take in a name becomes a hyphen."""
    return _IN_NO_FILE_NAME.sub("-", "_".join(parts)) + ".csv"


class HasType(Protocol):
    """A column of a dataset or of rows."""

    @property
    def type(self) -> str:
        """Return what its values are; a ``text`` is made harmless."""
        ...


def csv_parts(
    columns: Sequence[Column], value: Mapping[str, Sequence[Any]], most: int, *, bom: bool = False
) -> Iterator[bytes]:
    """Yield the first ``most`` rows of a value as CSV in UTF-8, after a line with the columns' names.

    Numbers are as JSON has them, instants and days in ISO 8601, booleans ``true`` and ``false``. A null is an
    empty cell, an empty text is ``""``.
    """
    yield csv_heading((column.name for column in columns), bom=bom)
    rows = zip(*(value[column.name] for column in columns), strict=True)
    left = islice(rows, most)
    while part := list(islice(left, _ROWS_A_PART)):
        yield csv_lines(columns, part)


def csv_lines(columns: Sequence[HasType], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows of such columns as lines of CSV in UTF-8."""
    writers = [_text if column.type == "text" else _plain for column in columns]
    return "".join(_row(row, writers) for row in rows).encode()


def csv_heading(names: Iterable[str], *, bom: bool = False) -> bytes:
    """Return the first line of a file, with the names of its columns."""
    return ((BOM if bom else "") + _line(names)).encode()


def _row(row: Sequence[Any], writers: Sequence[Callable[[Any], str]]) -> str:
    return _line(write(cell) for write, cell in zip(writers, row, strict=True))


def _line(cells: Iterable[str]) -> str:
    return ",".join(cells) + LINE_END


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


def _text(cell: str | None) -> str:
    """Return a text as a cell; one that a spreadsheet would run begins with an apostrophe.

    >>> _text("=1+1"), _text("a, b")
    ("'=1+1", '"a, b"')
    """
    if cell is None:
        return ""
    harmless = f"'{cell}" if cell.startswith(_RUN_BY_SPREADSHEETS) else cell
    if not harmless or any(letter in harmless for letter in ',"\r\n') or harmless != harmless.strip():
        return '"' + harmless.replace('"', '""') + '"'
    return harmless
