"""The dashboard's own tables in a source: checks that what has their names really is the dashboard's.

A table, view or index that somebody else created under one of these names is never written to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.model.errors import SourceError

Columns = tuple[str, ...]


def columns_of(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, Columns]:
    """Return the columns of the tables that exist, by table name in lower case.

    A view or an index has no columns, because nothing can be stored in it.
    """
    wanted = tuple(names)
    rows = connection.execute(
        "select lower(made.name), lower(found.name) from sqlite_master as made"
        " left join pragma_table_info(made.name) as found on made.type = 'table'"
        f" where made.type <> 'trigger' and lower(made.name) in ({', '.join('?' * len(wanted))})"
        " order by made.name, found.cid",
        wanted,
    )
    columns: dict[str, Columns] = {}
    for table, column in rows:
        columns[table] = columns.get(table, ()) + (() if column is None else (column,))
    return columns


def foreign_tables(connection: sqlite3.Connection, own: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return the tables that somebody else created under the dashboard's names: columns by table name."""
    found = columns_of(connection, own)
    return {name: columns for name, columns in found.items() if columns != own[name]}


def require_own(connection: sqlite3.Connection, own: Mapping[str, Columns], db: Path) -> None:
    """Raise SourceError if somebody else uses one of the names, because then nothing may be written."""
    for name, columns in foreign_tables(connection, own).items():
        kind = f"it has the columns {', '.join(columns)}" if columns else "it is no table"
        raise SourceError(
            db, f"something else in it has the name {name} of a table of the dashboard ({kind})",
            "give it another name; nothing has been written",
        )  # fmt: skip
