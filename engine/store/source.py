"""The source beside the store, a file or a server: whether it can be read."""

from __future__ import annotations

from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.store.sqlite.database import require_readable


def require_readable_source(source: SourceAddress) -> None:
    """Raise SourceError if the source cannot be read."""
    if isinstance(source, PostgresAddress):
        # What talks to a server takes a while to import, and most sources are files.
        from engine.postgres import reading

        with reading(source) as connection:
            connection.execute("select 1")
    else:
        require_readable(source)
