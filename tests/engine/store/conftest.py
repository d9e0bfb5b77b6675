"""The file of a store, in both arrangements: in the source, and apart from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store.sqlite.store_file import prepare_store
from tests.engine.source_database import settings_of


@pytest.fixture(params=["in the source", "apart"])
def store(source: Path, request: pytest.FixtureRequest) -> Path:
    """Return the file of a prepared store."""
    address = f"sqlite://{source.with_name('cache.db')}" if request.param == "apart" else ""
    settings = settings_of(source, DASHBOARD_CACHE_URL=address)
    prepare_store(settings)
    return settings.store_path
