"""The wish for a run: what started it, what it covers, at which instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.cache.store import ALL
from engine.datasets import catalogue
from engine.results import IntegrityCheck

INTEGRITY_INTERVAL = timedelta(hours=24)


class Trigger(StrEnum):
    """What started a run."""

    SCHEDULE = "schedule"
    FULL = "full"
    PAGE = "page"
    CARD = "card"
    READ = "read"
    COMMAND = "command"
    WARM = "warm"


@dataclass(frozen=True)
class RunRequest:
    """A wish for a run: ``datasets`` None means all of them.

    ``reproduce`` asks for a run at exactly this ``now``, which no other run can stand in for.
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
        """Tell whether it is a run of the registered job, which the pipeline's log is to show."""
        jobs = (Trigger.SCHEDULE, Trigger.COMMAND, Trigger.WARM)
        return self.datasets is None and self.trigger in jobs


def integrity_is_due(request: RunRequest, last: IntegrityCheck | None, at: datetime) -> bool:
    """Tell whether a run reads the whole file to check it: a full refresh does, others once a day."""
    if request.datasets is not None:
        return False
    return request.trigger is Trigger.FULL or last is None or at - last.checked_at >= INTEGRITY_INTERVAL
