"""The fingerprint of a dataset's values: all that decides them besides the source's rows and ``now``.

Two processes of one installation with the same time zone have the same fingerprints. A process computes them
once, and comparing two of them compares two texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.model.catalogue.datasets import SELECTS, Dataset, catalogue
from engine.model.catalogue.rollups import rollups
from engine.model.catalogue.sqlfile import SQL_DIR
from engine.model.catalogue.staging import staging
from engine.model.version import VERSION

ENGINE_DIR = Path(__file__).parents[2]
CODE = ("model/**/*.py", "replica/**/*.py")
"""The files of the engine whose code may decide a value."""

LIBRARIES = ("duckdb", "polars")


@dataclass(frozen=True)
class Fingerprint:
    """The time zone of a value's days and hours, the program that computed it, and a digest of all.

    ``program`` is a digest of version, code and libraries. ``digest`` covers the time zone, the program, the
    dataset, its staging files, rollups and macros.
    """

    time_zone: str
    program: str
    digest: str

    def difference(self, other: Fingerprint) -> str:
        """Return in words how a value with another fingerprint was computed; empty if both are equal.

        >>> Fingerprint("UTC", "a", "1").difference(Fingerprint("Asia/Tokyo", "a", "2"))
        'days of Asia/Tokyo: computed with DASHBOARD_TIMEZONE=Asia/Tokyo'
        """
        if other.digest == self.digest:
            return ""
        if other.time_zone != self.time_zone:
            return f"days of {other.time_zone}: computed with DASHBOARD_TIMEZONE={other.time_zone}"
        return OTHER_VERSION if other.program != self.program else OTHER_SQL


OTHER_VERSION = "computed by another version of the dashboard"
OTHER_SQL = "computed with other SQL files"

Fingerprints = Mapping[str, Fingerprint]
"""Fingerprints by cache key; a selection of a dataset has the dataset's."""


class _Fingerprints(dict[str, Fingerprint]):
    """Fingerprints of whole datasets, also found under the keys of their selections."""

    def __missing__(self, key: str) -> Fingerprint:
        base, selects, _ = key.partition(SELECTS)
        if not selects:
            raise KeyError(key)
        return self[base]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(key.partition(SELECTS)[0])


@cache
def fingerprints(time_zone: str) -> Fingerprints:
    """Return the fingerprint of each dataset of the catalogue in a time zone, by cache key."""
    program = _program()
    macros = _digest(*(file.read_bytes() for file in sorted((SQL_DIR / "macros").glob("*.sql"))))
    by_key = {
        dataset.key: Fingerprint(
            time_zone, program, _digest(time_zone, program, macros, *_described(dataset))
        )
        for dataset in catalogue().values()
    }
    return _Fingerprints(by_key)


def _described(dataset: Dataset) -> Iterable[str]:
    """Yield the dataset's header and SQL, and those of all that it is computed from."""
    yield _canonical(dataset)
    every = "source_tables" in dataset.tables
    tables = sorted(name for name in staging() if every or name in dataset.tables)
    for name in tables:
        yield _canonical(staging()[name])
    for rollup in sorted(rollups().values(), key=lambda table: table.name):
        if not set(tables).isdisjoint(rollup.tables):
            yield _canonical(rollup)


def _canonical(value: Any) -> str:
    """Return a text that is the same in every process; it leaves out the folders of files."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((field.name, getattr(value, field.name)) for field in fields(value))
        return f"{type(value).__name__}({','.join(f'{name}={_canonical(part)}' for name, part in parts)})"
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Mapping):
        return _canonical(sorted((str(key), _canonical(part)) for key, part in value.items()))
    if isinstance(value, set | frozenset):
        return f"{{{','.join(sorted(map(_canonical, value)))}}}"
    if isinstance(value, tuple | list):
        return f"[{','.join(map(_canonical, value))}]"
    return repr(value)


@cache
def _program() -> str:
    code: list[str | bytes] = []
    for file in sorted(file for pattern in CODE for file in ENGINE_DIR.glob(pattern)):
        code += [file.relative_to(ENGINE_DIR).as_posix(), file.read_bytes()]
    return _digest(VERSION, *map(_version, LIBRARIES), *code)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _digest(*parts: str | bytes) -> str:
    """Return 32 hex digits of the parts; the borders between them count too."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        part_bytes = part.encode() if isinstance(part, str) else part
        digest.update(len(part_bytes).to_bytes(8, "big") + part_bytes)
    return digest.hexdigest()
