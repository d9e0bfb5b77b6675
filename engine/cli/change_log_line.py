"""What ``dashboard check`` says of a source's change log: what it logs, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model.places.postgres_address import PostgresAddress
from engine.model.settings import Settings
from engine.store.sqlite.change_log import ChangeLogState, change_log_state
from engine.store.sqlite.database import open_database

if TYPE_CHECKING:
    from engine.store.postgres.change_log import ServerChangeLog


def server_log_of(settings: Settings) -> ServerChangeLog | None:
    """Return the change log of a source in PostgreSQL; None if there is none."""
    if not isinstance(settings.source, PostgresAddress):
        return None
    from engine.store.postgres.change_log import server_log_state

    return server_log_state(settings.source)


def change_log_line(settings: Settings, server_log: ServerChangeLog | None) -> str:
    """Return what ``dashboard check`` says of the source's change log; ``server_log`` is that of a server."""
    if settings.source_file is None:
        return _of_server(server_log)
    with open_database(settings.source_file) as connection:
        state = change_log_state(connection)
    if state is None:
        return "none; changes are followed by ids, stamps and the audit"
    if state.is_broken:
        return "its table is gone, and its triggers make writes fail; run `dashboard migrate`"
    return f"{_tables_logged(state)}; {state.unread:,} changes unread"


def _of_server(state: ServerChangeLog | None) -> str:
    if state is None:
        return "none; changes are followed by the transactions that wrote the rows"
    if state.unread is None:
        return "this user may not read it, and so it is not used; docs/scaling.md has the grants"
    grows = "" if state.may_prune else "; this user may not prune it, and so it only grows until it is full"
    full = "; it is full, and takes no more until a run has emptied it" if state.is_full else ""
    return f"{_tables_logged(state)}; {state.unread:,} statements in it{grows}{full}"


def _tables_logged(state: ChangeLogState | ServerChangeLog) -> str:
    unlogged = "".join(f"; not {table}: {reason}" for table, reason in state.unlogged.items())
    return f"logs {', '.join(state.logged) or 'no table'}{unlogged}"
