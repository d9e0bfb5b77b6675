"""The log is emptied when its writer is quiet, and a file that replaces the source stays whole."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.model.errors import SourceError
from engine.model.source_file.stamp import QUIET_SECONDS, QuietClock, log_path, log_stamp
from engine.store import version_reader
from engine.store.sqlite.connections import connections_to
from engine.store.sqlite.database import open_database, write_transaction
from engine.store.sqlite.keep_alive import KeepAliveConnection
from engine.store.sqlite.migration import migrate
from engine.store.sqlite.replaced_file import read_record, record_path
from engine.store.sqlite.source_keeper import SourceKeeper, keep_source, release_source
from engine.store.sqlite.write_ahead_log import leave_tidy
from engine.store.writes import set_entry
from tests.engine.programs import read_line, send_line, start_script
from tests.engine.source_database import NOW, execute, make_source, query, settings_of

# Another program: it writes a row for each line it reads, and prints the number of rows.
PIPELINE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
print("ready", flush=True)
for line in sys.stdin:
    connection.execute("insert into sites (domain) values ('a.com')")
    print(connection.execute("select count(*) from sites").fetchone()[0], flush=True)
"""


@pytest.fixture
def db(source: Path) -> Path:
    migrate(source)
    return source


@pytest.fixture
def keeper(db: Path) -> Iterator[SourceKeeper]:
    keeper = keep_source(settings_of(db))
    assert isinstance(keeper, SourceKeeper)
    yield keeper
    release_source(keeper)


def later(seconds: float) -> float:
    return time.monotonic() + seconds


def rows_of_a_plain_copy(db: Path) -> int:
    copy = db.with_name("copy.db")
    shutil.copyfile(db, copy)
    rows: int = query(copy, "select count(*) from sites")[0][0]
    return rows


def test_quiet_begins_again_with_another_programs_write_and_not_with_our_own() -> None:
    clock = QuietClock()
    clock.see(None, 100.0)
    assert clock.is_quiet(100.0)
    clock.see((1, 5, 10), 101.0)
    assert not clock.is_quiet(102.9)
    assert clock.is_quiet(103.0)
    clock.see_own_write((1, 6, 20))
    clock.see((1, 6, 20), 104.0)
    assert clock.is_quiet(104.0)
    clock.see((1, 7, 20), 105.0)
    assert not clock.is_quiet(105.0)
    clock.see(None, 106.0)
    assert clock.is_quiet(107.0)


def test_the_log_is_left_to_a_writer_and_emptied_once_it_is_quiet(db: Path, keeper: SourceKeeper) -> None:
    writer = start_script(PIPELINE, db)
    try:
        assert read_line(writer) == "ready"
        keeper.poll(later(0))
        send_line(writer)
        assert read_line(writer) == "1"
        keeper.poll(later(0))
        assert log_stamp(db) is not None
        assert connections_to(db).count() == 1
        keeper.poll(later(QUIET_SECONDS))
        assert log_stamp(db) is None
        assert rows_of_a_plain_copy(db) == 1
        assert connections_to(db).count() == 0
        send_line(writer)
        assert read_line(writer) == "2"
    finally:
        writer.kill()
        writer.communicate()


def test_a_reader_that_needs_the_log_keeps_it_and_it_is_emptied_after(db: Path, keeper: SourceKeeper) -> None:
    with closing(sqlite3.connect(db, isolation_level=None)) as reader:
        reader.execute("select count(*) from sites").fetchone()
        execute(db, "insert into sites (domain) values ('a.com')")
        reader.execute("begin")
        assert reader.execute("select count(*) from sites").fetchone() == (1,)
        keeper.poll(later(0))
        keeper.poll(later(QUIET_SECONDS))
        assert log_stamp(db) is not None
        reader.execute("commit")
    keeper.poll(later(2 * QUIET_SECONDS))
    assert log_stamp(db) is None


def test_a_write_of_our_own_in_a_quiet_time_leaves_no_log(db: Path) -> None:
    quiet = connections_to(db).quiet
    quiet.see(log_stamp(db), time.monotonic() - 2 * QUIET_SECONDS)
    set_entry(db, "a", 1, 15, NOW)
    assert log_stamp(db) is None


def test_a_write_of_our_own_beside_a_writer_leaves_the_log_alone(db: Path) -> None:
    with closing(sqlite3.connect(db)) as pipeline:
        connections_to(db).quiet.see(log_stamp(db), time.monotonic())
        with pipeline:
            pipeline.execute("insert into sites (domain) values ('a.com')")
        set_entry(db, "a", 1, 15, NOW)
        assert log_stamp(db) is not None


def test_the_end_of_a_process_leaves_neither_log_nor_index(db: Path, keeper: SourceKeeper) -> None:
    reader = version_reader(db)
    keeper.add(reader)
    reader.read()
    execute(db, "insert into sites (domain) values ('a.com')")
    reader.close()
    keeper.close()
    assert {path.name for path in db.parent.iterdir() if path.name.startswith("sites.db")} == {"sites.db"}
    assert rows_of_a_plain_copy(db) == 1


def test_the_end_of_a_process_leaves_the_log_of_a_program_that_has_the_file_open(db: Path) -> None:
    writer = start_script(PIPELINE, db)
    try:
        assert read_line(writer) == "ready"
        send_line(writer)
        assert read_line(writer) == "1"
        with open_database(db) as connection:
            connection.execute("select count(*) from sites").fetchone()
        leave_tidy(db)
        assert log_path(db).exists()
        send_line(writer)
        assert read_line(writer) == "2"
    finally:
        writer.kill()
        writer.communicate()
    assert query(db, "select count(*) from sites") == [(2,)]


