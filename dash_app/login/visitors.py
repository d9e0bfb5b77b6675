"""Who makes the request under way, and how a request is recognised: by token, by proxy or by session.

The middleware of the login sets the visitor for all that a request runs, callbacks of Dash included. Outside
a request there is none, and what asks for one then gets nobody's rights.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from starlette.types import Scope

from dash_app.http.middleware.proxy_headers import IDENTITY_KEY
from dash_app.login.cookies import SESSION, Cookies
from engine.model.access import EVERYBODY, Right, Role, Visitor, rights_of_role, rights_of_scope
from engine.model.clock import wall_clock
from engine.model.errors import SourceError
from engine.model.settings import Settings
from engine.sessions.keys import MOST_SECRET_LENGTH, digest_of
from engine.sessions.opened import LoginState

NOBODY: Final = Visitor("nobody", frozenset())

MEMORY_SECONDS = 0.5
"""How long a visitor is known without asking the store: a logout elsewhere holds here within a second."""

KNOWN_WHILE_AWAY_SECONDS = 3600.0
"""How long a visitor stays known while the sessions cannot be read: he reads the last values."""

_MOST_REMEMBERED = 4096

_current: ContextVar[Visitor] = ContextVar("dashboard_visitor", default=NOBODY)


def current_visitor() -> Visitor:
    """Return who makes the request under way; ``NOBODY`` outside a request."""
    return _current.get()


def set_visitor(visitor: Visitor) -> Callable[[], None]:
    """Set who makes the request under way; return what undoes that."""
    token = _current.set(visitor)
    return lambda: _current.reset(token)


class Visitors:
    """Recognises who makes a request; belongs to one event loop. ``state`` None: there is no login."""

    def __init__(self, settings: Settings, state: LoginState | None) -> None:
        self.cookies = Cookies(settings)
        self._settings = settings
        self._state = state
        self._remembered: dict[str, tuple[float, Visitor]] = {}

    async def of(self, scope: Scope) -> Visitor | None:
        """Return who makes a request; None if nobody is logged in. Raises DashboardError.

        A token decides alone: a request with a wrong one is not saved by a cookie.
        """
        if self._state is None:
            return EVERYBODY
        token = _bearer(scope)
        if token is not None:
            return await self._remembered_or(token, self._of_token)
        if IDENTITY_KEY in scope:
            return self._of_identity(scope[IDENTITY_KEY])
        for secret in self.cookies.read(scope, SESSION):
            visitor = await self._remembered_or(secret, self._of_session)
            if visitor is not None:
                return visitor
        return None

    async def _remembered_or(
        self, secret: str, find: Callable[[LoginState, str], Visitor | None]
    ) -> Visitor | None:
        digest = digest_of(secret)
        known = self._remembered.get(digest)
        if known is not None and time.monotonic() - known[0] < MEMORY_SECONDS:
            return known[1]
        assert self._state is not None
        asked_at = time.monotonic()
        try:
            visitor = await asyncio.to_thread(find, self._state, secret)
        except SourceError:
            if known is not None and asked_at - known[0] < KNOWN_WHILE_AWAY_SECONDS:
                return known[1]
            raise
        if visitor is None:
            self.forget(digest)
        else:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[digest] = (asked_at, visitor)
        return visitor

    def forget(self, digest: str) -> None:
        """Ask the store about a session when it is next used."""
        self._remembered.pop(digest, None)

    def _of_token(self, state: LoginState, secret: str) -> Visitor | None:
        token = state.tokens.find_token(secret, wall_clock())
        if token is None:
            return None
        rights = rights_of_scope(token.scope, contacts=token.contacts)
        return Visitor(f"token {token.name}", rights, token.digest)

    def _of_session(self, state: LoginState, secret: str) -> Visitor | None:
        session = state.sessions.find_session(secret, wall_clock())
        if session is None:
            return None
        return Visitor(session.role.value, self._rights(session.role), session.digest, is_session=True)

    def _of_identity(self, name: str) -> Visitor:
        operators = self._settings.auth_operators
        role = Role.OPERATOR if not operators or name in operators else Role.VIEWER
        # The digest tells one person's limits from another's; the store knows no such login.
        return Visitor(name, self._rights(role), digest_of(f"identity {name}"), is_identity=True)

    def _rights(self, role: Role) -> frozenset[Right]:
        return rights_of_role(role, viewer_contacts=self._settings.viewer_contacts)


def _bearer(scope: Scope) -> str | None:
    """Return the token of a request; None without one, the empty text if it cannot be one."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    tokens = [value[7:].strip() for value in values if value[:7].lower() == "bearer "]
    if not tokens:
        return None
    return tokens[0] if len(values) == 1 and len(tokens[0]) <= MOST_SECRET_LENGTH else ""
