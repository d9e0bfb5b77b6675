"""Passwords are read from where nobody else can read them, and end all sessions when they change."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.model.access import Role
from engine.model.errors import SettingError
from engine.model.places.secret import Secret
from engine.model.settings import Settings
from engine.sessions.opened import logins
from engine.sessions.passwords import Passwords, configured_passwords, hash_password
from tests.engine.sessions.conftest import Opening
from tests.engine.source_database import settings_of

NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)
OPERATOR, VIEWER = "correct horse battery", "only looking here"


def given(folder: Path, **environ: str) -> Settings:
    return settings_of(folder / "sites.db", **environ)


def written(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def refusal(settings: Settings) -> str:
    with pytest.raises(SettingError) as failure:
        configured_passwords(settings)
    line = str(failure.value)
    assert OPERATOR not in line
    return line


def test_each_password_is_that_of_its_role(tmp_path: Path) -> None:
    settings = given(tmp_path, DASHBOARD_PASSWORD=OPERATOR, DASHBOARD_VIEWER_PASSWORD=hash_password(VIEWER))
    with logins(settings) as state:
        passwords = Passwords.use(configured_passwords(settings), state.sessions)
    assert passwords.verify(OPERATOR) is Role.OPERATOR
    assert passwords.verify(VIEWER) is Role.VIEWER
    for wrong in ("", OPERATOR + " ", OPERATOR.upper(), "x" * 5000, "\0"):
        assert passwords.verify(wrong) is None


def test_a_password_is_read_from_a_file_without_the_end_of_its_line(tmp_path: Path) -> None:
    file = written(tmp_path / "password", f"{OPERATOR}\n")
    found = configured_passwords(given(tmp_path, DASHBOARD_PASSWORD_FILE=file))
    assert found == {Role.OPERATOR: Secret(OPERATOR)}


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o620, 0o601])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    file = written(tmp_path / "password", OPERATOR, mode)
    line = refusal(given(tmp_path, DASHBOARD_PASSWORD_FILE=file))
    assert line == f"DASHBOARD_PASSWORD_FILE: others can read or write {file}; run `chmod 600 {file}`"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "does not hold one line"),
        ("\n", "does not hold one line"),
        (f"{OPERATOR}\n# and a remark", "does not hold one line"),
        ("x" * 5000, "does not hold one line"),
        ("too short", "it has fewer than 12 characters"),
        ("$argon2id$v=19$nonsense", "it begins like an Argon2id hash and is none"),
    ],
)
def test_a_file_that_holds_no_password_is_refused(tmp_path: Path, content: str, cause: str) -> None:
    file = written(tmp_path / "password", content)
    assert cause in refusal(given(tmp_path, DASHBOARD_PASSWORD_FILE=file))


def test_a_file_that_is_missing_or_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, cause in (("none", "No such file"), ("pipe", "is no file"), (".", "is no file")):
        assert cause in refusal(given(tmp_path, DASHBOARD_PASSWORD_FILE=str(tmp_path / name)))


def test_a_short_password_is_refused_and_not_shown(tmp_path: Path) -> None:
    line = refusal(given(tmp_path, DASHBOARD_PASSWORD="elevenchars"))
    assert line.startswith("DASHBOARD_PASSWORD: it has fewer than 12 characters; ")
    assert "elevenchars" not in line


def test_two_sources_of_one_password_or_one_password_for_two_roles_are_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "password", OPERATOR)
    both = given(tmp_path, DASHBOARD_PASSWORD=OPERATOR, DASHBOARD_PASSWORD_FILE=file)
    assert "DASHBOARD_PASSWORD_FILE is set too; set one of the two" in refusal(both)
    same = given(tmp_path, DASHBOARD_PASSWORD=OPERATOR, DASHBOARD_VIEWER_PASSWORD=OPERATOR)
    assert "it is the same as DASHBOARD_PASSWORD" in refusal(same)


def test_a_secret_shows_itself_nowhere(tmp_path: Path) -> None:
    settings = given(tmp_path, DASHBOARD_PASSWORD=OPERATOR)
    assert settings.password is not None
    assert settings.password.text == OPERATOR
    assert OPERATOR not in f"{settings!r} {settings.password} {[settings.password]}"


@pytest.mark.parametrize("hashes", [True, False])
def test_a_changed_password_ends_all_sessions_and_the_same_one_none(opening: Opening, hashes: bool) -> None:
    def stored(password: str) -> Secret:
        return Secret(hash_password(password) if hashes else password)

    operator, changed = stored(OPERATOR), stored("another horse entirely")
    with opening() as state:
        Passwords.use({Role.OPERATOR: operator}, state.sessions)
        secret = state.sessions.begin_session(Role.OPERATOR, "password", "192.0.2.1", NOW)
        device = state.limits.know_device(NOW)
        Passwords.use({Role.OPERATOR: operator}, state.sessions)
        assert state.sessions.find_session(secret, NOW) is not None
    with opening() as state:
        Passwords.use({Role.OPERATOR: operator}, state.sessions)
        assert state.sessions.find_session(secret, NOW) is not None
        assert state.limits.is_known_device(device, NOW)
        Passwords.use({Role.OPERATOR: changed}, state.sessions)
        assert state.sessions.find_session(secret, NOW) is None
        assert not state.limits.is_known_device(device, NOW)


def test_a_process_with_the_password_before_lets_nobody_into_one_with_the_new(opening: Opening) -> None:
    with opening() as before, opening() as after:
        Passwords.use({Role.OPERATOR: Secret(OPERATOR)}, before.sessions)
        Passwords.use({Role.OPERATOR: Secret("another horse entirely")}, after.sessions)
        secret = before.sessions.begin_session(Role.OPERATOR, "password", "192.0.2.1", NOW)
        assert after.sessions.find_session(secret, NOW) is None
