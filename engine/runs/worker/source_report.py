"""How far the source has gone on, as JSON: the worker finds it, web processes without a source read it."""

from __future__ import annotations

import json
from datetime import datetime

from engine.model.clock import from_sqlite, to_sqlite
from engine.model.errors import DashboardError, SourceError
from engine.runs.health.watch import OwnWatch, SourceReport
from engine.store.freshness.lag import LagReport, SourceLag


def found_source(watch: OwnWatch, now: datetime) -> str:
    """Return the report on the source, or why it cannot be read, as JSON; blocking."""
    try:
        report = watch.source(now)
    except DashboardError as error:
        return json.dumps({"trouble": [error.offender, error.cause, error.remedy]})
    lags = [
        [
            to_sqlite(stored_at), lag.new_rows, lag.changed_rows, lag.is_capped,
            None if lag.seen_at is None else to_sqlite(lag.seen_at),
        ]
        for stored_at, lag in report.lag.by_time.items()
    ]  # fmt: skip
    return json.dumps({"lag": lags, "unchanged_seconds": round(report.unchanged_seconds, 1)})


def source_of(text: str, age_seconds: float) -> SourceReport | None:
    """Return the report of its JSON, which was found so many seconds ago; None if it is none.

    Raises SourceError if the worker cannot read the source.
    """
    try:
        content = json.loads(text)
        if trouble := content.get("trouble"):
            offender, cause, remedy = map(str, trouble)
            raise SourceError(offender, cause, remedy)
        lags = {
            from_sqlite(stored_at): SourceLag(
                int(new), int(changed), bool(is_capped), None if seen_at is None else from_sqlite(seen_at)
            )
            for stored_at, new, changed, is_capped, seen_at in content["lag"]
        }
        return SourceReport(LagReport(lags), float(content["unchanged_seconds"]), age_seconds)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
