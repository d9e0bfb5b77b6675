"""The SQL of the optional change log: its table, its triggers, and the name of a row's id in them.

It imports neither ``sqlite3`` nor duckdb, because both sides use it: one creates the triggers, and the other
relies on them. Both must agree to the letter, because a table with other triggers does not log every change.
"""

from __future__ import annotations

from collections.abc import Collection

from engine.model.text.quoting import quote_identifier, quote_literal

CHANGE_LOG = "dashboard_changes"
"""The table with a row for each change; ids grow, and a gap after the last id read means unread changes."""

TRIGGER_PREFIX = "dashboard_changed_"

ROWID_NAMES = ("rowid", "_rowid_", "oid")

CREATE_CHANGE_LOG = f"create table {CHANGE_LOG} (id integer primary key, table_name text, row_id integer)"


EXISTING_TRIGGERS = (
    "select name, sql from sqlite_master where type = 'trigger'"
    f" and substr(name, 1, {len(TRIGGER_PREFIX)}) = {quote_literal(TRIGGER_PREFIX)}"
)
"""The query for the log's triggers in a source."""


def row_id_alias(keys: Collection[tuple[str, str]], *, has_key_index: bool) -> str | None:
    """Return the column of a table that is another name of the row id; None if there is none.

    ``keys`` are the names and declared types of the columns of its primary key. A key with an index of its
    own, such as ``integer primary key desc``, is no name of the row id.

    >>> row_id_alias([("id", "INTEGER")], has_key_index=False)
    'id'
    """
    single = len(keys) == 1 and not has_key_index
    return next((name for name, declared in keys if single and declared.upper() == "INTEGER"), None)


def row_id_name(columns: Collection[str], alias: str | None) -> str | None:
    """Return the name that triggers use for the row id; None if other columns have taken all its names.

    ``alias`` is the column that is another name of the id, None if there is none. It comes first, because a
    column added later can take a name such as ``rowid``.

    >>> row_id_name(["id", "domain"], "id"), row_id_name(["ROWID", "domain"], None)
    ('id', '_rowid_')
    """
    taken = {column.lower() for column in columns}
    return alias or next((name for name in ROWID_NAMES if name not in taken), None)


def change_triggers(source_table: str, name: str, row_id: str) -> dict[str, str]:
    """Return a table's triggers: name → SQL as ``sqlite_master`` holds it.

    ``source_table`` is the table's name in its staging file and in the log, ``name`` its name in the source,
    and ``row_id`` the name that ``row_id_name`` returns.
    """
    # Without "update of", because a column that is generated, renamed or added later would be missed.
    # Without a constraint that can fail, because the pipeline's own conflict clause would apply to it.
    new, old = f"new.{quote_identifier(row_id)}", f"old.{quote_identifier(row_id)}"
    logged = _log_row(source_table, f"values ({{table}}, {new})")
    events = {
        "insert": logged,
        "update": logged + _log_row(source_table, f"select {{table}}, {old} where {old} <> {new}"),
        "delete": _log_row(source_table, f"values ({{table}}, {old})"),
    }
    table = quote_identifier(name)
    triggers = {f"{TRIGGER_PREFIX}{source_table}_{event}": (event, body) for event, body in events.items()}
    return {
        trigger: f"CREATE TRIGGER {quote_identifier(trigger)} after {event} on {table} begin{body} end"
        for trigger, (event, body) in triggers.items()
    }


def _log_row(source_table: str, values: str) -> str:
    literal = quote_literal(source_table)
    return f" insert into {CHANGE_LOG} (table_name, row_id) {values.replace('{table}', literal)};"
