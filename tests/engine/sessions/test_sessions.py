"""Sessions, links and tokens live on the server, and are over when they should be."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.model.access import Role, Scope
from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.sessions.file import sessions_path
from engine.sessions.keys import address_key
from engine.sessions.opened import LoginState, logins

NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)


def begun(state: LoginState, role: Role = Role.OPERATOR) -> str:
    return state.sessions.begin_session(role, "password", "192.0.2.1", NOW)


def test_a_session_is_found_by_its_secret_alone(state: LoginState) -> None:
    secret = begun(state, Role.VIEWER)
    found = state.sessions.find_session(secret, NOW)
    assert found is not None
    assert (found.role, found.how, found.address) == (Role.VIEWER, "password", "192.0.2.1")
    assert state.sessions.find_session(found.digest, NOW) is None
    assert state.sessions.find_session(secret + "x", NOW) is None
    assert state.sessions.find_session("", NOW) is None


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


def test_each_session_has_a_secret_of_its_own_of_256_bits(state: LoginState) -> None:
    secrets = {begun(state) for _ in range(50)}
    assert len(secrets) == 50
    assert {len(secret) for secret in secrets} == {43}


def test_a_session_ends_after_twelve_hours_without_use(state: LoginState) -> None:
    secret = begun(state)
    assert state.sessions.find_session(secret, later(hours=11.9)) is not None
    assert state.sessions.find_session(secret, later(hours=23.8)) is not None
    assert state.sessions.find_session(secret, later(hours=36)) is None


def test_a_session_ends_after_fourteen_days_also_if_it_is_used(state: LoginState) -> None:
    secret = begun(state)
    for hours in range(0, 14 * 24, 6):
        assert state.sessions.find_session(secret, later(hours=hours)) is not None
    assert state.sessions.find_session(secret, later(days=14)) is None


def test_a_session_that_was_ended_is_over_for_every_process(settings: Settings, state: LoginState) -> None:
    secret = begun(state)
    with logins(settings) as other:
        found = other.sessions.find_session(secret, NOW)
        assert found is not None
        assert other.sessions.end_session(found.digest)
        assert not other.sessions.end_session(found.digest)
    assert state.sessions.find_session(secret, NOW) is None
    assert state.sessions.ended([found.digest], NOW) == {found.digest}


def test_sessions_are_listed_and_ended_all_at_once_with_the_links(state: LoginState) -> None:
    begun(state)
    begun(state, Role.VIEWER)
    link = state.sessions.make_link(Role.OPERATOR, NOW)
    assert len(state.sessions.sessions(NOW)) == 2
    assert state.sessions.end_all_sessions() == 2
    assert state.sessions.sessions(NOW) == []
    assert state.sessions.take_link(link, NOW) is None


def test_a_link_logs_in_once_within_ten_minutes(state: LoginState) -> None:
    link = state.sessions.make_link(Role.VIEWER, NOW)
    late = state.sessions.make_link(Role.OPERATOR, NOW)
    assert state.sessions.take_link(link, later(minutes=9)) is Role.VIEWER
    assert state.sessions.take_link(link, later(minutes=9)) is None
    assert state.sessions.take_link(late, later(minutes=10)) is None


def test_a_token_is_found_until_it_is_revoked(state: LoginState) -> None:
    secret = state.tokens.create_token("backup", Scope.METRICS, contacts=False, now=NOW)
    assert secret.startswith("sdt_")
    token = state.tokens.find_token(secret, NOW)
    assert token is not None
    assert (token.name, token.scope) == ("backup", Scope.METRICS)
    assert state.tokens.tokens()[0].used_at == NOW
    assert state.sessions.ended([token.digest], NOW) == set()
    with pytest.raises(DashboardError, match="backup: there is such a token; revoke it"):
        state.tokens.create_token("backup", Scope.READ, contacts=False, now=NOW)
    assert state.tokens.revoke_token("backup")
    assert not state.tokens.revoke_token("backup")
    assert state.tokens.find_token(secret, NOW) is None


def test_the_eleventh_attempt_in_a_minute_waits(state: LoginState) -> None:
    waits = [state.limits.begin_attempt("192.0.2.1", later(seconds=second)) for second in range(12)]
    assert waits == [0] * 10 + [50, 49]
    assert state.limits.begin_attempt("192.0.2.2", later(seconds=12)) == 0
    assert state.limits.begin_attempt("192.0.2.1", later(seconds=60)) == 0
    assert state.limits.begin_attempt("192.0.2.1", later(seconds=60)) == 1


def test_logging_in_forgives_no_earlier_attempt(state: LoginState) -> None:
    # Else a viewer could guess at the operator's password for ever, and log in as viewer in between.
    for _ in range(9):
        assert state.limits.begin_attempt("192.0.2.1", NOW) == 0
    assert state.limits.begin_attempt("192.0.2.1", NOW) == 0
    state.limits.forgive_attempt("192.0.2.1")
    assert state.limits.begin_attempt("192.0.2.1", NOW) == 0
    assert state.limits.begin_attempt("192.0.2.1", NOW) == 60


def test_a_clock_that_is_set_back_locks_nobody_out(state: LoginState) -> None:
    for _ in range(10):
        state.limits.begin_attempt("192.0.2.1", NOW)
    assert state.limits.begin_attempt("192.0.2.1", later(days=-1)) == 0


def test_a_session_has_one_full_refresh_a_minute(state: LoginState) -> None:
    assert state.limits.take_full_refresh("a", NOW) == 0
    assert state.limits.take_full_refresh("a", later(seconds=20)) == 40
    assert state.limits.take_full_refresh("b", later(seconds=20)) == 0
    assert state.limits.take_full_refresh("a", later(seconds=60)) == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("example.com", "unknown"),
    ],
)
def test_an_ipv6_address_is_counted_with_its_network(address: str, key: str) -> None:
    assert address_key(address) == key


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
    assert str(failure.value).endswith("delete it and start again: all then log in anew")


def test_a_file_that_cannot_be_written_ends_no_session(settings: Settings, state: LoginState) -> None:
    secret = begun(state)
    with closing(sqlite3.connect(sessions_path(settings), isolation_level=None)) as other:
        other.execute("pragma busy_timeout = 0")
        other.execute("begin immediate")
        assert state.sessions.find_session(secret, later(hours=1)) is not None
    assert os.access(sessions_path(settings), os.R_OK)
