"""Where the sessions are kept, opened, with all that is kept there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engine.model.places.postgres_address import PostgresAddress
from engine.model.settings import Settings
from engine.sessions.file import SessionFile, sessions_path
from engine.sessions.limits import Limits
from engine.sessions.storage import SessionStorage
from engine.sessions.store import SessionStore
from engine.sessions.tokens import Tokens


@dataclass(frozen=True)
class LoginState:
    """Sessions, tokens and counts, in one storage; thread-safe."""

    storage: SessionStorage
    sessions: SessionStore
    tokens: Tokens
    limits: Limits


def login_state(storage: SessionStorage) -> LoginState:
    """Return what is kept in a storage."""
    return LoginState(storage, SessionStore(storage), Tokens(storage), Limits(storage))


def open_logins(settings: Settings) -> LoginState:
    """Open the sessions where the cache is, or in a file of their own, and make what is missing.

    Raises DashboardError.
    """
    if isinstance(settings.store, PostgresAddress):
        # Its driver takes a tenth of a second to import.
        from engine.sessions.database import SessionDatabase

        return login_state(SessionDatabase(settings.store))
    return login_state(SessionFile(sessions_path(settings)))


def shared_limits(settings: Settings, state: LoginState | None) -> Limits | None:
    """Return the counts that all processes share; None if each has its own: without a login, beside a file.

    ``state`` is the login's, None without one. Raises DashboardError.
    """
    if state is None and isinstance(settings.store, PostgresAddress):
        from engine.sessions.database import SessionDatabase

        return Limits(SessionDatabase(settings.store))
    return None if state is None else state.limits


@contextmanager
def logins(settings: Settings) -> Iterator[LoginState]:
    """Yield the sessions, and close them at the end. Raises DashboardError."""
    state = open_logins(settings)
    try:
        yield state
    finally:
        state.storage.close()
