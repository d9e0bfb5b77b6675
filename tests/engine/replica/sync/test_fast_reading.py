"""The fast way of reading gives what the exact one gives, or leaves the value to it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from engine.replica.macros import create_macros

LABELS = (
    "sent",
    " Sent",
    "SENT\t",
    "",
    " ",
    "\u00a0sent",
    "sent\u3000",
    "État",
    "\x02sent",
    "\x01sent",
    "a\x00b",
)


@pytest.fixture(scope="module")
def replica() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_macros(connection)
        yield connection


def compare(
    connection: duckdb.DuckDBPyConnection, fast: str, exact: str, values: list[str]
) -> list[tuple[object, ...]]:
    """Return the values that the fast macro reads, but not as the exact one does."""
    rows = ", ".join("(?)" for _ in values)
    # Text beyond printable ASCII reaches the exact macros in hexadecimal.
    raw = "case when regexp_full_match(plain, '[ -~]*') then plain else safe end"
    return connection.execute(
        f"with given as (select col0 as plain, chr(1) || hex(encode(col0)) as safe from (values {rows})),"
        f" read as (select plain, {fast}(plain) as quickly,"
        f" {exact}({raw}) as exactly from given)"
        " select plain, quickly, exactly from read"
        " where quickly is not null and quickly is distinct from exactly",
        values,
    ).fetchall()


def test_labels_are_read_alike(replica: duckdb.DuckDBPyConnection) -> None:
    assert compare(replica, "fast_label", "read_label", list(LABELS)) == []
    assert replica.execute("select fast_label('Sent'), fast_label(''), fast_label(chr(2))").fetchone() == (
        "sent",
        "",
        None,
    )


def test_text_is_read_alike(replica: duckdb.DuckDBPyConnection) -> None:
    assert compare(replica, "fast_text", "read_text", list(LABELS)) == []
    assert replica.execute("select fast_text('État'), fast_text(chr(2))").fetchone() == ("État", None)


def test_what_is_not_of_a_columns_kind_is_left_to_the_exact_way(replica: duckdb.DuckDBPyConnection) -> None:
    for macro in ("fast_number", "fast_whole_number", "fast_integer", "fast_id", "fast_flag"):
        row = replica.execute(f"select {macro}(chr(2)), {macro}(null), {macro}('7') is not null").fetchone()
        assert row == (None, None, True), macro
