"""A request for a run: what started it, which datasets it computes, at which instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import is_within
from engine.model.trigger import Trigger
from engine.store.runs import ALL

FULL_AUDIT_INTERVAL = timedelta(hours=24)


@dataclass(frozen=True)
class RunRequest:
    """A request for a run; ``datasets`` None means all of them.

    ``reproduce`` asks for a run at exactly this ``now``, so no other run can answer it.
    """

    trigger: Trigger
    now: datetime
    datasets: tuple[str, ...] | None = None
    reproduce: bool = False

    @property
    def scope(self) -> str:
        """Return ``all``, or the names of the datasets, comma-separated."""
        return ALL if self.datasets is None else ",".join(sorted(self.datasets))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the datasets, those of the whole catalogue for a run of all."""
        return tuple(catalogue()) if self.datasets is None else self.datasets

    @property
    def is_job_run(self) -> bool:
        """Return whether it is a run of the registered job, which the pipeline's job log shows."""
        jobs = (Trigger.SCHEDULE, Trigger.COMMAND, Trigger.WARM)
        return self.datasets is None and self.trigger in jobs


def full_audit_is_due(request: RunRequest, last_check_at: datetime | None, at: datetime) -> bool:
    """Return whether the run makes the full audit, and then SQLite's quick check.

    A full refresh does, and one run of all datasets a day. ``last_check_at`` is when the last check began,
    finished or not; None before the first.
    """
    if request.datasets is not None:
        return False
    is_recent = last_check_at is not None and is_within(last_check_at, FULL_AUDIT_INTERVAL, at)
    return request.trigger is Trigger.FULL or not is_recent
