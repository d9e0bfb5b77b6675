"""The optional change log of a source in PostgreSQL: making it, dropping it, its state, and pruning it.

Statement triggers add the keys of every row that changes. Each table gets its triggers in a transaction of
its own, because that waits for those who write to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.catalogue.staging import FULL, staging
from engine.model.errors import SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.server_change_log import (
    CREATE_LOG,
    LOG_COLUMNS,
    LOG_FUNCTION,
    LOG_NAME,
    LOG_SCHEMA,
    create_function,
    create_triggers,
    drop_triggers,
    function_body,
    log_state,
    relations_query,
)
from engine.model.text.quoting import quote_identifier, quote_literal
from engine.postgres import PostgresConnection, make_schema, reading, writing

LOCK_SECONDS = 0.1
"""How long one attempt waits for a table's lock, behind which the table's writers wait too."""

_PRUNE = f"""
delete from {LOG_NAME} where pruned is null and pg_visible_in_snapshot(xid, cast(? as pg_snapshot))
    or xid >= pg_snapshot_xmax(pg_current_snapshot())
"""
_FORGET = f"""
delete from {LOG_NAME} where pruned is not null and pg_visible_in_snapshot(xid, cast(? as pg_snapshot))
"""


@dataclass(frozen=True)
class ServerChangeLog:
    """A change log: the source tables whose changes it logs, and for each other table the reason.

    ``unread`` is the number of statements in it, None if this user may not read it. ``is_full`` says that it
    takes no more of them until a run has emptied it.
    """

    logged: tuple[str, ...]
    unlogged: Mapping[str, str]
    unread: int | None
    may_prune: bool
    is_full: bool


@dataclass(frozen=True)
class _Table:
    sql_name: str
    reason: str | None
    is_logged: bool


def create_server_log(address: PostgresAddress) -> ServerChangeLog:
    """Create what the log lacks; return its state. Calling it again is harmless. Raises SourceError."""
    with writing(address, LOCK_SECONDS) as connection:
        make_schema(connection, address)
        if _own_log(connection, address) is None:
            connection.executescript(CREATE_LOG)
        # One that somebody has altered logs no table.
        if _function(connection) != function_body():
            connection.executescript(create_function())
        tables = _tables(connection)
    for table in tables.values():
        if table.reason is None and not table.is_logged:
            with writing(address, LOCK_SECONDS) as connection:
                connection.executescript(f"{drop_triggers(table.sql_name)};{create_triggers(table.sql_name)}")
    state = server_log_state(address)
    assert state is not None
    return state


def drop_server_log(address: PostgresAddress) -> bool:
    """Drop the log and its triggers; return whether there was one. Raises SourceError."""
    with reading(address) as connection:
        is_there = _own_log(connection, address) is not None
        names = connection.execute(_WITH_TRIGGERS).fetchall()
    for schema, name in names:
        with writing(address, LOCK_SECONDS) as connection:
            connection.executescript(drop_triggers(f"{quote_identifier(schema)}.{quote_identifier(name)}"))
    with writing(address, LOCK_SECONDS) as connection:
        if is_there:
            connection.execute(f"drop table {LOG_NAME}")
        if _function(connection) is not None:
            connection.execute(f"drop function {LOG_SCHEMA}.{LOG_FUNCTION}()")
    return is_there


def server_log_state(address: PostgresAddress) -> ServerChangeLog | None:
    """Return the state of the source's log; None if there is none. Raises SourceError."""
    with reading(address) as connection:
        found = _own_log(connection, address)
        if found is None:
            return None
        tables, unread = _tables(connection), None
        if found.may_read:
            ((unread,),) = connection.execute(
                f"select count(*) from {LOG_NAME} where pruned is null"
            ).fetchall()
    unlogged = {
        name: table.reason or "it lacks its triggers, or they are turned off"
        for name, table in tables.items()
        if table.reason is not None or not table.is_logged
    }
    logged = tuple(name for name in tables if name not in unlogged)
    return ServerChangeLog(logged, unlogged, unread, found.may_prune, found.is_full)


def prune_server_log(address: PostgresAddress, snapshot: str) -> None:
    """Delete the rows of the log that a snapshot saw, and note the snapshot in it; empty it if it is full.

    Raises SourceError, also if a full one is in use just now: nobody is to wait for it.
    """
    with writing(address) as connection:
        found = _own_log(connection, address)
        if found is None:
            return
        if found.is_full:
            connection.execute(f"lock table {LOG_NAME} in access exclusive mode nowait")
            connection.execute(f"truncate {LOG_NAME}")
        elif connection.execute(_PRUNE, (snapshot,)).rowcount:
            connection.execute(_FORGET, (snapshot,))
            connection.execute(
                f"insert into {LOG_NAME} (pruned) values (cast(? as pg_snapshot))", (snapshot,)
            )


@dataclass(frozen=True)
class _Log:
    may_read: bool
    may_prune: bool
    is_full: bool


def _own_log(connection: PostgresConnection, address: PostgresAddress) -> _Log | None:
    found = connection.execute(log_state()).fetchall()
    if not found:
        return None
    *state, names = found[0]
    if tuple(names) != LOG_COLUMNS:
        raise SourceError(
            address, f"something else has the name {LOG_NAME} of the change log", "give it another name"
        )
    return _Log(*state)


def _function(connection: PostgresConnection) -> str | None:
    """Return the body of the triggers' function; None if there is none."""
    found = connection.execute(
        "select prosrc from pg_proc join pg_namespace as space on space.oid = pronamespace"
        f" where nspname = '{LOG_SCHEMA}' and proname = '{LOG_FUNCTION}'"
    ).fetchall()
    return found[0][0] if found else None


def _tables(connection: PostgresConnection) -> dict[str, _Table]:
    """Return the staged tables by their names in the staging files."""
    connection.execute("set local search_path to default")
    given = {staged.source_table.lower(): staged for staged in staging().values()}
    names = ", ".join(map(quote_literal, given))
    rows = connection.execute(
        relations_query(f"lower(relation.relname) in ({names}) and pg_table_is_visible(relation.oid)")
    ).fetchall()
    found: dict[str, _Table] = {}
    for _, schema, name, reason, mark in rows:
        staged = given[name.lower()]
        why = reason or ("each run reads all of it" if staged.sync == FULL else None)
        # A table whose name is spelled as in the staging file comes first.
        if staged.source_table not in found or name == staged.source_table:
            sql_name = f"{quote_identifier(schema)}.{quote_identifier(name)}"
            found[staged.source_table] = _Table(sql_name, why, mark is not None)
    missing = _Table("", "there is no such table", is_logged=False)
    return {staged.source_table: found.get(staged.source_table, missing) for staged in given.values()}


_WITH_TRIGGERS = f"""
    select distinct space.nspname::text, relation.relname::text
    from pg_trigger as own
    join pg_proc as writer on writer.oid = own.tgfoid and writer.proname = '{LOG_FUNCTION}'
    join pg_namespace as home on home.oid = writer.pronamespace and home.nspname = '{LOG_SCHEMA}'
    join pg_class as relation on relation.oid = own.tgrelid
    join pg_namespace as space on space.oid = relation.relnamespace
"""
