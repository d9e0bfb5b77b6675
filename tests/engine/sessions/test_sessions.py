"""Sessions, links and tokens live on the server, and are over when they should be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.model.access import Role, Scope
from engine.model.errors import DashboardError
from engine.sessions import limits
from engine.sessions.keys import address_key
from engine.sessions.opened import LoginState
from tests.engine.sessions.conftest import Opening

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


def test_a_session_that_was_ended_is_over_for_every_process(opening: Opening, state: LoginState) -> None:
    secret = begun(state)
    with opening() as other:
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


def test_new_selections_of_a_session_are_counted_over_all_processes(
    opening: Opening, state: LoginState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_SELECTIONS", 3)
    assert state.limits.take_selections("a", ["x?1", "x?2"], NOW) == 0
    with opening() as other:
        assert other.limits.take_selections("a", ["x?2", "x?3"], later(minutes=10)) == 0
        assert other.limits.take_selections("b", ["x?4"], NOW) == 0
        assert other.limits.take_selections("a", ["x?1", "x?4"], later(minutes=20)) == 40 * 60
    assert state.limits.take_selections("a", ["x?3", "x?2", "x?1"], later(minutes=20)) == 0
    # Two were asked for an hour ago, and are as if they had never been.
    assert state.limits.take_selections("a", ["x?4", "x?5"], later(minutes=60)) == 0
    assert state.limits.take_selections("a", ["x?1"], later(minutes=61)) == 9 * 60
    assert state.limits.take_selections("a", ["x?1", "x?2", "x?4"], later(days=-1)) == 0


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
