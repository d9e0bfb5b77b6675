"""The tokens for scripts: each has a name, a scope, and no end but being revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from engine.model.access import Scope
from engine.model.errors import DashboardError
from engine.sessions.keys import TOKEN_PREFIX, digest_of, new_secret
from engine.sessions.storage import TOUCH_SECONDS, SessionStorage, whole_seconds

_COLUMNS = "name, digest, scope, contacts, created_at, used_at"


@dataclass(frozen=True)
class Token:
    """A token for scripts; ``used_at`` is None before its first use."""

    name: str
    digest: str
    scope: Scope
    contacts: bool
    created_at: datetime
    used_at: datetime | None


class Tokens:
    """The tokens beside the sessions; thread-safe."""

    def __init__(self, storage: SessionStorage) -> None:
        self._storage = storage

    def create_token(self, name: str, scope: Scope, *, contacts: bool, now: datetime) -> str:
        """Store a token, and return its secret. Raises DashboardError if the name is taken."""
        secret = TOKEN_PREFIX + new_secret()
        with self._storage.writing() as connection:
            if connection.execute("select 1 from tokens where name = ?", (name,)).fetchall():
                raise DashboardError(name, "there is such a token", "revoke it, or give another name")
            connection.execute(
                "insert into tokens values (?, ?, ?, ?, ?, null)",
                (name, digest_of(secret), scope, int(contacts), whole_seconds(now)),
            )
        return secret

    def find_token(self, secret: str, now: datetime) -> Token | None:
        """Return the token of a secret, and note its use; None if there is none."""
        at, digest = whole_seconds(now), digest_of(secret)
        with self._storage.reading() as connection:
            rows = connection.execute(f"select {_COLUMNS} from tokens where digest = ?", (digest,)).fetchall()
        if not rows:
            return None
        token = _token(rows[0])
        if token.used_at is None or abs(at - whole_seconds(token.used_at)) >= TOUCH_SECONDS:
            self._storage.note("update tokens set used_at = ? where digest = ?", (at, digest))
        return token

    def tokens(self) -> list[Token]:
        """Return all tokens, by name."""
        with self._storage.reading() as connection:
            return [_token(row) for row in connection.execute(f"select {_COLUMNS} from tokens order by name")]

    def revoke_token(self, name: str) -> bool:
        """Delete a token; return whether there was one."""
        with self._storage.reading() as connection:
            return connection.execute("delete from tokens where name = ?", (name,)).rowcount > 0


def _token(row: tuple[str, str, str, int, int, int | None]) -> Token:
    name, digest, scope, contacts, created_at, used_at = row
    used = None if used_at is None else datetime.fromtimestamp(used_at, UTC)
    return Token(name, digest, Scope(scope), bool(contacts), datetime.fromtimestamp(created_at, UTC), used)
