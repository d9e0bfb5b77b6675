"""What is deleted when a run is stored: selected values that go, and what belongs to nothing in the cache.

It is found before the transaction, which then deletes by key: to look through all that is stored would hold
up a program that writes to the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.model.clock import to_sqlite
from engine.store.backend import Connection
from engine.store.receipts import TABLES as RUN_TABLES
from engine.store.selections import drop_selections, is_selection, unasked


@dataclass(frozen=True)
class Leftovers:
    """What goes: keys of selected values, ``stored_at`` of watermarks, ids of runs with a stored reading."""

    selections: tuple[str, ...]
    watermarks: tuple[str, ...]
    runs: tuple[int, ...]


def find_leftovers(
    connection: Connection,
    stored: frozenset[str],
    replaced: frozenset[str],
    others: frozenset[str],
    at: datetime,
) -> Leftovers:
    """Return what can go with a run that is stored at ``at``; reads the store and writes nothing.

    ``stored`` has the keys of all that the run has computed or failed to, ``replaced`` those whose values it
    has computed, ``others`` those of selected values that go in any case.
    """
    asked = dict(connection.execute("select cache_key, asked_at from dashboard_selections"))
    known: Mapping[str, str] = {key: to_sqlite(at) for key in stored if is_selection(key)} | asked
    gone = unasked(known, at) | others
    created = connection.execute("select cache_key, created_at from dashboard_cache").fetchall()
    origins = connection.execute("select cache_key, run_id from dashboard_origins").fetchall()
    left = replaced | gone
    marks = connection.execute("select distinct stored_at from dashboard_source_marks").fetchall()
    runs = connection.execute(
        " union ".join(f"select run_id from {table}" for table in RUN_TABLES)
    ).fetchall()
    return Leftovers(
        tuple(sorted(gone)),
        tuple(sorted({at for (at,) in marks} - {at for key, at in created if key not in left})),
        tuple(sorted({run for (run,) in runs} - {run for key, run in origins if key not in left})),
    )


def delete_leftovers(connection: Connection, found: Leftovers) -> None:
    """Delete what was found. The connection is in a write transaction."""
    drop_selections(connection, found.selections)
    connection.executemany(
        "delete from dashboard_source_marks where stored_at = ?", [(at,) for at in found.watermarks]
    )
    for table in RUN_TABLES:
        connection.executemany(f"delete from {table} where run_id = ?", [(run,) for run in found.runs])
