"""Changes that carry a stamp older than the last run, or one from far ahead, are taken over all the same.

No test here leaves it to the audit: what that repairs is a failure.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from engine.model.values.orders import RunOrder
from engine.model.values.results import Progress, RunOutcome
from engine.replica.run import compute_run
from engine.replica.session import DuckDBSession
from engine.replica.source import Source
from engine.replica.sync import late
from engine.replica.sync.late import (
    FAR_ROWS,
    SLICE_ROWS,
    ChangeStamps,
    late_rows,
)
from engine.replica.sync.state import FIRST_TURN, Turn
from engine.replica.sync.survey import SourceTable
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.sync.given import Dashboard, make_db
from tests.engine.source_database import NOW, execute

SITES = 400
SPELLINGS: dict[str, Callable[[datetime], object]] = {
    "SQLite's": lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
    "JavaScript's": lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.123Z",
    "seconds": lambda at: int(at.timestamp()),
    "milliseconds": lambda at: int(at.timestamp() * 1000),
    "New York's": lambda at: f"{at - timedelta(hours=5):%Y-%m-%dT%H:%M:%S}-05:00",
}


@pytest.fixture
def dashboard(engine: EngineProcess, tmp_path: Path) -> Dashboard:
    """Return a dashboard on a source with sites of long ago, and one that changed just before its run."""
    dashboard = Dashboard(engine, make_db(tmp_path))
    add_sites(dashboard, SITES, "2026-11-20 10:00:00")
    assert dashboard.missed() == []
    change(dashboard, "id = 1", dashboard.at)
    assert dashboard.missed() == []
    return dashboard


def add_sites(dashboard: Dashboard, sites: int, stamp: object) -> None:
    execute(
        dashboard.db,
        "insert into sites (domain, updated_at) with recursive numbers (n) as"
        " (select 1 union all select n + 1 from numbers where n < ?) select 'a.example', ? from numbers",
        (sites, stamp),
    )


def change(
    dashboard: Dashboard, condition: str, at: datetime, spelling: str = "SQLite's", stage: str = "scored"
) -> None:
    stamp = SPELLINGS[spelling](at)
    execute(dashboard.db, f"update sites set status = ?, updated_at = ? where {condition}", (stage, stamp))


@pytest.mark.parametrize("before", [timedelta(minutes=2), timedelta(minutes=55)], ids=str)
def test_rows_stamped_within_an_hour_before_the_last_run_are_in_the_next(
    dashboard: Dashboard, before: timedelta
) -> None:
    for place, spelling in enumerate(SPELLINGS):
        change(dashboard, f"id > 200 and id % 5 = {place}", dashboard.at - before, spelling)
    assert dashboard.missed() == []


def test_a_second_change_with_the_stamp_of_the_first_is_in_the_next_run(dashboard: Dashboard) -> None:
    at = dashboard.at
    for stage in ("scored", "rescored", "enriched"):
        change(dashboard, "id > 200", at, stage=stage)
        assert dashboard.missed() == []


class PlainSource:
    """Answers what is asked of a source from one table in SQLite's own memory."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute("create table sites (id integer primary key, updated_at datetime)")
        self.connection.execute("create index by_stamp on sites (updated_at)")

    def add(self, rows: int, stamp: object) -> set[int]:
        """Add rows with one stamp and return their ids."""
        before = self.connection.execute("select count(*) from sites").fetchone()[0]
        self.connection.executemany("insert into sites (updated_at) values (?)", [(stamp,)] * rows)
        return set(range(before + 1, before + rows + 1))

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        return [tuple(None if v is None else str(v) for v in row) for row in self.connection.execute(sql)]

    def value(self, sql: str) -> str | None:
        return self.rows(sql)[0][0]


SITES_TABLE = SourceTable("sites", {}, "id", "", 0, True, None, False, False)
STAMPS = ChangeStamps(SITES_TABLE, '"updated_at"', NOW, NOW + timedelta(days=1))


def read_again(source: PlainSource, turn: Turn) -> tuple[set[int], Turn]:
    found_late = late_rows(cast(Source, source), STAMPS, turn)
    ids = {int(row_id or 0) for select in found_late.selects for (row_id,) in source.rows(select)}
    assert len(ids) <= 50_000
    return ids, found_late.turn


