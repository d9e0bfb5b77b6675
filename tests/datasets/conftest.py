"""What every test of a dataset starts from."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.datasets.given import Given, empty_replica


@pytest.fixture(scope="session")
def _replica() -> Iterator[duckdb.DuckDBPyConnection]:
    replica = empty_replica()
    yield replica
    replica.close()


@pytest.fixture
def given(_replica: duckdb.DuckDBPyConnection) -> Iterator[Given]:
    """Return an empty replica at 2026-11-23 20:00:00 UTC, in a transaction that is rolled back."""
    _replica.execute("begin")
    yield Given(_replica)
    _replica.execute("rollback")