def test_while_released_the_version_is_known_without_a_connection_until_something_is_written(
    db: Path, keeper: SourceKeeper
) -> None:
    reader = version_reader(db)
    keeper.add(reader)
    before = reader.read()
    keeper.poll(later(0))
    keeper.poll(later(QUIET_SECONDS))
    assert connections_to(db).count() == 0
    assert reader.read() is before
    assert connections_to(db).count() == 0
    execute(db, "update dashboard_state set value = '9' where name = 'generation'")
    assert reader.read().generation == 9
    reader.close()


def another_file(db: Path, rows: int) -> Path:
    """Make another database with this many rows beside the source."""
    found = make_source(db.with_name("new.db"))
    migrate(found)
    execute(found, "insert into sites (domain) values (?)", *[("x" * 500,) for _ in range(rows)])
    with closing(sqlite3.connect(found)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()
    return found


@pytest.mark.parametrize("rows", [1, 3000])
def test_a_file_moved_in_while_released_is_whole_and_is_written_to_after_its_check(
    db: Path, keeper: SourceKeeper, rows: int
) -> None:
    execute(db, "insert into sites (domain) values (?)", *[("y" * 500,) for _ in range(1000)])
    reader = version_reader(db)
    keeper.add(reader)
    reader.read()
    keeper.poll(later(0))
    keeper.poll(later(QUIET_SECONDS))
    another_file(db, rows).replace(db)
    # Another program may be there before anything is noticed.
    writer = start_script(PIPELINE, db)
    try:
        assert read_line(writer) == "ready"
        send_line(writer)
        assert read_line(writer) == str(rows + 1)
        with pytest.raises(SourceError, match="was replaced"):
            set_entry(db, "a", 1, 15, NOW)
        with keeper.in_use():
            set_entry(db, "a", 1, 15, NOW)
        send_line(writer)
        assert read_line(writer) == str(rows + 2)
    finally:
        writer.kill()
        writer.communicate()
    assert query(db, "pragma integrity_check") == [("ok",)]
    assert query(db, "select cache_key from dashboard_cache") == [("a",)]
    record = read_record(record_path(settings_of(db).state_dir, db))
    assert record is not None
    assert record.finding == "ok"
    reader.close()


def test_a_damaged_file_is_not_written_to_and_every_read_says_why(db: Path, keeper: SourceKeeper) -> None:
    keeper.poll(later(0))
    damaged = another_file(db, 500)
    content = bytearray(damaged.read_bytes())
    content[-40 * 4096 :] = bytes(40 * 4096)
    damaged.write_bytes(content)
    damaged.replace(db)
    with pytest.raises(SourceError, match="damaged"), keeper.in_use():
        pass
    with pytest.raises(SourceError, match="nothing is written to it"), write_transaction(db):
        pass
    with pytest.raises(SourceError, match="was replaced at"):
        version_reader(db).read()
    assert db.read_bytes() == bytes(content)
    another_file(db, 1).replace(db)
    with keeper.in_use():
        set_entry(db, "a", 1, 15, NOW)


def test_a_transaction_begun_before_the_file_was_replaced_writes_nothing(db: Path) -> None:
    new = another_file(db, 3)
    before = new.read_bytes()
    with pytest.raises(SourceError, match="replaced"), write_transaction(db) as connection:
        connection.execute("insert into dashboard_state values ('mine', '1')")
        new.replace(db)
    assert db.read_bytes() == before
    assert query(db, "select count(*) from sites") == [(3,)]
    assert query(db, "select * from dashboard_state where name = 'mine'") == []


def test_no_connection_is_opened_beside_one_to_the_file_before(db: Path) -> None:
    connections = connections_to(db)
    old = connections.open("ro", check_same_thread=False)
    another_file(db, 3).replace(db)
    with pytest.raises(SourceError, match="still open"):
        connections.open("ro", closing_seconds=0.0)
    old.close()
    with open_database(db) as connection:
        assert connection.execute("select count(*) from sites").fetchone() == (3,)


def test_the_connection_of_a_file_before_leaves_the_log_of_the_new_one(db: Path) -> None:
    kept = KeepAliveConnection(db)
    kept.hold()
    another_file(db, 3).replace(db)
    writer = start_script(PIPELINE, db)
    try:
        assert read_line(writer) == "ready"
        send_line(writer)
        assert read_line(writer) == "4"
        assert not kept.empty_log(may_truncate=True)
        kept.release()
        assert log_stamp(db) is not None
        send_line(writer)
        assert read_line(writer) == "5"
    finally:
        writer.kill()
        writer.communicate()
    assert query(db, "select count(*) from sites") == [(5,)]


def test_frames_in_the_log_at_the_moment_of_the_move_go_to_the_file_they_belong_to(
    db: Path, keeper: SourceKeeper
) -> None:
    with closing(sqlite3.connect(db, isolation_level=None)) as reader:
        reader.execute("select count(*) from sites").fetchone()
        keeper.poll(later(0))
        execute(db, "insert into sites (domain) values (?)", *[("y" * 500,) for _ in range(1000)])
        reader.execute("begin")
        reader.execute("select count(*) from sites").fetchone()
        keeper.poll(later(0))
        assert log_stamp(db) is not None
        another_file(db, 3).replace(db)
        # Like the engine process, which the keeper ends.
        keeper.call_when_replaced(reader.commit)
        keeper.poll(later(0))
    with keeper.in_use():
        set_entry(db, "a", 1, 15, NOW)
    assert query(db, "pragma integrity_check") == [("ok",)]
    assert query(db, "select count(*) from sites") == [(3,)]
