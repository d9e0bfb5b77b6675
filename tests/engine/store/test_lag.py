"""The lag of entries behind the source: the rows that came or changed after they were computed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.demo import generate
from engine.model.catalogue.staging import staging
from engine.model.clock import to_sqlite
from engine.model.errors import SourceError
from engine.runs import Runner, Trigger
from engine.runs.records.job_log import log_job_run
from engine.store import list_entries
from engine.store.freshness import lag as lag_module
from engine.store.freshness.lag import LagReport, SourceLag, read_lag
from engine.store.freshness.source_tables import CAP
from engine.store.runs import RunRecord
from engine.store.sqlite.database import open_database, write_transaction
from engine.store.sqlite.migration import migrate
from tests.engine.source_database import NOW, execute, execute_script, query, run_request

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SEEN_AT = NOW - 10 * MINUTE
STORED_AT = SEEN_AT + timedelta(seconds=2)
NOTHING = SourceLag(0, 0, is_capped=False)
SITES = "insert into sites (domain, created_at, updated_at) values ('a.com', ?1, ?1)"
JOB_RUNS = "insert into cron_job_logs (job_name, status, started_at) values (?, 'success', ?)"


@pytest.fixture
def db(source: Path) -> Path:
    migrate(source)
    return source


def text(instant: datetime) -> str:
    return to_sqlite(instant)


def javascript(instant: datetime, milliseconds: int = 0) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"


def store_watermarks_of(
    db: Path, *, stored_at: datetime = STORED_AT, seen_at: datetime = SEEN_AT, row_id: str = "rowid"
) -> None:
    """Store the watermark of each table of the source, as a run does."""
    for staged in staging().values():
        table = staged.source_table
        found = query(db, "select 1 from sqlite_master where type = 'table' and lower(name) = ?", [table])
        last_id = query(db, f"select max({row_id}) from {table}")[0][0] if found else 0
        if last_id is not None:
            execute(
                db,
                "insert into dashboard_source_marks (stored_at, table_name, last_id, seen_at)"
                " values (?, ?, ?, ?)",
                (to_sqlite(stored_at), table, last_id, to_sqlite(seen_at)),
            )


def lag_of(db: Path, now: datetime = NOW) -> SourceLag:
    return read_lag(db, now).by_time[STORED_AT]


def add_samples(db: Path, count: int, at: datetime = NOW) -> None:
    execute(db, "insert into system_metrics (recorded_at) values (?)", *[(text(at),)] * count)


def filled(db: Path) -> Path:
    """Give each table that this file's tests use a row, and store its watermark."""
    execute(db, SITES, (text(SEEN_AT - HOUR),), (javascript(SEEN_AT - HOUR),))
    add_samples(db, 1, SEEN_AT - HOUR)
    execute(db, JOB_RUNS, ("scoreSites", text(SEEN_AT - HOUR)))
    store_watermarks_of(db)
    return db


def test_a_source_without_watermarks_has_no_lag(source: Path, db: Path) -> None:
    assert read_lag(db, NOW) == LagReport({})


def test_a_source_that_was_never_migrated_has_no_lag(source: Path) -> None:
    add_samples(source, 1, NOW - HOUR)
    assert read_lag(source, NOW) == LagReport({})


def test_nothing_lags_right_after_a_run(db: Path) -> None:
    assert lag_of(filled(db)) == NOTHING


def test_the_lag_is_counted_from_the_watermarks_of_a_run(runner: Runner, source: Path) -> None:
    execute(source, SITES, (text(NOW - HOUR),))
    add_samples(source, 2, NOW - HOUR)
    now = runner.run(run_request(trigger=Trigger.SCHEDULE)).started_at + MINUTE
    (stored_at,) = read_lag(source, now).by_time
    assert stored_at in {entry.computed_at for entry in list_entries(source, now)}
    assert read_lag(source, now).by_time == {stored_at: NOTHING}
    add_samples(source, 1)
    execute(source, "update sites set updated_at = ?", (javascript(now),))
    assert read_lag(source, now).by_time == {stored_at: SourceLag(1, 1, is_capped=False)}


def test_rows_of_all_tables_that_came_since_are_new(db: Path) -> None:
    filled(db)
    add_samples(db, 3)
    execute(db, SITES, (text(NOW),))
    assert lag_of(db) == SourceLag(4, 0, is_capped=False)


