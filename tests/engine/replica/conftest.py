"""A DuckDB in memory with the product's macros."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from engine.replica.macros import create_macros


@pytest.fixture(scope="session")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    create_macros(connection)
    yield connection
    connection.close()
