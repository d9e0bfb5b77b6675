"""A pipeline that opens, writes and closes the file each time, and waits for nobody, is never blocked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from engine.store.sqlite.database import open_for_writing
from engine.store.sqlite.keep_alive import KeepAliveConnection
from engine.store.sqlite.migration import migrate
from tests.engine.source_database import current_generation

WRITER = """
import sqlite3, sys
for n in range(400):
    connection = sqlite3.connect(sys.argv[1], timeout=0)
    with connection:
        connection.execute("insert into sites (domain) values (?)", (f"{n}.com",))
    connection.close()
"""


def test_reading_the_cache_over_and_over_locks_it_out_of_nothing(source: Path) -> None:
    migrate(source)
    keep_alive = KeepAliveConnection(source)
    keep_alive.hold()
    reads = 0
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(source)], stderr=subprocess.PIPE, text=True
    ) as writer:
        while writer.poll() is None:
            current_generation(source)
            reads += 1
        assert writer.stderr is not None
        assert writer.stderr.read() == ""
    keep_alive.release()
    assert writer.returncode == 0
    assert reads > 0


def test_a_write_leaves_the_log_to_the_pipeline(source: Path) -> None:
    migrate(source)
    log = source.with_name(source.name + "-wal")
    with open_for_writing(source) as connection:
        connection.execute("update dashboard_state set value = '5' where name = 'generation'")
    assert log.stat().st_size > 0
    assert current_generation(source) == 5


def test_holding_a_database_that_is_not_there_harms_nothing(tmp_path: Path) -> None:
    keep_alive = KeepAliveConnection(tmp_path / "sites.db")
    keep_alive.hold()
    keep_alive.release()
    assert list(tmp_path.iterdir()) == []
