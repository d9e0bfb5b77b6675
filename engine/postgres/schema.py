"""The schema of the dashboard's own tables, made by whatever needs it first."""

from __future__ import annotations

from engine.model.errors import SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.postgres.connection import PostgresConnection

_HAS_SCHEMA = "select 1 from pg_catalog.pg_namespace where nspname = 'dashboard'"


def make_schema(connection: PostgresConnection, address: PostgresAddress) -> None:
    """Make the schema if there is none. The connection is in a write transaction.

    Raises SourceError if this user may not, or if the database cannot hold all characters.
    """
    (encoding,) = connection.execute("show server_encoding").fetchall()[0]
    if encoding != "UTF8":
        raise SourceError(
            address, f"its encoding is {encoding}, which lacks characters of the source",
            "make a database with `createdb --encoding=UTF8 --template=template0`",
        )  # fmt: skip
    if connection.execute(_HAS_SCHEMA).fetchall():
        return
    ((may, user),) = connection.execute(
        "select has_database_privilege(current_database(), 'create'), current_user"
    ).fetchall()
    if not may:
        raise SourceError(
            address, f"the user {user} may not make the schema dashboard in it",
            f'have its owner run `create schema dashboard authorization "{user}"`',
        )  # fmt: skip
    connection.execute("create schema dashboard")
