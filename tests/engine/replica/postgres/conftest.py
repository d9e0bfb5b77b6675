"""Sources in PostgreSQL that a replica follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.replica.postgres.followed import TABLES, Followed
from tests.postgres import Cluster, running_cluster


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Callable[..., Followed]]:
    """Return what makes a replica of a source by its address."""
    made: list[Followed] = []

    def follow(url: str) -> Followed:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Followed(url, folder))
        return made[-1]

    yield follow
    for each in made:
        each.close()


@pytest.fixture
def followed(follow: Callable[[str], Followed], postgres_url: str) -> Followed:
    """Return a source with two empty tables."""
    found = follow(postgres_url)
    with found.connect() as connection:
        connection.execute(TABLES)
    return found


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """Return a server that may be stopped."""
    with running_cluster(wal_level="replica") as running:
        yield running
