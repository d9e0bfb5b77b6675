"""What each reader makes of each kind of stored value: SQLite's raw text, then DuckDB's macro.

SQLite runs here as Python's sqlite3 on a database in memory, DuckDB on another.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from enum import Enum
from typing import Any

import duckdb
import pytest

from engine.model.catalogue.staging import CASTS
from engine.replica.sqlite_expressions import LONG_TEXT_BYTES, MOST_CHARACTERS, raw_expression

Read = Callable[[str, object], Any]


class Expected(Enum):
    """What no reading gives; its name is the same in every process that collects the tests."""

    UNREADABLE = "unreadable"


UNREADABLE = Expected.UNREADABLE
"""Expected of a value that is there and has no reading."""


class Sql(str):
    """An SQL expression for a value that cannot be given as a parameter."""

    __slots__ = ()


BROKEN_UTF8 = Sql("cast(x'66ff' as text)")
CUT_UTF8 = Sql("cast(x'c3' as text)")
OVERLONG_UTF8 = Sql("cast(x'c1a1' as text)")
SURROGATE_UTF8 = Sql("cast(x'eda080' as text)")
ASCII_BLOB = b"sent"
INFINITY = Sql("9e999")


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table stored (value)")
        yield connection


@pytest.fixture
def read(sqlite: sqlite3.Connection, macros: duckdb.DuckDBPyConnection) -> Read:
    """Return what a reader makes of a value; UNREADABLE is null for a value that is there."""

    def read_value(reader: str, value: object) -> Any:
        sqlite.execute("delete from stored")
        if isinstance(value, Sql):
            sqlite.execute(f"insert into stored values ({value})")
        else:
            sqlite.execute("insert into stored values (?)", (value,))
        expression = raw_expression(reader, '"value"')
        (raw,) = sqlite.execute(f"select {expression} from stored").fetchone()
        if raw is None:
            return None
        row = macros.execute(f"select {reader}(cast(? as varchar))", [str(raw)]).fetchone()
        assert row is not None
        return UNREADABLE if row[0] is None else row[0]

    return read_value


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


INSTANTS = [
    ("2026-11-23", at("2026-11-23")),
    ("2026-11-23 20:00", at("2026-11-23 20:00")),
    ("2026-11-23T20:00", at("2026-11-23 20:00")),
    ("2026-11-23 20:00:07", at("2026-11-23 20:00:07")),
    ("2026-11-23T20:00:07.999Z", at("2026-11-23 20:00:07")),
    ("2026-11-23 20:00:07.123456789", at("2026-11-23 20:00:07")),
    ("2026-11-23T20:00Z", at("2026-11-23 20:00")),
    ("2026-11-23Z", at("2026-11-23")),
    ("2026-11-23+02:00", at("2026-11-22 22:00")),
    ("2026-11-23T22:00:00+02:00", at("2026-11-23 20:00")),
    ("2026-11-23 14:30-05:30", at("2026-11-23 20:00")),
    ("2026-11-23T20:00:07.5+00:00", at("2026-11-23 20:00:07")),
    ("2024-02-29", at("2024-02-29")),
    ("1970-01-01", at("1970-01-01")),
    ("2100-12-31 23:59:59", at("2100-12-31 23:59:59")),
    ("1969-12-31 23:30-01:00", at("1970-01-01 00:30")),
    (0, at("1970-01-01")),
    (1795464000, at("2026-11-23 20:00")),
    ("1795464000", at("2026-11-23 20:00")),
    (1795464000.75, at("2026-11-23 20:00")),
    (1795464000999, at("2026-11-23 20:00")),
    ("1795464000999", at("2026-11-23 20:00")),
    (1795464000999.9, at("2026-11-23 20:00")),
    (100000000000, at("1973-03-03 09:46:40")),
    (4133980799, at("2100-12-31 23:59:59")),
    (4133980799999, at("2100-12-31 23:59:59")),
    ("20261123", at("1970-08-23 12:05:23")),
    *[
        (value, UNREADABLE)
        for value in (
            "", " ", "soon", "Invalid Date", "0000-00-00 00:00:00", "2026-02-30", "2026-13-01", "2026-1-1",
            "2026-11-23 24:00", "2026-11-23 20:60", "2026-11-23 20:00:60", "2026-11-23 20", "2026-11-23T",
            "2026-11-23 20:00:00.", " 2026-11-23", "2026-11-23 ", "2026-11-23\n", "2026-11-23  20:00",
            "2026-11-23t20:00", "2026-11-23T20:00z", "2026-11-23 20:00 +01:00", "2026-11-23 20:00+0100",
            "2026-11-23 20:00+24:00", "2026-11-23 20:00+01", "23.11.2026", "2026/11/23", "now",
            "1969-12-31", "2101-01-01", "1970-01-01 00:30+01:00", "2100-12-31 23:30-01:00", "9999-12-31",
            "2026-11-23T20:00:00\0", "２０２６-11-23", "١", -1, -0.5, 4133980800, 99999999999, 4133980800000,
            2**63 - 1, -(2**63), 1e300, -1e300, INFINITY, Sql("-9e999"), "-5", "1.5", "1e9", "+5",
            "9" * 30, b"2026-11-23", b"", BROKEN_UTF8,
        )
    ],
]  # fmt: skip


@pytest.mark.parametrize(("stored", "expected"), INSTANTS, ids=repr)
def test_a_timestamp(read: Read, stored: object, expected: object) -> None:
    assert read("read_instant", stored) == expected


NUMBERS = [
    (7, 7.0),
    (-7, -7.0),
    (0.1, 0.1),
    (0.1 + 0.2, 0.30000000000000004),
    (1 / 3, 1 / 3),
    (1.7976931348623157e308, 1.7976931348623157e308),
    (5e-324, 5e-324),
    (2**53 + 1, float(2**53 + 1)),
    (2**63 - 1, float(2**63 - 1)),
    ("12", 12.0),
    ("-12.5", -12.5),
    ("+.5", 0.5),
    ("5.", 5.0),
    ("1e3", 1000.0),
    ("1E-3", 0.001),
    ("  12.5\t\r\n", 12.5),
    ("0.30000000000000004", 0.30000000000000004),
    ("007", 7.0),
    *[
        (value, UNREADABLE)
        for value in (
            "", " ", "n/a", "12 kB", "1,5", "1_000", "0x1F", "inf", "-Infinity", "nan", "NaN", "1e", "e5",
            ".", "+", "--1", "1e999", "-1e999", "12\0", "1 2", "½", "１２",
            "true", b"12", b"", INFINITY,
            Sql("-9e999"), BROKEN_UTF8,
        )
    ],
]  # fmt: skip


@pytest.mark.parametrize(("stored", "expected"), NUMBERS, ids=repr)
def test_a_number(read: Read, stored: object, expected: object) -> None:
    assert read("read_number", stored) == expected


def test_every_double_arrives_to_the_bit(
    sqlite: sqlite3.Connection, macros: duckdb.DuckDBPyConnection
) -> None:
    draw = random.Random(20261123)
    doubles = [draw.uniform(0, 1) * 10.0 ** draw.randint(-307, 308) for _ in range(5000)]
    sqlite.execute("delete from stored")
    sqlite.executemany("insert into stored values (?)", [(double,) for double in doubles])
    raw = [text for (text,) in sqlite.execute(f"select {raw_expression('read_number', 'value')} from stored")]
    read = macros.execute(
        "select read_number(raw) from (select unnest(?::varchar[]) as raw)", [raw]
    ).fetchall()
    assert [number for (number,) in read] == doubles


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (404, 404),
        ("404", 404),
        (" 404 ", 404),
        (404.0, 404),
        ("404.0", 404),
        ("4.04e2", 404),
        ("+404", 404),
        (-1, -1),
        (2**63 - 1, 2**63 - 1),
        (404.5, UNREADABLE),
        ("404.5", UNREADABLE),
        ("ECONNRESET", UNREADABLE),
        ("", UNREADABLE),
        (INFINITY, UNREADABLE),
        (b"404", UNREADABLE),
    ],
    ids=repr,
)
def test_a_whole_number(read: Read, stored: object, expected: object) -> None:
    assert read("read_integer", stored) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (1, True),
        (0, False),
        (2, True),
        ("1", True),
        ("0", False),
        (0.0, False),
        (-1, True),
        ("true", UNREADABLE),
    ],
    ids=repr,
)
def test_a_flag(read: Read, stored: object, expected: object) -> None:
    assert read("read_flag", stored) == expected


TEXTS = [
    ("Sent", "Sent"),
    ("  Sent ", "  Sent "),
    ("", ""),
    (" ", " "),
    ("~", "~"),
    ("a\nb\tc", "a\nb\tc"),
    ("\x01plain", "\x01plain"),
    ("\x02", "\x02"),
    ("\x7f", "\x7f"),
    ("naïve ☃ 🦊", "naïve ☃ 🦊"),
    ("\ufffd", "\ufffd"),
    ("a\0b", "a\0b"),
    ("\0", "\0"),
    ('it\'s "5%" {c}', 'it\'s "5%" {c}'),
    ("x" * LONG_TEXT_BYTES, "x" * LONG_TEXT_BYTES),
    ("x" * (LONG_TEXT_BYTES + 1), "x" * MOST_CHARACTERS),
    ("☃" * MOST_CHARACTERS, "☃" * MOST_CHARACTERS),
    ("🦊" * (MOST_CHARACTERS + 1), "🦊" * MOST_CHARACTERS),
    *[
        (value, UNREADABLE)
        for value in (5, 1.5, ASCII_BLOB, b"", BROKEN_UTF8, CUT_UTF8, OVERLONG_UTF8, SURROGATE_UTF8)
    ],
]


@pytest.mark.parametrize(("stored", "expected"), TEXTS, ids=lambda value: repr(value)[:30])
def test_a_text_as_it_stands(read: Read, stored: object, expected: object) -> None:
    assert read("read_text", stored) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (404, "404"),
        ("404", "404"),
        (-(2**63), "-9223372036854775808"),
        (0, "0"),
        (" 404\u00a0A", " 404\u00a0A"),
        ("", ""),
        (404.0, UNREADABLE),
        (ASCII_BLOB, UNREADABLE),
        (BROKEN_UTF8, UNREADABLE),
    ],
    ids=repr,
)
def test_a_code_is_text_and_a_whole_number_its_digits(read: Read, stored: object, expected: object) -> None:
    assert read("read_code", stored) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("Sent", "sent"),
        ("  SENT\t\n", "sent"),
        ("\u00a0Sent\u2003", "sent"),
        ("two  Words", "two  words"),
        ("ÉCOLE", "école"),
        ("", ""),
        ("   ", ""),
        ("\u3000", ""),
        ("a\0B", "a\0b"),
        (5, UNREADABLE),
        (ASCII_BLOB, UNREADABLE),
        (BROKEN_UTF8, UNREADABLE),
    ],
    ids=repr,
)
def test_a_label_is_trimmed_and_lower_cased(read: Read, stored: object, expected: object) -> None:
    assert read("read_label", stored) == expected


@pytest.mark.parametrize("stored", ["2026-11-23", "soon", "", 0, 1.5, b"", BROKEN_UTF8, "\0"], ids=repr)
def test_what_is_there_is_present_readable_or_not(read: Read, stored: object) -> None:
    assert read("is_present", stored) is True


@pytest.mark.parametrize("reader", sorted(CASTS))
def test_null_is_null_and_not_unreadable(read: Read, reader: str) -> None:
    assert read(reader, None) is None


@pytest.mark.parametrize(("stored", "same"), [((4, 4.0), True), ((4, "4"), True), ((4, 4.5), False)])
def test_ids_are_equal_where_their_numbers_are(read: Read, stored: tuple[object, object], same: bool) -> None:
    first, second = (read("read_id", value) for value in stored)
    assert (first == second) is same


@pytest.mark.parametrize("stored", [4.5, "-0.5", 1e300, "1e25", 2**63 - 1, -(2**63)])
def test_any_number_is_an_id(read: Read, stored: object) -> None:
    assert isinstance(read("read_id", stored), int)


@pytest.mark.parametrize("stored", ["", "abc", b"4", INFINITY, BROKEN_UTF8], ids=repr)
def test_what_is_no_number_is_no_id(read: Read, stored: object) -> None:
    assert read("read_id", stored) is UNREADABLE
