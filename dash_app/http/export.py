"""The address that sends a dataset's rows as a CSV file, as they stand in the cache."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from dash_app.cache_reader import CacheReader
from dash_app.http.compression import accepts, gzipped
from dash_app.http.csv_text import csv_parts
from dash_app.http.selected import read_asked, refused, without_value
from dash_app.login.visitors import current_visitor
from engine.model.access import Right
from engine.model.datasets import SELECTS, Dataset
from engine.model.payload import count_entries
from engine.store import Entry

MOST_ROWS = 100_000
"""The most rows of a file. One that is cut says so in its name and in the header ``Export-Rows``."""

MOST_FILTER_LENGTH = 40

_OWN_WINDOW = re.compile(r"_\d+[hdw]$")
_NO_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def export_routes(reader: CacheReader) -> list[Route]:
    """Return the route of the files: ``/export/<key>.csv``, with ``?bom=1`` one that begins with a BOM."""

    async def one_dataset(request: Request) -> Response:
        bom = request.query_params.get("bom", "0")
        if bom not in ("0", "1"):
            return refused(400, f"bom={bom:.20}: it is no choice; write bom=1")
        asked = await read_asked(request, reader, ("bom",))
        if isinstance(asked, Response):
            return asked
        dataset, view = asked
        return _file(request, dataset, view.entries[dataset.key], bom=bom == "1")

    return [Route("/export/{key:path}.csv", one_dataset)]


def _file(request: Request, dataset: Dataset, entry: Entry, *, bom: bool) -> Response:
    if entry.value is None or entry.as_of is None:
        return without_value(entry)
    found = entry.rows_found or count_entries(entry.value)
    sent = min(found, MOST_ROWS, count_entries(entry.value))
    sees_all = current_visitor().may(Right.CONTACTS)
    columns = [column for column in dataset.columns if sees_all or not column.contacts]
    name = file_name(dataset, entry.as_of, cut=(sent, found) if sent < found else None)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Export-Rows": f"{sent} of {found}",
        "Vary": "Accept-Encoding",
    }
    parts: Iterable[bytes] = csv_parts(columns, entry.value, MOST_ROWS, bom=bom)
    if accepts(request.headers.get("accept-encoding", ""), "gzip"):
        headers["Content-Encoding"] = "gzip"
        parts = gzipped(parts)
    else:
        # What names an encoding is passed on part by part, and not gathered to be compressed.
        headers["Content-Encoding"] = "identity"
    return StreamingResponse(parts, headers=headers, media_type="text/csv; charset=utf-8; header=present")


def file_name(dataset: Dataset, as_of: datetime, *, cut: tuple[int, int] | None = None) -> str:
    """Return the name of a file: dataset, range, filters and the instant of the value.

    ``cut`` holds the rows in a file that is cut, and those of the dataset.

    >>> from datetime import UTC
    >>> from engine.model.datasets import catalogue
    >>> file_name(catalogue()["llm_daily_costs_30d"], datetime(2026, 11, 23, 20, tzinfo=UTC))
    'llm_daily_costs_30d_2026-11-23T2000Z.csv'
    """
    name, range_ = dataset.name.partition(SELECTS)[0], dataset.selection.range
    if range_ is not None:
        name = f"{_OWN_WINDOW.sub('', name)}_{range_.replace('..', '_to_')}"
    filters = [
        f"{column}-{value if value is not None else 'none'}" for column, value in dataset.selection.filters
    ]
    parts = [name, *(each[:MOST_FILTER_LENGTH] for each in filters), f"{as_of:%Y-%m-%dT%H%MZ}"]
    if cut is not None:
        parts.append(f"first-{cut[0]}-of-{cut[1]}-rows")
    return _NO_FILE_NAME.sub("-", "_".join(parts)) + ".csv"
