"""``dashboard serve`` beside a first run that takes long."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.cache import cache_state
from engine.clock import wall_clock
from engine.datasets import catalogue
from engine.results import Progress
from engine.runs import Trigger
from engine.runs.lock import holding, make_run_lock
from engine.runs.progress import shared_progress
from tests.engine.programs import environment
from tests.engine.source_database import settings_of


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(url: str) -> Any:
    """Return the JSON that is answered there; None while nobody listens or answers."""
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


def test_pages_are_served_and_told_of_it_while_the_first_run_still_goes_on(
    source: Path, server: tuple[subprocess.Popen[bytes], str]
) -> None:
    settings = settings_of(source)
    lock = make_run_lock(settings)
    share_with = (settings, Trigger.SCHEDULE, wall_clock(), lambda progress: None)
    with holding(lock), shared_progress(*share_with) as share:
        share(Progress(1, 9, "copying sites"))
        url = server[1]
        assert soon(lambda: answer(f"{url}/health")) == {"status": "ok"}
        assert answer(f"{url}/state")["run"]["step"] == "copying sites"
        assert cache_state(source, wall_clock()).missing == len(catalogue())
    soon(lambda: cache_state(source, wall_clock()).fresh == len(catalogue()))


def test_it_ends_when_it_is_told_to_in_the_midst_of_its_first_run(
    source: Path, server: tuple[subprocess.Popen[bytes], str]
) -> None:
    with holding(make_run_lock(settings_of(source))):
        process, url = server
        soon(lambda: answer(f"{url}/health"))
        process.send_signal(signal.SIGTERM)
        process.wait(30)
