"""Makes a connection compute one selected dataset: its window, its filters, and the days that they need.

For that long temporary macros of the connection stand in place of the replica's, also within other macros.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from engine.model.catalogue.datasets import Dataset
from engine.model.clock import Clock
from engine.model.selections.run_macros import selection_macros
from engine.replica.macros import create_each
from engine.replica.source import drop_temporary


@contextmanager
def selecting(connection: duckdb.DuckDBPyConnection, dataset: Dataset, clock: Clock) -> Iterator[None]:
    """Let the SQL of a dataset see its selection; nothing changes for one that selects nothing.

    The clock's macros must exist. Raises DashboardError for a range that ends after today.
    """
    macros = selection_macros(dataset, clock)
    try:
        create_each(connection, macros, temporary=True)
        yield
    finally:
        drop_temporary(connection, *(f"macro {signature.partition('(')[0]}" for signature in macros))
