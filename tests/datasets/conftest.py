"""What every test of a dataset starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.datasets.given import Given


@pytest.fixture
def given() -> Iterator[Given]:
    """An empty replica at 2026-11-23 20:00:00 UTC."""
    replica = Given()
    yield replica
    replica.connection.close()
