"""What errors of a lake mean: its catalog or its files are away, another worker has it, or it is damaged.

A lake that is damaged is built again, which takes long; one that is away is as it was when it comes back.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from engine.model.errors import ComputeError
from engine.model.places.lake import Lake
from engine.model.source_file.disk_space import find_full_disk

REFUSED = "another worker has taken the replica over"
"""What the catalog says to a worker whose fence is not the catalog's."""
_OF_A_LAKE = (
    "DuckLake", "ducklake_", ".parquet", 'query "ROLLBACK"', "error for HTTP", "HTTP Error", REFUSED,
)  # fmt: skip
_AWAY_FILES = (
    "error for HTTP", "HTTP 403", "HTTP 5", "HTTP 429", "AccessDenied", "Permission denied",
    "Stale file handle",
)  # fmt: skip
_AWAY_CATALOG = (
    "Unable to connect to Postgres", "connection to server", "server closed the connection",
    "terminating connection", "no connection to the server", "could not connect", "the database system is",
    "SSL connection", "SSL SYSCALL", "could not extend file", "permission denied", "too many clients",
    # The server has gone, and so has what it said.
    'query "ROLLBACK"',
)  # fmt: skip

_STATEMENT, _ROLLBACK, _END, _DETAIL = 'query "', 'ROLLBACK"', '": ', "\nDETAIL:"
_VALUE = re.compile(': "[^"]*"')


def is_about_a_lake(error: duckdb.Error) -> bool:
    """Return whether an error is about a lake as a whole, and not about one table of the source."""
    text = message_of(error)
    return any(words in text for words in _OF_A_LAKE)


def explained(lake: Lake, error: Exception) -> ComputeError | None:
    """Return what an error of DuckDB means if the lake is not damaged; None if it may be."""
    text = message_of(error)
    if REFUSED in text or "Transaction conflict" in text:
        return ComputeError(lake, REFUSED, "run one worker for one lake; nothing of this run was stored")
    if isinstance(error, duckdb.OutOfMemoryException):
        return ComputeError(lake, _first_line(text), "raise DASHBOARD_MEMORY_LIMIT")
    if not lake.is_in_s3 and (full := find_full_disk(text, Path(lake.data), Path(lake.data))):
        return ComputeError(full.folder, full.cause, "free some space, or name another folder")
    if any(words in text for words in _AWAY_FILES):
        return ComputeError(
            lake.data, f"the replica's files cannot be reached ({reason_of(error)})",
            "check DASHBOARD_REPLICA_DATA, the store of files and its credentials",
        )  # fmt: skip
    if any(words in text for words in _AWAY_CATALOG):
        return unusable_catalog(lake, reason_of(error))
    return None


def message_of(error: Exception) -> str:
    """Return an error's text without what may be values of rows: the statement that failed, and details."""
    before, quoted, rest = str(error).partition(_STATEMENT)
    if not quoted or rest.startswith(_ROLLBACK):
        return str(error)
    answer = rest.partition(_DETAIL)[0]
    return f"{before}{_STATEMENT}…{answer.rpartition(_END)[2] if _END in answer else ''}"


def unusable_catalog(lake: Lake, cause: str, remedy: str | None = None) -> ComputeError:
    """Return the error of a catalog that does not answer, or refuses."""
    usual = "start the server, or correct DASHBOARD_REPLICA_URL"
    return ComputeError(lake, f"its catalog cannot be used: {lake.catalog.hide(cause)}", remedy or usual)


def reason_of(error: Exception) -> str:
    """Return the part of an error that says why, without addresses, statements and values."""
    text = message_of(error)
    for words in ("server closed the connection unexpectedly", "no connection to the server"):
        if words in text:
            return words
    for mark in ("FATAL:", "ERROR:", "failed: "):
        if mark in text:
            return _VALUE.sub(": …", text.partition(mark)[2].strip().partition("\n")[0])
    return "the server has ended the connection" if "ROLLBACK" in text else _first_line(text)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:200]
