"""Which unreadable and unrecognised values of the source concern a dataset: those of the columns it reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from engine.model.datasets import Dataset
from engine.model.staging import staging


class OfAColumn(Protocol):
    """What is counted of one source column."""

    @property
    def table(self) -> str:
        """Return the source table."""
        ...

    @property
    def column(self) -> str:
        """Return the source column."""
        ...


Count = TypeVar("Count", bound=OfAColumn)


def source_columns(dataset: Dataset) -> frozenset[tuple[str, str]]:
    """Return source table and column of all that a dataset reads, by the staging files."""
    tables = staging()
    found = set()
    for read in dataset.reads:
        name, _, column = read.partition(".")
        if read == "source_tables.last_write_at":
            # The newest stamp of the source is looked for in every column of stamps.
            found |= {
                (table.source_table, stamp.source_column)
                for table in tables.values()
                for stamp in table.columns
                if stamp.cast == "read_instant"
            }
        elif name in tables:
            table = tables[name]
            found |= {
                (table.source_table, staged.source_column)
                for staged in table.columns
                if staged.name == column
            }
    return frozenset(found)


def concerning(dataset: Dataset, counts: Iterable[Count]) -> tuple[Count, ...]:
    """Return those of the counts, of unreadable or unrecognised values, whose column a dataset reads."""
    columns = source_columns(dataset)
    return tuple(count for count in counts if (count.table, count.column) in columns)
