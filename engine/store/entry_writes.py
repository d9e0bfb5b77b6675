"""Entries as rows of ``dashboard_cache`` and ``dashboard_page_values``: prepared, then written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.clock import to_sqlite
from engine.model.values.payload import Payload
from engine.model.values.results import ComputedDataset
from engine.store.backend import Connection
from engine.store.page_values import PageValueRow, page_value_row, store_page_values
from engine.store.state_rows import read_generation, set_state

EntryRow = tuple[str, bytes, str, str, str, int, int, float | None]

# An update in place, because replacing a row writes the index too.
PUT_ENTRY = (
    "insert into dashboard_cache (cache_key, cache_value, as_of, created_at, expires_at,"
    " raw_bytes, entries, compute_ms) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (cache_key) do update"
    " set cache_value = excluded.cache_value, as_of = excluded.as_of, created_at = excluded.created_at,"
    " expires_at = excluded.expires_at, raw_bytes = excluded.raw_bytes, entries = excluded.entries,"
    " compute_ms = excluded.compute_ms"
)


@dataclass(frozen=True)
class PreparedEntries:
    """Entries as rows of their tables."""

    keys: tuple[str, ...]
    rows: tuple[EntryRow, ...]
    page_values: tuple[PageValueRow, ...]


def prepare_entries(
    datasets: Iterable[ComputedDataset], as_of: datetime, created_at: datetime
) -> PreparedEntries:
    """Return datasets computed at the instant ``as_of`` as rows to be stored."""
    computed = tuple(datasets)
    keys = tuple(dataset.key for dataset in computed)
    rows = tuple(
        entry_row(
            dataset.key,
            dataset.value,
            as_of=as_of,
            created_at=created_at,
            lifetime=timedelta(minutes=dataset.ttl_minutes),
            compute_ms=dataset.compute_ms,
        )
        for dataset in computed
    )
    page_values = tuple(row for row in map(page_value_row, computed) if row is not None)
    return PreparedEntries(keys, rows, page_values)


def store_entries(connection: Connection, entries: PreparedEntries) -> None:
    """Store entries; the caller counts them as one change. The connection is in a write transaction."""
    if not entries.rows:
        return
    generation = read_generation(connection)
    connection.executemany(PUT_ENTRY, entries.rows)
    # The trigger for changes by hand has counted each row, so the count is set back.
    set_state(connection, "generation", str(generation))
    store_page_values(connection, entries.keys, entries.page_values)


def entry_row(
    key: str,
    payload: Payload,
    *,
    as_of: datetime,
    created_at: datetime,
    lifetime: timedelta,
    compute_ms: float | None,
) -> EntryRow:
    """Return the parameters of ``PUT_ENTRY``; ``compute_ms`` is None for a value that no run computed."""
    return (
        key,
        payload.blob,
        to_sqlite(as_of),
        to_sqlite(created_at),
        to_sqlite(created_at + lifetime),
        payload.raw_bytes,
        payload.entries,
        compute_ms,
    )
