"""What the replica must hold: every source table read row by row in plain Python, and how a replica differs.

Values are read by the rules of ``tests.oracle.reading``, which share nothing with the engine; from the
engine comes only which source column becomes which replica column.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb

from engine.model.catalogue.staging import StagedColumn, StagedTable, readings_of, staging
from engine.model.places.lake import Lake
from engine.replica.lake.attach import LakeToOpen
from engine.replica.lake.catalog import claim_to_read
from engine.replica.source import connect_duckdb
from tests.oracle.reading import (
    Stored,
    read_label,
    read_number,
    read_text,
    read_timestamp,
    read_truth,
    read_whole_number,
)

HUGEINT_LIMIT = 1 << 127
BIGINT_LIMIT = 1 << 63
SHOWN_ROWS = 4
_Read = tuple[object, str]
"""What a stored value is read as, and that as text that shows every bit of it."""


@dataclass(frozen=True)
class TableImage:
    """A table's columns (name, type) and its rows, each value in a form that shows every bit of it."""

    columns: tuple[tuple[str, str], ...]
    rows: Counter[tuple[str, ...]]


@cache
def _memory() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"autoload_known_extensions": False})


@cache
def _id_of_no_bigint(number: float) -> int:
    """The id that stands for a number which is no bigint: far below all others, and its own."""
    sql = "select cast(-4611686018427387904 - (hash(?::double) >> 2)::hugeint as bigint)"
    row = _memory().execute(sql, [number]).fetchone()
    assert row is not None
    return int(row[0])


def _id(stored: Stored) -> int | None:
    number = read_number(stored)
    if number is None:
        return None
    if number == int(number) and -BIGINT_LIMIT <= number < BIGINT_LIMIT:
        return int(number)
    return _id_of_no_bigint(float(number))


def _integer(stored: Stored) -> int | None:
    number = read_whole_number(stored)
    return number if number is not None and -HUGEINT_LIMIT <= number < HUGEINT_LIMIT else None


def _number(stored: Stored) -> float | None:
    number = read_number(stored)
    return None if number is None else float(number)


def _instant(stored: Stored) -> object:
    instant = read_timestamp(stored)
    return None if instant is None else instant.replace(tzinfo=None)


def _code(stored: Stored) -> str | None:
    return str(stored.value) if stored.kind == "integer" else read_text(stored)


_READ: dict[str, Callable[[Stored], object]] = {
    "read_id": _id,
    "read_integer": _integer,
    "read_number": _number,
    "read_flag": read_truth,
    "read_text": read_text,
    "read_label": read_label,
    "read_code": _code,
    "read_instant": _instant,
    "is_present": lambda stored: stored.kind != "null",
}


EXPRESSIONS: dict[tuple[str, str], Callable[..., object]] = {}
"""Replica table and column → the column's expression in Python; the product's own files have none."""


