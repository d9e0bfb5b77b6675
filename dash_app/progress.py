"""The run under way as the browser is told of it: a small JSON value, polled while a page waits.

It carries no data of the source, only how far a run has come.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.datasets import catalogue
from engine.runs import RunProgress, Trigger, read_progress
from engine.settings import Settings

_TITLES = {
    Trigger.SCHEDULE: "Scheduled run",
    Trigger.FULL: "Full refresh",
    Trigger.PAGE: "Refreshing a page",
    Trigger.READ: "Computing what is missing",
    Trigger.COMMAND: "Run from the command line",
    Trigger.WARM: "Scheduled run",
}


def run_state(settings: Settings, now: datetime) -> dict[str, Any]:
    """Return ``{"run": …}``: title, step, ``done`` of ``total`` steps, seconds since its start; or null."""
    progress = read_progress(settings, now)
    return {"run": None if progress is None else _told(progress, now)}


def _told(progress: RunProgress, now: datetime) -> dict[str, Any]:
    dataset = catalogue().get(progress.step)
    step = progress.step if dataset is None else f"computing {dataset.title}"
    return {
        "title": next((title for trigger, title in _TITLES.items() if trigger == progress.trigger), "Run"),
        "step": step,
        "done": progress.done,
        "total": progress.total,
        "seconds": max(0, int((now - progress.started_at).total_seconds())),
    }
