"""Questions about one thing: a site, a job, or one kind of error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from engine.model.questions.rows import ErrorKind, Mark


@dataclass(frozen=True)
class SiteQuestion:
    """What is the life of one site? ``limit`` is the most events, the newest first kept."""

    site_id: str
    limit: int = 500
    kind: Literal["site"] = "site"


@dataclass(frozen=True)
class SiteStay:
    """One stay of a site in a stage, in order. ``left_at`` is None while it lasts.

    ``hours`` is how long it took, or has taken so far. ``median_hours`` is the median of the latest finished
    stays of sites in this stage; None if there is none.
    """

    stage: str | None
    entered_at: datetime
    left_at: datetime | None
    hours: float
    median_hours: float | None


EventKind = Literal["stage", "call", "proposed", "sent", "delivered", "in", "out", "error", "request"]


@dataclass(frozen=True)
class SiteEvent:
    """One event in the life of a site; ``table`` and ``id`` name its row in ``sql/rows``.

    ``kind``: it entered a ``stage``, a model ``call``, an outreach message was ``proposed``, ``sent`` or
    ``delivered``, a message came ``in`` or went ``out``, an ``error`` of the site or of an outreach, a failed
    ``request``. ``text`` is its name (stage, model, channel, status code), ``detail`` its long part: a
    contact, a sentiment, an error. ``has_contacts``: ``detail`` may name people who were written to.
    """

    at: datetime
    kind: EventKind
    table: str
    id: str | None
    text: str | None
    detail: str | None = None
    has_contacts: bool = False
    cost_usd: float | None = None


@dataclass(frozen=True)
class SiteAnswer:
    """A site and its life, oldest event first.

    ``contacts`` has the names of the fields that only those may see who may see contacts. ``events_total`` is
    the number of all events. ``mark`` is that of the site's own row.
    """

    site_id: str
    id: str | None
    domain: str | None
    country: str | None
    keyword: str | None
    stage: str | None
    score: float | None
    grade: str | None
    http_status: int | None
    error: str | None
    created_at: datetime | None
    updated_at: datetime | None
    stays: tuple[SiteStay, ...]
    events: tuple[SiteEvent, ...]
    events_total: int
    calls: int
    cost_usd: float
    messages_in: int
    messages_out: int
    mark: Mark
    replica_as_of: datetime | None
    error_kind: ErrorKind | None = None
    contacts: tuple[str, ...] = ("domain", "error", "error_kind")
    kind: Literal["site"] = "site"


@dataclass(frozen=True)
class JobQuestion:
    """How did one job fare lately? ``limit`` is the most runs, the newest first."""

    task_key: str
    limit: int = 50
    kind: Literal["job"] = "job"


@dataclass(frozen=True)
class JobRun:
    """One run of a job, its error as the source has it. ``duration_s`` is None while it has no end.

    ``error_kind`` is the kind of a failed run's error, which may have no text.
    """

    id: str | None
    status: str | None
    started_at: datetime | None
    finished_at: datetime | None
    duration_s: int | None
    items_processed: float | None
    items_failed: float | None
    error: str | None
    error_kind: ErrorKind | None = None


@dataclass(frozen=True)
class JobAnswer:
    """A job and its runs, newest first. ``name`` and what follows are None if ``cron_jobs`` lacks the job.

    The percentiles are those of its successful runs of the last 168 hours before the replica's snapshot.
    ``contacts`` has the names of the fields of ``runs`` that only those may see who may see contacts.
    """

    task_key: str
    name: str | None
    enabled: bool | None
    critical: bool | None
    interval_minutes: float | None
    runs: tuple[JobRun, ...]
    runs_total: int
    success: int
    failed: int
    p50_duration_s: int | None
    p95_duration_s: int | None
    replica_as_of: datetime | None
    contacts: tuple[str, ...] = ("error",)
    kind: Literal["job"] = "job"


ERROR_DAYS = 30
"""For how many days, today included, an answer counts the errors of a kind by day."""


@dataclass(frozen=True)
class ErrorQuestion:
    """What is known of one kind of error, as ``error_breakdown`` and ``error_groups_30d`` name it?

    ``time_zone`` is that of its days; None is that of the settings.
    """

    source: str
    stage: str | None
    message: str
    limit: int = 50
    time_zone: str | None = None
    kind: Literal["error"] = "error"


@dataclass(frozen=True)
class ErrorDay:
    """How many errors of one kind a local day has."""

    day: date
    errors: int


@dataclass(frozen=True)
class ErrorSite:
    """A site with the error, when it was last seen there, and the raw error."""

    site_id: str | None
    domain: str | None
    seen_at: datetime | None
    error: str | None


@dataclass(frozen=True)
class ErrorAnswer:
    """One kind of error: the newest raw message, and the days of the last 30 that have some.

    ``table`` names the table of ``sql/rows`` whose rows they are, and ``sites`` are the latest of
    ``sites_total`` sites; none for failed runs. Rows of sites and outreaches move with every change, so their
    days are those of the last change, and ``first_seen`` is the oldest of them.
    """

    source: str
    stage: str | None
    message: str
    table: str
    errors: int
    first_seen: datetime | None
    last_seen: datetime | None
    example: str | None
    days: tuple[ErrorDay, ...]
    sites: tuple[ErrorSite, ...]
    sites_total: int
    replica_as_of: datetime | None
    contacts: tuple[str, ...] = ("message", "example", "sites")
    kind: Literal["error"] = "error"
