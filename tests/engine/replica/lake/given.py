"""A source that a pipeline writes, and workers on it: one has its replica in a file, others in a lake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.changes import write_changes
from engine.demo import generate
from engine.model.catalogue.datasets import catalogue
from engine.model.places.lake import NO_S3, Lake, S3Access, lake_catalog
from engine.model.values.orders import RunOrder
from engine.model.values.payload import Payload
from engine.model.values.results import Progress, RunOutcome
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.source_database import NOW, STATE_TABLE, execute, store_token

ZONE = "Australia/Adelaide"


def make_demo(path: Path, scale: float = 0.01) -> Path:
    """Make a small demo that can store tokens."""
    generate(path, scale=scale, days=40, now=NOW)
    execute(path, STATE_TABLE)
    return path


def lake_at(address: str, data: Path | str, s3: S3Access = NO_S3) -> Lake:
    catalog = lake_catalog("DASHBOARD_REPLICA_URL", f"ducklake:{address}")
    assert catalog is not None
    return Lake(catalog, str(data), s3)


@dataclass
class Pipeline:
    """The source and its clock: each change is ten minutes after the one before."""

    db: Path
    at: datetime = NOW
    changes: int = 0

    def go_on(self, rows: int = 20) -> None:
        self.at += timedelta(minutes=10)
        self.changes += 1
        write_changes(self.db, self.at, Random(self.changes), new=rows, changed=rows)


@dataclass
class Worker:
    """A worker with a state folder of its own; ``lake`` None keeps the replica in a file there."""

    engine: EngineProcess
    pipeline: Pipeline
    state: Path
    lake: Lake | None = None
    names: tuple[str, ...] = tuple(catalogue())

    def order(self) -> RunOrder:
        self.state.mkdir(exist_ok=True)
        return RunOrder(
            self.pipeline.db,
            self.pipeline.at,
            ZONE,
            self.names,
            replica=self.state / "replica.duckdb",
            started_at=self.pipeline.at,
            lake=self.lake,
        )

    def compute(self, report: Callable[[Progress], None] = lambda _: None) -> RunOutcome:
        """Compute a run that is never stored."""
        return self.engine.compute(self.order(), report)

    def run(self) -> RunOutcome:
        """Compute all datasets, and store the token."""
        outcome = self.compute()
        self.store(outcome)
        return outcome

    def store(self, outcome: RunOutcome) -> None:
        """Store the token of a run."""
        assert store_token(self.pipeline.db, outcome)


def values_of(outcome: RunOutcome) -> dict[str, tuple[Payload, Payload | None]]:
    """Return the bytes of all entries."""
    assert not outcome.problems
    assert outcome.computed
    return {each.key: (each.value, each.page_value) for each in outcome.computed}


def same_replica(outcome: RunOutcome, other: RunOutcome) -> bool:
    """Return whether two runs had the same replica, which was not built again between them."""
    assert outcome.token is not None and other.token is not None
    return outcome.token.name == other.token.name
