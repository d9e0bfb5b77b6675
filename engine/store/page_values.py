"""The small values that pages get of datasets with many rows, stored beside their entries.

A page value carries the digest of the value it was made of. So whatever writes, changes or deletes
an entry, by hand too, no page shows what was made of another.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from engine.model.payload import digest
from engine.model.results import ComputedDataset

PageValueRow = tuple[str, str, bytes | None, int, int, int]


def page_value_row(dataset: ComputedDataset) -> PageValueRow | None:
    """Return the row of what pages get of a dataset, and of how many rows it has if it was cut.

    None if pages get its entry as it is.
    """
    if dataset.page_value is None and dataset.rows_found is None:
        return None
    part = dataset.page_value
    return (
        dataset.key,
        digest(dataset.blob),
        None if part is None else part.blob,
        dataset.raw_bytes if part is None else part.raw_bytes,
        dataset.entries if part is None else part.entries,
        dataset.entries if dataset.rows_found is None else dataset.rows_found,
    )


def store_page_values(
    connection: sqlite3.Connection, keys: Iterable[str], rows: Iterable[PageValueRow]
) -> None:
    """Store what pages get of entries that are being stored, of those that have a row. In a transaction."""
    connection.execute(
        "delete from dashboard_page_values where cache_key in (select value from json_each(?))",
        (json.dumps(list(keys)),),
    )
    connection.executemany(
        "insert into dashboard_page_values (cache_key, value_digest, page_value, raw_bytes, entries,"
        " rows_found) values (?, ?, ?, ?, ?, ?)",
        rows,
    )


def delete_page_value(connection: sqlite3.Connection, key: str) -> None:
    """Delete what pages get of an entry."""
    connection.execute("delete from dashboard_page_values where cache_key = ?", (key,))
