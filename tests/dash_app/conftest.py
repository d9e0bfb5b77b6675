"""A database for each test, and a runner that makes values up in place of the engine process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dash_app.login.visitors import set_visitor
from engine.model.access import EVERYBODY
from engine.model.settings import Settings
from tests.dash_app.given import FakeRunner, database
from tests.engine.source_database import settings_of


@pytest.fixture(autouse=True)
def an_operator() -> Iterator[None]:
    """Let the test be an operator where it reads without a request; a request has a visitor of its own."""
    undo = set_visitor(EVERYBODY)
    yield
    undo()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(database(tmp_path))


@pytest.fixture
def runner(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    """Return the runner that every server made in this test has."""
    # Imported here because figures, formats and pages are tested without Dash and its server.
    from dash_app import server

    runner = FakeRunner(settings.db)
    monkeypatch.setattr(server, "Runner", lambda _: runner)
    return runner
