"""What the optional change log consists of: the text of its triggers, and which name of a row's id they use.

Knows neither ``sqlite3`` nor duckdb: who makes the triggers and who relies on them must agree to
the letter, for a table whose triggers differ from these is not one whose every change is noted.
"""

from __future__ import annotations

from collections.abc import Collection

from engine.model.text.quoting import quote_identifier, quote_literal

CHANGE_LOG = "dashboard_changes"
"""The table with a row for each change; ids grow, and a gap after the last id read means changes unread."""

TRIGGER_PREFIX = "dashboard_changed_"

ROWID_NAMES = ("rowid", "_rowid_", "oid")

CREATE_CHANGE_LOG = f"create table {CHANGE_LOG} (id integer primary key, table_name text, row_id integer)"


EXISTING_TRIGGERS = (
    "select name, sql from sqlite_master where type = 'trigger'"
    f" and substr(name, 1, {len(TRIGGER_PREFIX)}) = {quote_literal(TRIGGER_PREFIX)}"
)
"""The log's triggers as they are in a source."""


def row_id_alias(keys: Collection[tuple[str, str]], *, has_key_index: bool) -> str | None:
    """Return the column of a table that is another name of its rows' ids; None where there is none.

    ``keys`` has name and declared type of the columns of its primary key. One that has an index
    of its own, as ``integer primary key desc`` has, is no name of the id.

    >>> row_id_alias([("id", "INTEGER")], has_key_index=False)
    'id'
    """
    single = len(keys) == 1 and not has_key_index
    return next((name for name, declared in keys if single and declared.upper() == "INTEGER"), None)


def row_id_name(columns: Collection[str], alias: str | None) -> str | None:
    """Return the name by which triggers call a row's id; None where other columns have taken all names.

    ``alias`` is the column that is another name of the id, None where there is none: it comes
    first, since a column added later can take a name such as ``rowid`` away.

    >>> row_id_name(["id", "domain"], "id"), row_id_name(["ROWID", "domain"], None)
    ('id', '_rowid_')
    """
    taken = {column.lower() for column in columns}
    return alias or next((name for name in ROWID_NAMES if name not in taken), None)


def change_triggers(source_table: str, name: str, row_id: str) -> dict[str, str]:
    """Return a table's triggers: name → SQL as ``sqlite_master`` holds it.

    ``source_table`` is the table as its staging file spells it, which is what the log says;
    ``name`` as the source spells it; ``row_id`` as ``row_id_name`` returns it.
    """
    # No columns after "update of": one that is generated, renamed or added later would be missed.
    # No constraint that could fail: the pipeline's own conflict clause would apply to it.
    new, old = f"new.{quote_identifier(row_id)}", f"old.{quote_identifier(row_id)}"
    noted = _note(source_table, f"values ({{table}}, {new})")
    events = {
        "insert": noted,
        "update": noted + _note(source_table, f"select {{table}}, {old} where {old} <> {new}"),
        "delete": _note(source_table, f"values ({{table}}, {old})"),
    }
    table = quote_identifier(name)
    triggers = {f"{TRIGGER_PREFIX}{source_table}_{event}": (event, body) for event, body in events.items()}
    return {
        trigger: f"CREATE TRIGGER {quote_identifier(trigger)} after {event} on {table} begin{body} end"
        for trigger, (event, body) in triggers.items()
    }


def _note(source_table: str, values: str) -> str:
    literal = quote_literal(source_table)
    return f" insert into {CHANGE_LOG} (table_name, row_id) {values.replace('{table}', literal)};"
