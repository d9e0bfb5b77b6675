"""One worker at a time writes a lake, and what another commits is refused, also after the loss of a lock."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from engine.model.errors import ComputeError, SourceError
from engine.model.places.lake import Lake
from engine.model.values.orders import HoldOrder
from engine.model.values.results import Progress
from engine.replica.lake.catalog import claimed
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.lake.given import Pipeline, Worker, lake_at, same_replica, values_of
from tests.postgres import Cluster

FUNNEL = ("pipeline_funnel",)


@pytest.fixture(scope="module")
def lake(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return lake_at(cluster.create_database(), tmp_path_factory.mktemp("lake"))


@pytest.fixture
def here(engine: EngineProcess, pipeline: Pipeline, lake: Lake, tmp_path: Path) -> Worker:
    return Worker(engine, pipeline, tmp_path / "here", lake, FUNNEL)


@pytest.fixture
def elsewhere(other_engine: EngineProcess, pipeline: Pipeline, lake: Lake, tmp_path: Path) -> Worker:
    """A worker whose folders are another machine's."""
    return Worker(other_engine, pipeline, tmp_path / "elsewhere", lake, FUNNEL)


def in_the_middle(act: Callable[[], None]) -> Callable[[Progress], None]:
    """Return a report that acts at its first call."""
    pending = [act]

    def report(_: Progress) -> None:
        while pending:
            pending.pop()()

    return report


def in_file(worker: Worker, other: EngineProcess) -> dict[str, object]:
    """Return what a replica in a new file gives at the same instant."""
    over_file = Worker(other, worker.pipeline, worker.state.with_name("file"), None, worker.names)
    return dict(values_of(over_file.compute()))


def test_a_worker_on_another_machine_goes_on_without_building_the_replica(
    here: Worker, elsewhere: Worker, pipeline: Pipeline
) -> None:
    first = here.run()
    pipeline.go_on()
    second = elsewhere.run()
    assert same_replica(first, second)
    pipeline.go_on()
    third = here.run()
    assert same_replica(first, third)
    assert values_of(third) == in_file(here, elsewhere.engine)


def test_a_second_worker_is_refused_while_the_first_one_writes(here: Worker, lake: Lake) -> None:
    here.run()
    with claimed(lake, None), pytest.raises(SourceError, match="another worker writes it"):
        here.compute()
    here.run()


def test_a_run_whose_lock_was_lost_stores_nothing(here: Worker, lake: Lake, pipeline: Pipeline) -> None:
    before = here.run()
    pipeline.go_on()

    def lose_the_lock() -> None:
        assert here.engine.pid is not None
        os.kill(here.engine.pid, signal.SIGSTOP)
        with psycopg.connect(lake.catalog.url.text) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
                " and database = (select oid from pg_database where datname = current_database())"
            )
        with claimed(lake, None):
            pass
        os.kill(here.engine.pid, signal.SIGCONT)

    with pytest.raises(SourceError, match="another worker has taken the replica over"):
        here.compute(in_the_middle(lose_the_lock))
    after = here.run()
    assert same_replica(before, after)
    assert not any(table.repaired for table in after.replica)
    assert values_of(after) == in_file(here, here.engine)


def test_a_run_that_is_killed_leaves_the_replica_as_it_was(here: Worker, pipeline: Pipeline) -> None:
    before = here.run()
    pipeline.go_on()

    def kill() -> None:
        assert here.engine.pid is not None
        os.kill(here.engine.pid, signal.SIGKILL)

    with pytest.raises(ComputeError):
        here.compute(in_the_middle(kill))
    after = here.run()
    assert same_replica(before, after)
    assert values_of(after) == in_file(here, here.engine)


def test_a_replica_is_held_as_it_is(here: Worker, elsewhere: Worker, lake: Lake, tmp_path: Path) -> None:
    here.run()
    elsewhere.state.mkdir()
    order = HoldOrder(
        here.pipeline.db, elsewhere.state / "replica.duckdb", tmp_path / "socket", 1 << 30, lake=lake
    )
    assert elsewhere.engine.hold(order)
    assert same_replica(here.run(), elsewhere.run())


def test_a_lake_whose_files_are_damaged_is_built_again(here: Worker, lake: Lake) -> None:
    before = here.run()
    for path in Path(lake.data).rglob("*.parquet"):
        path.write_bytes(b"no parquet")
    after = here.run()
    assert not same_replica(before, after)
    assert values_of(after) == in_file(here, here.engine)


def test_files_that_were_moved_are_named_and_nothing_is_built(
    here: Worker, lake: Lake, tmp_path: Path
) -> None:
    before = here.run()
    here.lake = Lake(lake.catalog, str(tmp_path / "other"))
    with pytest.raises(SourceError, match="DASHBOARD_REPLICA_DATA"):
        here.compute()
    here.lake = lake
    assert same_replica(before, here.run())


def test_a_catalog_that_is_away_is_an_error_in_one_line_without_a_password(
    here: Worker, tmp_path: Path
) -> None:
    here.lake = lake_at("postgres:dbname=lake host=/nowhere user=ann password=hunter2hunter2", tmp_path)
    with pytest.raises(SourceError) as caught:
        here.compute()
    assert "hunter2" not in str(caught.value)
    assert str(caught.value).startswith(
        "ducklake:postgresql:///?dbname=lake&host=/nowhere&user=ann: its catalog"
    )


def test_a_catalog_that_ends_in_the_middle_of_a_run_leaves_the_replica_as_it_was(
    here: Worker, lake: Lake, pipeline: Pipeline
) -> None:
    before = here.run()
    pipeline.go_on()

    def end_connections() -> None:
        with psycopg.connect(lake.catalog.url.text) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )

    with pytest.raises(SourceError, match="its catalog cannot be used"):
        here.compute(lambda step: end_connections() if step.step.startswith("reading") else None)
    assert same_replica(before, here.run())
