"""The change log logs every change, its reader sees each gap, and the pipeline is not affected."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model.source_file.change_triggers import CHANGE_LOG, TRIGGER_PREFIX
from engine.model.values.results import NOTHING_COMPUTED
from engine.store.runs import RunRecord
from engine.store.sqlite.change_log import (
    ChangeLogState,
    change_log_state,
    create_change_log,
    drop_change_log,
    prune_change_log,
    remove_orphaned_triggers,
)
from engine.store.sqlite.database import open_database, write_transaction
from engine.store.sqlite.migration import migrate
from engine.store.writes import prepare_run, store_run
from tests.engine.programs import Command, one_line_of_failure
from tests.engine.source_database import NOW, execute, execute_script, pipeline_connection, query
from tests.lengths import times

LOGGED = (
    "conversations",
    "cron_job_logs",
    "http_errors",
    "llm_usage",
    "outreaches",
    "site_status",
    "sites",
    "system_metrics",
)


@pytest.fixture
def pipeline(source: Path) -> Iterator[sqlite3.Connection]:
    """The pipeline's connection to a source with a change log and sites 1, 2 and 3."""
    execute(
        source, "insert into sites (domain, status) values (?, 'found')", ("a.com",), ("b.com",), ("c.com",)
    )
    create_change_log(source)
    with closing(pipeline_connection(source, isolation_level=None)) as connection:
        yield connection


def state_of(db: Path) -> ChangeLogState | None:
    with open_database(db) as connection:
        return change_log_state(connection)


def notes(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    sql = f"select table_name, row_id from {CHANGE_LOG} where table_name is not null order by id"
    return connection.execute(sql).fetchall()


def noted(connection: sqlite3.Connection, table: str = "sites") -> set[int]:
    return {row_id for name, row_id in notes(connection) if name == table}


def ids(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute(f"select id from {CHANGE_LOG} order by id")]


def schema(db: Path) -> list[tuple[str, ...]]:
    return query(db, "select type, name, tbl_name, sql from sqlite_master order by 1, 2")


def test_every_table_that_is_not_read_whole_gets_one(source: Path) -> None:
    state = create_change_log(source)
    assert state == ChangeLogState(LOGGED, {"cron_jobs": "each run reads all of it"}, 0, is_broken=False)
    assert state_of(source) == state


def test_made_again_it_changes_nothing(source: Path, pipeline: sqlite3.Connection) -> None:
    pipeline.execute("update sites set status = 'scored'")
    before = schema(source), ids(pipeline), notes(pipeline)
    create_change_log(source)
    assert (schema(source), ids(pipeline), notes(pipeline)) == before


def test_the_plain_migration_makes_no_log_and_leaves_one_alone(source: Path) -> None:
    migrate(source)
    assert state_of(source) is None
    create_change_log(source)
    before = schema(source)
    migrate(source)
    assert schema(source) == before


def test_dropped_it_leaves_nothing_behind(source: Path) -> None:
    before = schema(source)
    create_change_log(source)
    assert drop_change_log(source)
    assert schema(source) == before
    assert not drop_change_log(source)


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("insert into sites (domain) values ('d.com')", {4}),
        ("insert into sites (id, domain) values (-9223372036854775808, 'd.com')", {-(2**63)}),
        ("insert or ignore into sites (domain, status) values ('d.com', 'x'), ('e.com', null)", {4}),
        ("insert or replace into sites (id, domain) values (2, 'new.com')", {2}),
        ("replace into sites (id, domain) values (2, 'new.com'), (7, 'd.com')", {2, 7}),
        ("insert into sites (id, domain) values (2, 'x') on conflict (id) do update set domain = 'x'", {2}),
        ("insert into sites (id, domain) values (2, 'x') on conflict (id) do nothing", set()),
        ("insert into sites (domain) select domain from sites", {4, 5, 6}),
        ("update sites set status = 'scored', updated_at = current_timestamp where id = 2", {2}),
        ("update sites set status = 'scored' where id > 1", {2, 3}),
        ("update sites set html_dom = 'x' where id = 1", {1}),
        ("update or ignore sites set id = 3 where id = 2", set()),
        ("update or replace sites set id = 3 where id = 2", {2, 3}),
        ("update sites set id = 40 where id = 2", {2, 40}),
        ("update sites set rowid = 40 where id = 2", {2, 40}),
        ("update sites set _rowid_ = -_rowid_", {1, -1, 2, -2, 3, -3}),
        ("update sites set status = s.status from sites s where s.id = 1 and sites.id = 3", {3}),
        ("delete from sites where id = 3", {3}),
        ("delete from sites", {1, 2, 3}),
        ("delete from sites where id = 3 returning id", {3}),
    ],
)
def test_every_way_to_change_rows_is_logged(
    pipeline: sqlite3.Connection, statement: str, changed: set[int]
) -> None:
    pipeline.execute(statement).fetchall()
    assert noted(pipeline) == changed


