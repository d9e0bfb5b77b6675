"""The catalogue of datasets: what each SQL file under ``sql/metrics`` and ``sql/charts`` declares.

Reports (``sql/reports``) have the same form but are computed when asked for, never cached.

A dataset that loads is well-formed: its header's keys and types are known, and what it reads
exists in the staging files. Knows no DuckDB and no page layout: web and engine both load it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from engine.model.catalogue.columns import Column
from engine.model.catalogue.compiled import compiled
from engine.model.catalogue.counted_rows import CountedRows
from engine.model.catalogue.page_parts import PageGroups
from engine.model.catalogue.sqlfile import SQL_DIR, read_folder
from engine.model.errors import DashboardError, DatasetFileError, nearest
from engine.model.staging import STAGING_DIR, staging

DEFAULT_TTL_MINUTES = 15
METRIC, CHART, REPORT = "metric", "chart", "report"


@dataclass(frozen=True)
class Shape:
    """The Polars step a frame passes through: ``count`` days or hours, one series for each of ``by``."""

    step: str
    count: int = 0
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """One dataset: its declaration and its SQL. ``reads`` holds ``table.column`` of the replica.

    ``page_groups`` and ``page_rows`` say how pages get a small value instead of all rows; both
    None if they get all. ``rows`` says for each column which rows its numbers count; a column that no rows
    stand behind is not in it.
    """

    name: str
    kind: str
    page: str
    title: str
    row: str
    ttl_minutes: int
    reads: tuple[str, ...]
    columns: tuple[Column, ...]
    shape: Shape | None
    sql: str
    path: Path
    page_groups: PageGroups | None = None
    page_rows: int | None = None
    rows: Mapping[str, CountedRows] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """Return the cache key, ``<page>/<dataset>``."""
        return f"{self.page}/{self.name}"

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the replica tables it reads, by name."""
        return tuple(sorted({read.partition(".")[0] for read in self.reads}))


def load_catalogue(folder: Path = SQL_DIR) -> dict[str, Dataset]:
    """Return every dataset by name: metrics first, each kind by name. Raises DatasetFileError."""
    return _load(folder, ((METRIC, "metrics"), (CHART, "charts")))


def load_reports(folder: Path = SQL_DIR) -> dict[str, Dataset]:
    """Return every report by name. Raises DatasetFileError."""
    return _load(folder, ((REPORT, "reports"),))


def _load(folder: Path, kinds: tuple[tuple[str, str], ...]) -> dict[str, Dataset]:
    # What checks headers takes a while to import, and `--help` reads no file.
    from engine.model.catalogue.dataset_file import parse_dataset

    datasets: dict[str, Dataset] = {}
    for kind, subfolder in kinds:
        for file in read_folder(folder / subfolder):
            if file.name in datasets:
                raise DatasetFileError(file.path, "another dataset has the same name", "rename the file")
            datasets[file.name] = parse_dataset(file, kind, staging())
    return datasets


@cache
def catalogue() -> dict[str, Dataset]:
    """Return the product's own datasets, parsed once."""
    return compiled("datasets", (STAGING_DIR, SQL_DIR / "metrics", SQL_DIR / "charts"), load_catalogue)


@cache
def dataset_by_key() -> dict[str, Dataset]:
    """Return the product's own datasets by cache key."""
    return {dataset.key: dataset for dataset in catalogue().values()}


def malformation(dataset: Dataset, value: Any) -> str | None:
    """Return what of a value is not as its dataset declares it: columns, their lengths, the type of a cell.

    None means that the value is well-formed.
    """
    if not isinstance(value, dict) or not all(isinstance(column, list) for column in value.values()):
        return "it has no columns"
    if value.keys() != {column.name for column in dataset.columns}:
        return "its columns are not those of the dataset"
    if len({len(column) for column in value.values()}) > 1:
        return "its columns differ in length"
    for column in dataset.columns:
        if not _has_type(value[column.name], column.type):
            return f"column {column.name} holds a value that is no {column.type}"
    return None


_NULL = type(None)
_CELL_TYPES: Mapping[str, frozenset[type]] = {
    "text": frozenset({str, _NULL}),
    "integer": frozenset({int, _NULL}),
    "number": frozenset({int, float, _NULL}),
    "boolean": frozenset({bool, _NULL}),
    "instant": frozenset({str, _NULL}),
    "day": frozenset({str, _NULL}),
}
_INSTANT_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DAY_FORM = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _has_type(cells: list[Any], type_: str) -> bool:
    """Return whether every cell of a column is null or of its type; a boolean is no integer."""
    # The set of types is made in C: a cell costs some 20 ns.
    if not set(map(type, cells)) <= _CELL_TYPES[type_]:
        return False
    if type_ == "instant":
        return all(_is_stamp(text, _INSTANT_FORM) for text in set(cells) if text is not None)
    if type_ == "day":
        return all(_is_stamp(text, _DAY_FORM) for text in set(cells) if text is not None)
    return True


def _is_stamp(text: str, form: re.Pattern[str]) -> bool:
    if not form.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@cache
def reports() -> dict[str, Dataset]:
    """Return the reports by name, parsed once."""
    return compiled("reports", (STAGING_DIR, SQL_DIR / "reports"), load_reports)


def select_datasets(names: Iterable[str]) -> tuple[Dataset, ...]:
    """Return the named datasets and reports, in the catalogue's order. Raises DashboardError."""
    known = catalogue() | reports()
    wanted = set(names)
    for name in sorted(wanted):
        if name not in known:
            raise DashboardError(name, "no such dataset", nearest(name, known))
    return tuple(dataset for dataset in known.values() if dataset.name in wanted)


def datasets_of_page(page: str) -> tuple[Dataset, ...]:
    """Return the datasets that belong to a page. Raises DashboardError for an unknown page."""
    pages = {dataset.page for dataset in catalogue().values()}
    if page not in pages:
        raise DashboardError(page, "no such page", nearest(page, pages))
    return tuple(dataset for dataset in catalogue().values() if dataset.page == page)
