"""Makes replicas on which numbers are compared with their rows: random, on edges, hostile, and the demo's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import duckdb

from engine.demo.generate import generate
from engine.model.clock import Clock
from engine.model.values.orders import RunOrder
from engine.replica.macros import create_clock_macros, create_macros
from engine.runs.processes.engine_process import EngineProcess
from tests.datasets.test_every_dataset import CLOCK, random_replica
from tests.exactness.dense import Dense
from tests.exactness.filled import fill_replica
from tests.hostile import HOSTILE_MOMENTS, make_hostile_database
from tests.lengths import times
from tests.oracle.clock import Clock as OracleClock

Opened = tuple[duckdb.DuckDBPyConnection, Clock]

EDGES = (2, 9, 0)[: times(1, 3)]
"""Which of the hostile moments have a replica of rows on the edges of windows, each in another time zone."""


def open_replicas(folder: Path, engine: EngineProcess) -> Iterator[tuple[str, Opened]]:
    """Yield a name and an open replica with its clock's macros, one after another; each is closed then."""
    makers: dict[str, Callable[[], Opened]] = {"random rows": lambda: (random_replica(), CLOCK)}
    makers |= {f"edges {moment}": lambda moment=moment: _edges(moment) for moment in EDGES}  # type: ignore[misc]
    makers["hostile values"] = lambda: _hostile(folder / "hostile", engine)
    makers["demo"] = lambda: _demo(folder / "demo", engine)
    for name, make in makers.items():
        with _closing(make()) as opened:
            yield name, opened


@contextmanager
def _closing(opened: Opened) -> Iterator[Opened]:
    connection, clock = opened
    try:
        create_clock_macros(connection, clock)
        yield opened
    finally:
        connection.close()


def _edges(moment: int) -> Opened:
    now, zone = HOSTILE_MOMENTS[moment]
    connection = duckdb.connect(config={"threads": 1})
    create_macros(connection)
    clock = Clock(now, zone)
    create_clock_macros(connection, clock)
    dense = Dense(Random(f"rows {moment}"), OracleClock(now, ZoneInfo(zone)), variety=0.2)
    fill_replica(connection, dense.source())
    connection.execute("create table source_file (free_pages bigint)")
    return connection, clock


def _hostile(folder: Path, engine: EngineProcess) -> Opened:
    now, zone = HOSTILE_MOMENTS[7]
    folder.mkdir()
    make_hostile_database(folder / "sites.db", 12, now, time_zone=zone)
    return _synced(folder, engine, now, zone)


def _demo(folder: Path, engine: EngineProcess) -> Opened:
    now, zone = HOSTILE_MOMENTS[3]
    folder.mkdir()
    generate(folder / "sites.db", scale=0.02, days=65, now=now)
    return _synced(folder, engine, now, zone)


def _synced(folder: Path, engine: EngineProcess, now: datetime, zone: str) -> Opened:
    """Return the replica that a run makes of a source."""
    replica = folder / "replica.duckdb"
    engine.compute(RunOrder(folder / "sites.db", now, zone, (), replica=replica, started_at=now), _ignore)
    # Another process can open the file when this one has ended.
    engine.close()
    return duckdb.connect(str(replica), config={"threads": 1}), Clock(now, zone)


def _ignore(_: object) -> None:
    return None
