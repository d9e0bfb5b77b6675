"""``dashboard password``, ``login-link``, ``sessions`` and ``token``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import argon2
import pytest

from engine.model.access import Role, Scope
from engine.model.clock import wall_clock
from engine.sessions.opened import logins
from tests.engine.programs import Command, dashboard, one_line_of_failure
from tests.engine.source_database import settings_of

PASSWORD = "correct horse battery"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "sites.db"


def test_password_prints_the_hash_of_what_is_piped_in(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    result = command("password")
    assert (result.returncode, result.stderr) == (0, "")
    assert argon2.PasswordHasher().verify(result.stdout.strip(), PASSWORD)


def test_password_refuses_a_short_one(tmp_path: Path) -> None:
    line = one_line_of_failure(dashboard("password", cwd=tmp_path))
    assert line == "the password: it has fewer than 12 characters; take a longer one, such as five words"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "dashboard.example.org"])
def test_serve_refuses_other_machines_while_nobody_has_to_log_in(
    command: Command, source: Path, host: str
) -> None:
    line = one_line_of_failure(command("serve", "--db", source, DASHBOARD_HOST=host))
    assert line == (
        f"DASHBOARD_HOST: {host} is reached by other machines, and nobody has to log in;"
        " set DASHBOARD_PASSWORD_FILE or DASHBOARD_PASSWORD, or start with --insecure"
    )
    assert not source.exists()


def test_serve_refuses_a_bad_password_before_anything_is_made(command: Command, source: Path) -> None:
    line = one_line_of_failure(command("serve", "--db", source, DASHBOARD_PASSWORD="short"))
    assert line.startswith("DASHBOARD_PASSWORD: it has fewer than 12 characters; ")
    assert not source.exists()


def test_serve_refuses_a_header_that_no_proxy_is_trusted_to_send(command: Command, source: Path) -> None:
    line = one_line_of_failure(command("serve", "--db", source, DASHBOARD_AUTH_HEADER="X-Forwarded-User"))
    assert line == (
        "DASHBOARD_AUTH_HEADER: no proxy is trusted to send it; set DASHBOARD_TRUSTED_PROXIES to the proxy's"
        " address"
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_login_link_names_an_address_that_a_browser_can_open(
    command: Command, source: Path, host: str
) -> None:
    result = command("login-link", "--db", source, DASHBOARD_PASSWORD=PASSWORD, DASHBOARD_HOST=host)
    assert result.stdout.startswith("http://localhost:8050/login?code=")


def test_login_link_prints_a_link_that_the_server_takes_once(command: Command, source: Path) -> None:
    result = command("login-link", "--role", "viewer", "--db", source, DASHBOARD_PASSWORD=PASSWORD)
    found = re.fullmatch(r"http://127\.0\.0\.1:8050/login\?code=([\w-]{43})\n", result.stdout)
    assert found is not None
    with logins(settings_of(source)) as state:
        assert state.sessions.take_link(found[1], wall_clock()) is Role.VIEWER


def test_login_link_prints_the_plain_address_if_no_login_is_set(command: Command, source: Path) -> None:
    result = command("login-link", "--db", source)
    assert result.stdout == "http://127.0.0.1:8050/\n"
    assert result.stderr == "dashboard: no login is set, so this address needs none\n"


def test_sessions_are_listed_and_ended(command: Command, source: Path) -> None:
    assert command("sessions", "list", "--db", source).stdout == "Nobody is logged in.\n"
    with logins(settings_of(source)) as state:
        for address in ("192.0.2.1", "192.0.2.2"):
            state.sessions.begin_session(Role.OPERATOR, "password", address, wall_clock())
        rows = json.loads(command("sessions", "list", "--json", "--db", source).stdout)
        assert {row["address"] for row in rows} == {"192.0.2.1", "192.0.2.2"}
        assert "192.0.2.2" in command("sessions", "list", "--db", source).stdout
        ended = command("sessions", "end", rows[0]["id"], "--db", source)
        assert ended.stdout == f"Ended session {rows[0]['id']}.\n"
        assert [session.digest[:12] for session in state.sessions.sessions(wall_clock())] == [rows[1]["id"]]
        assert "no such session" in one_line_of_failure(
            command("sessions", "end", "nonsense", "--db", source)
        )
        assert command("sessions", "end", "--all", "--db", source).stdout == "Ended 1 sessions.\n"
        assert "nobody is logged in" in one_line_of_failure(command("sessions", "end", "x", "--db", source))


def test_ending_sessions_needs_an_id_or_all(command: Command, source: Path) -> None:
    for arguments in ([], ["x", "--all"]):
        line = one_line_of_failure(command("sessions", "end", *arguments, "--db", source))
        assert line == "sessions end: it takes an id or --all; `dashboard sessions list` shows the ids"


def test_a_token_is_made_listed_and_revoked(command: Command, source: Path) -> None:
    assert command("token", "list", "--db", source).stdout == "There are no tokens.\n"
    secret = command("token", "create", "backup", "--scope", "metrics", "--db", source).stdout.strip()
    with logins(settings_of(source)) as state:
        token = state.tokens.find_token(secret, wall_clock())
        assert token is not None
        assert (token.name, token.scope, token.contacts) == ("backup", Scope.METRICS, False)
    listed = command("token", "list", "--json", "--db", source).stdout
    assert [row["name"] for row in json.loads(listed)] == ["backup"]
    assert secret not in listed
    assert "backup" in command("token", "list", "--db", source).stdout
    again = one_line_of_failure(command("token", "create", "backup", "--scope", "read", "--db", source))
    assert "there is such a token" in again
    assert command("token", "revoke", "backup", "--db", source).stdout == "Revoked backup.\n"
    assert "no such token" in one_line_of_failure(command("token", "revoke", "backup", "--db", source))