def test_what_is_rolled_back_is_not_logged(pipeline: sqlite3.Connection) -> None:
    pipeline.execute("begin")
    pipeline.execute("delete from sites")
    pipeline.execute("rollback")
    assert notes(pipeline) == []


def test_what_other_rows_and_triggers_bring_about_is_logged(
    source: Path, pipeline: sqlite3.Connection
) -> None:
    execute_script(
        source,
        "create table owners (id integer primary key);"
        "drop table sites; create table sites"
        " (id integer primary key, domain, updated_at, owner references owners on delete cascade);"
        "create trigger touch after update of domain on sites begin"
        " update sites set updated_at = 'now' where id <= new.id; end;"
        "insert into owners values (7); insert into sites (id, owner) values (1, null), (2, null), (3, 7);",
    )
    create_change_log(source)
    pipeline.execute("update sites set domain = 'x' where id = 2")
    assert noted(pipeline) == {1, 2}
    pipeline.execute("pragma foreign_keys = on")
    pipeline.execute("delete from owners")
    assert noted(pipeline) == {1, 2, 3}


def test_triggers_that_may_call_themselves_log_replaced_rows_too(pipeline: sqlite3.Connection) -> None:
    pipeline.execute("create unique index one_domain on sites (domain)")
    pipeline.execute("pragma recursive_triggers = on")
    pipeline.execute("replace into sites (domain) values ('b.com')")
    assert noted(pipeline) == {2, 4}


def test_a_row_replaced_through_a_unique_column_shows_in_the_number_of_rows_alone(
    pipeline: sqlite3.Connection,
) -> None:
    pipeline.execute("create unique index one_domain on sites (domain)")
    pipeline.execute("replace into sites (domain) values ('b.com')")
    assert noted(pipeline) == {4}
    assert pipeline.execute("select count(*) from sites").fetchone() == (3,)


def test_a_pipeline_that_attaches_the_source_under_another_name_is_logged(source: Path) -> None:
    create_change_log(source)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("attach ? as pipeline", (str(source),))
        connection.execute(f"create temp table {CHANGE_LOG} (other)")
        connection.execute("insert into pipeline.sites (domain) values ('a.com')")
        assert connection.execute(f"select row_id from pipeline.{CHANGE_LOG}").fetchall() == [(None,), (1,)]


def what_the_pipeline_sees(db: Path) -> list[object]:
    seen: list[object] = []
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        for statement in (
            "insert into sites (domain) values ('x'), ('y')",
            "insert into site_status (site_id, status) values (1, 'found')",
            "insert or ignore into sites (id, domain) values (1, 'z')",
            "update sites set status = 'scored'",
            "update sites set id = id + 1000 where id = 2",
            "insert into sites (id, domain) values (1, 'z')"
            " on conflict (id) do update set domain = 'z' returning id",
            "delete from site_status",
            "insert into sites (id, domain) values (1, 'z')",
        ):
            try:
                cursor = connection.execute(statement)
                seen.append((cursor.fetchall(), cursor.rowcount, cursor.lastrowid))
            except sqlite3.Error as error:
                seen.append(str(error))
            seen += connection.execute("select last_insert_rowid(), changes()").fetchall()
        seen += connection.execute("select * from sqlite_sequence order by 1").fetchall()
    return seen


def test_the_pipeline_sees_the_ids_and_counts_it_would_see_without(tmp_path: Path, source: Path) -> None:
    with (
        closing(sqlite3.connect(source)) as connection,
        closing(sqlite3.connect(tmp_path / "plain.db")) as plain,
    ):
        connection.backup(plain)
    create_change_log(source)
    assert what_the_pipeline_sees(source) == what_the_pipeline_sees(tmp_path / "plain.db")


