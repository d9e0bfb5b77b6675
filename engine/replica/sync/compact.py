"""Keeps the replica's file about as small as a fresh one: a copy takes its place once it has grown too far.

DuckDB writes what has changed beside what was there, and uses the room again later. What it never
gives back, a copy does. The copy is moved into place as a whole: a crash leaves the one or the other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from engine.model.text.quoting import quote_literal
from engine.replica.sync.file import BLOCK_BYTES
from engine.replica.sync.state import Identity, read_identity, write_identity

log = logging.getLogger(__name__)

MOST_GROWTH = 1.4
# Less than this is not worth the time.
LEAST_BYTES_TO_GAIN = 1 << 20

_OLD, _NEW = "replica_to_compact", "compacted_replica"


@dataclass(frozen=True)
class FileSize:
    """What a replica's file measured when it was fresh; ``rows`` is how many rows it had then and has now."""

    fresh_bytes: int
    fresh_rows: int
    rows: int

    @property
    def most_bytes(self) -> float:
        """Return the size up to which the file may grow; rows may have come since it was fresh."""
        return MOST_GROWTH * self.fresh_bytes * max(1.0, self.rows / max(1, self.fresh_rows))


def with_fresh_size(identity: Identity, path: Path | None, rows: int) -> Identity:
    """Return the identity that knows the size of its fresh file: as it was closed by the run that made it."""
    if path is None or identity.fresh_bytes or not identity.syncs:
        return identity
    return replace(identity, fresh_bytes=path.stat().st_size, fresh_rows=rows)


def compact_if_grown(connection: duckdb.DuckDBPyConnection, path: Path, size: FileSize) -> bool:
    """Put a fresh copy in the place of a replica's file that has grown too far; return whether it did.

    The file is closed, before and after. What cannot be copied stays as it is.
    """
    found = path.stat().st_size
    if not size.fresh_bytes or found <= size.most_bytes or found - size.fresh_bytes < LEAST_BYTES_TO_GAIN:
        return False
    copy = path.with_name(path.name + ".compact")
    try:
        copy.unlink(missing_ok=True)
        _copy(connection, path, copy)
        copy.replace(path)
    except (duckdb.Error, OSError) as error:
        log.warning("the replica %s is not compacted: %s", path, str(error).splitlines()[0])
        copy.unlink(missing_ok=True)
        return False
    log.info("the replica %s was compacted: %d bytes, before %d", path, path.stat().st_size, found)
    return True


def _copy(connection: duckdb.DuckDBPyConnection, path: Path, copy: Path) -> None:
    """Copy a replica; the copy's size is that of a fresh file, which the next run notes."""
    connection.execute(f"attach {quote_literal(str(path))} as {_OLD} (read_only)")
    try:
        connection.execute(f"attach {quote_literal(str(copy))} as {_NEW} (block_size {BLOCK_BYTES})")
        try:
            connection.execute(f"copy from database {_OLD} to {_NEW}")
            connection.execute(f"use {_NEW}")
            identity = read_identity(connection)
            assert identity is not None
            write_identity(connection, replace(identity, fresh_bytes=0))
        finally:
            connection.execute("use memory")
            connection.execute(f"detach {_NEW}")
    finally:
        connection.execute(f"detach {_OLD}")
