"""A source database for each test, and one engine process for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runs import Runner
from tests.engine.source_database import make_source, settings_of


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database with the pipeline's tables, without rows, never migrated."""
    return make_source(tmp_path / "sites.db")


@pytest.fixture(scope="session")
def _one_runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(settings_of(tmp_path_factory.mktemp("no-source") / "sites.db"))
    yield runner
    runner.close()


@pytest.fixture
def runner(_one_runner: Runner, source: Path) -> Iterator[Runner]:
    """A runner on this test's source, with the engine process that all tests share."""
    _one_runner.settings = settings_of(source)
    yield _one_runner
    _one_runner.finish_integrity_check()
