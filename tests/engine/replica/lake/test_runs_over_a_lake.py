"""A replica in DuckLake gives the entries that one in a file gives, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.errors import SourceError
from engine.model.places.lake import Lake
from engine.model.setting_table.loading import load_settings
from engine.model.values.payload import decode
from engine.replica.lake.catalog import claimed
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.lake.given import Pipeline, Worker, lake_at, values_of
from tests.engine.replica.lake.stand_in import SECRET, StandIn
from tests.engine.source_database import NO_ENV_FILE, STATE_TABLE, execute, make_source
from tests.postgres import Cluster


@pytest.fixture
def lake_in_s3(cluster: Cluster, s3: StandIn) -> Lake:
    return lake_at(cluster.create_database(), s3.place, s3.access)


def compare(pipeline: Pipeline, over_file: Worker, over_lake: Worker, runs: int) -> None:
    for _ in range(runs):
        outcomes = [over_file.compute(), over_lake.compute()]
        assert values_of(outcomes[0]) == values_of(outcomes[1])
        for outcome in outcomes:
            over_file.store(outcome)
        pipeline.go_on()


def test_all_entries_are_those_of_a_file_where_the_lake_is_in_a_folder(
    cluster: Cluster, engine: EngineProcess, other_engine: EngineProcess, pipeline: Pipeline, tmp_path: Path
) -> None:
    lake = lake_at(cluster.create_database(), tmp_path / "lake")
    over_lake = Worker(other_engine, pipeline, tmp_path / "state", lake)
    compare(pipeline, Worker(engine, pipeline, tmp_path / "file"), over_lake, 3)
    assert list((tmp_path / "lake").rglob("*.parquet"))
    assert not (tmp_path / "state" / "replica.duckdb").exists()


def test_all_entries_are_those_of_a_file_where_the_lake_is_in_s3(
    lake_in_s3: Lake, engine: EngineProcess, other_engine: EngineProcess, pipeline: Pipeline, tmp_path: Path
) -> None:
    assert SECRET not in repr(lake_in_s3)
    over_lake = Worker(other_engine, pipeline, tmp_path / "state", lake_in_s3)
    compare(pipeline, Worker(engine, pipeline, tmp_path / "file"), over_lake, 2)


def test_the_address_of_a_lake_shows_no_password() -> None:
    lake: Lake = lake_at("postgres:dbname=lake host=db user=ann password='a b\\'c'", "/srv/lake")
    assert lake.catalog.url.text == "postgresql:///?dbname=lake&host=db&user=ann&password=a+b%27c"
    for shown in (str(lake), repr(lake)):
        assert "a+b" not in shown and "a b" not in shown


def test_several_sources_have_a_lake_each_in_one_database_and_one_engine(
    cluster: Cluster, engine: EngineProcess, tmp_path: Path
) -> None:
    several = load_settings(
        {
            "DASHBOARD_SOURCES": f"north={tmp_path}/north.db,far-south={tmp_path}/far-south.db",
            "DASHBOARD_REPLICA_URL": f"ducklake:{cluster.create_database()}",
            "DASHBOARD_REPLICA_DATA": str(tmp_path / "lake"),
        },
        env_file=NO_ENV_FILE,
    )
    workers = {}
    for name in ("north", "far-south"):
        db = make_source(tmp_path / f"{name}.db")
        execute(db, STATE_TABLE)
        sites = [(f"{name}-{number}.example", "excluded") for number in range(len(name))]
        execute(db, "insert into sites (domain, status) values (?, ?)", *sites)
        lake = several.for_source(name).lake
        assert lake is not None
        workers[name] = Worker(
            engine, Pipeline(db), tmp_path / f"state-{name}", lake, ("excluded_sites_count",)
        )
    for _ in range(2):
        for name, worker in workers.items():
            ((value, _),) = values_of(worker.run()).values()
            assert decode(value.blob) == {"excluded_sites": [len(name)]}
            assert list((tmp_path / "lake" / name).iterdir())
    north = workers["north"].lake
    assert north is not None
    with claimed(north, None):
        workers["far-south"].run()
        with pytest.raises(SourceError, match="another worker writes it"):
            workers["north"].run()
