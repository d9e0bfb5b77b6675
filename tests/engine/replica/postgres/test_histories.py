"""Four writers commit late, roll back, and nest transactions: after each sync the replica is the source."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest

from engine.store.postgres.change_log import create_server_log, prune_server_log
from tests.engine.replica.postgres.followed import TABLES, Followed
from tests.lengths import times

WRITERS = 4
SYNCS = times(6, 60)
ACTS_A_SYNC = 12
IDS = 60


class Writer:
    """A connection that writes in transactions which stay open over syncs."""

    def __init__(self, connection: psycopg.Connection, rng: random.Random, ids: range) -> None:
        self.connection, self.rng, self.ids = connection, rng, ids
        self.savepoints = 0

    def act(self) -> None:
        """Begin, write, nest or end a transaction."""
        is_idle = self.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        acts: list[Callable[[], None]] = [self.insert, self.update, self.update, self.delete, self.call]
        acts += (
            [self.begin, self.truncate, self.turn_triggers]
            if is_idle
            else [self.savepoint, self.release, self.rollback_to, self.commit, self.rollback]
        )
        self.rng.choice(acts)()

    def begin(self) -> None:
        self.connection.execute("begin")
        self.savepoints = 0

    def commit(self) -> None:
        self.connection.execute("commit")

    def rollback(self) -> None:
        self.connection.execute("rollback")

    def savepoint(self) -> None:
        self.savepoints += 1
        self.connection.execute(f"savepoint s{self.savepoints}")

    def release(self) -> None:
        if self.savepoints:
            self.connection.execute(f"release savepoint s{self.savepoints}")
            self.savepoints -= 1

    def rollback_to(self) -> None:
        if self.savepoints:
            self.connection.execute(f"rollback to savepoint s{self.savepoints}")

    def insert(self) -> None:
        self.connection.execute(
            "insert into sites (id, domain, status, updated_at) values (%s, 'new', 'found', now())"
            " on conflict (id) do update set domain = 'again'",
            (self.rng.choice(self.ids),),
        )

    def call(self) -> None:
        self.connection.execute(
            "insert into llm_usage (id, estimated_cost, created_at) values (%s, %s, now())"
            " on conflict (id) do nothing",
            (self.rng.choice(self.ids) + 10 * IDS * self.rng.randrange(9), self.rng.random()),
        )

    def truncate(self) -> None:
        # Others may be in the middle of it, and this thread cannot wait for them.
        with suppress(psycopg.errors.LockNotAvailable):
            self.connection.execute("begin; lock table llm_usage nowait; truncate llm_usage; commit")
        self.connection.execute("rollback")

    def turn_triggers(self) -> None:
        mode = self.rng.choice(("replica", "origin"))
        self.connection.execute(f"set session_replication_role = {mode}")

    def update(self) -> None:
        # The time of change goes back at times, as no watermark allows.
        self.connection.execute(
            "update sites set score = %s, updated_at = now() - %s * interval '1 day' where id = %s",
            (self.rng.random(), self.rng.randrange(3), self.rng.choice(self.ids)),
        )

    def delete(self) -> None:
        if self.rng.random() < 0.5:
            self.connection.execute("delete from sites where id = %s", (self.rng.choice(self.ids),))
        else:
            self.connection.execute(
                "update sites set id = -id where id = %s and not exists (select from sites where id = %s)",
                (found := self.rng.choice(self.ids), -found),
            )


@pytest.mark.parametrize("is_logged", [False, True])
@pytest.mark.parametrize("seed", range(times(2, 8)))
def test_the_replica_is_the_source_after_each_sync(followed: Followed, seed: int, is_logged: bool) -> None:
    rng = random.Random(seed)
    with followed.connect() as first_writer:
        first_writer.execute(
            "insert into sites (id, domain) select each, 'first' from generate_series(1, %s, 2) as each",
            (WRITERS * IDS,),
        )
    if is_logged:
        create_server_log(followed.address)
    # Each has its own ids, because one thread cannot wait for itself; ids of all of them are interleaved.
    writers = [
        Writer(followed.connect(), rng, range(number + 1, WRITERS * IDS, WRITERS))
        for number in range(WRITERS)
    ]
    try:
        followed.sync()
        for number in range(SYNCS):
            for _ in range(ACTS_A_SYNC):
                rng.choice(writers).act()
            is_last = number == SYNCS - 1
            outcome = followed.sync(full_audit=is_last)
            assert [table.repaired for table in outcome.replica] == [0, 0]
            followed.assert_equal()
            if outcome.changes_seen_in and rng.random() < 0.7:
                prune_server_log(followed.address, outcome.changes_seen_in)
    finally:
        for writer in writers:
            writer.connection.close()


def test_a_row_of_a_nested_transaction_that_was_open_at_the_last_sync_is_read(followed: Followed) -> None:
    with followed.connect() as slow, followed.connect() as fast:
        slow.execute("begin")
        slow.execute("insert into sites (id, domain) values (1, 'outer')")
        slow.execute("savepoint inner_one")
        slow.execute("insert into sites (id, domain) values (2, 'inner')")
        slow.execute("release savepoint inner_one")
        # Ids of transactions from here on are beyond those of the open one.
        fast.execute("insert into sites (id, domain) values (3, 'other')")
        followed.sync()
        slow.execute("commit")
        outcome = followed.sync()
        assert [table.repaired for table in outcome.replica] == [0, 0]
        followed.assert_equal()


def test_a_truncated_table_is_empty_and_then_filled(followed: Followed) -> None:
    with followed.connect() as writer:
        writer.execute("insert into sites (id, domain) select each, 'a' from generate_series(1, 500) as each")
        followed.sync()
        writer.execute("truncate sites")
        followed.sync()
        followed.assert_equal()
        writer.execute(
            "insert into sites (id, domain) select each, 'b' from generate_series(200, 300) as each"
        )
        writer.execute("set session_replication_role = replica")
        writer.execute("delete from sites where id < 50")
        followed.sync()
        followed.assert_equal()
        writer.execute("begin")
        writer.execute("truncate sites")
        writer.execute(
            "copy sites (id, domain) from program 'seq 1 9 | sed s/$/,c/' with (format csv, freeze)"
        )
        writer.execute("commit")
        writer.execute("vacuum full sites")
        followed.sync()
        followed.assert_equal()


def test_old_transactions_that_vacuum_froze_are_not_read_again(followed: Followed) -> None:
    with followed.connect() as writer:
        writer.execute("insert into sites (id, domain) select each, 'a' from generate_series(1, 50) as each")
        followed.sync()
        writer.execute("vacuum freeze sites")
        writer.execute("update sites set domain = 'b' where id = 7")
        writer.execute("vacuum freeze sites")
        followed.sync()
        followed.assert_equal()


def test_tables_are_followed_although_they_are_altered(
    follow: Callable[[str], Followed], postgres_url: str
) -> None:
    followed = follow(postgres_url)
    with followed.connect() as writer:
        writer.execute(TABLES)
        writer.execute("alter table sites drop column grade")
        writer.execute("create type word as enum ('found', 'scored')")
        writer.execute("alter table sites alter column status type word using status::word")
        writer.execute("insert into sites (id, status) values (1, 'found'), (2, 'scored')")
        followed.sync()
        for change in (
            "alter table sites add column grade text default 'A'",
            "alter type word rename value 'found' to 'excluded'",
            "alter table sites rename column domain to keyword2",
            "alter table sites rename to sites_before",
            "create table sites (id bigint constraint own primary key, domain text)",
            "insert into sites values (1, 'another table')",
            "alter table sites drop constraint own",
            "insert into sites values (1, 'twice')",
            "alter table sites enable row level security",
            "drop table llm_usage",
        ):
            writer.execute(change)
            followed.sync()
            followed.assert_equal()


def test_partitions_views_and_tables_without_a_key_are_read_whole(
    follow: Callable[[str], Followed], postgres_url: str
) -> None:
    followed = follow(postgres_url)
    with followed.connect() as writer:
        writer.execute("create table sites (id bigint primary key, domain text) partition by range (id)")
        writer.execute("create table low partition of sites for values from (0) to (10)")
        writer.execute("create table high (id bigint primary key, domain text)")
        writer.execute("insert into high values (11, 'attached later')")
        writer.execute("insert into sites values (1, 'a')")
        writer.execute("create view llm_usage as select 1 as id, 0.5::numeric as estimated_cost")
        writer.execute("create table outreaches (a int, b int, id int, primary key (a, b))")
        outcome = followed.sync()
        assert {table.sync for table in outcome.replica} == {"full"}
        writer.execute("alter table sites attach partition high for values from (10) to (20)")
        followed.sync()
        followed.assert_equal()