def source_images(db: Path) -> dict[str, TableImage | None]:
    """Return what the replica must hold, by replica table; None for one that SQLite cannot read.

    A table that the source lacks has no image.
    """
    with closing(sqlite3.connect(f"{db.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        connection.execute("begin")
        return dict(_images(connection))


def _images(connection: sqlite3.Connection) -> Iterator[tuple[str, TableImage | None]]:
    listed = connection.execute("select name from sqlite_master where type in ('table', 'view')").fetchall()
    names = {name.decode().lower(): name.decode() for (name,) in listed}
    for staged in staging().values():
        name = names.get(staged.source_table.lower())
        if name is not None:
            try:
                yield staged.name, _image(connection, name, staged)
            except sqlite3.OperationalError:
                yield staged.name, None


def _image(connection: sqlite3.Connection, name: str, staged: StagedTable) -> TableImage:
    quoted = _quoted(name)
    found = [
        column.decode() for (column,) in connection.execute(
            "select name from pragma_table_xinfo(?) where hidden <> 1", (name,)
        )
    ]  # fmt: skip
    spelled = {column.lower(): column for column in found}
    present = [
        column
        for column in staged.columns
        if all(reading.source_column.lower() in spelled for reading in column.readings)
    ]
    readings = readings_of(present)
    selected = [_rowid(connection, name, spelled)]
    for reading in readings:
        source_column = _quoted(spelled[reading.source_column.lower()])
        selected += [f"typeof({source_column})", source_column]
    found_rows = connection.execute(f"select {', '.join(selected)} from {quoted}").fetchall()
    rowids, *cells = zip(*found_rows, strict=True) if found_rows else [()] * len(selected)
    read = {
        reading: _read(reading.cast, kinds, values)
        for reading, kinds, values in zip(readings, cells[::2], cells[1::2], strict=True)
    }
    unreadable = [0] * len(rowids)
    for place, (reading, kinds) in enumerate(zip(readings, cells[::2], strict=True)):
        for row, (value, _) in enumerate(read[reading]):
            if value is None and kinds[row] != b"null":
                unreadable[row] |= 1 << place
    columns = [
        _texts(staged, column, [read[reading] for reading in column.readings], len(rowids))
        for column in present
    ]
    types = [(column.name, column.type.upper()) for column in present]
    return TableImage(
        (("source_rowid", "BIGINT"), *types, ("unreadable", "INTEGER")),
        Counter(zip(map(repr, rowids), *columns, map(repr, unreadable), strict=True)),
    )


def _read(cast: str, kinds: Iterable[bytes], values: Iterable[object]) -> list[_Read]:
    """Return what each stored value of a column is read as."""
    # Equal values are read once. Of reals 0.0 and -0.0 are equal.
    once = cache(partial(_read_one, cast))
    return [
        _read_one(cast, kind, value) if kind == b"real" else once(kind, value)
        for kind, value in zip(kinds, values, strict=True)
    ]


def _read_one(cast: str, kind: bytes, value: Any) -> _Read:
    read = _READ[cast](Stored(kind.decode(), value))
    return read, repr(read)


def _texts(staged: StagedTable, column: StagedColumn, given: list[list[_Read]], rows: int) -> list[str]:
    """Return the texts of a column's values, of what its readings give; an expression may have none."""
    if column.plain:
        return [text for _, text in given[0]]
    expression = EXPRESSIONS[staged.name, column.name]
    return [repr(expression(*(read[row][0] for read in given))) for row in range(rows)]


def _rowid(connection: sqlite3.Connection, name: str, columns: dict[str, str]) -> str:
    kinds = connection.execute("select type, wr from pragma_table_list where name = ?", (name,)).fetchone()
    if kinds is None or kinds[0] != b"table" or kinds[1]:
        return "null"
    return next(alias for alias in ("rowid", "_rowid_", "oid") if alias not in columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def replica_images(replica: Path | Lake) -> dict[str, TableImage]:
    """Return what a replica holds of the staged tables, by replica table."""
    with closing(_opened(replica)) as connection:
        made = connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'main' and table_catalog = current_database()"
        ).fetchall()
        return {name: _table_of(connection, name) for (name,) in made if name in staging()}


def _opened(replica: Path | Lake) -> duckdb.DuckDBPyConnection:
    if isinstance(replica, Path):
        return duckdb.connect(str(replica), read_only=True)
    claim = claim_to_read(replica)
    assert claim is not None
    connection = connect_duckdb(1 << 30, None, None, LakeToOpen(claim))
    connection.execute("use replica")
    return connection


def _table_of(connection: duckdb.DuckDBPyConnection, name: str) -> TableImage:
    result = connection.execute(f"from {_quoted(name)}")
    columns = tuple((str(column), str(type_)) for column, type_, *_ in result.description or [])
    return TableImage(columns, Counter(tuple(map(repr, row)) for row in result.fetchall()))


def differences(db: Path, replica: Path | Lake) -> list[str]:
    """Return in words how a replica differs from its source; nothing if it is equal."""
    expected, found = source_images(db), replica_images(replica)
    lines: list[str] = []
    for name in staging():
        if name in expected and expected[name] is None:
            continue
        lines += _table_differences(name, expected.get(name), found.get(name))
    return lines


def _table_differences(name: str, expected: TableImage | None, found: TableImage | None) -> list[str]:
    if expected is None or found is None:
        if expected is not None:
            return [f"{name}: the replica lacks the table"]
        return [] if found is None else [f"{name}: the replica still has the table"]
    if expected.columns != found.columns:
        return [f"{name}: columns {found.columns}, not {expected.columns}"]
    lines = []
    for words, rows in (
        ("only in the source", expected.rows - found.rows),
        ("only in the replica", found.rows - expected.rows),
    ):
        if rows:
            shown = [", ".join(row) for row in sorted(rows.elements())[:SHOWN_ROWS]]
            lines += [f"{name}: {rows.total()} rows {words}:", *(f"    {row}" for row in shown)]
    return lines