def test_the_rows_of_a_day_are_all_reached_in_turn_whatever_their_spelling() -> None:
    source = PlainSource()
    wanted: set[int] = set()
    for spell in SPELLINGS.values():
        for hours in (2, 9, 22):
            wanted |= source.add(300, spell(NOW - timedelta(hours=hours)))
        # More than one slice may end at one stamp.
        wanted |= source.add(SLICE_ROWS + 700, spell(NOW - timedelta(hours=5)))
        source.add(900, spell(NOW - timedelta(days=3)))
    reached: set[int] = set()
    turn = FIRST_TURN
    for _ in range(-(-len(wanted) // SLICE_ROWS) + 1):
        ids, turn = read_again(source, turn)
        reached |= ids
    assert wanted <= reached
    assert len(reached) <= len(wanted) + 2 * 900, "what is three days old is not read, but for a day's edge"


def test_an_hour_with_more_rows_than_a_sync_reads_again_is_reached_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    most = 2 * SLICE_ROWS
    monkeypatch.setattr(late, "MOST_WINDOW_ROWS", most)
    source = PlainSource()
    oldest = source.add(3 * SLICE_ROWS, SPELLINGS["SQLite's"](NOW - timedelta(minutes=50)))
    source.add(most, SPELLINGS["SQLite's"](NOW - timedelta(minutes=40)))
    reached: set[int] = set()
    turn = FIRST_TURN
    for _ in range(3 + most // SLICE_ROWS):
        ids, turn = read_again(source, turn)
        reached |= ids
    assert oldest <= reached


def test_slices_go_by_the_index() -> None:
    source = PlainSource()
    turn = Turn(0, "'2026-11-23 10:00:00'", 7)
    asked: list[str] = []
    source.connection.set_trace_callback(asked.append)
    read_again(source, turn)
    for sql in asked:
        plan = [row[3] for row in source.connection.execute(f"explain query plan {sql}")]
        assert not [line for line in plan if line.startswith("SCAN sites") or "B-TREE FOR ORDER" in line], sql


def test_a_stamp_from_far_ahead_hides_no_change(dashboard: Dashboard) -> None:
    ahead = datetime(2099, 1, 1, tzinfo=dashboard.at.tzinfo)
    for stage in ("scored", "failing"):
        for place, spelling in enumerate(SPELLINGS):
            change(dashboard, f"id > 200 and id % 5 = {place}", ahead, spelling, stage)
        assert dashboard.missed() == []
    change(dashboard, "id = 2", dashboard.at - timedelta(minutes=30))
    assert dashboard.missed() == []


def test_more_rows_from_far_ahead_than_a_sync_reads_hide_no_late_change(dashboard: Dashboard) -> None:
    add_sites(dashboard, FAR_ROWS + 500, "2099-01-01")
    assert dashboard.missed() == []
    change(dashboard, "id = 2", dashboard.at - timedelta(hours=5))
    assert dashboard.missed() == []


def test_a_stamp_that_becomes_null_is_noticed_by_the_audit(dashboard: Dashboard) -> None:
    execute(dashboard.db, "update sites set status = 'failing', updated_at = null where id = 390")
    repaired = [dashboard.missed() for _ in range(6)]
    assert repaired.count(["sites was repaired"]) == 1
    assert repaired[-1] == []


@pytest.mark.parametrize("value", ["cast(x'ff' as text)", "x'00ff'", "3.5", "'caf' || char(233)"])
def test_changed_rows_with_odd_values_are_read_to_the_letter(dashboard: Dashboard, value: str) -> None:
    for each in (value, "'scored'", value):
        stamp = SPELLINGS["SQLite's"](dashboard.at)
        execute(dashboard.db, f"update sites set status = {each}, updated_at = ? where id % 2 = 0", (stamp,))
        assert dashboard.missed() == []


class EngineHere:
    """An engine in this process, so that a test can change how it reads."""

    def compute(self, order: RunOrder, report: Callable[[Progress], None]) -> RunOutcome:
        with closing(DuckDBSession()) as session:
            return compute_run(order, lambda _: None, session)


def test_changed_rows_that_duckdb_refuses_to_read_the_fast_way_are_read_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = Dashboard(cast(EngineProcess, EngineHere()), make_db(tmp_path))
    add_sites(dashboard, SITES, "2026-11-20 10:00:00")
    assert dashboard.missed() == []
    refused: list[str] = []

    def refuse(cast: str, affinity: str, column: str, raw: str) -> tuple[str, str]:
        refused.append(column)
        return column, "error('refused')"

    monkeypatch.setattr("engine.replica.sync.fetch.fast_reading", refuse)
    change(dashboard, "id < 300", dashboard.at)
    assert dashboard.missed() == []
    assert refused
