"""The palette places of names that the schema does not know: each name gets the next place and keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from engine.model.clock import to_sqlite
from engine.model.colours import ColourPlaces
from engine.model.settings import StorePlace
from engine.model.values.results import ComputedDataset
from engine.store.backend import Connection, has_table, reading


def store_colours(connection: Connection, datasets: Iterable[ComputedDataset], now: datetime) -> None:
    """Store the next place of its category for each name that charts show for the first time.

    The order is that of the datasets' keys, and of the names within each dataset.
    """
    shown = [
        (names.category, name)
        for dataset in sorted(datasets, key=lambda dataset: dataset.key)
        for names in dataset.categories
        for name in names.names
    ]
    if not shown:
        return
    known = _read(connection)
    for category, name in dict.fromkeys(shown):
        if known.place(category, name) is None:
            known = known.with_name(category, name)
            connection.execute(
                "insert into dashboard_colours (category, name, place, first_shown_at) values (?, ?, ?, ?)",
                (category, name, known.place(category, name), to_sqlite(now)),
            )


def read_colours(store: StorePlace) -> ColourPlaces:
    """Return the stored places. Raises SourceError."""
    with reading(store) as connection:
        return _read(connection) if has_table(connection, "dashboard_colours") else ColourPlaces()


def _read(connection: Connection) -> ColourPlaces:
    rows = connection.execute("select category, name, place from dashboard_colours")
    return ColourPlaces({(category, name): place for category, name, place in rows})
