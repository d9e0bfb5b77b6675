"""The sessions and one-time links: what a login leaves on the server, and when that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.model.access import Role
from engine.sessions.keys import digest_of, new_secret
from engine.sessions.storage import TOUCH_SECONDS, Connection, SessionStorage, whole_seconds

IDLE_SECONDS = 12 * 3600
"""A session that nobody uses for so long is over."""
LONGEST_SECONDS = 14 * 24 * 3600
"""A session is over after this time, however much it is used."""
LINK_SECONDS = 600
"""How long a one-time link is good for."""


@dataclass(frozen=True)
class Session:
    """A session; ``digest`` is that of its secret, ``how`` says how it began: ``password`` or ``link``."""

    digest: str
    role: Role
    how: str
    address: str
    created_at: datetime
    seen_at: datetime


class SessionStore:
    """The sessions and links in one storage; thread-safe.

    Passwords that change end the *epoch*. Sessions of another epoch than this process has are over, also
    those that a process with the passwords before still begins.
    """

    def __init__(self, storage: SessionStorage) -> None:
        self._storage = storage
        with storage.writing() as connection:
            connection.execute("insert into epoch values (1, ?) on conflict do nothing", (new_secret(),))
            self._epoch = _epoch(connection)

    def use_verifiers(self, verifier_of: Mapping[str, Callable[[str | None], str]]) -> dict[str, str]:
        """Return the verifier of each password; if one has changed, all sessions, devices and links end.

        Each function takes the verifier stored before, None if there is none, and returns it if it fits.
        """
        with self._storage.writing() as connection:
            stored = dict(connection.execute("select name, verifier from verifiers").fetchall())
            wanted = {name: make(stored.get(name)) for name, make in verifier_of.items()}
            if wanted != stored:
                for table in ("verifiers", "sessions", "devices", "links"):
                    connection.execute(f"delete from {table}")
                connection.executemany("insert into verifiers values (?, ?)", wanted.items())
                connection.execute("update epoch set value = ?", (new_secret(),))
            self._epoch = _epoch(connection)
            return wanted

    def begin_session(self, role: Role, how: str, address: str, now: datetime) -> str:
        """Store a new session, and return its secret."""
        secret, at = new_secret(), whole_seconds(now)
        with self._storage.writing() as connection:
            connection.execute(
                "delete from sessions where seen_at <= ? or created_at <= ?",
                (at - IDLE_SECONDS, at - LONGEST_SECONDS),
            )
            connection.execute(
                "insert into sessions values (?, ?, ?, ?, ?, ?, ?)",
                (digest_of(secret), role, how, address, at, at, self._epoch),
            )
        return secret

    def find_session(self, secret: str, now: datetime) -> Session | None:
        """Return the session of a secret, and note that it is in use; None if it is none, or is over."""
        at, digest = whole_seconds(now), digest_of(secret)
        with self._storage.reading() as connection:
            rows = connection.execute(
                f"select {_SESSION} from sessions where digest = ? and {_ALIVE}", (digest, *self._alive(at))
            ).fetchall()
        if not rows:
            return None
        session = _session(rows[0])
        if abs(at - whole_seconds(session.seen_at)) >= TOUCH_SECONDS:
            self._storage.note("update sessions set seen_at = ? where digest = ?", (at, digest))
        return session

    def _alive(self, at: int) -> tuple[int, int, str]:
        return at - IDLE_SECONDS, at - LONGEST_SECONDS, self._epoch

    def sessions(self, now: datetime) -> list[Session]:
        """Return all sessions that are not over, the newest first."""
        with self._storage.reading() as connection:
            sql = f"select {_SESSION} from sessions where {_ALIVE} order by created_at desc, digest"
            return [_session(row) for row in connection.execute(sql, self._alive(whole_seconds(now)))]

    def end_session(self, digest: str) -> bool:
        """End a session; return whether there was one."""
        with self._storage.reading() as connection:
            return connection.execute("delete from sessions where digest = ?", (digest,)).rowcount > 0

    def end_all_sessions(self) -> int:
        """End all sessions; return how many there were. Links that were not used are void too."""
        with self._storage.writing() as connection:
            connection.execute("delete from links")
            return connection.execute("delete from sessions").rowcount

    def ended(self, digests: Iterable[str], now: datetime) -> set[str]:
        """Return those of some digests that are neither a session nor a token any more."""
        wanted = set(digests)
        if not wanted:
            return set()
        places = ",".join("?" * len(wanted))
        with self._storage.reading() as connection:
            rows = connection.execute(
                f"select digest from sessions where {_ALIVE} and digest in ({places})"
                f" union all select digest from tokens where digest in ({places})",
                (*self._alive(whole_seconds(now)), *wanted, *wanted),
            ).fetchall()
        return wanted - {row[0] for row in rows}

    def make_link(self, role: Role, now: datetime) -> str:
        """Store a link that logs in once within ``LINK_SECONDS``, and return its secret."""
        secret, at = new_secret(), whole_seconds(now)
        with self._storage.writing() as connection:
            connection.execute("delete from links where made_at <= ?", (at - LINK_SECONDS,))
            connection.execute("insert into links values (?, ?, ?)", (digest_of(secret), role, at))
        return secret

    def take_link(self, secret: str, now: datetime) -> Role | None:
        """Return the role of a link, and void it; None if it is none, was taken or is too old."""
        with self._storage.reading() as connection:
            row = connection.execute(
                "delete from links where digest = ? and made_at > ? returning role",
                (digest_of(secret), whole_seconds(now) - LINK_SECONDS),
            ).fetchall()
        return Role(row[0][0]) if row else None


_SESSION = "digest, role, how, address, created_at, seen_at"
_ALIVE = "seen_at > ? and created_at > ? and epoch = ?"


def _epoch(connection: Connection) -> str:
    return str(connection.execute("select value from epoch").fetchone()[0])


def _session(row: tuple[str, str, str, str, int, int]) -> Session:
    digest, role, how, address, created_at, seen_at = row
    return Session(digest, Role(role), how, address, _instant(created_at), _instant(seen_at))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
