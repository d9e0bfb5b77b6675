"""Which datasets the contenders compute: those with hand-written SQL for each of them.

The product computes all datasets all the same, so that its times are those of whole runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from engine.model.catalogue.datasets import Dataset, catalogue
from engine.model.values.payload import Columns

SQLITE_SQL_DIR = Path(__file__).parent / "sql" / "sqlite"
ATTACHED_SQL_DIR = Path(__file__).parent / "sql" / "attached"


@cache
def baselines() -> dict[str, Dataset]:
    """Return the datasets that every contender computes, by name, in the catalogue's order."""
    return {
        name: dataset
        for name, dataset in catalogue().items()
        if all(_statement(folder, name).is_file() for folder in (SQLITE_SQL_DIR, ATTACHED_SQL_DIR))
    }


def without_baseline() -> tuple[str, ...]:
    """Return the datasets that only the product computes, by name."""
    return tuple(sorted(set(catalogue()) - set(baselines())))


@cache
def statement(folder: Path, name: str) -> str:
    """Return the SQL of a dataset with a baseline for one contender."""
    return _statement(folder, name).read_text(encoding="utf-8")


def with_baseline(results: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return only the results that a contender computes too."""
    return {name: columns for name, columns in results.items() if name in baselines()}


def _statement(folder: Path, name: str) -> Path:
    return folder / f"{name}.sql"
