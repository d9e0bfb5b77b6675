"""Says whether a pipeline has begun: a source without any rows is neither well nor unwell."""

from __future__ import annotations

from collections.abc import Mapping

from engine.attention.line import Value
from engine.model.job import TASK_KEY

_OF_NOTHING: Mapping[str, Mapping[str, object]] = {
    "activity_now": {"last_entry_at": None},
    "usual_today": {"so_far": 0, "days": 0},
    "waiting_replies": {"waiting": 0, "received_30d": 0},
    "delivery_by_channel_30d": {"sent": 0},
    "error_groups_30d": {"errors_30d": 0},
    "job_health": {"task_key": TASK_KEY},
}
"""Dataset → the cells that all its rows have while nothing has happened; the dashboard's own job may run."""


def has_begun(values: Mapping[str, Value]) -> bool:
    """Return whether one of the values that the rules need shows that something has happened.

    A value that is not there or lacks a column shows nothing, and counts as if something had.
    """
    for name, cells in _OF_NOTHING.items():
        value = values.get(name)
        if value is None or any(column not in value.columns for column in cells):
            return True
        # A number is null if the source lacks its table, in which nothing has happened.
        none = {column: (cell, None) if cell == 0 else (cell,) for column, cell in cells.items()}
        if any(found not in none[column] for column in cells for found in value.columns[column]):
            return True
    return False
