"""The change log of a source in PostgreSQL: changes are read by key, or the rows are looked through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from engine.model import server_change_log
from engine.model.errors import SourceError
from engine.model.values.results import RunOutcome
from engine.replica.postgres import logged
from engine.replica.postgres.rows import SourceRows
from engine.store.postgres import change_log
from engine.store.postgres.change_log import create_server_log, drop_server_log, prune_server_log
from engine.store.postgres.change_log import server_log_state as state_of
from tests.engine.replica.postgres.followed import TABLES, Followed

FIVE = "insert into sites (id, domain) select each, 'first' from generate_series(1, 5) as each"


@pytest.fixture
def writer(followed: Followed) -> Iterator[psycopg.Connection[Any]]:
    """Return a writer of a source with a change log, which a sync has seen."""
    with followed.connect() as connection:
        connection.execute(FIVE)
        create_server_log(followed.address)
        followed.sync()
        yield connection


@pytest.fixture
def looked_through(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the tables that are looked through from now on."""
    names: list[str] = []
    follow = SourceRows.follow

    def noted(self: Any, staged: Any, *given: Any) -> None:
        names.append(staged.name)
        follow(self, staged, *given)

    monkeypatch.setattr(SourceRows, "follow", noted)
    return names


def synced(followed: Followed) -> RunOutcome:
    outcome = followed.sync()
    assert [table.repaired for table in outcome.replica] == [0, 0]
    followed.assert_equal()
    return outcome


def test_every_way_to_change_rows_is_logged_by_key(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str]
) -> None:
    for number, change in enumerate(
        (
            "insert into sites (id, domain) values (6, 'new') on conflict (id) do update set grade = 'A'",
            "insert into sites (id, domain) values (6, 'new') on conflict (id) do update set grade = 'A'",
            "update sites set id = id + 100 where id < 3",
            "with gone as (delete from sites where id > 100 returning id) update sites set score = 1"
            " where id = 3 and exists (select from gone)",
            "copy sites (id, domain) from program 'seq 7 9 | sed s/$/,c/' with (format csv)",
            "delete from sites where id > 7; update sites set score = 1 where false",
            "begin; insert into sites (id) values (8); savepoint a; update sites set score = 2 where id = 4;"
            " release a; savepoint b; delete from sites where id = 5; rollback to b; commit",
        )
    ):
        # Also with the triggers of the source turned off.
        writer.execute(f"set session_replication_role = {'replica' if number % 2 else 'origin'}")
        writer.execute(change)
        synced(followed)
    assert looked_through == []


def test_cascading_deletes_are_logged(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str]
) -> None:
    writer.execute("insert into llm_usage (id, site_id) select id, id from sites")
    writer.execute(
        "alter table llm_usage add foreign key (site_id) references sites on delete cascade on update cascade"
    )
    synced(followed)
    looked_through.clear()
    writer.execute("delete from sites where id = 2")
    writer.execute("update sites set id = 30 where id = 3")
    synced(followed)
    assert looked_through == []


def test_a_nested_transaction_is_read_when_the_outermost_commits(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str]
) -> None:
    with followed.connect() as fast:
        writer.execute("begin; insert into sites (id) values (10); savepoint a")
        writer.execute("insert into sites (id) values (11); savepoint b; update sites set grade = 'B'")
        writer.execute("release a")
        fast.execute("insert into sites (id) values (12)")
        outcome = synced(followed)
        prune_server_log(followed.address, outcome.changes_seen_in or "")
        writer.execute("savepoint c; delete from sites where id = 1; release c; commit")
        synced(followed)
    assert looked_through == []


