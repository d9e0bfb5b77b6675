"""Origins: what each entry was computed with, and from which state of the source, in ``dashboard_origins``.

A row belongs to the entry with the same key and ``created_at``. A computed entry without a row was stored by
a version that stored no origins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.model.clock import from_sqlite, to_sqlite
from engine.model.values.fingerprint import OTHER_VERSION, Fingerprint, Fingerprints
from engine.store.backend import Connection

ORIGIN_COLUMNS = "fingerprint, time_zone, program, run_id, seen_at"
BELONGS = (
    "dashboard_origins.cache_key = dashboard_cache.cache_key"
    " and dashboard_origins.created_at = dashboard_cache.created_at"
)
"""The condition under which a row of ``dashboard_origins`` belongs to an entry."""


@dataclass(frozen=True)
class Origin:
    """The origin of an entry: its fingerprint, its run, and the clock before the run's snapshot.

    ``run_id`` is None for a partial result, which is stored before its run has ended.
    """

    fingerprint: Fingerprint
    run_id: int | None
    seen_at: datetime


def origin_of(
    digest: str | None, time_zone: str | None, program: str | None, run_id: int | None, seen_at: str | None
) -> Origin | None:
    """Return the origin of a row's ``ORIGIN_COLUMNS``; None if there is no row or it cannot be read."""
    if digest is None or time_zone is None or program is None or seen_at is None:
        return None
    try:
        return Origin(Fingerprint(time_zone, program, digest), run_id, from_sqlite(seen_at))
    except (ValueError, TypeError):
        return None


def mismatch_of(key: str, *, is_computed: bool, origin: Origin | None, expected: Fingerprints | None) -> str:
    """Return in words how an entry's fingerprint differs from the expected one; empty if it does not.

    It is empty too for a value that a program has set, and for a key that is no dataset's. ``expected`` None
    accepts every fingerprint.
    """
    if expected is None or not is_computed or key not in expected:
        return ""
    return OTHER_VERSION if origin is None else expected[key].difference(origin.fingerprint)


def store_origins(
    connection: Connection,
    keys: Iterable[str],
    known: Fingerprints,
    *,
    created_at: datetime,
    seen_at: datetime,
    run_id: int | None,
) -> None:
    """Store what entries were computed with. The connection is in a write transaction."""
    created, seen = to_sqlite(created_at), to_sqlite(seen_at)
    connection.executemany(
        f"insert into dashboard_origins (cache_key, created_at, {ORIGIN_COLUMNS})"
        " values (?, ?, ?, ?, ?, ?, ?) on conflict (cache_key) do update"
        " set created_at = excluded.created_at, fingerprint = excluded.fingerprint,"
        " time_zone = excluded.time_zone, program = excluded.program, run_id = excluded.run_id,"
        " seen_at = excluded.seen_at",
        [
            (key, created, known[key].digest, known[key].time_zone, known[key].program, run_id, seen)
            for key in keys
            if key in known
        ],
    )


def has_other_fingerprint(connection: Connection, run_id: int, expected: Fingerprints) -> bool:
    """Return whether a run stored an entry whose fingerprint is not the expected one."""
    rows = connection.execute(
        "select cache_key, fingerprint from dashboard_origins where run_id = ?", (run_id,)
    )
    return any(key in expected and digest != expected[key].digest for key, digest in rows.fetchall())
