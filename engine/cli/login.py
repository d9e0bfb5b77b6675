"""``dashboard password``, ``login-link``, ``sessions`` and ``token``: who may come in, and who is in."""

from __future__ import annotations

import sys

import click

from engine.cli.listening import shown_host
from engine.cli.options import db_option, json_option, shared_settings
from engine.cli.terminal_text import print_json, print_table, say
from engine.model.access import Role, Scope
from engine.model.clock import to_iso, wall_clock
from engine.model.errors import DashboardError, SettingError, nearest
from engine.model.places.postgres_address import SourceAddress
from engine.model.settings import Settings

SHOWN_DIGITS = 12
"""How many digits of a session's digest name it; it is no secret."""

TOKEN_NAME_LENGTH = 60


@click.command()
def password() -> None:
    """Ask for a password, and print its hash, for DASHBOARD_PASSWORD or its file."""
    from engine.sessions.passwords import hash_password

    if sys.stdin.isatty():
        text = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    say(hash_password(text))


@click.command("login-link")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), default="operator", show_default=True,
    help="What the session may do.",
)  # fmt: skip
@db_option
def login_link(role: str, db: SourceAddress | None) -> None:
    """Print a link that logs one browser in, once, within 10 minutes."""
    from engine.sessions.opened import logins

    settings = shared_settings(db)
    address = _address(settings)
    if not settings.has_login:
        say(f"{address}/")
        say("dashboard: no login is set, so this address needs none", err=True)
        return
    with logins(settings) as state:
        say(f"{address}/login?code={state.sessions.make_link(Role(role), wall_clock())}")


def _address(settings: Settings) -> str:
    """Return where a browser finds the dashboard; one that listens everywhere is at least found from here."""
    host = "localhost" if settings.host in ("::", "0.0.0.0") else shown_host(settings.host)
    return (settings.public_url or f"http://{host}:{settings.port}") + settings.base_path


@click.group("sessions")
def sessions_group() -> None:
    """Show who is logged in, or log them out."""


@sessions_group.command("list")
@db_option
@json_option
def list_sessions(db: SourceAddress | None, as_json: bool) -> None:
    """Show every session: its role, how it began, from where, and when it was last used."""
    from engine.sessions.opened import logins

    with logins(shared_settings(db)) as state:
        found = state.sessions.sessions(wall_clock())
    rows = [
        {
            "id": session.digest[:SHOWN_DIGITS],
            "role": session.role.value,
            "by": session.how,
            "address": session.address,
            "created": to_iso(session.created_at),
            "last_seen": to_iso(session.seen_at),
        }
        for session in found
    ]
    if as_json:
        print_json(rows)
    elif not rows:
        say("Nobody is logged in.")
    else:
        print_table(["id", "role", "by", "address", "created", "last seen"], (row.values() for row in rows))


@sessions_group.command("end")
@click.argument("session_id", required=False, metavar="[ID]")
@click.option("--all", "everybody", is_flag=True, help="End all sessions, and links that were not used.")
@db_option
def end_sessions(session_id: str | None, everybody: bool, db: SourceAddress | None) -> None:
    """End the session with this ID; its open pages go to the login within a second."""
    from engine.sessions.opened import logins

    if everybody == (session_id is not None):
        raise SettingError(
            "sessions end", "it takes an id or --all", "`dashboard sessions list` shows the ids"
        )
    with logins(shared_settings(db)) as state:
        if session_id is None:
            say(f"Ended {state.sessions.end_all_sessions()} sessions.")
            return
        known = {
            session.digest[:SHOWN_DIGITS]: session.digest for session in state.sessions.sessions(wall_clock())
        }
        if session_id not in known:
            remedy = nearest(session_id, known) if known else "nobody is logged in"
            raise DashboardError(session_id, "no such session", remedy)
        state.sessions.end_session(known[session_id])
        say(f"Ended session {session_id}.")


@click.group("token")
def token_group() -> None:
    """Make, show or revoke tokens, by which scripts read the API and the metrics."""


@token_group.command("create")
@click.argument("name")
@click.option(
    "--scope", type=click.Choice([scope.value for scope in Scope]), required=True,
    help="read: pages and API; metrics: /metrics and the reasons of /readyz; refresh: read, and start runs.",
)  # fmt: skip
@click.option("--contacts", is_flag=True, help="Let it read texts that may name the people written to.")
@db_option
def create_token(name: str, scope: str, contacts: bool, db: SourceAddress | None) -> None:
    """Make a token under NAME, and print it; it is shown this once."""
    from engine.sessions.opened import logins

    if not name.strip() or len(name) > TOKEN_NAME_LENGTH or not name.isprintable():
        raise SettingError("NAME", "it is empty or too long", f"give up to {TOKEN_NAME_LENGTH} characters")
    with logins(shared_settings(db)) as state:
        say(state.tokens.create_token(name, Scope(scope), contacts=contacts, now=wall_clock()))


@token_group.command("list")
@db_option
@json_option
def list_tokens(db: SourceAddress | None, as_json: bool) -> None:
    """Show every token: its scope, and when it was made and last used."""
    from engine.sessions.opened import logins

    with logins(shared_settings(db)) as state:
        found = state.tokens.tokens()
    rows = [
        {
            "name": token.name,
            "scope": token.scope.value,
            "contacts": token.contacts,
            "created": to_iso(token.created_at),
            "last_used": None if token.used_at is None else to_iso(token.used_at),
        }
        for token in found
    ]
    if as_json:
        print_json(rows)
    elif not rows:
        say("There are no tokens.")
    else:
        print_table(["name", "scope", "contacts", "created", "last used"], (row.values() for row in rows))


@token_group.command("revoke")
@click.argument("name")
@db_option
def revoke_token(name: str, db: SourceAddress | None) -> None:
    """Revoke the token under NAME; it is refused within a second."""
    from engine.sessions.opened import logins

    with logins(shared_settings(db)) as state:
        if not state.tokens.revoke_token(name):
            known = [token.name for token in state.tokens.tokens()]
            raise DashboardError(name, "no such token", nearest(name, known) if known else "there are none")
    say(f"Revoked {name}.")
