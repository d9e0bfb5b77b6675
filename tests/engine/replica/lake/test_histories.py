"""After random histories a replica in DuckLake holds what the source holds, as one in a file does."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.lake.given import lake_at
from tests.histories.draws import Clock
from tests.histories.history import History, instant_text
from tests.histories.odd import OddWriter
from tests.histories.well_behaved import WellBehavedWriter
from tests.lengths import HISTORIES
from tests.postgres import Cluster

RUNS = 3


@pytest.fixture
def begin(cluster: Cluster, engine: EngineProcess, tmp_path: Path) -> Callable[[], History]:
    """Return what begins a history whose replica is in a new lake."""
    return lambda: History(tmp_path, engine, lake_at(cluster.create_database(), tmp_path / "lake"))


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_every_sync_follows_a_well_behaved_writer_at_once(begin: Callable[[], History], seed: int) -> None:
    history, rng = begin(), random.Random(seed)
    clock = Clock(rng)
    writer = WellBehavedWriter(history, rng, clock)
    writer.fill()
    for _ in range(RUNS):
        writer.transaction()
        clock.go_on()
        history.perform(f"-- sync {instant_text(clock.now)} alone")
        history.perform("-- compare")
    history.perform(f"-- sync {instant_text(clock.now)} killed {rng.randrange(2000)}")
    clock.go_on()
    history.perform(f"-- recompute {instant_text(clock.now + timedelta(seconds=1))}")
    history.perform("-- compare")
    history.close()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_a_full_audit_finds_whatever_an_odd_writer_did(begin: Callable[[], History], seed: int) -> None:
    history, rng = begin(), random.Random(seed)
    clock = Clock(rng)
    writer = OddWriter(history, rng, clock)
    writer.fill()
    for _ in range(RUNS):
        writer.transaction()
        clock.go_on()
        history.perform(f"-- sync {instant_text(clock.now)}")
    history.perform(f"-- sync {instant_text(clock.now)} verify")
    history.perform("-- compare")
    history.perform(f"-- recompute {instant_text(clock.now)}")
    history.close()
