"""Replaces the replica's file by a compact copy if it has grown too large.

DuckDB writes changed blocks beside the old ones and reuses their space later, but never shrinks the file. The
copy is renamed into place, so a crash leaves either the old file or the new one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from engine.model.text.quoting import quote_literal
from engine.replica.source import COMPACT_SUFFIX
from engine.replica.sync.file import BLOCK_BYTES
from engine.replica.sync.state import Identity, read_identity, write_identity

log = logging.getLogger(__name__)

MOST_GROWTH = 1.4
# Saving less than this is not worth the time.
LEAST_BYTES_TO_GAIN = 1 << 20

_OLD, _NEW = "replica_to_compact", "compacted_replica"


@dataclass(frozen=True)
class FileSize:
    """The size of a replica's file when it was fresh, and its number of rows then and now."""

    fresh_bytes: int
    fresh_rows: int
    rows: int

    @property
    def most_bytes(self) -> float:
        """Return the size up to which the file may grow, in proportion to its rows."""
        return MOST_GROWTH * self.fresh_bytes * max(1.0, self.rows / max(1, self.fresh_rows))


def with_fresh_size(identity: Identity, path: Path | None, rows: int) -> Identity:
    """Return the identity with the size of the fresh file, as the run that made it has left it."""
    if path is None or identity.fresh_bytes or not identity.syncs:
        return identity
    return replace(identity, fresh_bytes=path.stat().st_size, fresh_rows=rows)


def has_grown(path: Path, size: FileSize) -> bool:
    """Return whether a replica's file has grown too large."""
    if not size.fresh_bytes:
        return False
    found = path.stat().st_size
    return found > size.most_bytes and found - size.fresh_bytes >= LEAST_BYTES_TO_GAIN


def compact(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Replace a replica's file by a compact copy; return whether it did.

    The file must be closed. If it cannot be copied, it stays as it is and a warning is logged.
    """
    found = path.stat().st_size
    copy = path.with_name(path.name + COMPACT_SUFFIX)
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
    """Copy a replica. The next run stores the copy's size as that of a fresh file."""
    connection.execute(f"attach {quote_literal(str(path))} as {_OLD} (read_only)")
    try:
        connection.execute(f"attach {quote_literal(str(copy))} as {_NEW} (block_size {BLOCK_BYTES})")
        try:
            connection.execute(f"copy from database {_OLD} to {_NEW}")
            connection.execute(f"use {_NEW}")
            identity = read_identity(connection)
            assert identity is not None
            write_identity(connection, replace(identity, fresh_bytes=0))
            # The copy is renamed without its log.
            connection.execute(f"checkpoint {_NEW}")
        finally:
            connection.execute("use memory")
            connection.execute(f"detach {_NEW}")
    finally:
        connection.execute(f"detach {_OLD}")
