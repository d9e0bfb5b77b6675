"""Reads the optional change log of a source: what has changed since the last snapshot, by key.

A row of the log has the id of the whole transaction, nested ones included, so a snapshot's own list of
transactions says whether the last sync saw it. What the log cannot answer is found in the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.model.server_change_log import LOG_NAME, log_state, relations_query
from engine.model.text.quoting import quote_literal
from engine.replica.postgres.source import PostgresSource

MOST_UNREAD = 200_000
"""With more keys unread, it is faster to look through the table."""


@dataclass(frozen=True)
class SourceLog:
    """The log in one snapshot; without a log it answers for no table.

    ``marks`` has the mark of each logged table by its id. ``unread`` is the number of unread keys by table,
    None where keys are missing. ``since`` is the last snapshot, None if the log does not reach back to it.
    ``is_prunable`` says whether it has rows that this user may delete.
    """

    marks: Mapping[int, str]
    unread: Mapping[int, int | None]
    since: str | None
    is_prunable: bool

    def keys_of(self, table_id: int, mark: str | None) -> str | None:
        """Return the condition for the log's unread rows of a table; None if they do not say everything.

        ``mark`` is the table's mark at the last sync, None if it was not logged then.
        """
        unread = self.unread.get(table_id, 0)
        is_whole = self.since is not None and mark is not None and self.marks.get(table_id) == mark
        if not is_whole or unread is None or unread > MOST_UNREAD:
            return None
        if not unread:
            return "false"
        return f"table_id = {table_id} and not pg_visible_in_snapshot(xid, {quote_literal(self.since or '')})"


NO_LOG = SourceLog({}, {}, None, is_prunable=False)


def unread_keys(condition: str) -> str:
    """Return the query for the keys of the log's rows that meet a condition of ``keys_of``."""
    return f"select distinct unnest(ids) as id from {LOG_NAME} where {condition}"


def read_log(source: PostgresSource, table_ids: Iterable[int], last: str | None) -> SourceLog:
    """Return the log of the tables; ``last`` is the snapshot of the last sync, None if it does not count."""
    found = source.rows(
        "select may_read::text as may_read, may_prune::text as may_prune, is_full::text as is_full"
        f" from ({log_state()}) as state"
    )
    ids = ", ".join(map(str, table_ids))
    if not found or found[0][0] != "true" or not ids:
        return NO_LOG
    may_prune, is_full = (value == "true" for value in found[0][1:])
    marks = {
        int(table or 0): mark
        for table, _, _, reason, mark in source.rows(relations_query(f"relation.oid in ({ids})"))
        if reason is None and mark is not None
    }
    unread: dict[int, int | None] = {}
    # Once it is full, changes are missing in it.
    since = None if is_full else last or None
    has_rows = is_full
    # Without a last snapshot all rows count as seen, and no row is missed.
    for table, keys, lacks_keys, is_beyond, is_alien in source.rows(
        _UNREAD.format(last=quote_literal(since or "1:1:"))
    ):
        has_rows |= table is not None or is_alien == "true"
        if table is not None:
            unread[int(table)] = None if lacks_keys == "true" else int(keys or 0)
        elif is_beyond == "true":
            # Another dashboard has pruned what this one has not seen.
            since = None
    return SourceLog(marks, unread, since, is_prunable=has_rows and may_prune)


# A snapshot sees no more than another if its own end is no later, and if all that is open for the other is
# open for it too. Rows of transactions that are still to come were restored from another server's log.
_UNREAD = f"""
    select table_id::text as table_id,
        sum(cardinality(ids)) filter (where not pg_visible_in_snapshot(xid, {{last}}))::text as keys,
        bool_or(ids is null and not pg_visible_in_snapshot(xid, {{last}}))::text as lacks_keys,
        bool_or(pruned is not null and (
            pg_snapshot_xmax(pruned) > pg_snapshot_xmax({{last}})
            or exists (select from pg_snapshot_xip({{last}}) as open (xid)
                where pg_visible_in_snapshot(open.xid, pruned))
        ))::text as is_beyond,
        bool_or(xid >= pg_snapshot_xmax(pg_current_snapshot()))::text as is_alien
    from {LOG_NAME} group by table_id
"""
