"""Where a replica in DuckLake is: the database of its catalog, and the place of its files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from engine.model.errors import SettingError
from engine.model.places.postgres_address import PostgresAddress, is_postgres_address, parse_postgres_address
from engine.model.places.secret import Secret

PREFIX = "ducklake:"
URL_REMEDY = (
    "leave it empty, or write ducklake:postgres:dbname=… host=… or ducklake:postgresql://user@host/db"
)
DATA_REMEDY = "name a folder with its whole path, or s3://bucket/prefix"
SCHEMA = "dashboard_replica"
"""The schema of a lake's catalog, if there is one source."""
_PAIR = re.compile(r"\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)+))\s*")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9!_.*()/-]*)?")


_NO_SECRET = Secret("")


@dataclass(frozen=True)
class S3Access:
    """How S3 is reached, by the variables of the environment that all its clients read; empty if not set."""

    key_id: str = ""
    secret: Secret = _NO_SECRET
    session_token: Secret = _NO_SECRET
    region: str = ""
    endpoint: str = ""


NO_S3 = S3Access()


def s3_access(environ: Mapping[str, str]) -> S3Access:
    """Return how S3 is reached."""

    def first(*names: str) -> str:
        return next((environ[name] for name in names if environ.get(name)), "")

    return S3Access(
        key_id=first("AWS_ACCESS_KEY_ID"),
        secret=Secret(first("AWS_SECRET_ACCESS_KEY")),
        session_token=Secret(first("AWS_SESSION_TOKEN")),
        region=first("AWS_REGION", "AWS_DEFAULT_REGION"),
        endpoint=first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    )


@dataclass(frozen=True)
class Lake:
    """A replica in DuckLake. Its text has no password.

    ``data`` is the whole path of a folder, or ``s3://bucket/prefix``, without a slash at its end. ``schema``
    is that of the catalog's database which has all of the lake's tables.
    """

    catalog: PostgresAddress
    data: str
    s3: S3Access = NO_S3
    schema: str = SCHEMA

    def of_source(self, name: str) -> Lake:
        """Return the lake of one of several sources: another schema of the database, another folder."""
        return replace(self, data=f"{self.data}/{name}", schema=f"{SCHEMA}_{name.replace('-', '_')}")

    def __str__(self) -> str:
        """Return the replica's address as it may be shown."""
        return f"{PREFIX}{self.catalog}"

    @property
    def is_in_s3(self) -> bool:
        """Return whether its files are objects in S3."""
        return self.data.startswith("s3://")


def lake_catalog(name: str, text: str) -> PostgresAddress | None:
    """Return the address of a catalog, None for the empty text.

    Raises SettingError, which does not repeat the text, because it may hold a password.

    >>> str(lake_catalog("DASHBOARD_REPLICA_URL", "ducklake:postgres:dbname=lake host=db.example.org"))
    'postgresql:///?dbname=lake&host=db.example.org'
    >>> str(lake_catalog("DASHBOARD_REPLICA_URL", "ducklake:postgresql://ann:secret@db.example.org/lake"))
    'postgresql://ann@db.example.org/lake'
    """
    if not text.strip():
        return None
    address = text.strip().removeprefix(PREFIX)
    if address == text.strip():
        raise SettingError(name, "it is no address of DuckLake", URL_REMEDY)
    if is_postgres_address(address):
        return parse_postgres_address(name, address)
    kind, _, pairs = address.partition(":")
    if is_postgres_address(pairs):
        return parse_postgres_address(name, pairs)
    if kind not in ("postgres", "postgresql"):
        raise SettingError(name, "the catalog of DuckLake is no PostgreSQL", URL_REMEDY)
    return parse_postgres_address(name, f"postgresql:///?{urlencode(_pairs(name, pairs))}")


def _pairs(name: str, text: str) -> dict[str, str]:
    """Return the words of a connection string of libpq. Raises SettingError."""
    found, place = {}, 0
    while match := _PAIR.match(text, place):
        key, quoted, plain = match.groups()
        found[key] = re.sub(r"\\(.)", r"\1", plain if quoted is None else quoted)
        place = match.end()
    if place != len(text) or not found:
        raise SettingError(name, "what follows postgres: is no list of name=value", URL_REMEDY)
    return found


def lake_data(name: str, text: str) -> str | None:
    """Return the place of a lake's files, None for the empty text. Raises SettingError."""
    text = text.strip()
    if not text:
        return None
    if "://" in text:
        if not _BUCKET.fullmatch(text):
            raise SettingError(name, f"{text!r} is no place in S3", DATA_REMEDY)
        return text.rstrip("/")
    path = Path(text).expanduser()
    if not path.is_absolute() or path == Path("/"):
        raise SettingError(name, f"{text!r} is no whole path", DATA_REMEDY)
    return str(path.resolve())