def test_each_run_has_its_own_lag(db: Path) -> None:
    filled(db)
    add_samples(db, 3)
    store_watermarks_of(db, stored_at=NOW - MINUTE, seen_at=NOW - MINUTE)
    add_samples(db, 2)
    execute(db, "update sites set updated_at = ? where id = 1", (text(NOW),))
    execute(db, "update sites set updated_at = ? where id = 2", (text(NOW - 2 * MINUTE),))
    assert read_lag(db, NOW).by_time == {
        STORED_AT: SourceLag(5, 2, is_capped=False),
        NOW - MINUTE: SourceLag(2, 1, is_capped=False),
    }


@pytest.mark.parametrize("stamp", [text, javascript])
def test_rows_that_say_they_changed_since_are_changed_in_either_spelling(db: Path, stamp: object) -> None:
    assert callable(stamp)
    filled(db)
    for instant, changed in (
        (SEEN_AT - timedelta(seconds=1), 0),
        (SEEN_AT, 0),
        (SEEN_AT + timedelta(seconds=1), 1),
        (NOW, 1),
        (NOW + timedelta(seconds=1), 0),
        (NOW + DAY, 0),
    ):
        execute(db, "update sites set updated_at = ? where id = 1", (stamp(instant),))
        assert lag_of(db) == SourceLag(0, changed, is_capped=False), instant


def test_both_spellings_count_on_one_day_and_over_several(source: Path) -> None:
    migrate(source)
    begin = NOW - 3 * DAY
    instants = [begin + hours * HOUR for hours in range(73)]
    for stamp in (text, javascript):
        execute(source, SITES, *[(stamp(instant),) for instant in instants])
    for seen in (0, 1, 5, 24, 60, 71, 72):
        execute(source, "delete from dashboard_source_marks")
        store_watermarks_of(source, seen_at=begin + seen * HOUR)
        assert lag_of(source).changed_rows == 2 * (72 - seen)


def test_a_row_that_is_new_is_not_counted_as_changed_too(db: Path) -> None:
    filled(db)
    execute(db, SITES, *[(text(NOW),)] * 5)
    execute(db, "update sites set updated_at = ? where id in (1, 2)", (javascript(NOW, 999),))
    assert lag_of(db) == SourceLag(5, 2, is_capped=False)


def test_times_of_change_that_are_no_text_or_cannot_be_read_are_no_changes(db: Path) -> None:
    filled(db)
    for value in (None, 1795464000, "unknown", b"2026-11-23 19:59:00", ""):
        execute(db, "update sites set updated_at = ?", (value,))
        assert lag_of(db) == NOTHING


def record(finished_at: datetime) -> RunRecord:
    return RunRecord(
        "schedule", "all", "UTC", finished_at, finished_at, finished_at, 9, 23, 0, 40, "success", None
    )


def test_what_the_dashboard_itself_writes_is_no_lag(db: Path) -> None:
    filled(db)
    execute(db, "delete from dashboard_source_marks where table_name = 'cron_jobs'")
    execute(db, "insert into dashboard_source_marks values (?, 'cron_jobs', 0, ?)", (text(STORED_AT),) * 2)
    before = read_lag(db, NOW)
    for _ in range(30):
        with write_transaction(db) as connection:
            log_job_run(connection, record(NOW))
    assert [name for (name,) in query(db, "select job_name from cron_job_logs limit -1 offset 1")] == [
        "precomputeDashboard"
    ] * 30
    assert read_lag(db, NOW) == before == LagReport({STORED_AT: NOTHING})
    execute(db, JOB_RUNS, ("scoreSites", text(NOW)))
    assert read_lag(db, NOW) == LagReport({STORED_AT: SourceLag(1, 0, is_capped=False)})


def test_more_rows_than_the_cap_are_at_least_so_many(db: Path) -> None:
    filled(db)
    add_samples(db, CAP)
    assert lag_of(db) == SourceLag(CAP, 0, is_capped=False)
    add_samples(db, 1)
    assert lag_of(db) == SourceLag(CAP, 0, is_capped=True)
    assert lag_of(db).described(is_unchanged=False) == "10,000+ new rows pending"


def test_more_changes_than_the_cap_are_at_least_so_many(db: Path) -> None:
    execute(db, SITES, *[(text(NOW - HOUR),)] * (CAP + 1))
    store_watermarks_of(db)
    execute(db, "update sites set updated_at = ? where id > 1", (text(NOW),))
    assert lag_of(db) == SourceLag(0, CAP, is_capped=False)
    execute(db, "update sites set updated_at = ?", (javascript(NOW),))
    assert lag_of(db) == SourceLag(0, CAP, is_capped=True)


