"""One small demo database of the benchmark's own kind; who changes it takes a copy."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.demo import generate

NOW = datetime(2026, 3, 18, 14, 27, 53, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "sites.db"
    generate(path, scale=0.02, days=45, now=NOW)
    return path


@pytest.fixture
def db(demo: Path, tmp_path: Path) -> Path:
    """A copy of the database, to be written to."""
    copy = tmp_path / "sites.db"
    copy.write_bytes(demo.read_bytes())
    return copy