@pytest.mark.parametrize(
    "statement",
    [
        "alter table sites add column extra text default 'x'",
        "alter table sites rename column id to site_id",
        "alter table sites rename column status to stage",
        "alter table sites drop column error_message",
        "alter table sites rename to websites",
        "alter table outreaches add column rowid integer",
        "drop table sites",
        "vacuum",
        "reindex",
    ],
)
def test_the_pipeline_can_alter_its_tables_as_before(
    source: Path, pipeline: sqlite3.Connection, statement: str
) -> None:
    pipeline.execute(statement)
    for table in LOGGED:
        key = "site_id" if "site_id" in statement and table == "sites" else "id"
        if query(source, "select 1 from sqlite_master where name = ?", [table]):
            pipeline.execute(f"update {table} set {key} = {key} + 1000")
            pipeline.execute(f"delete from {table}")


def test_a_column_that_takes_the_name_of_the_row_id_costs_the_log_and_no_statement(source: Path) -> None:
    execute_script(source, "drop table sites; create table sites (domain text)")
    create_change_log(source)
    execute(source, "alter table sites add column rowid text")
    execute(source, "insert into sites values ('a.com', null), ('b.com', 'text')")
    execute(source, "update sites set rowid = 'other'")
    state = state_of(source)
    assert state is not None
    assert state.unlogged["sites"] == "it has no triggers, or old ones"
    assert "sites" in create_change_log(source).logged
    execute(source, "delete from sites where domain = 'b.com'")
    assert query(source, f"select row_id from {CHANGE_LOG} where table_name = 'sites'") == [(2,)]


@pytest.mark.parametrize(
    "columns",
    [
        "domain",
        "rowid text, domain",
        "rowid integer primary key, domain",
        "ROWID, oid, domain",
        "rowid, _rowid_, domain",
        "rowid, _rowid_, oid, id integer primary key, domain",
        '"a ""key""" integer primary key, domain',
        "id integer primary key desc, domain",
        "id integer, part integer, domain, primary key (id, part)",
        "id int primary key, domain, twice generated always as (domain || domain) stored",
    ],
)
def test_rows_are_named_by_their_true_id_whatever_the_columns_are_called(source: Path, columns: str) -> None:
    names = [word.strip().split(" ")[0].lower() for word in columns.split(",")]
    name = next((free for free in ("oid", "_rowid_", "rowid") if free not in names), "id")
    execute_script(source, f'drop table sites; create table "Sites" ({columns})')
    assert "sites" in create_change_log(source).logged
    execute(source, f"insert into sites ({name}, domain) values (41, 'a.com')")
    execute(source, "update sites set domain = 'b.com'")
    execute(source, f"update sites set {name} = 42")
    execute(source, "delete from sites")
    found = query(
        source, f"select table_name, row_id from {CHANGE_LOG} where table_name is not null order by id"
    )
    assert found == [("sites", 41), ("sites", 41), ("sites", 42), ("sites", 41), ("sites", 42)]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("", "there is no such table"),
        ("create view sites as select 1 as id", "it is a view"),
        ("create view sites as select * from gone", "it is a view"),
        ("create virtual table sites using fts5 (domain)", "it is a virtual table"),
        ("create table sites (id integer primary key, domain) without rowid", "its rows have no id"),
        (
            "create table sites (rowid, _rowid_, oid, domain)",
            "other columns have taken all names of its rows' id",
        ),
    ],
)
def test_a_table_that_cannot_have_triggers_is_named_with_the_reason(
    source: Path, statement: str, reason: str
) -> None:
    execute_script(source, f"drop table sites; {statement}")
    state = create_change_log(source)
    assert state.unlogged["sites"] == reason
    assert state.logged == tuple(table for table in LOGGED if table != "sites")
    execute(source, "insert into site_status (site_id, status) values (1, 'found')")
    assert query(source, f"select table_name from {CHANGE_LOG}") == [(None,), ("site_status",)]


def is_followed(connection: sqlite3.Connection, last_read: int) -> bool:
    """Return whether the log continues where a reader stopped, as the reader sees it."""
    found = ids(connection)
    return found[-1] == last_read or (found[-1] > last_read and found[0] <= last_read + 1)


