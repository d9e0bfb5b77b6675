"""The facts that every page shows beside its values: how the pipeline goes on, and counts in the sidebar.

Each count is a number that its page shows too, made by the same function of the same dataset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dash_app.formatters.jobs import count_jobs
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso
from engine.model.values.payload import Columns
from engine.runs.health.standstill import ACTIVITY, Pace, last_entry_at, pace_of
from engine.store import CacheSnapshot, Entry

NO_FACTS: Final[dict[str, Any]] = {
    "is_first": False,
    "activity": {"pace": Pace.UNKNOWN.value, "last_row_at": None},
    "counts": {},
}


@dataclass(frozen=True)
class _Count:
    """The count beside the link to a page: what is counted, of which dataset."""

    page: str
    dataset: str
    of: Callable[[Columns], int]
    what: str


COUNTS = (
    _Count(
        "conversations", "waiting_replies", lambda columns: columns["waiting"][0], "waiting for an answer"
    ),
    _Count("cron", "job_health", lambda columns: count_jobs(columns).failing, "failing"),
    _Count("errors", "active_errors_count", lambda columns: columns["active_errors"][0], "active errors"),
)


def facts_of(snapshot: CacheSnapshot) -> dict[str, Any]:
    """Return the facts of a snapshot as JSON values: ``activity``, and ``counts`` by page, without zeros.

    ``is_first``: no run has ever stored anything.
    """
    return snapshot.once("facts", lambda: _facts(snapshot))


def _facts(snapshot: CacheSnapshot) -> dict[str, Any]:
    entry = snapshot.entries[catalogue()[ACTIVITY].key]
    last = last_entry_at(entry)
    counted = {
        one.page: (_number(one, snapshot.entries[catalogue()[one.dataset].key]), one) for one in COUNTS
    }
    return {
        "is_first": snapshot.version is not None and snapshot.version.generation == 0,
        "activity": {"pace": pace_of(entry).value, "last_row_at": None if last is None else to_iso(last)},
        "counts": {
            page: {"number": number, "what": one.what} for page, (number, one) in counted.items() if number
        },
    }


def _number(count: _Count, entry: Entry) -> int:
    """Return the number; 0 if there is no value, or one of another shape."""
    try:
        return 0 if entry.value is None else int(count.of(entry.value))
    except (KeyError, IndexError, TypeError, ValueError):
        return 0
