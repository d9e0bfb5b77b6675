"""The open file of the sessions, with all that is kept in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engine.model.settings import Settings
from engine.sessions.file import SessionFile, sessions_path
from engine.sessions.limits import Limits
from engine.sessions.store import SessionStore
from engine.sessions.tokens import Tokens


@dataclass(frozen=True)
class LoginState:
    """Sessions, tokens and counts, in one open file; thread-safe."""

    file: SessionFile
    sessions: SessionStore
    tokens: Tokens
    limits: Limits


def open_logins(settings: Settings) -> LoginState:
    """Open the file of the sessions, and make it if there is none. Raises DashboardError."""
    file = SessionFile(sessions_path(settings))
    return LoginState(file, SessionStore(file), Tokens(file), Limits(file))


@contextmanager
def logins(settings: Settings) -> Iterator[LoginState]:
    """Yield the open file of the sessions, and close it at the end. Raises DashboardError."""
    state = open_logins(settings)
    try:
        yield state
    finally:
        state.file.close()
