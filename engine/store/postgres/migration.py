"""The dashboard's tables in PostgreSQL: what a migrated database has, and making what it lacks."""

from __future__ import annotations

import re
from functools import cache

from engine.model.errors import SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.postgres import PostgresConnection, make_schema, reading, writing
from engine.store.sqlite.migration import DASHBOARD_TABLES, MIGRATIONS_DIR, own_columns
from engine.store.version import STATE_ROWS

FOLDER = MIGRATIONS_DIR / "postgres"
MIGRATION_LOCK = 0x64617368_0002
MIGRATING_SECONDS = 60.0

_COLUMNS = """
select c.relname, a.attname
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = 'dashboard' and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname, a.attnum
"""
_TRIGGERS = """
select t.tgname
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'dashboard' and not t.tgisinternal and t.tgenabled <> 'D'
"""


@cache
def scripts() -> tuple[str, ...]:
    """Return the migrations, in the order in which they are applied."""
    return tuple(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql")))


@cache
def _made(kind: str) -> frozenset[str]:
    """Return the names of what the migrations make: ``table`` or ``trigger``."""
    pattern = rf"create (?:or replace )?{kind} (?:if not exists )?(?:dashboard\.)?(\w+)"
    return frozenset(name for script in scripts() for name in re.findall(pattern, script))


def migrate(address: PostgresAddress) -> None:
    """Create the schema, tables and triggers that are missing; calling it again is harmless.

    Raises SourceError, also if this user may not make the schema.
    """
    with writing(address, MIGRATING_SECONDS) as connection:
        # Two that begin at once would both find nothing, and the second would fail.
        connection.execute("select pg_advisory_xact_lock(?)", (MIGRATION_LOCK,))
        make_schema(connection, address)
        _columns(connection, address)
        for script in scripts():
            connection.executescript(script)


def _columns(connection: PostgresConnection, address: PostgresAddress) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table of the schema. Raises SourceError if one is somebody else's."""
    found: dict[str, tuple[str, ...]] = {}
    for table, column in connection.execute(_COLUMNS):
        found[table] = found.get(table, ()) + ((column,) if column else ())
    for name, columns in own_columns().items():
        if name in DASHBOARD_TABLES and found.get(name, columns) != columns:
            raise SourceError(
                address, f"something else in its schema dashboard has the name {name} of a table of the"
                f" dashboard (it has the columns {', '.join(found[name])})",
                "give it another name; nothing has been written",
            )  # fmt: skip
    return found


def missing_tables(address: PostgresAddress) -> tuple[str, ...]:
    """Return the dashboard's tables that the schema lacks. Raises SourceError."""
    with reading(address) as connection:
        found = _columns(connection, address)
    return tuple(name for name in DASHBOARD_TABLES if name not in found)


def is_complete(address: PostgresAddress) -> bool:
    """Return whether the database has all that ``migrate`` creates. Raises SourceError."""
    with reading(address) as connection:
        found = _columns(connection, address)
        if not _made("table") <= set(found):
            return False
        triggers = {name for (name,) in connection.execute(_TRIGGERS)}
        rows = {name for (name,) in connection.execute("select name from dashboard_state")}
    return _made("trigger") <= triggers and rows.issuperset(STATE_ROWS)
