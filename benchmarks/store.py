"""``python -m benchmarks.store postgresql://…`` measures a store there beside one in a file of SQLite.

All figures are medians of one run, in milliseconds. The database is best an empty one of its own: what the
dashboard's tables hold there is replaced.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.places.postgres_address import parse_postgres_address
from engine.model.settings import StorePlace
from engine.model.values.payload import encode
from engine.model.values.results import ComputedDataset, RunOutcome
from engine.store import read_entries, version_reader
from engine.store.backend import BUSY_TIMEOUT_SECONDS, backend_of, reading, writing
from engine.store.runs import ALL, RunRecord
from engine.store.sqlite.connections import new_database
from engine.store.writes import prepare_run, store_run

ENTRIES = 23
ROUNDS = 200
_seeds = count(1)


def main() -> None:
    """Print the figures of both stores as a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("address", help="the address of a database, postgresql://user@host/database")
    address = parse_postgres_address("the address", parser.parse_args().address)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cache.db"
        with new_database(file) as connection:
            connection.execute("pragma journal_mode = wal").fetchone()
        figures = {"SQLite": measure(file), "PostgreSQL": measure(address)}
    print(f"{'ms, medians':<34}" + "".join(f"{name:>12}" for name in figures))
    for line in figures["SQLite"]:
        print(f"{line:<34}" + "".join(f"{found[line]:>12.4f}" for found in figures.values()))


def measure(store: StorePlace) -> dict[str, float]:
    """Return the figures of one store, in milliseconds."""
    backend_of(store).migrate(is_source=False)
    keys = [dataset.key for dataset in catalogue().values()][:ENTRIES]
    reader = version_reader(store)
    _store_run(store, keys)
    reader.read()
    found = {
        "version check before a page": _median(reader.read, ROUNDS * 50),
        f"{ENTRIES} entries read": _median(lambda: read_entries(store, keys, wall_clock())),
        f"a run of {ENTRIES} entries stored": _median(lambda: _store_run(store, keys)),
        "from commit to notice": _notice_ms(store),
    }
    reader.close()
    return found


def _median(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def _store_run(store: StorePlace, keys: list[str]) -> None:
    random = Random(next(_seeds))
    computed = tuple(
        ComputedDataset(key.partition("/")[2], key, encode(_value(random)), 15, 2.0) for key in keys
    )
    now = wall_clock()
    record = RunRecord("schedule", ALL, "UTC", now, now - timedelta(seconds=1), now, 5, len(keys), 0, 1,
                       "success", None)  # fmt: skip
    outcome = RunOutcome(computed, (), (), ())
    with reading(store) as connection:
        prepared = prepare_run(connection, record, outcome)
    with writing(store) as connection:
        store_run(connection, prepared)


def _value(random: Random) -> dict[str, list[object]]:
    """Return columns of 30 days."""
    return {
        "day": [f"2026-11-{day:02}" for day in range(1, 31)],
        "rows": [random.randrange(10_000) for _ in range(30)],
    }


def _notice_ms(store: StorePlace) -> float:
    """Return how long after a commit another thread that reads the version all the time sees it.

    What this process stores itself it knows at once. So the change is one by hand, beside its transactions.
    """
    reader, times = version_reader(store), []
    for number in range(30):
        before = reader.read()
        noticed: list[float] = []

        def watch(before: object = before, noticed: list[float] = noticed) -> None:
            while reader.read() == before:
                time.sleep(0.0001)
            noticed.append(time.perf_counter())

        thread = threading.Thread(target=watch)
        thread.start()
        with backend_of(store).counting(BUSY_TIMEOUT_SECONDS) as connection:
            connection.execute(
                "update dashboard_state set value = ? where name = 'generation'", (str(10_000 + number),)
            )
        committed = time.perf_counter()
        thread.join()
        times.append(max(0.0, noticed[0] - committed))
    reader.close()
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