def test_what_the_log_may_have_missed_is_looked_through_once(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str]
) -> None:
    for missed in (
        "truncate sites",
        FIVE,
        "begin; truncate sites; copy sites (id) from program 'seq 1 9' with (freeze); commit",
        "alter table sites disable trigger dashboard_log_update; update sites set grade = 'C';"
        " alter table sites enable always trigger dashboard_log_update",
        "alter table sites disable trigger all; delete from sites where id = 2;"
        " alter table sites enable trigger all",
        "delete from sites where id = 3",
        "alter table sites alter column domain type text using upper(domain)",
    ):
        writer.execute(missed)
        synced(followed)
    # Enabled without "always" they do not count, so the table is looked through until the log is mended.
    assert looked_through.count("sites") == 6
    state = create_server_log(followed.address)
    assert set(state.logged) == {"sites", "llm_usage"}
    synced(followed)
    looked_through.clear()
    writer.execute("delete from sites where id = 4")
    synced(followed)
    assert looked_through == []


def test_many_rows_at_once_are_looked_through(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str]
) -> None:
    writer.execute("insert into sites (id) select each from generate_series(1001, 4000) as each")
    writer.execute("update sites set score = 1 where id > 1000; delete from sites where id > 3000")
    synced(followed)
    assert looked_through == []
    writer.execute("insert into llm_usage (id) select each from generate_series(1, 100001) as each")
    synced(followed)
    assert looked_through == ["llm_usage"]
    assert writer.execute("select count(*) from dashboard.change_log where ids is null").fetchall() == [(1,)]


def test_more_unread_keys_than_the_limit_are_looked_through(
    followed: Followed,
    writer: psycopg.Connection[Any],
    looked_through: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # An update notes the key before and the one after it.
    monkeypatch.setattr(logged, "MOST_UNREAD", 6)
    for updates, seen in ((3, []), (4, ["sites"])):
        for key in range(1, updates + 1):
            writer.execute("update sites set grade = 'B' where id = %s", (key,))
        synced(followed)
        assert looked_through == seen


def test_a_run_without_changes_reads_no_table(followed: Followed, writer: psycopg.Connection[Any]) -> None:
    writer.execute("insert into llm_usage (id) values (1)")
    synced(followed)
    name = writer.info.dbname
    writer.execute(f"alter database {name} set lock_timeout = '1s'")
    # A read of a table waits for this lock, and fails.
    writer.execute("begin; lock table sites, llm_usage in access exclusive mode")
    outcome = followed.sync()
    assert [table.rows for table in outcome.replica] == [1, 5]
    assert outcome.problems == ()
    writer.execute("commit")
    writer.execute("update sites set score = 1")
    writer.execute("begin; lock table llm_usage in access exclusive mode")
    followed.sync()
    writer.execute("commit")
    followed.assert_equal()


def test_a_log_that_is_full_takes_no_more_until_it_is_emptied(
    followed: Followed,
    writer: psycopg.Connection[Any],
    looked_through: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_change_log, "MOST_BYTES", 2 * 8192)
    create_server_log(followed.address)
    synced(followed)
    looked_through.clear()
    for number in range(300):
        writer.execute("update sites set score = %s where id = 1", (number,))
    with followed.connect() as late:
        state = state_of(followed.address)
        assert state is not None
        assert state.is_full
        assert state.unread is not None
        assert state.unread < 300
        late.execute("begin; update sites set score = 400 where id = 3")
        seen_in = synced(followed).changes_seen_in or ""
        assert looked_through == ["llm_usage", "sites"]
        # What is open may have changed rows without a trace, so the log may not begin again.
        with pytest.raises(SourceError, match="locked"):
            prune_server_log(followed.address, seen_in)
        late.execute("commit")
    seen_in = synced(followed).changes_seen_in or ""
    prune_server_log(followed.address, seen_in)
    writer.execute("update sites set score = 500 where id = 4")
    synced(followed)
    looked_through.clear()
    writer.execute("update sites set score = 600 where id = 5")
    synced(followed)
    assert looked_through == []


def test_rows_restored_from_the_log_of_another_server_are_dropped(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str]
) -> None:
    writer.execute(
        "insert into dashboard.change_log (xid, table_id, ids)"
        " values ('999999999', 'sites'::regclass, '{1,2,77}'), ('999999999', 4711, null);"
        " insert into dashboard.change_log (xid, pruned) values ('999999999', '999999999:999999999:')"
    )
    prune_server_log(followed.address, synced(followed).changes_seen_in or "")
    assert looked_through == ["llm_usage", "sites"]
    looked_through.clear()
    writer.execute("delete from sites where id = 1")
    synced(followed)
    assert looked_through == []


