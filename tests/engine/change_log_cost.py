"""What the change log costs the pipeline's writer; prints a table when run.

    python -m tests.engine.change_log_cost --rounds 20

Each workload runs in short bursts, in turn with the log and without it, on one file and from one
seed, so that whatever else the machine does falls on both. Medians are printed, of the bursts without and of
what those with the log took more.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from engine.store.sqlite.change_log import create_change_log, drop_change_log
from tests.engine.source_database import make_source

SITES = 20_000
PAGE_BYTES = 4_000

Writer = Callable[[sqlite3.Connection, random.Random, int, str], None]

_UPDATE_SITE = "update sites set status = ?, updated_at = ? where id = ?"


def insert_one(connection: sqlite3.Connection, _: random.Random, count: int, stamp: str) -> None:
    """Insert a row in each transaction."""
    for _number in range(count):
        connection.execute("insert into system_metrics (cpu_percent, recorded_at) values (12.5, ?)", (stamp,))


def update_one(connection: sqlite3.Connection, rng: random.Random, count: int, stamp: str) -> None:
    """Update a row by its id in each transaction."""
    for _ in range(count):
        connection.execute(_UPDATE_SITE, (stamp, stamp, rng.randint(1, SITES)))


def move_a_site_on(connection: sqlite3.Connection, rng: random.Random, count: int, stamp: str) -> None:
    """Write what one stage of the pipeline does for a site: one update and two inserts a transaction."""
    for _ in range(count):
        site = rng.randint(1, SITES)
        connection.execute("begin immediate")
        connection.execute(_UPDATE_SITE, (stamp, stamp, site))
        connection.execute("insert into site_status (site_id, status) values (?, ?)", (site, stamp))
        connection.execute(
            "insert into llm_usage (site_id, stage, provider, model) values (?, 'scoring', 'p', 'm')", (site,)
        )
        connection.execute("commit")


def insert_many(connection: sqlite3.Connection, _: random.Random, count: int, stamp: str) -> None:
    """Insert all rows in one transaction."""
    rows = ((number % SITES + 1, stamp) for number in range(count))
    connection.execute("begin immediate")
    connection.executemany("insert into site_status (site_id, status) values (?, ?)", rows)
    connection.execute("commit")


def update_many(connection: sqlite3.Connection, rng: random.Random, count: int, stamp: str) -> None:
    """Update all rows in one transaction."""
    rows = [(stamp, stamp, rng.randint(1, SITES)) for _ in range(count)]
    connection.execute("begin immediate")
    connection.executemany(_UPDATE_SITE, rows)
    connection.execute("commit")


WORKLOADS: tuple[tuple[Writer, int], ...] = (
    (insert_one, 300),
    (update_one, 300),
    (move_a_site_on, 200),
    (insert_many, 10_000),
    (update_many, 3_000),
)
"""A writer, and the rows or transactions of one burst."""


@dataclass(frozen=True)
class Burst:
    """The mean cost of a row or transaction over a burst: processor time, time, log."""

    cpu_us: float
    wall_us: float
    wal_bytes: float


def main() -> None:
    """Measure every workload under both settings of ``synchronous`` and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    headers = (
        "workload",
        "synchronous",
        "cpu_us",
        "more_cpu_us",
        "wall_us",
        "more_wall_us",
        "more_wal_bytes",
    )
    print("".join(f"{header:>16}" for header in headers))
    with tempfile.TemporaryDirectory() as folder:
        db = make_source(Path(folder) / "sites.db")
        _fill(db)
        for synchronous in ("normal", "full"):
            for write, count in WORKLOADS:
                pairs = _compare(db, write, count, synchronous, rounds)
                figures = (
                    median(without.cpu_us for without, _ in pairs),
                    median(noted.cpu_us - without.cpu_us for without, noted in pairs),
                    median(without.wall_us for without, _ in pairs),
                    median(noted.wall_us - without.wall_us for without, noted in pairs),
                    median(noted.wal_bytes - without.wal_bytes for without, noted in pairs),
                )
                cells = "".join(f"{figure:16.1f}" for figure in figures)
                print(f"{write.__name__:>16}{synchronous:>16}{cells}", flush=True)


def _fill(db: Path) -> None:
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.executemany(
            "insert into sites (domain, html_dom) values (?, ?)",
            ((f"site-{number}.example", "x" * PAGE_BYTES) for number in range(SITES)),
        )


def _compare(db: Path, write: Writer, count: int, synchronous: str, rounds: int) -> list[tuple[Burst, Burst]]:
    """Return for each round the burst without the log and the one with it."""
    pairs = []
    for number in range(rounds):
        bursts = {}
        # The first of the two finds other pages in the cache, so they take turns.
        for with_log in (False, True) if number % 2 else (True, False):
            drop_change_log(db)
            if with_log:
                create_change_log(db)
            # Each burst writes other values, so that every update changes its row.
            stamp = f"2026-11-24 {number // 60:02}:{number % 60:02}:{with_log:02}"
            bursts[with_log] = _burst(db, write, count, synchronous, seed=number, stamp=stamp)
        pairs.append((bursts[False], bursts[True]))
    return pairs


def _burst(db: Path, write: Writer, count: int, synchronous: str, *, seed: int, stamp: str) -> Burst:
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        connection.execute(f"pragma synchronous = {synchronous}")
        connection.execute("pragma wal_autocheckpoint = 0")
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        write(connection, random.Random(seed), count, stamp)
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
        wal_bytes = db.with_name(db.name + "-wal").stat().st_size
        return Burst(cpu_s * 1e6 / count, wall_s * 1e6 / count, wal_bytes / count)


if __name__ == "__main__":
    main()
