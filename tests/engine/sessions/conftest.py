"""Sessions in each place where they are kept: a file in a folder of its own, and a schema in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.postgres import writing
from engine.sessions.database import SessionDatabase
from engine.sessions.file import SessionFile
from engine.sessions.opened import LoginState, login_state
from engine.sessions.storage import SessionStorage

Opening = Callable[[], AbstractContextManager[LoginState]]
"""Opens the sessions as one more process does."""


@pytest.fixture(scope="session")
def sessions_address(request: pytest.FixtureRequest) -> PostgresAddress:
    url = request.getfixturevalue("cluster").create_database()
    return parse_postgres_address("DASHBOARD_CACHE_URL", url)


@pytest.fixture(params=["file", "postgresql"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    make: Callable[[], SessionStorage] = partial(SessionFile, tmp_path / "sessions.sqlite")
    if request.param == "postgresql":
        address: PostgresAddress = request.getfixturevalue("sessions_address")
        with writing(address) as connection:
            connection.execute("drop schema if exists dashboard cascade")
        make = partial(SessionDatabase, address)

    @contextmanager
    def opened() -> Iterator[LoginState]:
        with closing(make()) as kept:
            yield login_state(kept)

    return opened


@pytest.fixture
def state(opening: Opening) -> Iterator[LoginState]:
    with opening() as opened:
        yield opened
