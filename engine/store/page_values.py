"""Page values: the small values that pages get of datasets with many rows, stored beside their entries.

A page value holds the digest of the value it was made from. So if an entry is changed or deleted, even by
hand, no page shows a page value of the entry before.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.values.payload import digest
from engine.model.values.results import ComputedDataset
from engine.store.backend import Connection

PageValueRow = tuple[str, str, bytes | None, int, int, int]


def page_value_row(dataset: ComputedDataset) -> PageValueRow | None:
    """Return a dataset's page value, and its number of rows if it was cut, as a row of the table.

    None if pages get its entry unchanged.
    """
    if dataset.page_value is None and dataset.rows_found is None:
        return None
    part = dataset.page_value
    return (
        dataset.key,
        digest(dataset.value.blob),
        None if part is None else part.blob,
        dataset.value.raw_bytes if part is None else part.raw_bytes,
        dataset.value.entries if part is None else part.entries,
        dataset.value.entries if dataset.rows_found is None else dataset.rows_found,
    )


def store_page_values(connection: Connection, keys: Iterable[str], rows: Iterable[PageValueRow]) -> None:
    """Replace the page values of the entries being stored. The connection is in a write transaction."""
    connection.executemany(
        "delete from dashboard_page_values where cache_key = ?", [(key,) for key in sorted(keys)]
    )
    connection.executemany(
        "insert into dashboard_page_values (cache_key, value_digest, page_value, raw_bytes, entries,"
        " rows_found) values (?, ?, ?, ?, ?, ?)",
        rows,
    )


def delete_page_value(connection: Connection, key: str) -> None:
    """Delete the page value of an entry."""
    connection.execute("delete from dashboard_page_values where cache_key = ?", (key,))
