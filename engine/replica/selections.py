"""Makes a connection compute one selected dataset: its window, its filters, and the days that they need.

For that long temporary macros of the connection stand in place of the replica's, also within other macros.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from engine.model.clock import Clock
from engine.model.datasets import Dataset
from engine.model.selection import Filters
from engine.model.windows import Window, window_of
from engine.replica.macros import BY_ROW, QUARTER_SECONDS, create_each, literal, local_macros


def dataset_window(dataset: Dataset, clock: Clock) -> Window | None:
    """Return the window that a dataset describes; None if it has none.

    Raises DashboardError for a range that ends after today.
    """
    if dataset.range is None:
        return None
    return window_of(
        dataset.selection.range or dataset.range,
        clock,
        dataset.grain,
        is_rolling=dataset.is_rolling,
        is_previous=dataset.is_previous,
    )


@contextmanager
def selecting(connection: duckdb.DuckDBPyConnection, dataset: Dataset, clock: Clock) -> Iterator[None]:
    """Let the SQL of a dataset see its selection, and rows in place of quarters that its window cuts.

    The clock's macros must exist. Raises DashboardError for a range that ends after today.
    """
    macros = selection_macros(dataset, clock)
    try:
        create_each(connection, macros, temporary=True)
        yield
    finally:
        for signature in macros:
            connection.execute(f"drop macro if exists temp.{signature.partition('(')[0]}")


def selection_macros(dataset: Dataset, clock: Clock) -> dict[str, str]:
    """Return the macros that differ for a selected dataset, as ``create_each`` takes them."""
    macros: dict[str, str] = {}
    window = dataset_window(dataset, clock)
    if dataset.is_selected and window is not None:
        macros["range_start(name)"] = literal(window.start)
        macros["range_end()"] = literal(window.until)
        reaching = clock.reaching(window.start)
        if reaching is not clock:
            macros |= local_macros(reaching)
    if window is not None and "_between(" in dataset.sql and not _begins_a_quarter(window):
        macros["whole_until(until)"] = BY_ROW
    if dataset.selection.filters:
        macros["taken(name, cell)"] = _taken(dataset.selection.filters)
    return macros


def _begins_a_quarter(window: Window) -> bool:
    return int(window.start.timestamp()) % QUARTER_SECONDS == 0


def _taken(filters: Filters) -> str:
    cases = " ".join(
        f"when '{column}' then cell is not distinct from {_text(value)}" for column, value in filters
    )
    return f"case name {cases} else true end"


def _text(value: str | None) -> str:
    # In hexadecimal, because a value may hold any character, a zero byte too.
    return "null" if value is None else f"decode(unhex('{value.encode().hex()}'))"
