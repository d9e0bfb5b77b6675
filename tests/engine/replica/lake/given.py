"""A source that a pipeline writes, and workers on it: one has its replica in a file, others in a lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.changes import write_changes
from engine.demo import generate
from engine.model.datasets import catalogue
from engine.model.lake import Lake, lake_catalog
from engine.model.payload import Payload
from engine.model.results import RunOrder, RunOutcome
from engine.runs.engine_process import EngineProcess
from tests.engine.source_database import NOW, STATE_TABLE, execute, store_token

ZONE = "Australia/Adelaide"


def make_demo(path: Path, scale: float = 0.01) -> Path:
    """Make a small demo that can store tokens."""
    generate(path, scale=scale, days=40, now=NOW)
    execute(path, STATE_TABLE)
    return path


def lake_at(address: str, data: Path | str) -> Lake:
    catalog = lake_catalog("DASHBOARD_REPLICA_URL", f"ducklake:{address}")
    assert catalog is not None
    return Lake(catalog, str(data))


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

    def order(self, **more: object) -> RunOrder:
        self.state.mkdir(exist_ok=True)
        return RunOrder(
            self.pipeline.db,
            self.pipeline.at,
            ZONE,
            tuple(catalogue()),
            replica=self.state / "replica.duckdb",
            started_at=self.pipeline.at,
            lake=self.lake,
            **more,  # type: ignore[arg-type]
        )

    def compute(self, **more: object) -> RunOutcome:
        """Compute a run that is never stored."""
        return self.engine.compute(self.order(**more), lambda _: None)

    def run(self, **more: object) -> RunOutcome:
        """Compute all datasets, and store the token."""
        outcome = self.compute(**more)
        assert store_token(self.pipeline.db, outcome)
        return outcome


def values_of(outcome: RunOutcome) -> dict[str, tuple[Payload, Payload | None]]:
    """Return the bytes of all entries."""
    assert not outcome.problems
    assert len(outcome.computed) == len(catalogue())
    return {each.key: (each.value, each.page_value) for each in outcome.computed}


def was_built(outcome: RunOutcome) -> bool:
    """Return whether a run has copied the source, instead of going on from a replica."""
    return all(table.verified_at == outcome.seen_at for table in outcome.replica)
