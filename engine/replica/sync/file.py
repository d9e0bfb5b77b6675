"""Attaches the replica's file to DuckDB, and rebuilds it if it cannot be used.

The replica holds nothing that the source does not hold. So a file that is damaged, open in another program,
made by another version or the copy of another source is deleted, and a line in the log says why.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import uuid
from contextlib import suppress
from dataclasses import fields
from functools import cache
from pathlib import Path

import duckdb

from engine.model.catalogue.sqlfile import SQL_DIR
from engine.model.errors import ComputeError
from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.model.private_files import is_regular, make_private_folder
from engine.model.source_file.disk_space import find_full_disk
from engine.model.text.quoting import quote_literal
from engine.replica.macros import create_macros
from engine.replica.source import duckdb_files, transaction
from engine.replica.sync.source_metadata import create_source_metadata
from engine.replica.sync.state import Identity, TableState, create_state_tables, read_identity, write_identity

log = logging.getLogger(__name__)

ALIAS = "replica"
FORMAT = 8
# A checkpoint writes whole blocks again beside the old ones. With blocks of 256 KiB, the default, the file
# grew to 1.65 times its first size within three runs; smaller ones than these compress worse.
BLOCK_BYTES = 64 * 1024
_WATCHED = ("staging", "rollups", "macros")


@cache
def version() -> str:
    """Return the version of replicas that can be used: this format, these SQL files, this DuckDB."""
    digest = hashlib.sha256()
    for folder in _WATCHED:
        for path in sorted((SQL_DIR / folder).glob("*.sql")):
            digest.update(f"{path.name}\0".encode() + path.read_bytes())
    digest.update(repr([field.name for each in (Identity, TableState) for field in fields(each)]).encode())
    return f"{FORMAT} duckdb {duckdb.__version__} {digest.hexdigest()}"


def attach_memory(connection: duckdb.DuckDBPyConnection, db: SourceAddress) -> None:
    """Attach an empty replica of ``db`` in memory."""
    connection.execute(f"attach {quote_literal(':memory:')} as {ALIAS}")
    make_replica(connection, db)


def detach(connection: duckdb.DuckDBPyConnection) -> None:
    """Detach the replica. What its log holds stays in the log, for whoever attaches the file next."""
    connection.execute("use memory")
    connection.execute(f"detach {ALIAS}")


def attach_usable(connection: duckdb.DuckDBPyConnection, path: Path, db: SourceAddress) -> bool:
    """Attach the replica's file if it can be used as it is; return whether it is attached."""
    try:
        if not _is_there(path):
            return False
        _attach(connection, path)
        if unusable(connection, db) is None:
            return True
    except (OSError, duckdb.Error) as error:
        log.debug("the replica %s is not opened: %s", path, error)
    with suppress(duckdb.Error):
        detach(connection)
    return False


def attach_file(connection: duckdb.DuckDBPyConnection, path: Path, db: SourceAddress) -> None:
    """Attach the replica's file, made again if it cannot be used. Raises ComputeError."""
    try:
        if _is_there(path):
            _attach(connection, path)
            if reason := unusable(connection, db):
                log.info("the replica %s is rebuilt: %s", path, reason)
                detach(connection)
            else:
                return
    except duckdb.Error as error:
        if full := find_full_disk(str(error), db, path.parent):
            raise ComputeError(full.folder, full.cause, full.remedy) from error
        log.info("the replica %s is rebuilt: %s", path, str(error).splitlines()[0])
        with suppress(duckdb.Error):
            detach(connection)
    try:
        delete_replica(path)
        make_private_folder(path.parent)
        _attach(connection, path)
    except (OSError, duckdb.Error) as error:
        if full := find_full_disk(str(error), db, path.parent):
            raise ComputeError(full.folder, full.cause, full.remedy) from error
        raise ComputeError(
            path, f"the replica cannot be made ({str(error).splitlines()[0]})",
            "free the place, or name another folder with DASHBOARD_STATE_DIR",
        ) from error  # fmt: skip
    make_replica(connection, db)


def _is_there(path: Path) -> bool:
    """Return whether there is a file to attach; False if a link, pipe or device has one of its names."""
    for each in duckdb_files(path):
        if os.path.lexists(each) and not is_regular(each):
            log.info("the replica %s is rebuilt: %s is not a regular file", path, each)
            return False
    return path.exists()


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"attach {quote_literal(str(path))} as {ALIAS} (block_size {BLOCK_BYTES})")


def unusable(connection: duckdb.DuckDBPyConnection, db: SourceAddress | None) -> str | None:
    """Return why what is attached is not a usable replica of this source; None if it is.

    The source is not compared if ``db`` is None.
    """
    connection.execute(f"use {ALIAS}")
    try:
        identity = read_identity(connection)
    except (TypeError, ValueError):
        identity = None
    if identity is None or identity.made_by != version():
        return "another version made it"
    if db is not None and identity.source_file != file_identity(db):
        return "another file is in the source's place"
    return None


def make_replica(connection: duckdb.DuckDBPyConnection, db: SourceAddress) -> None:
    """Make an empty replica of ``db`` in the attached database, which must have nothing in it."""
    connection.execute(f"use {ALIAS}")
    with transaction(connection):
        create_macros(connection)
        create_source_metadata(connection)
        create_state_tables(connection)
        write_identity(connection, Identity(uuid.uuid4().hex, version(), file_identity(db), 0, None, None))


def file_identity(db: SourceAddress) -> str:
    """Return what changes if another source takes its place: a file's device and inode, or the address."""
    if isinstance(db, PostgresAddress):
        return f"postgresql:{hashlib.sha256(db.redacted.encode()).hexdigest()}"
    found = db.stat()
    return f"{found.st_dev}:{found.st_ino}"


def delete_replica(path: Path) -> None:
    """Delete the replica's file and its logs, or whatever is there instead."""
    for each in duckdb_files(path):
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink(missing_ok=True)
