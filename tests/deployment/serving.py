"""``dashboard serve`` as tests run it: a process of its own over a database, for the time of a block."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 120


@contextmanager
def running_server(db: Path, port: int, **settings: str) -> Iterator[None]:
    """Serve a database, without the schedule, until the block ends; its log is ``server.log`` beside it."""
    with running_command(db.parent, ["--without-schedule", "--db", str(db)], port, **settings):
        yield


@contextmanager
def running_command(folder: Path, options: list[str], port: int, **settings: str) -> Iterator[None]:
    """Run ``dashboard serve`` in a folder until the block ends; its log is ``server.log`` there."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": str(port), **settings}
    log_path = folder / "server.log"
    with log_path.open("a") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "engine", "serve", *options],
            cwd=folder, env=env, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _answers(f"http://127.0.0.1:{port}/healthz"):
                assert server.poll() is None, f"it ended with {server.poll()}: {log_path.read_text()}"
                assert time.monotonic() < deadline, log_path.read_text()
                time.sleep(0.1)
            yield
        finally:
            server.terminate()
            server.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
