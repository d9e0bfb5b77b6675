"""Data quality: the unreadable values and unrecognised words of the source, as each run stores their counts.

A dataset is affected by the columns that it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.doubts import concerning
from engine.model.settings import StorePlace
from engine.model.values.quality import UnreadableCount, UnrecognisedCount
from engine.model.values.results import RunOutcome
from engine.store.backend import Connection, has_table, reading


@dataclass(frozen=True)
class Quality:
    """The counts of all source columns, or of those that one dataset reads."""

    unreadable: tuple[UnreadableCount, ...] = ()
    unrecognised: tuple[UnrecognisedCount, ...] = ()


GOOD_QUALITY = Quality()


def read_quality(store: StorePlace) -> Quality:
    """Return the counts of the latest runs. Raises SourceError."""
    unreadable = tuple(count for count in unreadable_values(store) if count.values)
    return Quality(unreadable, unrecognised_values(store))


def quality_by_key(quality: Quality) -> Mapping[str, Quality]:
    """Return the counts that affect each dataset, by key; datasets without any are left out."""
    if quality == GOOD_QUALITY:
        return {}
    found = {
        dataset.key: Quality(
            concerning(dataset, quality.unreadable), concerning(dataset, quality.unrecognised)
        )
        for dataset in catalogue().values()
    }
    return {key: counts for key, counts in found.items() if counts != GOOD_QUALITY}


def unreadable_values(store: StorePlace) -> tuple[UnreadableCount, ...]:
    """Return the source columns that hold unreadable values, by table and column. Raises SourceError."""
    sql = (
        "select table_name, column_name, unreadable_values, dashboard_replica.rows"
        " from dashboard_unreadable left join dashboard_replica using (table_name) order by 1, 2"
    )
    with reading(store) as connection:
        return tuple(UnreadableCount(*row) for row in connection.execute(sql))


def unrecognised_values(store: StorePlace) -> tuple[UnrecognisedCount, ...]:
    """Return the words that the source's schema does not know, by table and column, most frequent first.

    There are none before a run has counted them. Raises SourceError.
    """
    sql = (
        "select table_name, column_name, word, unrecognised_values from dashboard_unrecognised"
        " order by 1, 2, 4 desc, 3"
    )
    with reading(store) as connection:
        if not has_table(connection, "dashboard_unrecognised"):
            return ()
        return tuple(UnrecognisedCount(*row) for row in connection.execute(sql))


def store_quality(connection: Connection, outcome: RunOutcome, *, of_all: bool) -> None:
    """Store the counts of a run in place of those before, of the tables that it has read.

    With ``of_all`` it has read every table there is. The connection is in a write transaction.
    """
    if of_all:
        # A table that has gone has no unreadable and no unrecognised values.
        connection.execute("delete from dashboard_unreadable")
        connection.execute("delete from dashboard_unrecognised")
    else:
        tables = [(table,) for table in outcome.tables_read]
        connection.executemany("delete from dashboard_unreadable where table_name = ?", tables)
        connection.executemany("delete from dashboard_unrecognised where table_name = ?", tables)
    connection.executemany(
        # Two replica columns may read the same source column by different rules.
        "insert into dashboard_unreadable (table_name, column_name, unreadable_values) values (?, ?, ?)"
        " on conflict (table_name, column_name) do update"
        " set unreadable_values = excluded.unreadable_values"
        " where excluded.unreadable_values > dashboard_unreadable.unreadable_values",
        [(count.table, count.column, count.values) for count in outcome.unreadable],
    )
    connection.executemany(
        "insert into dashboard_unrecognised (table_name, column_name, word, unrecognised_values)"
        " values (?, ?, ?, ?) on conflict (table_name, column_name, word) do update"
        " set unrecognised_values = excluded.unrecognised_values",
        [(count.table, count.column, count.word, count.values) for count in outcome.unrecognised],
    )
