"""Whatever is killed, stopped or doubled, the pipeline goes on and the next run puts all right."""

from __future__ import annotations

import signal
import socket
import sqlite3
import time
from contextlib import ExitStack, closing
from functools import partial
from itertools import pairwise
from pathlib import Path
from subprocess import Popen

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.runs import Runner
from tests.engine.programs import free_port, read_line, start_script
from tests.engine.source_database import make_source, query, run_request, settings_of
from tests.faults.processes import answer, require_sound, runs_of, soon, started, write

EVERY_SECOND = {"DASHBOARD_PRECOMPUTE_INTERVAL": "1"}
EXCLUDED = "excluded_sites_count"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_source(tmp_path / "sites.db")


def has_more_runs(db: Path, before: int) -> bool:
    return len(runs_of(db)) > before


def test_a_server_that_is_killed_again_and_again_leaves_a_sound_file_and_the_next_one_serves(
    source: Path,
) -> None:
    port = str(free_port())
    for kill in range(3):
        before = len(runs_of(source))
        with started("serve", source, {"PORT": port, **EVERY_SECOND}) as server:
            if kill:
                soon(partial(has_more_runs, source, before))
                # Somewhere else in the run that follows each time.
                time.sleep(0.4 * kill)
            else:
                soon((source.parent / ".dashboard" / "sites.db.replica.duckdb").exists)
            server.kill()
            server.wait()
        write(source, timeout=0)
        if runs_of(source):
            require_sound(source)
    with started("serve", source, {"PORT": port}) as server:
        soon(lambda: answer(int(port), "/health"))
        told = answer(int(port), f"/api/dataset/{catalogue()[EXCLUDED].key}")
        assert told["value"] == {"excluded_sites": [0]}
        assert server.poll() is None


def stop_without_lock(server: Popen[str], db: Path) -> None:
    """Stop a server outside of the milliseconds of a run in which it has the write lock."""

    def stop() -> bool:
        server.send_signal(signal.SIGSTOP)
        try:
            write(db, timeout=0)
        except sqlite3.OperationalError:
            server.send_signal(signal.SIGCONT)
            return False
        return True

    soon(stop)


def test_a_server_that_is_stopped_holds_up_neither_the_pipeline_nor_another_process(source: Path) -> None:
    port, other_port = free_port(), free_port()
    with started("serve", source, {"PORT": str(port)}) as stopped:
        soon(lambda: answer(port, "/health"))
        soon(lambda: runs_of(source))
        stop_without_lock(stopped, source)
        with started("serve", source, {"PORT": str(other_port)}):
            soon(lambda: answer(other_port, "/health"))
        assert answer(port, "/health", timeout=0.5) is None
        stopped.send_signal(signal.SIGCONT)
        assert soon(lambda: answer(port, "/health"))


def test_two_servers_and_two_schedules_never_run_at_the_same_time_and_fail_in_nothing(source: Path) -> None:
    ports = [free_port(), free_port()]
    with ExitStack() as opened:
        for port in ports:
            opened.enter_context(started("serve", source, {"PORT": str(port), **EVERY_SECOND}))
        for _ in range(2):
            opened.enter_context(started("schedule", source, EVERY_SECOND))
        soon(lambda: len(runs_of(source)) >= 5)
        write(source)
        soon(lambda: all(answer(port, "/health") for port in ports))
    runs = runs_of(source)
    assert {status for *_, status in runs} == {"success"}
    for (_, ended, _), (began, *_) in pairwise(runs):
        assert ended <= began
    require_sound(source)


OPEN_TRANSACTION = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("begin immediate")
connection.executemany(
    "insert into sites (domain, status) values (?, 'excluded')", [(f"{n}.com",) for n in range(20_000)]
)
print("open", flush=True)
sys.stdin.readline()
"""


def test_what_a_pipeline_had_not_committed_when_it_was_killed_is_nowhere(source: Path) -> None:
    pipeline = start_script(OPEN_TRANSACTION, source)
    assert read_line(pipeline) == "open"
    pipeline.kill()
    pipeline.communicate()
    runner = Runner(settings_of(source))
    try:
        assert runner.run(run_request(EXCLUDED)).entries == 1
    finally:
        runner.close()
    require_sound(source)
    assert query(source, "select count(*) from sites") == [(0,)]


def test_a_server_with_64_files_serves_again_after_more_clients_than_it_has_files_for(source: Path) -> None:
    port = free_port()
    with started("serve", source, {"PORT": str(port), **EVERY_SECOND}, most_files=64) as server:
        soon(lambda: answer(port, "/health"))
        with ExitStack() as clients:
            for _ in range(100):
                clients.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
            write(source)
        assert soon(lambda: answer(port, "/health"))
        before = len(runs_of(source))
        soon(lambda: len(runs_of(source)) > before and runs_of(source)[-1][2] == "success")
        assert server.poll() is None
    require_sound(source)
