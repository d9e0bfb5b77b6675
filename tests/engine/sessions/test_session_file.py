"""The file of the sessions is its owner's alone, holds no secret, and says what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.model.access import Role, Scope
from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.sessions.file import sessions_path
from engine.sessions.opened import LoginState, logins
from tests.engine.source_database import settings_of

NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path / "sites.db")


@pytest.fixture
def state(settings: Settings) -> Iterator[LoginState]:
    with logins(settings) as opened:
        yield opened


def begun(state: LoginState) -> str:
    return state.sessions.begin_session(Role.OPERATOR, "password", "192.0.2.1", NOW)


def test_no_secret_is_in_the_file(settings: Settings, state: LoginState) -> None:
    secrets = [
        begun(state),
        state.sessions.make_link(Role.OPERATOR, NOW),
        state.tokens.create_token("backup", Scope.READ, contacts=False, now=NOW),
        state.limits.know_device(NOW),
    ]
    state.storage.close()
    stored = sessions_path(settings).read_bytes()
    assert b"192.0.2.1" in stored
    for secret in secrets:
        assert secret.encode() not in stored


def test_the_file_and_its_folder_are_the_owners_alone(settings: Settings, state: LoginState) -> None:
    begun(state)
    for path in sessions_path(settings).parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(settings.state_dir.stat().st_mode) == 0o700


def test_a_file_that_others_may_read_is_tightened(settings: Settings, state: LoginState) -> None:
    sessions_path(settings).chmod(0o644)
    with logins(settings):
        assert stat.S_IMODE(sessions_path(settings).stat().st_mode) == 0o600


def test_a_link_in_place_of_the_file_is_refused(settings: Settings, tmp_path: Path) -> None:
    settings.state_dir.mkdir()
    elsewhere = tmp_path / "elsewhere"
    sessions_path(settings).symlink_to(elsewhere)
    with pytest.raises(DashboardError, match="it is no regular file"), logins(settings):
        pass
    assert not elsewhere.exists()


def test_a_damaged_file_is_an_error_with_its_remedy(settings: Settings) -> None:
    settings.state_dir.mkdir()
    path = sessions_path(settings)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(DashboardError, match="sessions cannot be kept there") as failure, logins(settings):
        pass
    assert str(failure.value).endswith("delete it and start again: all then log in again")


def test_a_file_that_cannot_be_written_ends_no_session(settings: Settings, state: LoginState) -> None:
    secret = begun(state)
    with closing(sqlite3.connect(sessions_path(settings), isolation_level=None)) as other:
        other.execute("pragma busy_timeout = 0")
        other.execute("begin immediate")
        assert state.sessions.find_session(secret, NOW + timedelta(hours=1)) is not None
    assert os.access(sessions_path(settings), os.R_OK)
