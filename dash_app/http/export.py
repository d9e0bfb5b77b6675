"""The address that sends a dataset's rows as a CSV file, as they stand in the cache, or a card's own table.

The file of a comparison has the rows of both periods, and begins each with the name of its period.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from dash_app.cache_reader import CacheReader
from dash_app.figures.style import View
from dash_app.formatters.tables import Table
from dash_app.http.compression import accepts, gzipped
from dash_app.http.csv_text import csv_parts, file_name_of
from dash_app.http.selected import read_asked, refused, without_value
from dash_app.http.system_file import system_file_name, system_parts, system_tables
from dash_app.http.unstored import NO_STORE
from dash_app.login.visitors import current_visitor
from dash_app.pages import Card
from engine.model.access import Right
from engine.model.catalogue.columns import Column
from engine.model.catalogue.datasets import SELECTS, Dataset
from engine.model.clock import wall_clock
from engine.model.values.payload import Columns, count_entries
from engine.store import Entry

MOST_ROWS = 100_000
"""The most rows of a file. One that is cut says so in its name and in the header ``Export-Rows``."""

MOST_FILTER_LENGTH = 40

PERIOD = Column("period", "text")
"""What the file of a comparison has before the columns of its dataset: ``present`` or ``before``."""

_OWN_WINDOW = re.compile(r"_\d+[hdw]$")


def export_routes(reader: CacheReader) -> list[Route]:
    """Return the route of the files: ``/export/<key>.csv``, with ``?bom=1`` one that begins with a BOM.

    A system card that shows a table has the key ``page/card``.
    """

    async def one_dataset(request: Request) -> Response:
        bom = request.query_params.get("bom", "0")
        if bom not in ("0", "1"):
            return refused(400, f"bom={bom:.20}: it is no choice; write bom=1")
        if (card := system_tables().get(request.path_params["key"])) is not None:
            return await _system_file(request, reader, card, bom=bom == "1")
        asked = await read_asked(request, reader, ("bom",))
        if isinstance(asked, Response):
            return asked
        dataset, view = asked
        entry, *before = view.entries.values()
        return _file(request, dataset, entry, before[0] if before else None, bom=bom == "1")

    return [Route("/export/{key:path}.csv", one_dataset)]


async def _system_file(request: Request, reader: CacheReader, card: Card, *, bom: bool) -> Response:
    """Return the table of a system card, read now."""
    key, now = request.path_params["key"], wall_clock()
    if unknown := next((name for name in request.query_params if name != "bom"), None):
        return refused(400, f"{unknown:.40}: {key} takes no such parameter; leave it out")
    value = await reader.read_system_card(card, now)
    if value is None or card.system is None:
        return refused(404, f"{key}: it cannot be read at present")
    table = card.system.show(value, View(ZoneInfo(reader.settings.time_zone), now))
    assert isinstance(table, Table)
    rows = len(table.rows)
    headers = {
        "Content-Disposition": f'attachment; filename="{system_file_name(key, now)}"',
        "Export-Rows": f"{rows} of {rows}",
        **NO_STORE,
    }
    content = b"".join(system_parts(table, bom=bom))
    return Response(content, headers=headers, media_type="text/csv; charset=utf-8; header=present")


def _file(request: Request, dataset: Dataset, entry: Entry, before: Entry | None, *, bom: bool) -> Response:
    """Return the rows of an entry; with ``before``, those of the period before too."""
    if entry.value is None or entry.as_of is None:
        return without_value(entry)
    found = entry.rows_found or count_entries(entry.value)
    sees_all = current_visitor().may(Right.CONTACTS)
    columns = [column for column in dataset.columns if sees_all or not column.contacts]
    value = entry.value
    if before is not None:
        # Both are of one run, or they are not comparable.
        earlier = before.value if before.as_of == entry.as_of else None
        found += 0 if earlier is None else before.rows_found or count_entries(earlier)
        columns, value = [PERIOD, *columns], _both(entry.value, earlier)
    sent = min(found, MOST_ROWS, count_entries(value))
    name = file_name(dataset, entry.as_of, cut=(sent, found) if sent < found else None)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Export-Rows": f"{sent} of {found}",
        "Vary": "Accept-Encoding",
    }
    parts: Iterable[bytes] = csv_parts(columns, value, MOST_ROWS, bom=bom)
    if accepts(request.headers.get("accept-encoding", ""), "gzip"):
        headers["Content-Encoding"] = "gzip"
        parts = gzipped(parts)
    else:
        # What names an encoding is passed on part by part, and not gathered to be compressed.
        headers["Content-Encoding"] = "identity"
    return StreamingResponse(parts, headers=headers, media_type="text/csv; charset=utf-8; header=present")


def _both(value: Columns, earlier: Columns | None) -> Columns:
    """Return the rows of a period and of the one before it as one, with the period of each."""
    later = {name: list(cells) for name, cells in value.items()}
    earlier = {name: [] for name in later} if earlier is None else earlier
    periods = ["present"] * count_entries(later) + ["before"] * count_entries(earlier)
    return {PERIOD.name: periods} | {name: [*cells, *earlier[name]] for name, cells in later.items()}


def file_name(dataset: Dataset, as_of: datetime, *, cut: tuple[int, int] | None = None) -> str:
    """Return the name of a file: dataset, range, filters and the instant of the value.

    ``cut`` holds the rows in a file that is cut, and those of the dataset.

    >>> from datetime import UTC
    >>> from engine.model.catalogue.datasets import catalogue
    >>> file_name(catalogue()["llm_daily_costs_30d"], datetime(2026, 11, 23, 20, tzinfo=UTC))
    'llm_daily_costs_30d_2026-11-23T2000Z.csv'
    """
    name, range_ = dataset.name.partition(SELECTS)[0], dataset.selection.range
    if range_ is not None:
        name = f"{_OWN_WINDOW.sub('', name)}_{range_.replace('..', '_to_')}"
    filters = [
        f"{column}-{value if value is not None else 'none'}" for column, value in dataset.selection.filters
    ]
    compared = ["compared"] if dataset.selection.compare else []
    instant = f"{as_of:%Y-%m-%dT%H%MZ}"
    parts = [name, *(each[:MOST_FILTER_LENGTH] for each in filters), *compared, instant]
    if cut is not None:
        parts.append(f"first-{cut[0]}-of-{cut[1]}-rows")
    return file_name_of(parts)
