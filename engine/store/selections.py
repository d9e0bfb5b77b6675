"""Selected values: those with a range or a filter, which are kept while somebody asks for them.

Each has a row in ``dashboard_selections`` that says when it was last asked for. One that nobody has asked for
in ``KEPT_UNASKED`` is dropped, and so are those above ``MOST_STORED``, the least recently asked first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from engine.model.catalogue.datasets import SELECTS, dataset_of_key
from engine.model.clock import from_sqlite, is_within, to_sqlite
from engine.model.values.fingerprint import Fingerprints
from engine.store.backend import Connection
from engine.store.state_rows import read_generation, set_state

KEPT_UNASKED = timedelta(hours=24)
MOST_STORED = 2_000

_TABLES = (
    "dashboard_selections",
    "dashboard_cache",
    "dashboard_page_values",
    "dashboard_problems",
    "dashboard_origins",
)
"""The tables that have rows of a selected value."""


def is_selection(key: str) -> bool:
    """Return whether a key is that of a selection of one of the catalogue's datasets."""
    return SELECTS in key and dataset_of_key(key) is not None


def counted_key(key: str) -> str:
    """Return the key under which reads and computations of an entry are counted.

    All selections of a dataset are counted as one, because there can be any number of them.

    >>> counted_key("llm/llm_daily_costs_30d?range=7d"), counted_key("llm/llm_daily_costs_30d")
    ('llm/llm_daily_costs_30d?', 'llm/llm_daily_costs_30d')
    """
    base, selects, _ = key.partition(SELECTS)
    return base + selects


def note_asked(connection: Connection, asked: Mapping[str, datetime]) -> None:
    """Store when selected values were last asked for. The connection is in a write transaction."""
    connection.executemany(
        "insert into dashboard_selections (cache_key, asked_at) values (?, ?)"
        " on conflict (cache_key) do update set asked_at = excluded.asked_at"
        " where excluded.asked_at > dashboard_selections.asked_at",
        sorted((key, to_sqlite(at)) for key, at in asked.items()),
    )


def note_stored(connection: Connection, keys: Iterable[str], at: datetime) -> None:
    """Store that those of the keys that are selections were asked for, if that is not known yet.

    The connection is in a write transaction.
    """
    connection.executemany(
        "insert into dashboard_selections (cache_key, asked_at) values (?, ?)"
        " on conflict (cache_key) do nothing",
        sorted((key, to_sqlite(at)) for key in keys if is_selection(key)),
    )


def unasked(asked: Mapping[str, str], now: datetime) -> frozenset[str]:
    """Return the keys of the selected values that nobody asks for, by when each was asked for last."""
    latest = sorted(asked, key=lambda key: (asked[key], key), reverse=True)
    kept = [key for key in latest if _is_kept(asked[key], now)]
    return frozenset(asked) - frozenset(kept[:MOST_STORED])


def mismatched(connection: Connection, expected: Fingerprints) -> frozenset[str]:
    """Return the keys of the selected values with another fingerprint than the expected one.

    No schedule replaces them, as it does the others.
    """
    rows = connection.execute(
        "select dashboard_selections.cache_key, fingerprint from dashboard_selections"
        " join dashboard_origins on dashboard_origins.cache_key = dashboard_selections.cache_key"
    ).fetchall()
    return frozenset(key for key, digest in rows if key not in expected or digest != expected[key].digest)


def _is_kept(asked_at: str, now: datetime) -> bool:
    try:
        return is_within(from_sqlite(asked_at), KEPT_UNASKED, now)
    except (ValueError, TypeError):
        return False


def drop_selections(connection: Connection, keys: Sequence[str]) -> None:
    """Delete selected values with all that is stored of them.

    The caller counts it as a change. The connection is in a write transaction.
    """
    if keys:
        generation = read_generation(connection)
        for table in _TABLES:
            connection.executemany(f"delete from {table} where cache_key = ?", [(key,) for key in keys])
        # The trigger for changes by hand has counted each row.
        set_state(connection, "generation", str(generation))
