"""Somebody else's table under a name of the dashboard's is refused by name, and stays unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.errors import SourceError
from engine.model.source_file.change_triggers import CHANGE_LOG
from engine.runs import Runner
from engine.store import clear_all_cache, get_from_cache, set_cache
from engine.store.sqlite.change_log import create_change_log, drop_change_log
from engine.store.sqlite.migration import DASHBOARD_TABLES, migrate, missing_tables, own_columns
from tests.engine.programs import dashboard, one_line_of_failure
from tests.engine.source_database import execute, execute_script, query, run_request

NAMES = (*DASHBOARD_TABLES, CHANGE_LOG)


def contents(db: Path) -> list[tuple[object, ...]]:
    return query(db, "select type, name, tbl_name, sql from sqlite_master order by name")


@pytest.mark.parametrize("name", NAMES)
def test_a_table_with_other_columns_is_refused_by_name_and_nothing_is_written(
    source: Path, name: str
) -> None:
    execute(source, f"create table {name} (a, b)")
    before = contents(source)
    with pytest.raises(SourceError) as failure:
        migrate(source)
    assert str(failure.value) == (
        f"{source}: something else in it has the name {name} of a table of the dashboard"
        " (it has the columns a, b); give it another name; nothing has been written"
    )
    assert contents(source) == before


@pytest.mark.parametrize(
    "statement",
    [
        "create view dashboard_cache as select 1 as cache_key",
        "create index dashboard_runs on sites (domain)",
        "create table DASHBOARD_STATE (name text)",
        "create table dashboard_state (value text, name text)",
    ],
)
def test_so_is_whatever_else_has_the_name(source: Path, statement: str, runner: Runner) -> None:
    execute(source, statement)
    before = contents(source)
    for refused in (migrate, missing_tables, lambda _: runner.run(run_request("excluded_sites_count"))):
        with pytest.raises(SourceError, match="of a table of the dashboard"):
            refused(source)
    assert contents(source) == before


def test_the_functions_for_the_cache_leave_it_alone(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    execute_script(source, "create table dashboard_cache (mine); insert into dashboard_cache values (1);")
    monkeypatch.setenv("DASHBOARD_DB", str(source))
    for refused in (clear_all_cache, lambda: set_cache("a/b", 1, 5), lambda: get_from_cache("a/b")):
        with pytest.raises(SourceError):
            refused()
    assert query(source, "select * from dashboard_cache") == [(1,)]


def test_a_change_log_of_somebody_else_is_left_alone(source: Path) -> None:
    execute_script(source, f"create table {CHANGE_LOG} (mine); insert into {CHANGE_LOG} values (1);")
    for refused in (create_change_log, drop_change_log):
        with pytest.raises(SourceError, match=f"the name {CHANGE_LOG} of a table"):
            refused(source)
    assert query(source, f"select * from {CHANGE_LOG}") == [(1,)]


def test_what_the_dashboard_has_made_is_its_own(source: Path) -> None:
    assert missing_tables(source) == DASHBOARD_TABLES
    migrate(source)
    create_change_log(source)
    assert missing_tables(source) == ()
    assert set(own_columns()) == set(NAMES)


@pytest.mark.parametrize("command", [["check"], ["cache", "clear"]])
def test_commands_name_it(source: Path, tmp_path: Path, command: list[str]) -> None:
    execute(source, "create table dashboard_cache (a, b)")
    line = one_line_of_failure(dashboard(*command, "--db", source, cwd=tmp_path))
    assert "the name dashboard_cache of a table of the dashboard" in line
