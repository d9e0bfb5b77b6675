"""Processes of the dashboard and of a pipeline, which tests kill, stop and limit."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from engine.model.values.payload import decode
from tests.engine.programs import environment
from tests.engine.source_database import query

WAIT_SECONDS = 120
Found = TypeVar("Found")


def soon(happens: Callable[[], Found]) -> Found:
    """Return what a function returns as soon as that is true."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := happens()):
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)
    return found


@contextmanager
def started(
    command: str, db: Path, env: Mapping[str, str], most_files: int | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start a command of the dashboard; the end of the block kills it.

    ``most_files`` is the most files that it may have open, None for the limit of the tests.
    """
    limited = [] if most_files is None else ["sh", "-c", f'ulimit -n {most_files}; exec "$@"', "sh"]
    process = subprocess.Popen(
        [*limited, sys.executable, "-m", "engine", command, "--db", str(db)],
        env=environment(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def answer(port: int, path: str, timeout: float = 5) -> Any:
    """Return the JSON at an address; None if nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=timeout) as response:
            return json.load(response)
    except OSError:
        return None


def runs_of(db: Path) -> list[tuple[Any, ...]]:
    """Return started_at, finished_at and status of each stored run; none before the tables are there."""
    try:
        return query(db, "select started_at, finished_at, status from dashboard_runs order by id")
    except sqlite3.OperationalError:
        return []


def write(db: Path, timeout: float = 5) -> None:
    """Write a row as a pipeline does; with a timeout of 0 s a lock that anybody holds is an error."""
    with closing(sqlite3.connect(db, timeout=timeout)) as connection, connection:
        connection.execute("insert into sites (domain, status) values ('a.com', 'found')")


def require_sound(db: Path) -> None:
    """Assert that the file is whole, and that every entry of the cache can be read."""
    assert query(db, "pragma integrity_check") == [("ok",)]
    for (blob,) in query(db, "select cache_value from dashboard_cache"):
        decode(blob)
