"""A database with one table in the dashboard's schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.postgres import writing
from tests.postgres import Cluster, running_cluster


@pytest.fixture
def address(postgres_url: str) -> PostgresAddress:
    """Return the address of a database with the table ``counts``."""
    address = parse_postgres_address("DASHBOARD_CACHE_URL", postgres_url)
    with writing(address) as connection:
        connection.execute("create schema dashboard")
        connection.execute("create table counts (name text primary key, total bigint not null)")
    return address


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """Return a server that may be stopped."""
    with running_cluster() as running:
        yield running
