"""Checks that a dataset's header and its SQL agree on the range and the filters that it takes.

The SQL asks for its window by ``range_start('30d')`` and ``range_end()``, for the period before by
``before_start('30d')`` and ``before_end('30d')``, and for a filter by ``taken('model', model)``. A shape
fills the same window.
"""

from __future__ import annotations

import re

from engine.model.catalogue.dataset_header import DatasetHeader
from engine.model.catalogue.sqlfile import SqlFile
from engine.model.errors import DatasetFileError, nearest
from engine.model.selections.selection import range_count

_START = re.compile(r"\brange_start\('([^']*)'\)")
_END = re.compile(r"\brange_end\(\)")
_BEFORE = re.compile(r"\bbefore_(start|end)\('([^']*)'\)")
_TAKEN = re.compile(r"\btaken\('([^']*)',")


def require_selectable(file: SqlFile, header: DatasetHeader) -> None:
    """Raise DatasetFileError if header and SQL differ, or if a filter could reveal contacts."""
    _require_range(file, header)
    used = set(_TAKEN.findall(file.body))
    for name in header.filters:
        if name not in used:
            raise DatasetFileError(
                file.path,
                f"filters names {name!r}, which its SQL does not ask for",
                f"write taken('{name}', …)",
            )
        if name in header.columns and header.columns[name].contacts:
            raise DatasetFileError(file.path, f"the filter {name!r} may name contacts", "remove it")
    for name in sorted(used - set(header.filters)):
        remedy = nearest(name, header.filters) if header.filters else f'write filters = ["{name}"]'
        raise DatasetFileError(file.path, f"taken('{name}', …) is no filter of the header", remedy)


def _require_range(file: SqlFile, header: DatasetHeader) -> None:
    starts, has_end = set(_START.findall(file.body)), bool(_END.search(file.body))
    befores = set(_BEFORE.findall(file.body))
    if header.range is None:
        if starts or has_end or befores:
            raise DatasetFileError(file.path, "its SQL asks for a range", 'write range = "30d" in the header')
        return
    if starts != {header.range} or not has_end:
        raise DatasetFileError(
            file.path, f"its SQL does not ask for the range {header.range!r} alone",
            f"write range_start('{header.range}') and range_end()",
        )  # fmt: skip
    if befores and befores != {("start", header.range), ("end", header.range)}:
        raise DatasetFileError(
            file.path, f"its SQL does not ask for the period before {header.range!r} alone",
            f"write before_start('{header.range}') and before_end('{header.range}')",
        )  # fmt: skip
    if header.shape is not None and header.shape.count != range_count(header.range)[0]:
        raise DatasetFileError(
            file.path, f"shape.count = {header.shape.count} is not the range {header.range!r}",
            f"write count = {range_count(header.range)[0]}",
        )  # fmt: skip
