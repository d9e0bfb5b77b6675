"""Attaches a lake to DuckDB as the replica, before DuckDB is locked, and explains its errors.

The password of the catalog and the key of S3 are secrets of DuckDB, which no message of it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from engine.model.errors import ComputeError
from engine.model.places.lake import Lake
from engine.model.private_files import make_private_folder
from engine.model.text.quoting import quote_literal
from engine.postgres import CONNECT_SECONDS, connection_words, joined
from engine.replica.lake.catalog import FENCE_SETTING, Claim
from engine.replica.lake.errors import explained, reason_of, unusable_catalog
from engine.replica.lake.tables import FILE_MB
from engine.replica.sync.file import ALIAS

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
        if self.claim.has_one_thread:
            connection.execute("set threads = 1")
        for name in ("postgres_scanner", "ducklake", *(["httpfs"] if lake.is_in_s3 else [])):
            connection.execute(f"load {quote_literal(str(_extension_path(name)))}")
        connection.execute(f"set ducklake_target_file_size = '{FILE_MB}MB'")
        if lake.is_in_s3:
            _create_secret(connection, "files", _s3_secret(lake))
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
                f" metadata_schema '{lake.schema}', meta_secret 'catalog',"
                f" data_inlining_row_limit {INLINED_ROWS})"
            )
        except duckdb.Error as error:
            raise explained(lake, error) or unusable_catalog(lake, reason_of(error)) from None


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


def _s3_secret(lake: Lake) -> dict[str, str]:
    """Return the words of the secret for S3."""
    access = lake.s3
    words = {
        "key_id": access.key_id,
        "secret": access.secret.text,
        "session_token": access.session_token.text,
        "region": access.region,
    }
    if access.endpoint:
        address = urlsplit(access.endpoint)
        words["endpoint"] = address.netloc + address.path.rstrip("/")
        words["url_style"] = "path"
        words["use_ssl"] = str(address.scheme != "http").lower()
    given = {name: word for name, word in words.items() if word}
    return {"type": "s3", "scope": f"{lake.data}/", **given}


def _extension_path(name: str) -> Path:
    package = Path(str(files(f"duckdb_extension_{name}")))
    return package / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
