"""A file of sessions in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model.settings import Settings
from engine.sessions.opened import LoginState, logins
from tests.engine.source_database import settings_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path / "sites.db")


@pytest.fixture
def state(settings: Settings) -> Iterator[LoginState]:
    with logins(settings) as opened:
        yield opened
