"""The small values that pages get of datasets with many rows, stored beside their entries.

A page value carries the digest of the value it was made of. So whatever writes, changes or deletes
an entry, by hand too, no page shows what was made of another.
"""

from __future__ import annotations

import sqlite3

from engine.payload import digest
from engine.results import ComputedDataset


def store_page_value(connection: sqlite3.Connection, dataset: ComputedDataset) -> None:
    """Store what pages get of a dataset that is being stored, and how many rows it has if it was cut."""
    if dataset.page_value is None and dataset.rows_found is None:
        delete_page_value(connection, dataset.key)
        return
    part = dataset.page_value
    connection.execute(
        "insert or replace into dashboard_page_values (cache_key, value_digest, page_value, raw_bytes,"
        " entries, rows_found) values (?, ?, ?, ?, ?, ?)",
        (
            dataset.key,
            digest(dataset.blob),
            None if part is None else part.blob,
            dataset.raw_bytes if part is None else part.raw_bytes,
            dataset.entries if part is None else part.entries,
            dataset.entries if dataset.rows_found is None else dataset.rows_found,
        ),
    )


def delete_page_value(connection: sqlite3.Connection, key: str) -> None:
    """Delete what pages get of an entry."""
    connection.execute("delete from dashboard_page_values where cache_key = ?", (key,))
