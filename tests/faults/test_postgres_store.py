"""Workers on one store in PostgreSQL are killed at random moments: no run is stored by halves, or twice."""

from __future__ import annotations

import os
import random
import signal
import threading

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.places.postgres_address import parse_postgres_address
from engine.store import SnapshotReader
from engine.store.postgres.migration import migrate
from tests.engine.programs import read_line, send_line, start_script
from tests.engine.server_store import query

KEYS = tuple(dataset.key for dataset in catalogue().values())[:12]
KILLS = 12

WORKERS = """
import os
import signal
import sys
from itertools import count
from filelock import Timeout
from engine.model.clock import wall_clock
from engine.model.values.payload import encode
from engine.model.places.postgres_address import parse_postgres_address
from engine.model.values.results import ComputedDataset, RunOutcome
from engine.runs.turns.lock import Fence, ServerLock
from engine.store.backend import reading, writing
from engine.store.postgres.run_lock import PostgresRunLock
from engine.store.runs import RunRecord
from engine.store.writes import prepare_run, store_run

address, keys = parse_postgres_address("a", sys.argv[1]), sys.argv[2].split(",")


def work(name):
    for number in count(1):
        lock = ServerLock(PostgresRunLock(address))
        try:
            lock.acquire(timeout=1)
        except Timeout:
            continue
        try:
            store(lock, f"{name}.{number}")
        finally:
            lock.release()


def store(lock, mark):
    now = wall_clock()
    computed = tuple(ComputedDataset(key, key, encode({"run": [mark]}), 15, 1.0) for key in keys)
    record = RunRecord("page", mark, "UTC", now, now, now, 1, len(keys), 0, 1, "success", None)
    with reading(address) as connection:
        prepared = prepare_run(connection, record, RunOutcome(computed, (), (), ()))
    with writing(address) as connection:
        fence = Fence(lock)
        assert fence.stored(connection) is None
        fence.note_stored(connection, store_run(connection, prepared))


# A worker for each line: a fork of this process, which has imported everything.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        work(line.strip())
    print(pid, flush=True)
"""


def test_workers_that_are_killed_leave_whole_runs_alone(postgres_url: str) -> None:
    address = parse_postgres_address("DASHBOARD_CACHE_URL", postgres_url)
    migrate(address)
    chance = random.Random(7)
    readers = [SnapshotReader(address, KEYS, 1800) for _ in range(2)]
    seen: list[set[str]] = []
    ended = threading.Event()

    def read(reader: SnapshotReader) -> None:
        while not ended.is_set():
            entries = reader.read(wall_clock()).entries.values()
            seen.append({entry.value["run"][0] if entry.value else "" for entry in entries})

    threads = [threading.Thread(target=read, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    starting = start_script(WORKERS, postgres_url, ",".join(KEYS))

    def started(name: str) -> int:
        send_line(starting, name)
        return int(read_line(starting))

    workers = [started("a"), started("b")]
    for killed in range(KILLS):
        # Anywhere in its runs, of which each takes some milliseconds.
        ended.wait(chance.uniform(0, 0.3))
        place = chance.randrange(2)
        os.kill(workers[place], signal.SIGKILL)
        workers[place] = started(f"{killed}")
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    starting.kill()
    starting.wait()
    ended.set()
    for thread in threads:
        thread.join()
    assert {len(marks) for marks in seen} == {1}
    runs = query(address, "select scope, generation from dashboard_runs order by id")
    assert len(runs) > 1
    assert len({scope for scope, _ in runs}) == len(runs)
    assert [generation for _, generation in runs] == list(range(1, len(runs) + 1))
    assert readers[0].read(wall_clock()).entries[KEYS[0]].value == {"run": [runs[-1][0]]}
    for reader in readers:
        reader.close()
