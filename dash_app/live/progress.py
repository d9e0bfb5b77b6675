"""The run under way in the status: a small JSON value, without any data of the source."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.model.catalogue.datasets import catalogue
from engine.model.text.plain_text import plain_text, shortened
from engine.model.values.results import COMPUTING
from engine.runs import RunProgress, Trigger
from engine.runs.turns.queued import QueueState

STEP_LENGTH = 90
_MINUTE = 60
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

    ``at`` of ``of`` is the dataset that is computed, 0 of 0 while the source is read. ``left`` is how many
    seconds the part under way still takes at its pace so far, None if that is not known. A run without
    progress yet is known by its queue.
    """
    if progress is not None:
        return _told(progress, now)
    if queue.trigger is not None:
        return {
            "title": _TITLES[queue.trigger],
            "step": "starting",
            "done": 0,
            "total": 0,
            "seconds": 0,
            "at": 0,
            "of": 0,
            "left": None,
        }
    return None


def _told(progress: RunProgress, now: datetime) -> dict[str, Any]:
    dataset = catalogue().get(progress.step)
    is_computing, left = progress.part == COMPUTING, progress.seconds_left
    step = (
        shortened(plain_text(progress.step), STEP_LENGTH) if dataset is None else f"computing {dataset.title}"
    )
    return {
        "title": next((title for trigger, title in _TITLES.items() if trigger == progress.trigger), "Run"),
        "step": step,
        "done": progress.done,
        "total": progress.total,
        "seconds": max(0, int((now - progress.started_at).total_seconds())),
        "at": min(progress.part_done + 1, progress.part_total) if is_computing else 0,
        "of": progress.part_total if is_computing else 0,
        "left": None if left is None else _coarse(left),
    }


def _coarse(seconds: float) -> int:
    """Return an estimate to 5 seconds, above a minute to 30: it is no more exact than that."""
    step = 5 if seconds < _MINUTE else _MINUTE // 2
    return max(step, step * round(seconds / step))
