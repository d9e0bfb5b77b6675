"""The optional change log: a table in the source to which triggers add the id of every row that changes.

It exists only if the owner of the source asks for it. The triggers never make a statement of the pipeline
fail, unless the log's table is dropped without them. If a table's changes were not logged for a while, the
log begins again after a gap in its ids. A reader that remembers the last id it has read sees the gap, and
reads all rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.model.catalogue.staging import FULL, staging
from engine.model.source_file.change_triggers import (
    CHANGE_LOG,
    CREATE_CHANGE_LOG,
    EXISTING_TRIGGERS,
    change_triggers,
    row_id_alias,
    row_id_name,
)
from engine.model.text.quoting import quote_identifier
from engine.store.sqlite.database import has_table, open_database, write_transaction
from engine.store.sqlite.migration import own_columns
from engine.store.sqlite.own_tables import require_own

PRUNED_AT_ONCE = 250_000
"""The most rows that one run prunes: it takes 0.1 s, for which the pipeline may wait."""

# The first id is the clock in microseconds, which is higher than all ids of an earlier log.
_BEGIN = f"""
insert into {CHANGE_LOG} (id)
select max(?, cast((julianday('now') - 2440587.5) * 86400e6 as integer))
"""

_PRUNE = f"""
delete from {CHANGE_LOG}
where
    id <= min(?, (select min(id) from {CHANGE_LOG}) + ?)
    and id < (select max(id) from {CHANGE_LOG})
"""


@dataclass(frozen=True)
class ChangeLogState:
    """A change log: the staged source tables whose changes it logs, and for each other table the reason.

    ``unread`` is the number of changes in the log. ``is_broken`` is True if there are triggers and no log:
    then the pipeline cannot write to those tables.
    """

    logged: tuple[str, ...]
    unlogged: Mapping[str, str]
    unread: int
    is_broken: bool


@dataclass(frozen=True)
class _Plan:
    """The triggers that each table of a source should have, by name, and why a table should have none."""

    triggers: Mapping[str, Mapping[str, str]]
    unlogged: Mapping[str, str]


def create_change_log(db: Path) -> ChangeLogState:
    """Create what the log lacks; return its state. Calling it again is harmless. Raises SourceError."""
    with write_transaction(db) as connection:
        require_own(connection, own_columns(), db)
        plan = _plan(connection)
        wanted = {name: sql for triggers in plan.triggers.values() for name, sql in triggers.items()}
        existing = _existing_triggers(connection)
        last = _last_id(connection) if has_table(connection, CHANGE_LOG) else None
        if last is None or existing != wanted:
            for name in existing:
                _drop_trigger(connection, name)
            if not has_table(connection, CHANGE_LOG):
                connection.execute(CREATE_CHANGE_LOG)
            connection.execute(f"delete from {CHANGE_LOG}")
            connection.execute(_BEGIN, ((last or 0) + 2,))
            for sql in wanted.values():
                connection.execute(sql)
        state = change_log_state(connection)
    assert state is not None
    return state


def drop_change_log(db: Path) -> bool:
    """Drop the log and its triggers; return whether there were any. Raises SourceError."""
    with write_transaction(db) as connection:
        require_own(connection, own_columns(), db)
        triggers, has_log = _existing_triggers(connection), has_table(connection, CHANGE_LOG)
        for name in triggers:
            _drop_trigger(connection, name)
        if has_log:
            connection.execute(f"drop table {CHANGE_LOG}")
    return has_log or bool(triggers)


def remove_orphaned_triggers(db: Path) -> bool:
    """Drop triggers whose log was dropped without them; return whether there were any.

    Raises SourceError.
    """
    with open_database(db) as connection:
        state = change_log_state(connection)
    return state is not None and state.is_broken and drop_change_log(db)


def change_log_state(connection: sqlite3.Connection) -> ChangeLogState | None:
    """Return the state of the source's log; None if there is neither a log nor a trigger."""
    existing, has_log = _existing_triggers(connection), has_table(connection, CHANGE_LOG)
    if not existing and not has_log:
        return None
    plan = _plan(connection)
    logged = tuple(
        table for table, triggers in plan.triggers.items() if has_log and triggers.items() <= existing.items()
    )
    lacking = {
        table: "it has no triggers, or old ones" for table in plan.triggers if has_log and table not in logged
    }
    unread = 0
    if has_log:
        unread = connection.execute(f"select count(table_name) from {CHANGE_LOG}").fetchone()[0]
    return ChangeLogState(
        logged, {**plan.unlogged, **lacking}, unread, is_broken=bool(existing) and not has_log
    )


def prune_change_log(connection: sqlite3.Connection, through: int) -> None:
    """Delete the rows of the log up to an id, oldest first; the row with the highest id stays.

    The connection is in a write transaction. Without a log it does nothing.
    """
    if has_table(connection, CHANGE_LOG):
        connection.execute(_PRUNE, (through, PRUNED_AT_ONCE))


def _plan(connection: sqlite3.Connection) -> _Plan:
    kinds = {
        name.lower(): (name, kind, without_rowid)
        for name, kind, without_rowid in connection.execute(
            "select name, type, wr from pragma_table_list where schema = 'main'"
        )
    }
    triggers: dict[str, Mapping[str, str]] = {}
    unlogged: dict[str, str] = {}
    for staged in staging().values():
        table = staged.source_table
        found = kinds.get(table.lower())
        if found is None:
            unlogged[table] = "there is no such table"
        elif found[1] != "table":
            unlogged[table] = "it is a view" if found[1] == "view" else "it is a virtual table"
        elif found[2]:
            unlogged[table] = "its rows have no id"
        elif staged.sync == FULL:
            # A log of its changes would be useless.
            unlogged[table] = "each run reads all of it"
        elif (row_id := row_id_of(connection, found[0])) is None:
            unlogged[table] = "other columns have taken all names of its rows' id"
        else:
            triggers[table] = change_triggers(table, found[0], row_id)
    return _Plan(triggers, unlogged)


def row_id_of(connection: sqlite3.Connection, table: str) -> str | None:
    """Return the name of a table's row id; None if other columns have taken all its names."""
    columns = connection.execute("select name, type, pk from pragma_table_xinfo(?)", (table,)).fetchall()
    keys = [(name, declared) for name, declared, pk in columns if pk]
    (indexes,) = connection.execute(
        "select count(*) from pragma_index_list(?) where origin = 'pk'", (table,)
    ).fetchone()
    return row_id_name([name for name, _, _ in columns], row_id_alias(keys, has_key_index=indexes > 0))


def _last_id(connection: sqlite3.Connection) -> int | None:
    last: int | None = connection.execute(f"select max(id) from {CHANGE_LOG}").fetchone()[0]
    return last


def _existing_triggers(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute(EXISTING_TRIGGERS).fetchall())


def _drop_trigger(connection: sqlite3.Connection, name: str) -> None:
    connection.execute(f"drop trigger {quote_identifier(name)}")
