"""A server in a process of its own, for as long as a block lasts.

A command starts it on a free port. It is ready once it answers.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving.http_client import HOST
from engine.model.errors import ComputeError

START_SECONDS = 60.0
END_SECONDS = 10.0
ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class Served:
    """A server that is ready."""

    name: str
    port: int
    pid: int

    def get_json(self, path: str) -> Any:
        """Return the JSON at a path. Raises ComputeError."""
        return json.loads(self.get_body(path))

    def get_body(self, path: str) -> bytes:
        """Return the body at a path, not compressed. Raises ComputeError."""
        try:
            status, body = _get(self.port, path)
        except (OSError, http.client.HTTPException) as error:
            raise ComputeError(f"{self.name} at {path}", str(error), "see the server's log") from None
        if status != 200:
            raise ComputeError(f"{self.name} at {path}", f"it answers {status}", "see the server's log")
        return body


def environment_of(db: Path, state_dir: Path) -> dict[str, str]:
    """Return the environment for commands on a database, without the user's own dashboard settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DASHBOARD_")}
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {
        "DASHBOARD_DB": str(db),
        "DASHBOARD_STATE_DIR": str(state_dir),
        "DASHBOARD_HOST": HOST,
        "PYTHONPATH": os.pathsep.join(paths),
    }


def free_port() -> int:
    """Return a port of this machine that is not in use."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def served(
    name: str,
    arguments: Sequence[str],
    port: int,
    *,
    ready_path: str,
    environment: Mapping[str, str],
    folder: Path,
    log_path: Path | None = None,
) -> Iterator[Served]:
    """Run ``python`` with these arguments in a folder until the block ends. Raises ComputeError.

    Its log goes to ``log_path``; None means that it is kept for an error alone.
    """
    with tempfile.TemporaryFile() if log_path is None else log_path.open("w+b") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=dict(environment),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _is_there(port, ready_path):
                if process.poll() is not None:
                    log.seek(0)
                    lines = log.read().decode("utf-8", "replace").split("\n")
                    last = next((line for line in reversed(lines) if line.strip()), "its log is empty")
                    raise ComputeError(name, f"its server ended at once ({last})", "try again")
                if time.monotonic() > deadline:
                    raise ComputeError(name, f"no answer in {START_SECONDS:.0f} s", "try again")
                time.sleep(0.05)
            yield Served(name, port, process.pid)
        finally:
            _end(process)


def _is_there(port: int, path: str) -> bool:
    try:
        return _get(port, path)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "identity"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