def test_making_and_dropping_it_gives_way_to_writers(
    followed: Followed, writer: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_log, "LOCK_SECONDS", 0.01)
    with followed.connect() as late:
        late.execute("begin; insert into sites (id) values (20)")
        with pytest.raises(SourceError, match="locked"):
            drop_server_log(followed.address)
        writer.execute("insert into sites (id) values (21)")
        late.execute("commit")
        assert drop_server_log(followed.address)
        late.execute("begin; insert into sites (id) values (22)")
        with pytest.raises(SourceError, match="locked"):
            create_server_log(followed.address)
        writer.execute("delete from sites where id = 21")
        late.execute("commit")
    held = writer.execute(
        "select mode from pg_locks join pg_database as own on own.oid = database"
        " where datname = current_database() and pid <> pg_backend_pid() and mode like '%Exclusive%'"
    )
    assert held.fetchall() == []
    assert create_server_log(followed.address).logged == ("llm_usage", "sites")
    synced(followed)


def test_it_is_not_published_with_the_tables(writer: psycopg.Connection[Any]) -> None:
    writer.execute("create publication everything for all tables")
    published = writer.execute("select tablename from pg_publication_tables order by 1").fetchall()
    assert published == [("llm_usage",), ("sites",)]


def test_a_dropped_trigger_or_log_never_fails_a_statement(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str]
) -> None:
    writer.execute("drop trigger dashboard_log_insert on sites")
    writer.execute("insert into sites (id) values (20)")
    synced(followed)
    state = state_of(followed.address)
    assert state is not None
    assert state.logged == ("llm_usage",)
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        writer.execute("drop table dashboard.change_log")
    writer.execute("drop table dashboard.change_log cascade")
    writer.execute("insert into sites (id) values (21)")
    writer.execute("delete from sites where id = 1")
    synced(followed)
    assert state_of(followed.address) is None
    assert set(create_server_log(followed.address).logged) == {"sites", "llm_usage"}
    synced(followed)
    looked_through.clear()
    writer.execute("update sites set id = 22 where id = 21")
    synced(followed)
    assert looked_through == []
    assert drop_server_log(followed.address)
    assert not drop_server_log(followed.address)
    writer.execute("update sites set id = 23 where id = 22")
    synced(followed)
    assert writer.execute("select count(*) from pg_trigger where not tgisinternal").fetchall() == [(0,)]


def test_a_statement_works_on_after_its_table_is_altered(
    followed: Followed, writer: psycopg.Connection[Any]
) -> None:
    changes = (
        "insert into sites (domain) values ('new'), (null); insert into sites default values;"
        "update sites set domain = 'other' where domain is null; delete from sites where domain = 'new'"
    )
    for alteration in (
        "rename column id to site_id",
        "drop column id",
        "alter column id type text using 'x' || id, alter column id set default md5(random()::text)",
        "alter column id type uuid using gen_random_uuid(), alter column id set default gen_random_uuid()",
        "drop constraint sites_pkey, alter column id drop not null",
        "drop column updated_at; alter table sites add column more int[] default '{1}'",
        "rename to sites_before; create view sites as select * from sites_before",
    ):
        writer.execute("drop table if exists sites, llm_usage, sites_before cascade")
        writer.execute(TABLES)
        assert create_server_log(followed.address).logged == ("llm_usage", "sites")
        writer.execute(changes)
        if "alter column" in alteration:
            writer.execute("alter table sites alter column id drop identity")
        writer.execute(f"alter table sites {alteration}")
        writer.execute(changes)
    followed.sync()
    followed.assert_equal()


