"""What is counted: attempts to log in, full refreshes, new selections; and the browsers of operators.

Attempts of a known browser are counted apart from those of its address, so a stranger at the same address
cannot lock the operator out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engine.sessions.keys import digest_of, new_secret
from engine.sessions.storage import SessionStorage, whole_seconds

WINDOW_SECONDS, MOST_FAILURES = 60, 10
REFRESH_SECONDS = 60
SELECTION_SECONDS, MOST_SELECTIONS = 3600, 1_000
"""So many new selections can one session, or one token, have computed in an hour."""
DEVICE_SECONDS = 90 * 24 * 3600


class Limits:
    """The counts beside the sessions; thread-safe."""

    def __init__(self, storage: SessionStorage) -> None:
        self._storage = storage

    def begin_attempt(self, counted_by: str, now: datetime) -> int:
        """Count an attempt to log in as failed; return 0, or the seconds to wait after too many.

        A refused attempt is not counted. Counting comes first, so parallel attempts are no way around.
        """
        at = whole_seconds(now)
        with self._storage.writing() as connection:
            connection.execute("delete from failures where at <= ? or at > ?", (at - WINDOW_SECONDS, at))
            times = connection.execute(
                "select at from failures where counted_by = ? order by at", (counted_by,)
            ).fetchall()
            if len(times) >= MOST_FAILURES:
                return max(1, int(times[-MOST_FAILURES][0]) + WINDOW_SECONDS - at)
            connection.execute("insert into failures (counted_by, at) values (?, ?)", (counted_by, at))
        return 0

    def forgive_attempt(self, counted_by: str) -> None:
        """Forget the latest attempt, because it has succeeded.

        The others still count: else a viewer could guess at the operator's password for ever, and log in as
        viewer in between.
        """
        with self._storage.reading() as connection:
            connection.execute(
                "delete from failures where id = (select max(id) from failures where counted_by = ?)",
                (counted_by,),
            )

    def know_device(self, now: datetime) -> str:
        """Store that an operator has logged in by a browser, and return the secret by which it is known."""
        secret, at = new_secret(), whole_seconds(now)
        with self._storage.writing() as connection:
            connection.execute("delete from devices where seen_at <= ?", (at - DEVICE_SECONDS,))
            connection.execute("insert into devices values (?, ?)", (digest_of(secret), at))
        return secret

    def is_known_device(self, secret: str, now: datetime) -> bool:
        """Return whether an operator has logged in by a browser before."""
        with self._storage.reading() as connection:
            rows = connection.execute(
                "select 1 from devices where digest = ? and seen_at > ?",
                (digest_of(secret), whole_seconds(now) - DEVICE_SECONDS),
            ).fetchall()
        return bool(rows)

    def take_full_refresh(self, login: str, now: datetime) -> int:
        """Note a full refresh of a session or token; return 0, or the seconds to wait for the next."""
        at = whole_seconds(now)
        with self._storage.writing() as connection:
            connection.execute("delete from refreshes where at <= ? or at > ?", (at - REFRESH_SECONDS, at))
            rows = connection.execute("select at from refreshes where login = ?", (login,)).fetchall()
            if rows:
                return max(1, int(rows[0][0]) + REFRESH_SECONDS - at)
            connection.execute("insert into refreshes values (?, ?)", (login, at))
        return 0

    def take_selections(self, login: str, names: Sequence[str], now: datetime) -> int:
        """Note what ranges and filters a session or token asks for; return 0, or the seconds to wait.

        One that it has asked for within the hour is not new. If new ones are too many, none is noted.
        """
        at = whole_seconds(now)
        with self._storage.writing() as connection:
            connection.execute(
                "delete from asked_selections where at <= ? or at > ?",
                # The clocks of several machines differ a little.
                (at - SELECTION_SECONDS, at + SELECTION_SECONDS),
            )
            asked = dict(
                connection.execute(
                    "select name, at from asked_selections where login = ?", (login,)
                ).fetchall()
            )
            new = sorted(set(names) - set(asked))
            if len(asked) + len(new) > MOST_SELECTIONS:
                return max(1, min(asked.values(), default=at) + SELECTION_SECONDS - at)
            connection.executemany(
                "insert into asked_selections values (?, ?, ?)", [(login, name, at) for name in new]
            )
        return 0
