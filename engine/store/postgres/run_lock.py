"""The run lock in PostgreSQL, and the token by which a run that has lost it is found out.

The lock ends with its session. If the server ends that session, another worker may take the lock while the
run goes on; so each holder stores a token, and only the holder of the token that is stored may store a run.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any

from engine import postgres
from engine.model.errors import ComputeError, SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.postgres import LockSession

RUN_LOCK = 0x64617368_0003
TOKEN_ROW = "run_lock"
"""The name under which ``dashboard_state`` has the token, and after it what its holder has stored."""


class PostgresRunLock:
    """A lock that one run holds, over all processes and machines; for one thread."""

    def __init__(self, address: PostgresAddress) -> None:
        self.address = address
        self._session: LockSession | None = None
        self._token = ""

    def try_acquire(self) -> bool:
        """Return whether the lock is held now. Raises SourceError."""
        try:
            if self._session is None:
                self._session = LockSession(self.address, RUN_LOCK)
            if not self._session.try_lock():
                return False
            self._store_token()
            # If it still holds the lock, nobody has held it since, nor stored another token.
            self._session.require_alive()
        except SourceError:
            self.release()
            raise
        return True

    def _store_token(self) -> None:
        self._token = secrets.token_hex(16)
        with postgres.writing(self.address) as connection:
            if connection.execute("select to_regclass('dashboard.dashboard_state')").fetchall() == [(None,)]:
                # `dashboard check` makes no tables; what stores a run has made them before.
                return
            connection.execute(
                "insert into dashboard_state (name, value) values (?, ?)"
                " on conflict (name) do update set value = excluded.value",
                (TOKEN_ROW, self._token),
            )

    def release(self) -> None:
        """Let go of the lock, if it is held."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(SourceError):
                session.close()

    def stored(self, connection: Any) -> tuple[int, int] | None:
        """Return run and generation that this holder has stored already; None if it has stored none.

        It has if the server has committed, and the connection was lost before it said so. Raises ComputeError
        if another run holds the lock by now. The connection is in a write transaction.
        """
        row = connection.execute(
            "select value from dashboard_state where name = ? for update", (TOKEN_ROW,)
        ).fetchone()
        token, *stored = [""] if row is None else row[0].split(" ")
        if token != self._token:
            raise ComputeError(
                "the run",
                "the server has ended the session that held its lock, and another run has begun since",
                "nothing of it is stored; the other run's values are shown",
            )
        return (int(stored[0]), int(stored[1])) if len(stored) == 2 else None

    def note_stored(self, connection: Any, run_id: int, generation: int) -> None:
        """Note in the transaction that stores a run what it stores."""
        connection.execute(
            "update dashboard_state set value = ? where name = ?",
            (f"{self._token} {run_id} {generation}", TOKEN_ROW),
        )
