"""The catalogue of datasets: what each SQL file under ``sql/metrics`` and ``sql/charts`` declares.

Reports (``sql/reports``) have the same form but are computed when asked for, never cached.

A dataset that loads is well-formed: its header's keys and types are known, and what it reads
exists in the staging files. Knows no DuckDB and no page layout: web and engine both load it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from engine.model.catalogue.columns import Column
from engine.model.catalogue.compiled import compiled
from engine.model.catalogue.counted_rows import CountedRows
from engine.model.catalogue.page_parts import PageGroups
from engine.model.catalogue.sqlfile import SQL_DIR, read_folder
from engine.model.catalogue.staging import STAGING_DIR, staging
from engine.model.errors import DashboardError, DatasetFileError, nearest
from engine.model.selections.selection import NO_SELECTION, Selection
from engine.model.selections.windows import DAY, FIVE_MINUTES, HOUR, ROLLING, WEEK, WHOLE

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
    stand behind is not in it. ``range`` is its own window, None if it takes no other; ``filters`` are the
    columns it can be filtered by. ``optional`` are replica tables that a source may lack: what depends on
    one is null then. ``selection`` is what else than its own window is asked of it, and ``is_previous`` says
    that it is the period before.
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
    range: str | None = None
    filters: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    selection: Selection = NO_SELECTION
    is_previous: bool = False

    @property
    def key(self) -> str:
        """Return the cache key, ``<page>/<dataset>``."""
        return f"{self.page}/{self.name}"

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the replica tables it reads, by name."""
        return tuple(sorted({read.partition(".")[0] for read in self.reads}))

    @property
    def needed_tables(self) -> tuple[str, ...]:
        """Return the replica tables without which it cannot be computed, by name."""
        return tuple(name for name in self.tables if name not in self.optional)

    def reads_of(self, table: str) -> tuple[str, ...]:
        """Return what it reads of one replica table, as in ``reads``."""
        return tuple(read for read in self.reads if read.partition(".")[0] == table)

    @property
    def base_name(self) -> str:
        """Return the name of the catalogue's dataset that this is a selection of, or its own."""
        return self.name.partition(SELECTS)[0]

    @property
    def is_selected(self) -> bool:
        """Return whether it is a selection of a dataset of the catalogue."""
        return SELECTS in self.name

    @property
    def grain(self) -> str:
        """Return what one row is about: a local day, hour or week, five minutes, or the whole window."""
        names = {column.name for column in self.columns}
        return next((grain for name, grain in _GRAINS.items() if name in names), WHOLE)

    @property
    def is_rolling(self) -> bool:
        """Return whether hours of its range are counted back from *now*, and not from its local hour."""
        return self.range == ROLLING

    @property
    def has_previous(self) -> bool:
        """Return whether its value has the period before beside its own, so that it takes no comparison."""
        return "before_start(" in self.sql


SELECTS = "?"
"""Stands between a dataset's name, or key, and the text of what is selected of it."""

OWN_RANGES = ("24h", "48h", "7d", "30d", "8w")
"""The windows that a header may declare."""

_GRAINS = {"day": DAY, "hour": HOUR, "week": WEEK, "at": FIVE_MINUTES}


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


@cache
def reports() -> dict[str, Dataset]:
    """Return the reports by name, parsed once."""
    return compiled("reports", (STAGING_DIR, SQL_DIR / "reports"), load_reports)


def select_datasets(names: Iterable[str]) -> tuple[Dataset, ...]:
    """Return the named datasets and reports, in the catalogue's order. Raises DashboardError.

    A name may end in what is selected of the dataset. A dataset comes before its selections.
    """
    # What knows the rules of selections knows the datasets.
    from engine.model.selections.selected import selected_dataset

    known = catalogue() | reports()
    wanted: dict[str, list[Dataset]] = {}
    for name in sorted(set(names)):
        base = name.partition(SELECTS)[0]
        if base not in known:
            raise DashboardError(name, "no such dataset", nearest(base, known))
        wanted.setdefault(base, []).append(selected_dataset(known[base], name))
    return tuple(dataset for base in known for dataset in wanted.get(base, ()))


@lru_cache(maxsize=4096)
def dataset_of_key(key: str) -> Dataset | None:
    """Return the dataset of a cache key, which may select a part of it; None if there is none."""
    from engine.model.selections.selected import selected_dataset

    base, _, _ = key.partition(SELECTS)
    dataset = dataset_by_key().get(base)
    if dataset is None or base == key:
        return dataset
    try:
        return selected_dataset(dataset, dataset.name + key.removeprefix(base))
    except DashboardError:
        return None


def datasets_of_page(page: str) -> tuple[Dataset, ...]:
    """Return the datasets that belong to a page. Raises DashboardError for an unknown page."""
    pages = {dataset.page for dataset in catalogue().values()}
    if page not in pages:
        raise DashboardError(page, "no such page", nearest(page, pages))
    return tuple(dataset for dataset in catalogue().values() if dataset.page == page)
