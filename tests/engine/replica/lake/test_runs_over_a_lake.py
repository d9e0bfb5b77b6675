"""A replica in DuckLake gives the entries that one in a file gives, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.runs.engine_process import EngineProcess
from tests.engine.replica.lake.given import Pipeline, Worker, lake_at, make_demo, values_of
from tests.postgres import Cluster


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return Pipeline(make_demo(tmp_path_factory.mktemp("pipeline") / "sites.db"))


@pytest.fixture(scope="module")
def other_engine() -> Iterator[EngineProcess]:
    with closing(EngineProcess()) as engine:
        yield engine


def test_all_entries_are_those_of_a_file(
    cluster: Cluster, engine: EngineProcess, other_engine: EngineProcess, pipeline: Pipeline, tmp_path: Path
) -> None:
    lake = lake_at(cluster.create_database(), tmp_path / "lake")
    over_file = Worker(engine, pipeline, tmp_path / "file")
    over_lake = Worker(other_engine, pipeline, tmp_path / "state", lake)
    for _ in range(3):
        assert values_of(over_lake.run()) == values_of(over_file.run())
        pipeline.go_on()
    assert list((tmp_path / "lake").rglob("*.parquet"))
    assert not (tmp_path / "state" / "replica.duckdb").exists()
