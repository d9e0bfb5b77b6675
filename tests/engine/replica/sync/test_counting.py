"""Which tables a sync counts the rows of, and when it copies a logged table again: what bounds its cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from engine.replica.sync import plan
from engine.replica.sync.bounds import tables_to_count
from engine.replica.sync.state import TableState
from engine.replica.sync.survey import SourceTable
from engine.runs.processes.engine_process import EngineProcess
from engine.store.sqlite.change_log import create_change_log
from tests.engine.replica.sync.given import Dashboard, make_db
from tests.engine.replica.sync.test_late_rows import EngineHere
from tests.engine.source_database import execute

TABLE = SourceTable("any", {}, "id", "", 0, True, None, False, False)


def counted_by_syncs(rows: dict[str, int], syncs: int, **tables: SourceTable) -> list[set[str]]:
    """Return the tables that each of some syncs counts."""
    states = {name: TableState(name, "", 0) for name in rows}
    found = []
    for number in range(1, syncs + 1):
        counted = tables_to_count({name: tables.get(name, TABLE) for name in rows}, states, rows)
        states |= {name: replace(states[name], counted_at_sync=number) for name in counted}
        found.append(set(counted))
    return found


def test_tables_of_up_to_200000_rows_are_counted_by_each_sync_and_larger_ones_in_turn() -> None:
    rows = {"small": 200_000, "a": 1_500_000, "b": 1_500_000, "c": 200_001}
    first, second, third = counted_by_syncs(rows, 3)
    assert "small" in first & second & third
    assert (first - {"small"}, second - {"small"}) == ({"a"}, {"b", "c"})
    assert third - {"small"} == {"a"}


def test_however_large_a_table_is_its_turn_comes() -> None:
    rows = {"a": 90_000_000, "b": 70_000_000}
    assert counted_by_syncs(rows, 4) == [{"a"}, {"b"}, {"a"}, {"b"}]


def test_a_logged_table_whose_rows_can_go_unlogged_is_counted_by_each_sync() -> None:
    logged = replace(TABLE, is_logged=True, has_unique_index=True)
    rows = {"a": 90_000_000, "b": 70_000_000}
    assert [each & {"b"} for each in counted_by_syncs(rows, 2, b=logged)] == [{"b"}, {"b"}]


@pytest.mark.parametrize("is_copied", [True, False])
def test_logged_tables_are_copied_again_if_more_changes_are_unread_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_copied: bool
) -> None:
    dashboard = Dashboard(cast(EngineProcess, EngineHere()), make_db(tmp_path))
    execute(
        dashboard.db, "insert into sites (domain, updated_at) values ('a.example', '2026-11-20')", *[()] * 50
    )
    create_change_log(dashboard.db)
    assert dashboard.missed() == []
    execute(dashboard.db, "update sites set status = 'scored' where id in (1, 7, 9)")
    monkeypatch.setattr(plan, "MOST_NOTES", 2 if is_copied else 3)
    # A sync by the log leaves what is missing in it to the audit; a copy does not.
    execute(dashboard.db, "delete from dashboard_changes where row_id = 7")
    assert (dashboard.missed() == []) is is_copied
