"""What pages get of a dataset with many rows: its largest groups, or its first rows.

A header may declare one of the two:

    page_groups = { by = "channel", size = "sent", keep = 8, rates = { response_rate = ["replied", "sent"] } }
    page_rows = 50

With ``page_groups`` the rows of all but the ``keep`` largest groups become those of one, named
``other (n)``: numbers are summed, and a rate is the quotient of two sums, for a sum of rates says
nothing. Up to ``above`` groups (``keep`` if not given) all stay. With ``page_rows`` pages get the first rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.model.catalogue.columns import Column
from engine.model.catalogue.sqlfile import SqlFile
from engine.model.errors import DatasetFileError, nearest

MAX_ROWS = 200_000
"""The most rows of a dataset that are stored; one with more is cut and says so."""

MAX_GROUPS_KEPT = 50
MAX_PAGE_ROWS = 1000

_KEYS = ("by", "size", "keep", "above", "rates")
_OTHER = re.compile(r"other \([0-9]+\)")


@dataclass(frozen=True)
class Rate:
    """A column that is one column over another."""

    column: str
    over: str
    under: str


@dataclass(frozen=True)
class PageGroups:
    """The groups that pages get by name: the ``keep`` with the most of ``size``, of the column ``by``.

    All of them if there are not more than ``above``.
    """

    by: str
    size: str
    keep: int
    above: int
    rates: tuple[Rate, ...] = ()


def other_name(groups: int) -> str:
    """Return the name of the group that stands for so many others."""
    return f"other ({groups})"


def is_other(name: object) -> bool:
    """Return whether a name is that of the group that stands for others.

    A name of the source that looks the same is never kept by itself, so the answer is certain.
    """
    return isinstance(name, str) and _OTHER.fullmatch(name) is not None


def parse_page_groups(file: SqlFile, columns: Iterable[Column]) -> PageGroups | None:
    """Return the groups that a header declares; None if it declares none. Raises DatasetFileError."""
    declared = file.header.get("page_groups")
    if declared is None:
        return None
    if not isinstance(declared, dict):
        raise DatasetFileError(
            file.path, "page_groups is not a table", 'write page_groups = { by = "…", size = "…", keep = 8 }'
        )
    for key in declared:
        if key not in _KEYS:
            raise DatasetFileError(file.path, f"unknown key {key!r} of page_groups", nearest(key, _KEYS))
    types = {column.name: column.type for column in columns}
    texts = [name for name, type_ in types.items() if type_ == "text"]
    numbers = [name for name, type_ in types.items() if type_ in ("integer", "number")]
    by = _column(file, "by", declared.get("by"), texts)
    size = _column(file, "size", declared.get("size"), numbers)
    keep = declared.get("keep", 8)
    if type(keep) is not int or not 1 <= keep <= MAX_GROUPS_KEPT:
        raise DatasetFileError(
            file.path, f"page_groups.keep = {keep!r}", f"give a whole number from 1 to {MAX_GROUPS_KEPT}"
        )
    above = declared.get("above", keep)
    if type(above) is not int or not keep <= above <= MAX_GROUPS_KEPT:
        raise DatasetFileError(
            file.path,
            f"page_groups.above = {above!r}",
            f"give a whole number from {keep} to {MAX_GROUPS_KEPT}",
        )
    return PageGroups(by, size, keep, above, _parse_rates(file, declared.get("rates", {}), numbers))


def parse_page_rows(file: SqlFile) -> int | None:
    """Return how many rows pages get; None if the header does not say. Raises DatasetFileError."""
    rows = file.header.get("page_rows")
    if rows is None:
        return None
    if type(rows) is not int or not 1 <= rows <= MAX_PAGE_ROWS:
        raise DatasetFileError(
            file.path, f"page_rows = {rows!r}", f"give a whole number from 1 to {MAX_PAGE_ROWS}"
        )
    if "page_groups" in file.header:
        raise DatasetFileError(file.path, "it has both page_groups and page_rows", "keep one of them")
    return rows


def _parse_rates(file: SqlFile, declared: Any, numbers: list[str]) -> tuple[Rate, ...]:
    if not isinstance(declared, dict):
        raise DatasetFileError(
            file.path, "page_groups.rates is not a table", 'write rates = { rate = ["over", "under"] }'
        )
    rates = []
    for name, parts in declared.items():
        _column(file, "rates", name, numbers)
        if not isinstance(parts, list) or len(parts) != 2:
            raise DatasetFileError(
                file.path, f"page_groups.rates.{name} is not two columns", f'write {name} = ["over", "under"]'
            )
        rates.append(Rate(name, *(_column(file, f"rates.{name}", part, numbers) for part in parts)))
    return tuple(rates)


def _column(file: SqlFile, key: str, name: Any, valid: list[str]) -> str:
    if name not in valid:
        raise DatasetFileError(
            file.path, f"page_groups.{key} names the column {name!r}", nearest(str(name), valid)
        )
    return str(name)
