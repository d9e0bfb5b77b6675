"""A source that cannot be used is an error of one line with a remedy, and the file stays unchanged."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.store.sqlite.migration import migrate
from tests.engine.programs import Command, dashboard, one_line_of_failure, read_line, start_script
from tests.engine.source_database import execute, make_source

PAGE_BYTES = 4096


def damage(db: Path, first: float, last: float) -> None:
    """Overwrite a range of a file's pages, given as fractions of it."""
    content = bytearray(db.read_bytes())
    pages = len(content) // PAGE_BYTES
    begin, end = int(pages * first) * PAGE_BYTES, int(pages * last) * PAGE_BYTES
    content[begin:end] = b"\x5a" * (end - begin)
    db.write_bytes(content)


def filled(path: Path) -> Path:
    make_source(path, "delete")
    rows = [(f"{number}.com", "x" * 500) for number in range(1000)]
    execute(path, "insert into sites (domain, html_dom) values (?, ?)", *rows)
    return path


def no_such_file(path: Path) -> str:
    return "no such file; name the database with DASHBOARD_DB or --db"


def a_directory(path: Path) -> str:
    path.mkdir()
    return "it is not a file; name the database with DASHBOARD_DB or --db"


def an_empty_file(path: Path) -> str:
    path.touch()
    return "it is empty; name the database with DASHBOARD_DB or --db"


def a_text(path: Path) -> str:
    path.write_text("id,domain\n" * 5000)
    return "it is not an SQLite database; name another file with DASHBOARD_DB or --db"


def a_header_alone(path: Path) -> str:
    path.write_bytes(b"SQLite format 3\0")
    return "it is not an SQLite database; name another file with DASHBOARD_DB or --db"


def a_truncated_database(path: Path) -> str:
    content = filled(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return "it is damaged ("


def a_damaged_database(path: Path) -> str:
    damage(filled(path), 0.3, 0.9)
    return "it is damaged ("


def a_damaged_schema(path: Path) -> str:
    content = bytearray(filled(path).read_bytes())
    content[100:PAGE_BYTES] = b"\x5a" * (PAGE_BYTES - 100)
    path.write_bytes(content)
    return "it is damaged ("


def a_database_damaged_after_its_migration(path: Path) -> str:
    migrate(filled(path))
    damage(path, 0.3, 0.7)
    return "it is damaged ("


@pytest.mark.parametrize(
    "bad",
    [
        no_such_file, a_directory, an_empty_file, a_text, a_header_alone, a_truncated_database,
        a_damaged_database, a_damaged_schema, a_database_damaged_after_its_migration,
    ],
    ids=lambda bad: bad.__name__,
)  # fmt: skip
def test_what_is_no_sound_database_is_reported_and_left_as_it_is(
    computing: Command, tmp_path: Path, bad: object
) -> None:
    path = tmp_path / "sites.db"
    assert callable(bad)
    cause = bad(path)
    before = path.read_bytes() if path.is_file() else None
    result = computing("precompute", "--db", path)
    assert one_line_of_failure(result).startswith(f"{path}: {cause}")
    assert result.stdout == ""
    assert (path.read_bytes() if path.is_file() else None) == before
    assert not list(tmp_path.glob("sites.db-*"))


@pytest.mark.parametrize(
    "words",
    [
        ["migrate"], ["check"], ["schedule"], ["serve"], ["cron", "list"], ["cron", "stats"],
        ["cron", "logs", "k"],        ["cache", "stats"], ["cache", "clear"], ["cache", "show", "k"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_shows_a_missing_source_in_one_line(
    command: Command, tmp_path: Path, words: list[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    result = command(*words, "--db", tmp_path / "sites.db", PORT=port)
    assert "sites.db: no such file; name the database" in one_line_of_failure(result)
    assert not (tmp_path / "sites.db").exists()


LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("begin exclusive")
print("locked", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A migrated source that another process keeps locked for readers too."""
    db = make_source(tmp_path / "sites.db", "delete")
    migrate(db)
    process = start_script(LOCKER, db)
    try:
        assert read_line(process) == "locked"
        yield db
    finally:
        process.kill()
        process.communicate()


def test_a_locked_database_is_given_up_in_one_line(locked: Path) -> None:
    before = locked.stat().st_mtime_ns
    cause = "another program keeps it locked; end that program's transaction, then try again"

    def run(words: list[str]) -> subprocess.CompletedProcess[str]:
        # A run waits for the lock no longer than until the next one is due.
        return dashboard(
            *words, "--db", locked, cwd=locked.parent, env={"DASHBOARD_PRECOMPUTE_INTERVAL": "1"}
        )

    # Side by side, as each waits for some seconds.
    with ThreadPoolExecutor() as threads:
        results = list(threads.map(run, [["precompute"], ["cron", "list"]]))
    for result in results:
        assert one_line_of_failure(result) == f"{locked}: {cause}"
        assert result.stdout == ""
    assert locked.stat().st_mtime_ns == before


def as_one_bound_by_file_modes() -> list[str]:
    """Return the start of a command line that removes root's right to write any file."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("file modes do not bind root; install util-linux, which has setpriv")
    return [setpriv, "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]


@pytest.mark.parametrize("migrated", [False, True])
def test_a_file_that_may_not_be_written_is_reported_in_one_line(tmp_path: Path, migrated: bool) -> None:
    db = make_source(tmp_path / "sites.db", "delete")
    if migrated:
        migrate(db)
    db.chmod(0o444)
    before = db.read_bytes()
    result = dashboard("precompute", "--db", db, cwd=tmp_path, prefix=as_one_bound_by_file_modes())
    line = one_line_of_failure(result)
    assert line == f"{db}: it cannot be written to; give this user the right to write it"
    assert result.stdout == ""
    assert db.read_bytes() == before


def test_a_port_in_use_is_reported_before_anything_is_written(command: Command, source: Path) -> None:
    before = source.read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = command("serve", "--db", source, PORT=port)
    line = one_line_of_failure(result)
    assert line.startswith(f"127.0.0.1:{port}: cannot listen there (")
    assert line.endswith("set PORT or DASHBOARD_HOST to another")
    assert source.read_bytes() == before


def test_an_address_that_is_none_is_reported_in_one_line(command: Command, source: Path) -> None:
    result = command("serve", "--insecure", "--db", source, DASHBOARD_HOST="..")
    assert "cannot listen there" in one_line_of_failure(result)


def test_an_unknown_command_is_reported_in_one_line(command: Command) -> None:
    assert "precompute" in one_line_of_failure(command("precomput"))