def test_a_log_that_is_only_added_to_and_pruned_goes_on_where_its_reader_stopped(
    source: Path, pipeline: sqlite3.Connection
) -> None:
    for _ in range(5):
        last_read = ids(pipeline)[-1]
        with write_transaction(source) as connection:
            prune_change_log(connection, last_read)
        assert is_followed(pipeline, last_read)
        pipeline.execute("update sites set status = 'scored'")
        assert is_followed(pipeline, last_read)
        assert len([found for found in ids(pipeline) if found > last_read]) == 3


@pytest.mark.parametrize(
    "meanwhile",
    [
        "drop trigger dashboard_changed_sites_update; update sites set status = 'x'",
        "drop table http_errors; create table http_errors (id integer primary key, status_code)",
        "alter table sites rename to old; create table sites (id integer primary key, status);"
        "insert into sites select id, status from old",
        f"delete from {CHANGE_LOG}",
        f"alter table {CHANGE_LOG} rename to away; drop table away",
    ],
)
@pytest.mark.parametrize("notes_before", [0, 3, 3000])
def test_a_log_whose_triggers_or_rows_were_gone_begins_again_after_a_gap(
    source: Path, pipeline: sqlite3.Connection, meanwhile: str, notes_before: int
) -> None:
    for _ in range(notes_before // 3):
        pipeline.execute("update sites set status = 'scored'")
    last_read = ids(pipeline)[-1]
    pipeline.executescript(meanwhile)
    assert "sites" in create_change_log(source).logged
    assert not is_followed(pipeline, last_read)
    for _ in range(5000):
        pipeline.execute("update sites set status = 'scored' where id = 1")
    assert not is_followed(pipeline, last_read)


def test_a_log_dropped_and_made_again_begins_beyond_the_old_one(
    source: Path, pipeline: sqlite3.Connection
) -> None:
    pipeline.execute("update sites set status = 'scored'")
    last_read = ids(pipeline)[-1]
    drop_change_log(source)
    create_change_log(source)
    assert not is_followed(pipeline, last_read)
    assert ids(pipeline)[0] > last_read


def test_triggers_of_a_table_that_was_renamed_away_go_with_the_next_migration(
    source: Path, pipeline: sqlite3.Connection
) -> None:
    pipeline.execute("alter table sites rename to old_sites")
    pipeline.execute("create table sites (id integer primary key, status)")
    assert state_of(source) == ChangeLogState(
        tuple(table for table in LOGGED if table != "sites"),
        {"cron_jobs": "each run reads all of it", "sites": "it has no triggers, or old ones"},
        0,
        is_broken=False,
    )
    create_change_log(source)
    pipeline.execute("insert into sites values (17, 'found')")
    pipeline.execute("delete from old_sites")
    assert notes(pipeline) == [("sites", 17)]


def test_pruning_deletes_the_oldest_that_were_read_a_bounded_number_at_a_time(
    source: Path, pipeline: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.sqlite.change_log.PRUNED_AT_ONCE", 4)
    pipeline.execute("update sites set status = 'scored'")
    pipeline.execute("update sites set status = 'found'")
    before = ids(pipeline)
    through = before[-2]
    for kept in (before[5:], before[6:], before[6:]):
        with write_transaction(source) as connection:
            prune_change_log(connection, through)
        assert ids(pipeline) == kept


def test_a_source_without_a_log_has_nothing_to_prune(source: Path) -> None:
    before = schema(source)
    with write_transaction(source) as connection:
        prune_change_log(connection, 10**18)
    assert schema(source) == before


def test_a_stored_run_prunes_what_it_has_read(source: Path, pipeline: sqlite3.Connection) -> None:
    migrate(source)
    pipeline.execute("update sites set status = 'scored'")
    read, *unread = ids(pipeline)[-2:]
    record = RunRecord("cli", "all", "UTC", NOW, NOW, NOW, 0, 0, 0, 0, "ok", None)
    with write_transaction(source) as connection:
        store_run(connection, prepare_run(connection, record, NOTHING_COMPUTED))
    assert len(ids(pipeline)) == 4
    with write_transaction(source) as connection:
        outcome = replace(NOTHING_COMPUTED, changes_through=read)
        store_run(connection, prepare_run(connection, record, outcome))
    assert ids(pipeline) == unread


@pytest.fixture
def orphaned(source: Path, pipeline: sqlite3.Connection) -> Path:
    """A source whose log was dropped by hand, so that the pipeline cannot write."""
    pipeline.execute(f"drop table {CHANGE_LOG}")
    with pytest.raises(sqlite3.OperationalError, match=f"no such table: main.{CHANGE_LOG}"):
        pipeline.execute("update sites set status = 'scored'")
    state = state_of(source)
    assert state is not None
    assert state.is_broken
    assert state.logged == ()
    return source


@pytest.mark.parametrize("remedy", [create_change_log, drop_change_log, remove_orphaned_triggers])
def test_triggers_left_without_their_log_are_put_right_by_any_of_the_commands(
    orphaned: Path, remedy: object
) -> None:
    assert callable(remedy)
    assert remedy(orphaned)
    execute(orphaned, "update sites set status = 'scored'")
    state = state_of(orphaned)
    assert (state is not None and not state.is_broken) == (remedy is create_change_log)


def test_a_log_that_is_whole_keeps_its_triggers(source: Path, pipeline: sqlite3.Connection) -> None:
    before = schema(source)
    assert not remove_orphaned_triggers(source)
    assert schema(source) == before


@pytest.mark.parametrize("seed", range(times(3, 10)))
def test_a_copy_that_follows_the_log_equals_the_table_or_has_more_rows(
    pipeline: sqlite3.Connection, seed: int
) -> None:
    rng = random.Random(seed)
    pipeline.execute("create unique index one_domain on sites (domain)")
    statements = (
        "insert or ignore into sites (id, domain, status) values (:id, :domain, 'new')",
        "insert or replace into sites (domain, status) values (:domain, 'new')",
        "insert into sites (domain) values (:domain) on conflict (domain) do update set status = 'upserted'",
        "update or ignore sites set id = :other where id = :id",
        "update or replace sites set id = :other where id = :id",
        "update or replace sites set domain = :domain where id = :id",
        "update sites set status = status || '.' where id between :id and :other",
        "delete from sites where id = :id",
    )

    def rows() -> dict[int, tuple[object, ...]]:
        return {row[0]: row for row in pipeline.execute("select id, domain, status from sites")}

    copy = rows()
    last_read = ids(pipeline)[-1]
    for _ in range(60):
        for _ in range(rng.randrange(4)):
            values = {
                "id": rng.randrange(12),
                "other": rng.randrange(12),
                "domain": f"{rng.randrange(9)}.com",
            }
            pipeline.execute(rng.choice(statements), values)
        now = rows()
        sql = f"select id, row_id from {CHANGE_LOG} where id > {last_read} order by id"
        found = pipeline.execute(sql).fetchall()
        last_read = max([last_read, *(note for note, _ in found)])
        for _, row_id in found:
            copy.pop(row_id, None)
            if row_id in now:
                copy[row_id] = now[row_id]
        assert now.items() <= copy.items()
        if len(copy) != len(now):
            copy = now


def test_the_command_prints_what_is_logged_and_what_is_not(command: Command, source: Path) -> None:
    execute_script(source, "drop table http_errors; create view http_errors as select 1 as id")
    printed = command("migrate", "--change-log", "--db", source)
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.splitlines()[1:] == [
        f"Every change is logged of: {', '.join(table for table in LOGGED if table != 'http_errors')}.",
        "Not logged: cron_jobs (each run reads all of it).",
        "Not logged: http_errors (it is a view).",
    ]
    printed = command("migrate", "--drop-change-log", "--db", source)
    assert printed.stdout.splitlines()[1:] == ["The change log is dropped."]
    printed = command("migrate", "--drop-change-log", "--db", source)
    assert printed.stdout.splitlines()[1:] == ["There is no change log."]


def test_the_plain_command_frees_a_pipeline_that_triggers_without_a_log_hold_up(
    command: Command, orphaned: Path
) -> None:
    printed = command("migrate", "--db", orphaned)
    assert printed.stdout.splitlines()[1:] == [
        "The change log's table was missing. Its triggers, which made all writes fail, are dropped."
    ]
    execute(orphaned, "update sites set status = 'scored'")
    assert not query(orphaned, "select 1 from sqlite_master where name like ?", [f"{TRIGGER_PREFIX}%"])


def test_to_make_and_to_drop_it_at_once_is_refused(command: Command, source: Path) -> None:
    printed = command("migrate", "--change-log", "--drop-change-log", "--db", source)
    assert "exclude each other" in one_line_of_failure(printed)
    assert state_of(source) is None
