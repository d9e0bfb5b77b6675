"""One small demo database for all tests of this folder; reading it is all they do with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.demo import DemoSummary, generate


@pytest.fixture(scope="session")
def now() -> datetime:
    """A Wednesday afternoon, so that the outage nine days before falls on a Monday."""
    return datetime(2026, 3, 18, 14, 27, 53, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> DemoSummary:
    return generate(tmp_path_factory.mktemp("demo") / "sites.db", scale=0.2, now=now)


@pytest.fixture(scope="session")
def query(demo: DemoSummary) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    connection = sqlite3.connect(f"file:{demo.path}?mode=ro", uri=True)

    def ask(sql: str, *values: object) -> list[tuple[Any, ...]]:
        return connection.execute(sql, values).fetchall()

    yield ask
    connection.close()