def test_no_column_of_the_log_goes_without_the_triggers(
    followed: Followed, writer: psycopg.Connection[Any]
) -> None:
    for alteration in ("drop column ids", "alter column table_id type text", "alter column xid type text"):
        with pytest.raises(psycopg.DatabaseError):
            writer.execute(f"alter table dashboard.change_log {alteration}")
    writer.execute("alter table dashboard.change_log drop column ids cascade")
    writer.execute("delete from sites where id = 2")
    with pytest.raises(SourceError, match="something else has the name"):
        state_of(followed.address)


def test_rows_that_a_sync_has_seen_are_pruned_and_no_others(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str]
) -> None:
    with followed.connect() as late:
        late.execute("begin; delete from sites where id = 1")
        writer.execute("delete from sites where id = 2")
        outcome = synced(followed)
        writer.execute("delete from sites where id = 3")
        late.execute("commit")
        prune_server_log(followed.address, outcome.changes_seen_in or "")
        ids = "select ids from dashboard.change_log where pruned is null order by ids"
        assert writer.execute(ids).fetchall() == [([1],), ([3],)]
        outcome = synced(followed)
        prune_server_log(followed.address, outcome.changes_seen_in or "")
        assert writer.execute(ids).fetchall() == []
        assert synced(followed).changes_seen_in is None
    assert looked_through == []


def test_a_second_dashboard_notices_what_the_first_has_pruned(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str], follow: Any
) -> None:
    second = follow(followed.url)
    second.sync()
    writer.execute("delete from sites where id = 2")
    prune_server_log(followed.address, synced(followed).changes_seen_in or "")
    assert looked_through == []
    synced(second)
    assert "sites" in looked_through
    looked_through.clear()
    writer.execute("delete from sites where id = 3")
    synced(second)
    synced(followed)
    assert looked_through == []


def test_a_user_who_may_not_read_it_does_without_and_one_who_may_not_delete_leaves_it(
    followed: Followed, writer: psycopg.Connection[Any], looked_through: list[str]
) -> None:
    writer.execute(
        "do $$ begin create role log_reader login; exception when duplicate_object then null; end $$;"
        " grant select, insert, update, delete on sites, llm_usage to log_reader"
    )
    reader = Followed(followed.url.replace("postgres@", "log_reader@"), followed.folder.parent)
    synced(reader)
    try:
        # It writes without any right to the log.
        with reader.connect() as pipeline:
            pipeline.execute("delete from sites where id = 2")
            looked_through.clear()
            assert synced(reader).changes_seen_in is None
            assert "sites" in looked_through
            state = state_of(reader.address)
            assert state is not None
            assert state.unread is None
            writer.execute("grant usage on schema dashboard to log_reader")
            for forbidden in (
                "select from dashboard.change_log",
                "create temp table own (id int); create trigger own after insert on own"
                " referencing new table as new_rows for each statement"
                " execute function dashboard.log_changes()",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    pipeline.execute(forbidden)
            writer.execute("grant select on dashboard.change_log to log_reader")
            synced(reader)
            looked_through.clear()
            pipeline.execute("delete from sites where id = 3")
            assert synced(reader).changes_seen_in is None
            assert looked_through == []
            writer.execute("grant insert, delete, truncate on dashboard.change_log to log_reader")
            synced(reader)
            pipeline.execute("delete from sites where id = 4")
            prune_server_log(reader.address, synced(reader).changes_seen_in or "")
    finally:
        reader.close()


def test_tables_that_cannot_be_logged_are_named_with_the_reason(follow: Any, postgres_url: str) -> None:
    followed = follow(postgres_url)
    with followed.connect() as connection:
        connection.execute("create table sites (id bigint primary key) partition by range (id)")
        connection.execute("create table llm_usage (site_id bigint, id int primary key)")
        connection.execute("create view outreaches as select 1 as id")
        connection.execute("create table cron_jobs (id int primary key)")
    state = create_server_log(followed.address)
    assert state.logged == ()
    reasons = {table: state.unlogged[table] for table in ("sites", "llm_usage", "outreaches", "cron_jobs")}
    assert reasons == {
        "sites": "it is partitioned, foreign or materialized",
        "llm_usage": "its first column is not its primary key, an integer",
        "outreaches": "it is a view",
        "cron_jobs": "each run reads all of it",
    }
