"""Where the sessions are kept, opened, with all that is kept there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engine.model.settings import Settings
from engine.sessions.database import SessionDatabase
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


def open_logins(settings: Settings) -> LoginState:
    """Open the sessions, beside a cache in PostgreSQL or in a file, and make what is missing.

    Raises DashboardError.
    """
    address = settings.cache_address
    storage = SessionFile(sessions_path(settings)) if address is None else SessionDatabase(address)
    return LoginState(storage, SessionStore(storage), Tokens(storage), Limits(storage))


@contextmanager
def logins(settings: Settings) -> Iterator[LoginState]:
    """Yield the sessions, and close them at the end. Raises DashboardError."""
    state = open_logins(settings)
    try:
        yield state
    finally:
        state.storage.close()
