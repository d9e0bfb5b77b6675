"""A dashboard whose runs follow one another on a source, as far as the replica is concerned."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from engine.model.values import payload
from engine.model.values.orders import RunOrder
from engine.model.values.results import Progress, RunOutcome
from engine.runs.processes.engine_process import EngineProcess
from engine.store.freshness.replica_token import read_replica_tokens
from tests.engine.source_database import NOW, STATE_TABLE, execute, make_source, store_token
from tests.histories.image import differences

FUNNEL = "pipeline_funnel"


def make_db(folder: Path) -> Path:
    """Make an empty source that can store a token."""
    db = make_source(folder / "sites.db")
    execute(db, STATE_TABLE)
    return db


class Dashboard:
    """Runs on one source, ten minutes apart, as the schedule makes them.

    Tokens are stored in the source, or in the file ``store``.
    """

    def __init__(self, engine: EngineProcess, db: Path, store: Path | None = None) -> None:
        self.engine, self.db, self.replica = engine, db, db.with_name("replica.duckdb")
        self.store = store
        self.steps: list[Progress] = []
        self.at = NOW

    def compute(self) -> RunOutcome:
        """Compute a run that is never stored."""
        self.at += timedelta(minutes=10)
        self.steps.clear()
        order = RunOrder(
            self.db,
            self.at,
            "UTC",
            (FUNNEL,),
            replica=self.replica,
            started_at=self.at,
            tokens=None if self.store is None else read_replica_tokens(self.store),
        )
        return self.engine.compute(order, self.steps.append)

    def run(self) -> int:
        """Compute a run and store its token; return how many sites it shows as found."""
        outcome = self.compute()
        store_token(self.db, outcome, self.store)
        return found(outcome)

    def missed(self) -> list[str]:
        """Sync; return how the replica differs from the source, and the tables that the audit repaired."""
        outcome = self.compute()
        store_token(self.db, outcome, self.store)
        repaired = [f"{table.table} was repaired" for table in outcome.replica if table.repaired]
        return differences(self.db, self.replica) + repaired

    def compared_all(self) -> bool:
        """Return whether the last run compared every row with the source."""
        return any(step.step == "comparing sites with the source" for step in self.steps)


def found(outcome: RunOutcome) -> int:
    (dataset,) = outcome.computed
    value = payload.decode(dataset.value.blob)
    count = dict(zip(value["stage"], value["sites"], strict=True))["found"]
    assert isinstance(count, int)
    return count
