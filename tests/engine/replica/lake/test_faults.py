"""Files that cannot be written or reached fail a run with the reason, and the next run goes on."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from engine.model.errors import SourceError
from engine.model.values.payload import decode
from engine.model.values.results import RunOutcome
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.lake.given import Pipeline, Worker, lake_at, same_replica, values_of
from tests.engine.replica.lake.stand_in import StandIn
from tests.engine.small_disk import fill, small_disk
from tests.engine.source_database import STATE_TABLE, execute, make_source
from tests.postgres import Cluster


@pytest.fixture
def worker(engine: EngineProcess, tmp_path: Path) -> Worker:
    db = make_source(tmp_path / "sites.db")
    execute(db, STATE_TABLE)
    return Worker(engine, Pipeline(db), tmp_path / "state", None, ("excluded_sites_count",))


def add_sites(worker: Worker) -> None:
    """Add more rows than the catalog takes."""
    rows = [(f"{uuid.uuid4().hex}.example",) for _ in range(300)]
    execute(worker.pipeline.db, "insert into sites (domain, status) values (?, 'excluded')", *rows)


def excluded(outcome: RunOutcome) -> object:
    ((value, _),) = values_of(outcome).values()
    return decode(value.blob)["excluded_sites"]


def test_a_full_disk_is_named_and_the_replica_goes_on_when_there_is_space(
    worker: Worker, cluster: Cluster, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        worker.lake = lake_at(cluster.create_database(), disk / "lake")
        first = worker.run()
        fill(disk)
        add_sites(worker)
        with pytest.raises(SourceError, match="free some space"):
            worker.compute()
        (disk / "filler").unlink()
        after = worker.run()
        assert same_replica(first, after)
        assert excluded(after) == [300]
        worker.engine.close()


def test_s3_that_goes_away_in_the_middle_of_a_run_is_named_and_the_replica_goes_on(
    worker: Worker, cluster: Cluster, s3: StandIn
) -> None:
    worker.lake = lake_at(cluster.create_database(), s3.place, s3.access)
    first = worker.run()
    add_sites(worker)
    stops = [s3.stop]
    with pytest.raises(SourceError, match="the replica's files cannot be reached"):
        worker.compute(lambda step: stops.pop()() if stops and step.step.startswith("reading ") else None)
    s3.start()
    after = worker.run()
    assert same_replica(first, after)
    assert excluded(after) == [300]
