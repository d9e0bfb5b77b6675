"""Stores: in the source, in a file apart, and in PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.model.settings import StorePlace
from engine.store.sqlite.store_file import prepare_store
from tests.engine import server_store
from tests.engine.source_database import settings_of

if TYPE_CHECKING:
    from tests.postgres import Cluster


@pytest.fixture(scope="session")
def _server(cluster: Cluster) -> PostgresAddress:
    return parse_postgres_address("DASHBOARD_CACHE_URL", cluster.create_database())


def _made(source: Path, place: str, request: pytest.FixtureRequest) -> StorePlace:
    if place == "PostgreSQL":
        address: PostgresAddress = request.getfixturevalue("_server")
        server_store.make_empty(address)
        return address
    apart = f"sqlite://{source.with_name('cache.db')}" if place == "apart" else ""
    settings = settings_of(source, DASHBOARD_CACHE_URL=apart)
    prepare_store(settings)
    return settings.store


@pytest.fixture(params=["in the source", "apart", "PostgreSQL"])
def store(source: Path, request: pytest.FixtureRequest) -> StorePlace:
    """Return a prepared store, in each of the places that it can be in."""
    return _made(source, request.param, request)


@pytest.fixture(params=["in the source", "apart"])
def file_store(source: Path, request: pytest.FixtureRequest) -> Path:
    """Return the file of a prepared store."""
    made = _made(source, request.param, request)
    assert isinstance(made, Path)
    return made


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def either_store(source: Path, request: pytest.FixtureRequest) -> StorePlace:
    """Return a prepared store, in either kind of database."""
    return _made(source, request.param, request)
