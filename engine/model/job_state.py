"""The words for a job's state: pages and the command say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class JobState:
    """A job's state. ``rank`` orders jobs: 0 is failing, 1 stuck, 2 overdue, 3 has killed runs, 6 is
    not enabled.

    ``since`` is the instant, as text, since which a stuck or running job runs; else None.
    """

    rank: int
    words: str
    since: str | None = None


def job_state(health: Mapping[str, Any], *, is_overdue: bool = False) -> JobState:
    """Return the state of a job from its row of ``job_health``; whether it is overdue its schedule knows."""
    if not health["enabled"]:
        return JobState(6, "disabled" if health["enabled"] is False else "not known to be enabled")
    killed = f"{health['abandoned_7d']:,} killed" if health["abandoned_7d"] else ""
    if health["failing"]:
        return JobState(0, ", ".join(filter(None, ("failing", "stuck" if health["stuck"] else "", killed))))
    if health["stuck"]:
        return JobState(1, "stuck", health["running_since"])
    is_late = is_overdue and health["running_since"] is None
    if killed or is_late:
        return JobState(2 if is_late else 3, ", ".join(filter(None, ("overdue" if is_late else "", killed))))
    if health["running_since"] is not None:
        return JobState(4, "running", health["running_since"])
    return JobState(5, "no success yet" if health["last_success_at"] is None else "ok")
