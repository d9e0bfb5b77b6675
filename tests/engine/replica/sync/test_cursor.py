"""Which rows are asked for again: none is left out that changed since, in whatever spelling it says so."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from engine.replica.sync.cursor import CAUTION, SLACK, changed_since, cursor_after

AT = datetime(2026, 11, 23, 23, 59, 30, tzinfo=UTC)
SPELLINGS = {
    "SQLite's": lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
    "JavaScript's": lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.123Z",
    "to the minute": lambda at: f"{at:%Y-%m-%d %H:%M}",
    "a day": lambda at: f"{at:%Y-%m-%d}",
    "New York's": lambda at: f"{at - timedelta(hours=5):%Y-%m-%dT%H:%M:%S}-05:00",
    "Adelaide's": lambda at: f"{at + timedelta(minutes=630):%Y-%m-%d %H:%M:%S}+10:30",
    "seconds": lambda at: int(at.timestamp()),
    "milliseconds": lambda at: int(at.timestamp() * 1000),
    "seconds as text": lambda at: str(int(at.timestamp())),
    "milliseconds as text": lambda at: str(int(at.timestamp() * 1000)),
}


def found(declared: str, value: object, cursor: datetime) -> bool:
    with sqlite3.connect(":memory:") as connection:
        connection.execute(f"create table t (c {declared})")
        connection.execute("insert into t values (?)", (value,))
        conditions = " or ".join(
            f"({condition})" for condition in changed_since('"c"', cursor, AT + timedelta(days=20))
        )
        return connection.execute(f"select 1 from t where {conditions}").fetchone() is not None


@pytest.mark.parametrize(
    "declared, spelling",
    [
        (declared, spelling)
        for declared in ("datetime", "text", "")
        for spelling in SPELLINGS
        # Digits in a column without a type stay text beside numbers: the audit finds them.
        if declared or "as text" not in spelling
    ],
)
def test_a_change_from_the_cursor_on_is_found(declared: str, spelling: str) -> None:
    spell = SPELLINGS[spelling]
    for after_s in (0, 1, 29, 30, 31, 3600, 86400, 90000, 10 * 86400):
        assert found(declared, spell(AT + timedelta(seconds=after_s)), AT), after_s


@pytest.mark.parametrize("spelling", ["SQLite's", "JavaScript's", "seconds", "milliseconds"])
def test_a_change_before_the_cursors_minute_is_not_asked_for(spelling: str) -> None:
    spell = SPELLINGS[spelling]
    for before_s in (91, 3600, 86400):
        assert not found("datetime", spell(AT - timedelta(seconds=before_s)), AT)


def test_the_cursor_lies_before_the_last_syncs_clock_by_the_slack() -> None:
    synced_at = AT - timedelta(minutes=10)
    assert cursor_after(AT, synced_at, None) == synced_at - SLACK
    assert cursor_after(AT, synced_at, synced_at + timedelta(minutes=1)) == synced_at - SLACK


def test_a_writer_whose_clock_is_behind_is_known_by_its_newest_stamp() -> None:
    behind = AT - timedelta(hours=2)
    assert cursor_after(AT, AT - timedelta(minutes=10), behind) == behind - SLACK


def test_where_the_clock_was_set_back_the_changes_of_a_day_are_read_again() -> None:
    assert cursor_after(AT, AT + timedelta(hours=1), None) == AT - CAUTION
