"""Two marked sources, made once, and the app that serves them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.dash_app.sources.given import marked_sources, serving_several, settings_of_several


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the files of two sources by name, which tests copy before they change them."""
    return marked_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="module")
def several(files: dict[str, Path]) -> Iterator[TestClient]:
    """Serve both sources, with their values."""
    with serving_several(settings_of_several(files)) as client:
        yield client
