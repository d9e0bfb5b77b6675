"""A pipeline and two engine processes, which stand for two machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.lake.given import Pipeline, make_demo
from tests.engine.replica.lake.stand_in import StandIn


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return Pipeline(make_demo(tmp_path_factory.mktemp("pipeline") / "sites.db"))


@pytest.fixture
def s3() -> Iterator[StandIn]:
    """A stand-in for S3, empty."""
    server = StandIn()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def other_engine() -> Iterator[EngineProcess]:
    with closing(EngineProcess()) as engine:
        yield engine
