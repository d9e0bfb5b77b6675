"""The ends and the number of rows of source tables: what tells at little cost that rows came or went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.compute.replica.survey import SourceTable
from engine.compute.source import Source


@dataclass(frozen=True)
class Bounds:
    """A table's lowest and highest row id, None without a row, and its rows, None if not counted."""

    lowest: int | None
    highest: int | None
    rows: int | None


def read_bounds(
    source: Source, tables: Mapping[str, SourceTable], counted: frozenset[str]
) -> dict[str, Bounds]:
    """Return the bounds of the tables whose rows have ids, counting the rows of those named.

    The ends come from the tables' trees at once; a count walks the smallest of a table's indexes.
    """
    with_ids = {name: table for name, table in tables.items() if table.rowid is not None}
    if not with_ids:
        return {}
    # A subquery each: one with both ends would walk the whole table.
    parts = [
        f"(select {aggregate}({table.sql_rowid}) from {table.sql_name})"
        for table in with_ids.values()
        for aggregate in ("min", "max")
    ] + [f"(select count(*) from {with_ids[name].sql_name})" for name in with_ids if name in counted]
    values = [None if value is None else int(value) for value in source.rows(f"select {', '.join(parts)}")[0]]
    ends = iter(values)
    pairs = {name: (next(ends), next(ends)) for name in with_ids}
    counts = {name: next(ends) for name in with_ids if name in counted}
    return {name: Bounds(lowest, highest, counts.get(name)) for name, (lowest, highest) in pairs.items()}
