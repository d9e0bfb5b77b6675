"""The address that says how a value was computed: its SQL, its run, what that read, and how to repeat it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dash_app.cache_reader import CacheReader
from dash_app.http.selected import read_asked, refused, without_value
from dash_app.http.unstored import unstored_json
from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.doubts import concerning
from engine.model.catalogue.staging import staging
from engine.model.clock import to_iso
from engine.model.errors import DashboardError
from engine.model.values.receipt import command_of, sql_of
from engine.model.version import VERSION
from engine.store import Entry
from engine.store.receipts import RunRead, TableRead, read_run

_STEPS = {
    "fill_days": "days without rows are added, with numbers of 0",
    "fill_hours": "hours without rows are added, with numbers of 0",
}


def receipt_routes(reader: CacheReader) -> list[Route]:
    """Return the route of the receipts: ``/api/receipt/<key>``."""

    async def one_dataset(request: Request) -> Response:
        asked = await read_asked(request, reader)
        if isinstance(asked, Response):
            return asked
        dataset, view = asked
        entry = view.entries[dataset.key]
        if entry.value is None or entry.as_of is None or entry.computed_at is None:
            return without_value(entry)
        run_id = None if entry.origin is None else entry.origin.run_id
        try:
            run_read = await asyncio.to_thread(
                read_run, reader.settings.store, entry.key, entry.computed_at, run_id
            )
        except DashboardError as error:
            return refused(503, str(error))
        return unstored_json(receipt_of(dataset, entry, run_read))

    return [Route("/api/receipt/{key:path}", one_dataset)]


def receipt_of(dataset: Dataset, entry: Entry, run_read: RunRead) -> dict[str, Any]:
    """Return the receipt of an entry that has a value; without SQL if no run has computed it."""
    assert entry.as_of is not None
    tables = _tables_read(dataset, run_read)
    time_zone = entry.origin and entry.origin.fingerprint.time_zone
    verified = [table.verified_at for table in tables]
    rows = sum(table.rows for table in tables)
    run = run_read.run
    return {
        "key": entry.key,
        "title": dataset.title,
        "row": dataset.row,
        "as_of": to_iso(entry.as_of),
        "computed_at": _iso(entry.computed_at),
        "compute_ms": run_read.compute_ms,
        "time_zone": time_zone,
        "version": VERSION if entry.origin is not None and not entry.mismatch else None,
        "run": run and {"id": run.id, "trigger": run.trigger, "scope": run.scope},
        "rows_read": rows if tables else None,
        "verified_at": _iso(min((each for each in verified if each is not None), default=None))
        if all(verified)
        else None,
        "audited": sum(table.covered * table.rows for table in tables) / rows if rows else None,
        "tables": [
            {
                "table": table.table,
                "rows": table.rows,
                "verified_at": _iso(table.verified_at),
                "audited": table.covered,
            }
            for table in tables
        ],
        "left_out": [
            {
                "table": count.table,
                "column": count.column,
                "unreadable": count.unreadable,
                "unrecognised": count.unrecognised,
            }
            for count in concerning(dataset, run_read.left_out)
        ],
        "columns": [
            {"name": column.name, "type": column.type, "unit": column.unit, "help": column.help}
            for column in dataset.columns
        ],
        "sql": time_zone and sql_of(dataset, entry.as_of, time_zone),
        "then": dataset.shape and _STEPS.get(dataset.shape.step),
        "command": time_zone and command_of(dataset, entry.as_of),
    }


def _tables_read(dataset: Dataset, run_read: RunRead) -> tuple[TableRead, ...]:
    if "source_tables" in dataset.tables:
        return run_read.tables
    names = {table.source_table for name, table in staging().items() if name in dataset.tables}
    return tuple(table for table in run_read.tables if table.table in names)


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else to_iso(instant)
