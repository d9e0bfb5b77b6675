"""Attaches a lake to DuckDB as the replica, before DuckDB is locked, and explains its errors.

The password of the catalog and the key of S3 are secrets of DuckDB, which no message of it shows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from engine.model.errors import ComputeError
from engine.model.lake import Lake
from engine.model.private_files import make_private_folder
from engine.model.source_file.disk_space import find_full_disk
from engine.model.text.quoting import quote_literal
from engine.postgres import CONNECT_SECONDS, connection_words, joined
from engine.replica.lake.catalog import FENCE_SETTING, REFUSED, SCHEMA, Claim, unusable_catalog
from engine.replica.source import first_line
from engine.replica.sync.file import ALIAS

CATALOG_REMEDY = "start the server, or correct DASHBOARD_REPLICA_URL"
INLINED_ROWS = 100
"""So many rows of one statement are stored in the catalog, until maintenance writes a file of them."""


@dataclass(frozen=True)
class LakeToOpen:
    """A lake as one DuckDB attaches it, with the fence of a claim."""

    claim: Claim

    @property
    def folders(self) -> tuple[str, ...]:
        """Return the folders that DuckDB opens files in."""
        return (self.claim.data_path,)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach the lake. Raises ComputeError."""
        lake = self.claim.lake
        for name in ("postgres_scanner", "ducklake", *(["httpfs"] if lake.is_in_s3 else [])):
            connection.execute(f"load {quote_literal(str(_extension_path(name)))}")
        if lake.is_in_s3:
            _create_secret(connection, "files", _s3_secret(lake, os.environ))
        else:
            try:
                make_private_folder(Path(self.claim.data_path))
            except OSError as error:
                raise ComputeError(
                    lake.data, f"the replica's files cannot be written there ({error.strerror})",
                    "make the folder for this user, or correct DASHBOARD_REPLICA_DATA",
                ) from None  # fmt: skip
        words = _connection_words(lake, self.claim.fence)
        password = words.pop("password", "")
        _create_secret(
            connection, "catalog", {"type": "postgres", **({"password": password} if password else {})}
        )
        address = quote_literal(f"ducklake:postgres:{joined(words)}")
        place = quote_literal(self.claim.data_path)
        try:
            connection.execute(
                f"attach {address} as {ALIAS} (data_path {place},"
                f" metadata_schema '{SCHEMA}', meta_secret 'catalog', data_inlining_row_limit {INLINED_ROWS})"
            )
        except duckdb.Error as error:
            raise explained(lake, error) or unusable_catalog(lake, _reason(error), CATALOG_REMEDY) from None


def explained(lake: Lake, error: Exception) -> ComputeError | None:
    """Return what an error of DuckDB means if the lake is not damaged; None if it may be."""
    text = str(error)
    if REFUSED in text or "Transaction conflict" in text:
        return ComputeError(lake, REFUSED, "end one of the two, or let them take turns; nothing was stored")
    if isinstance(error, duckdb.OutOfMemoryException):
        return ComputeError(lake, first_line(error), "raise DASHBOARD_MEMORY_LIMIT")
    if any(words in text for words in _UNREACHABLE_FILES):
        return ComputeError(
            lake.data, f"the replica's files cannot be reached ({_reason(error)})",
            "check DASHBOARD_REPLICA_DATA, the store of files and its credentials",
        )  # fmt: skip
    if any(words in text for words in _UNREACHABLE_CATALOG):
        return unusable_catalog(lake, _reason(error), CATALOG_REMEDY)
    if not lake.is_in_s3 and (full := find_full_disk(text, Path(lake.data), Path(lake.data))):
        return ComputeError(full.folder, full.cause, "free some space, or name another folder")
    return None


_UNREACHABLE_FILES = (
    "server error for HTTP",
    "HTTP 403",
    "HTTP 5",
    "HTTP 429",
    "AccessDenied",
    "Permission denied",
)
_UNREACHABLE_CATALOG = (
    "Unable to connect to Postgres",
    "connection to server",
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "could not connect",
    "the database system is",
    "SSL connection",
    "could not extend file",
    "permission denied",
)


def _reason(error: Exception) -> str:
    """Return the part of an error that says why, without addresses and statements."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    for line in lines:
        for mark in ("FATAL:", "ERROR:", "failed: "):
            if mark in line:
                return line.rpartition(mark)[2].strip()
    return lines[0].partition("Unable to connect")[0][:200] if lines else type(error).__name__


def _connection_words(lake: Lake, fence: int) -> dict[str, str]:
    words = connection_words(lake.catalog)
    words.setdefault("connect_timeout", str(CONNECT_SECONDS))
    words["options"] = f"{words.get('options', '')} -c {FENCE_SETTING}={fence}".strip()
    return words


def _create_secret(connection: duckdb.DuckDBPyConnection, name: str, words: Mapping[str, str]) -> None:
    listed = ", ".join(
        f"{word} {value if word in ('type', 'use_ssl') else quote_literal(value)}"
        for word, value in words.items()
    )
    connection.execute(f"create secret {name} ({listed})")


def _s3_secret(lake: Lake, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the words of the secret for S3, by the usual variables."""
    found = {
        "key_id": environ.get("AWS_ACCESS_KEY_ID"),
        "secret": environ.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": environ.get("AWS_SESSION_TOKEN"),
        "region": environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION"),
    }
    words = {"type": "s3", "scope": f"{lake.data}/"} | {name: value for name, value in found.items() if value}
    if endpoint := environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL"):
        address = urlsplit(endpoint)
        words |= {
            "endpoint": address.netloc + address.path.rstrip("/"),
            "url_style": "path",
            "use_ssl": str(address.scheme != "http").lower(),
        }
    return words


def _extension_path(name: str) -> Path:
    package = Path(str(files(f"duckdb_extension_{name}")))
    return package / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