def test_changes_that_many_new_rows_hide_are_never_said_to_be_all(db: Path) -> None:
    filled(db)
    execute(db, SITES, *[(text(NOW - MINUTE),)] * (2 * CAP + 2))
    execute(db, "update sites set updated_at = ? where id = 1", (text(NOW),))
    assert lag_of(db) == SourceLag(CAP, 0, is_capped=True)


@pytest.mark.parametrize(
    ("lag", "words"),
    [
        (NOTHING, "Up to date"),
        (SourceLag(12, 0, is_capped=False), "12 new rows pending"),
        (SourceLag(12, 3, is_capped=False), "12 new and 3 changed rows pending"),
        (SourceLag(0, 3, is_capped=False), "3 changed rows pending"),
        (SourceLag(1, 0, is_capped=False), "1 new row pending"),
        (SourceLag(0, 1, is_capped=False), "1 changed row pending"),
        (SourceLag(CAP, 0, is_capped=False), "10,000 new rows pending"),
        (SourceLag(CAP, 3, is_capped=True), "10,000+ new and 3 changed rows pending"),
    ],
)
def test_the_lag_in_words(lag: SourceLag, words: str) -> None:
    assert lag.described(is_unchanged=True) == words


def test_a_table_that_was_dropped_does_not_change_the_lag_of_the_others(db: Path) -> None:
    filled(db)
    add_samples(db, 2)
    execute(db, "drop table sites")
    assert lag_of(db) == SourceLag(2, 0, is_capped=False)


@pytest.mark.parametrize(
    "make",
    [
        "create view sites as select 1 as id, '2026-11-23 19:59:00' as updated_at",
        "create view sites as select * from no_such_table",
        "create table sites (id integer primary key, updated_at) without rowid;"
        "insert into sites values (9, '2026-11-23 19:59:00')",
        "create virtual table sites using fts5 (id, updated_at);"
        "insert into sites values (9, '2026-11-23 19:59:00')",
        "create table sites (rowid text, oid text, _rowid_ text, updated_at text);"
        "insert into sites values ('9', '9', '9', '2026-11-23 19:59:00')",
    ],
)
def test_what_is_no_table_with_row_ids_is_left_out(db: Path, make: str) -> None:
    filled(db)
    add_samples(db, 2)
    execute_script(db, f"drop table sites; {make};")
    assert read_lag(db, NOW) == LagReport({STORED_AT: SourceLag(2, 0, is_capped=False)})


@pytest.mark.parametrize(
    "columns",
    [
        "id integer primary key desc, created_at, UPDATED_AT",
        "id text, rowid text, created_at, updated_at",
        "updated_at datetime collate nocase, id, created_at",
    ],
)
def test_a_table_is_asked_whatever_its_rows_are_called_by(db: Path, columns: str) -> None:
    execute_script(
        db,
        f"drop table sites; create table Sites ({columns}); create index by_change on Sites"
        " (updated_at collate binary, id);",
    )
    execute(db, "insert into sites (id, updated_at) values (?, ?)", (7, text(SEEN_AT)), (3, text(SEEN_AT)))
    store_watermarks_of(db, row_id="_rowid_")
    execute(db, "insert into sites (id, updated_at) values (?, ?)", (5, text(SEEN_AT)))
    execute(db, "update sites set updated_at = ? where id = 7", (text(NOW - MINUTE),))
    assert read_lag(db, NOW) == LagReport({STORED_AT: SourceLag(1, 1, is_capped=False)})


def test_a_column_of_change_without_an_index_is_never_searched(db: Path) -> None:
    filled(db)
    execute_script(
        db,
        "drop index idx_sites_updated_at; create index partial on sites (updated_at) where status = 'found';"
        " create index otherwise on sites (updated_at collate nocase);",
    )
    execute(db, "update sites set updated_at = ?", (text(NOW),))
    execute(db, SITES, (text(NOW - MINUTE),))
    assert read_lag(db, NOW) == LagReport({STORED_AT: SourceLag(1, 0, is_capped=False)})


