"""``dashboard serve`` during a long first run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.values.results import Progress
from engine.runs import Trigger, read_progress
from engine.runs.health.progress import shared_progress
from engine.runs.turns.lock import holding, make_run_lock
from engine.store import cache_state, recent_runs
from engine.store.sqlite.migration import missing_tables
from tests.engine.programs import environment, free_port
from tests.engine.source_database import settings_of


def answer(url: str) -> Any:
    """Return the JSON at an address; None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return json.load(response)
    except OSError:
        return None


def soon(happens: Any) -> Any:
    deadline = time.monotonic() + 60
    while not (found := happens()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture
def server(source: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "engine", "serve", "--without-schedule", "--db", str(source)],
        env=environment({"PORT": str(port)}), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_pages_are_served_and_show_progress_while_the_first_run_is_under_way(
    source: Path, server: tuple[subprocess.Popen[bytes], str]
) -> None:
    settings = settings_of(source)
    lock = make_run_lock(settings)
    share_with = (settings, Trigger.SCHEDULE, wall_clock(), lambda progress: None)
    with holding(lock), shared_progress(*share_with) as share:
        share(Progress(1, 9, "copying sites"))
        url = server[1]
        assert soon(lambda: answer(f"{url}/health")) == {"status": "ok"}
        assert soon(lambda: answer(f"{url}/state"))["run"]["step"] == "copying sites"
        assert cache_state(source, wall_clock()).missing == len(catalogue())
    soon(lambda: cache_state(source, wall_clock()).fresh == len(catalogue()))


def test_it_ends_at_a_signal_during_its_first_run(
    source: Path, server: tuple[subprocess.Popen[bytes], str]
) -> None:
    with holding(make_run_lock(settings_of(source))):
        process, url = server
        soon(lambda: answer(f"{url}/health"))
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def descendants(pid: int) -> list[int]:
    children = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += [int(child) for child in (task / "children").read_text().split()]
    return [found for child in children for found in (child, *descendants(child))]


def engine_processes(pid: int) -> list[int]:
    """Return the ids of a process's descendants that have DuckDB's scanner of SQLite files loaded."""
    scanner = "sqlite_scanner.duckdb_extension"
    return [child for child in descendants(pid) if scanner in Path(f"/proc/{child}/maps").read_text()]


def open_files(pid: int) -> list[str]:
    """Return the names of the files that a process has open."""
    names = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        # One that was closed meanwhile is none.
        with suppress(FileNotFoundError):
            names.append(str(descriptor.readlink()))
    return names


@pytest.fixture
def whole_server(source: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``dashboard serve`` with its schedule, which runs every second."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "engine", "serve", "--db", str(source)],
        env=environment(
            {"PORT": str(port), "DASHBOARD_PRECOMPUTE_INTERVAL": "1", "DASHBOARD_LOG_FORMAT": "json"}
        ),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def open_socket(url: str) -> socket.socket:
    """Open the live connection of a page, as a browser that has since lost its network."""
    connection = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
    connection.sendall(
        f"GET /live HTTP/1.1\r\nHost: {url.removeprefix('http://')}\r\nOrigin: {url}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert b" 101 " in connection.recv(100)
    return connection


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="it reads /proc; run the tests on Linux")
def test_a_server_has_one_engine_process_and_ends_in_order_with_open_sockets_and_a_run_under_way(
    source: Path, whole_server: tuple[subprocess.Popen[str], str]
) -> None:
    process, url = whole_server
    soon(lambda: answer(f"{url}/health"))
    # The first run and those of the schedule.
    soon(lambda: len(recent_runs(source, 3)) == 3)
    (engine,) = engine_processes(process.pid)
    assert [name for pid in (process.pid, engine) for name in open_files(pid) if "(deleted)" in name] == []
    sockets = [open_socket(url) for _ in range(3)]
    os.kill(engine, signal.SIGSTOP)
    soon(lambda: answer(f"{url}/state")["run"])
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    for connection in sockets:
        connection.close()
    assert process.returncode == 0, errors
    # Its log is that of its runs, and no more.
    lines = [json.loads(line) for line in errors.splitlines()]
    assert {(line["logger"], line["status"]) for line in lines} == {("dashboard.run", "success")}
    # The server also computes ahead what nobody has read yet.
    assert {"schedule"} <= {line["trigger"] for line in lines} <= {"schedule", "warm"}
    assert [line["run"] for line in lines[:3]] == [1, 2, 3]
    assert not Path(f"/proc/{engine}/exe").exists()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_ended_before_it_serves_leaves_nothing_under_way(
    source: Path, whole_server: tuple[subprocess.Popen[str], str], sent: signal.Signals
) -> None:
    process, _ = whole_server
    settings = settings_of(source)
    with holding(make_run_lock(settings)):
        # Its tables are made just before its first run waits for the lock.
        soon(lambda: not missing_tables(source))
        process.send_signal(sent)
        _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert "ERROR" not in errors
    assert read_progress(settings, wall_clock()) is None
