"""The run under way in the status: a small JSON value, without any data of the source."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.model.datasets import catalogue
from engine.model.text.plain_text import plain_text, shortened
from engine.runs import RunProgress, Trigger
from engine.runs.queue import QueueState

STEP_LENGTH = 90
_TITLES = {
    Trigger.SCHEDULE: "Scheduled run",
    Trigger.FULL: "Full refresh",
    Trigger.PAGE: "Refreshing a page",
    Trigger.CARD: "Refreshing a card",
    Trigger.READ: "Computing what is missing",
    Trigger.COMMAND: "Run from the command line",
    Trigger.WARM: "Warming the cache",
    Trigger.CHECK: "After the quick check of the file",
}


def run_status(progress: RunProgress | None, queue: QueueState, now: datetime) -> dict[str, Any] | None:
    """Return title, step, ``done`` of ``total`` steps and seconds since the start; None without a run.

    A run without progress yet is known by its queue.
    """
    if progress is not None:
        return _told(progress, now)
    if queue.trigger is not None:
        return {"title": _TITLES[queue.trigger], "step": "starting", "done": 0, "total": 0, "seconds": 0}
    return None


def _told(progress: RunProgress, now: datetime) -> dict[str, Any]:
    dataset = catalogue().get(progress.step)
    step = (
        shortened(plain_text(progress.step), STEP_LENGTH) if dataset is None else f"computing {dataset.title}"
    )
    return {
        "title": next((title for trigger, title in _TITLES.items() if trigger == progress.trigger), "Run"),
        "step": step,
        "done": progress.done,
        "total": progress.total,
        "seconds": max(0, int((now - progress.started_at).total_seconds())),
    }