def test_a_column_that_is_missing_is_done_without(db: Path) -> None:
    filled(db)
    execute(db, "alter table cron_job_logs rename column job_name to job")
    execute(db, "drop index idx_sites_updated_at")
    execute(db, "alter table sites drop column updated_at")
    execute(
        db, "insert into cron_job_logs (job, status, started_at) values ('a', 'success', ?)", (text(NOW),)
    )
    assert read_lag(db, NOW) == LagReport({STORED_AT: SourceLag(1, 0, is_capped=False)})


def test_a_table_that_is_created_again_is_read_again(db: Path) -> None:
    filled(db)
    assert lag_of(db) == NOTHING
    execute_script(db, "drop table system_metrics; create view system_metrics as select 9 as id;")
    assert lag_of(db) == NOTHING
    execute_script(db, "drop view system_metrics; create table system_metrics (recorded_at, n);")
    execute(db, "insert into system_metrics values (?, 0)", (text(NOW),), (text(NOW),))
    assert lag_of(db) == SourceLag(1, 0, is_capped=False)


def test_a_source_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_lag(tmp_path / "none.db", NOW)
    (tmp_path / "text.db").write_text("no database, but long enough to be looked at" * 100)
    with pytest.raises(SourceError, match="not an SQLite database"):
        read_lag(tmp_path / "text.db", NOW)


@contextmanager
def watched(connection: sqlite3.Connection, statements: list[str], steps: list[int]) -> Iterator[None]:
    def count() -> int:
        steps[0] += 1
        return 0

    connection.set_trace_callback(statements.append)
    connection.set_progress_handler(count, 1)
    yield
    connection.set_progress_handler(None, 0)
    connection.set_trace_callback(None)


def asked(db: Path, now: datetime, patch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """Return the statements that read the lag, and how many of SQLite's steps they take."""
    statements: list[str] = []
    steps = [0]

    @contextmanager
    def open_watched(db: Path) -> Iterator[sqlite3.Connection]:
        with open_database(db) as connection, watched(connection, statements, steps):
            yield connection

    with patch.context() as context:
        context.setattr(lag_module, "open_database", open_watched)
        read_lag(db, now)
    return statements, steps[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo database with watermarks a quarter of an hour old, and up to two days old."""
    db = tmp_path_factory.mktemp("demo") / "sites.db"
    generate(db, scale=0.05, days=40, seed=1, now=NOW)
    migrate(db)
    for ago in (15 * MINUTE, 2 * DAY):
        store_watermarks_of(db, stored_at=NOW - ago, seen_at=NOW - ago)
        execute(db, "update dashboard_source_marks set last_id = last_id - 5")
    return db


@pytest.mark.parametrize("analyzed", [False, True])
def test_no_statement_scans_a_table(demo: Path, monkeypatch: pytest.MonkeyPatch, analyzed: bool) -> None:
    if analyzed:
        execute(demo, "analyze")
    statements, _ = asked(demo, NOW, monkeypatch)
    plans = []
    with closing(sqlite3.connect(demo)) as connection:
        for sql in statements:
            if " as t " not in sql:
                assert re.search(
                    r"^(begin|rollback|-- )|sqlite_master|pragma_|dashboard_source_marks", sql, re.I
                ), sql
            elif not sql.endswith(" limit 0"):
                details = [row[3] for row in connection.execute(f"explain query plan {sql}")]
                assert not any("TEMP B-TREE" in detail for detail in details), (sql, details)
                (step,) = [detail for detail in details if detail.split()[1:2] == ["t"]]
                assert step.startswith("SEARCH t USING "), (sql, details)
                plans.append(step)
    assert {plan.split("(")[0] for plan in plans} == {
        "SEARCH t USING INTEGER PRIMARY KEY ",
        "SEARCH t USING COVERING INDEX idx_sites_updated_at ",
        "SEARCH t USING COVERING INDEX idx_outreaches_updated_at ",
    }


def test_reading_the_lag_costs_the_same_for_a_source_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = []
    for scale in (0.05, 0.5):
        db = tmp_path / f"{scale}.db"
        generate(db, scale=scale, days=40, seed=1, now=NOW)
        migrate(db)
        store_watermarks_of(db)
        read_lag(db, NOW)
        costs.append(asked(db, NOW, monkeypatch)[1])
    assert costs[1] < 1.2 * costs[0]
    assert costs[0] < 10_000


def test_counts_of_nothing_do_not_say_that_nothing_has_changed() -> None:
    assert NOTHING.described(is_unchanged=False) == "No new rows"
