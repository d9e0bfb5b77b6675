"""The Procfile as it stands, under a Procfile runner: a web app on $PORT and a worker that computes."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.demo import generate
from engine.store.sqlite.migration import migrate

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 90


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.2)
    return False


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "sites.db"
    generate(path, scale=0.01, seed=1, days=40, now=datetime.now(UTC).replace(microsecond=0))
    migrate(path)
    return path


@pytest.fixture
def port(db: Path) -> Iterator[int]:
    number = _free_port()
    environment = os.environ | {
        "DASHBOARD_DB": str(db),
        "DASHBOARD_HOST": "127.0.0.1",
        "PORT": str(number),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    runner = subprocess.Popen(
        [sys.executable, "-m", "honcho", "--app-root", str(ROOT), "start"],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield number
    finally:
        runner.send_signal(signal.SIGINT)
        try:
            runner.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(runner.pid, signal.SIGKILL)
            runner.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _scheduled_runs(db: Path) -> int:
    with closing(sqlite3.connect(db)) as connection:
        query = "select count(*) from dashboard_runs where \"trigger\" = 'schedule' and status = 'success'"
        count: int = connection.execute(query).fetchone()[0]
        return count


def test_web_serves_on_the_given_port_and_worker_computes(port: int, db: Path) -> None:
    assert _wait_for(lambda: _answers(f"http://127.0.0.1:{port}/health"))
    assert _wait_for(lambda: _answers(f"http://127.0.0.1:{port}/pipeline"))
    assert _wait_for(lambda: _scheduled_runs(db) > 0)
