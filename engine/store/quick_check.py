"""The quick checks of the source as they are stored: the last result, and when a check last began."""

from __future__ import annotations

from datetime import datetime

from engine.model.clock import is_future, to_sqlite
from engine.model.values.quality import IntegrityCheck
from engine.store.backend import Connection
from engine.store.entries import times_of
from engine.store.state_rows import read_state, set_state


def known_integrity(connection: Connection) -> IntegrityCheck | None:
    """Return the last finished quick check of the source; None before the first."""
    state = read_state(connection)
    if "integrity" not in state or "integrity_checked_at" not in state:
        return None
    times = times_of("the quick check", state["integrity_checked_at"])
    return None if times is None else IntegrityCheck(str(state["integrity"]), times[0])


def last_check_at(connection: Connection, now: datetime | None = None) -> datetime | None:
    """Return when the last quick check began, finished or not; None before the first.

    A time after ``now`` is ignored; ``now`` None accepts every time.
    """
    state = read_state(connection)
    begun = [state[name] for name in ("integrity_checked_at", "integrity_unfinished_at") if name in state]
    times = [times_of("the quick check", text) for text in begun]
    known = [pair[0] for pair in times if pair is not None]
    return max((at for at in known if now is None or not is_future(at, now)), default=None)


def store_integrity(connection: Connection, started_at: datetime, found: IntegrityCheck | None) -> None:
    """Store the result of a quick check that began at an instant; ``found`` None if it did not finish.

    The connection is in a write transaction.
    """
    if found is None:
        set_state(connection, "integrity_unfinished_at", to_sqlite(started_at))
    else:
        set_state(connection, "integrity", found.finding)
        set_state(connection, "integrity_checked_at", to_sqlite(found.checked_at))
