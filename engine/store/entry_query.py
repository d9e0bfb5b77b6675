"""The query for entries: one row for each wanted key, with all that the dashboard's tables hold about it.

If the database lacks a table, for example because somebody has dropped it, its columns are null.
"""

from __future__ import annotations

from collections.abc import Container

from engine.store.origins import BELONGS, ORIGIN_COLUMNS

_TABLES_JOINED = {
    "dashboard_origins": (ORIGIN_COLUMNS, f"left join dashboard_origins on {BELONGS}"),
    "dashboard_page_values": (
        "value_digest, page_value, rows_found",
        "left join dashboard_page_values on dashboard_page_values.cache_key = wanted.cache_key",
    ),
    "dashboard_cache_writes": (
        "cache_value is null and exists (select 1 from dashboard_cache_writes"
        " where dashboard_cache_writes.cache_key = wanted.cache_key)",
        "",
    ),
}
"""The tables with more about an entry → the columns selected, and how the table is joined."""


def entry_sql(keys: int, lacking: Container[str] = ()) -> str:
    """Return the query, whose parameters are so many keys, one at least, for a store that lacks some tables.

    Its columns: key, value, as_of, created_at, expires_at, whether a run computed the value; kind, reason
    and time of its problem; the ``ORIGIN_COLUMNS``; the digest of the value that the page value was made
    from, page value, rows found; whether a key without an entry once had one.
    """
    selected, joined = [], []
    for table, (columns, join) in _TABLES_JOINED.items():
        is_there = table not in lacking
        selected.append(columns if is_there else ", ".join(["null"] * (columns.count(", ") + 1)))
        joined += [join] if is_there else []
    return (
        f"with wanted (cache_key) as (values {', '.join(['(?)'] * keys)})"
        " select wanted.cache_key, cache_value, as_of, dashboard_cache.created_at, expires_at,"
        f" compute_ms is not null, kind, reason, happened_at, {', '.join(selected)} from wanted"
        " left join dashboard_cache on dashboard_cache.cache_key = wanted.cache_key"
        " left join dashboard_problems on dashboard_problems.cache_key = wanted.cache_key"
        f" {' '.join(joined)}"
    )
