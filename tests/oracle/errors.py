"""Owns the expected datasets about errors: what failed, grouped by a message without its particulars."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from .clock import Clock
from .cron import latest_run
from .reading import trimmed
from .results import Columns, columns, instant_text, nulls_last
from .source import CronJob, CronJobLog, HttpError, Outreach, Site, Source

LARGEST_GROUPS = 20
MESSAGE_CHARACTERS = 200
NO_MESSAGE = "(no message)"

_PARTICULARS = (
    (re.compile(r"https?://\S+"), "<url>"),
    (re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"), "<id>"),
    (re.compile(r"\b[0-9a-fA-F]{16,}\b", re.ASCII), "<id>"),
    (re.compile(r"\d+"), "<n>"),
)


def generalized(message: str) -> str:
    """The message trimmed, its particulars replaced, then its first 200 characters (code points).

    White space and digits are those of Unicode, word boundaries those of ASCII; `http` is lower case;
    hex digits of either case count. A UUID is one wherever it stands, also after a letter or `_`.
    """
    text = trimmed(message)
    for pattern, placeholder in _PARTICULARS:
        text = pattern.sub(placeholder, text)
    return text[:MESSAGE_CHARACTERS]


Failure = tuple[str, str | None, str, datetime | None]


def _failures(source: Source, clock: Clock) -> Iterator[Failure]:
    """Source, stage, generalized message and stamp of everything that counts.

    A failed run whose message is null, empty or unreadable has no message, and counts.
    """
    for site in source.rows(Site):
        if site.error_message is not None and trimmed(site.error_message):
            yield "site", site.status, generalized(site.error_message), site.updated_at
    for outreach in source.rows(Outreach):
        if outreach.error_message is not None and trimmed(outreach.error_message):
            message = generalized(outreach.error_message)
            yield "outreach", outreach.contact_method, message, outreach.updated_at
    for run in source.rows(CronJobLog):
        if run.status == "failed" and clock.in_days(run.started_at, 30):
            message = generalized(run.error_message or "") or NO_MESSAGE
            yield "cron", run.job_name, message, run.started_at


def error_breakdown(source: Source, clock: Clock) -> Columns:
    """The 20 largest groups; last_seen leaves out stamps later than now, the count does not."""
    groups: dict[tuple[str, str | None, str], list[datetime | None]] = defaultdict(list)
    for origin, stage, message, stamp in _failures(source, clock):
        groups[origin, stage, message].append(stamp)
    found = []
    for (origin, stage, message), stamps in groups.items():
        last_seen = max(filter(clock.is_past, stamps), default=None)
        found.append((origin, stage, message, len(stamps), last_seen))

    def rank(group: tuple[str, str | None, str, int, datetime | None]) -> tuple[object, ...]:
        origin, stage, message, errors, last_seen = group
        age = (True, 0.0) if last_seen is None else (False, -last_seen.timestamp())
        return (-errors, age, origin, nulls_last(stage), message)

    largest = sorted(found, key=rank)[:LARGEST_GROUPS]
    rows = [(*group[:4], instant_text(group[4])) for group in largest]
    return columns(("source", "stage", "message", "errors", "last_seen"), rows)


def active_errors_count(source: Source, clock: Clock) -> Columns:
    """What is failing now; a finished run is one with status `success` or `failed`."""
    failing_sites = sum(site.status == "failing" for site in source.rows(Site))
    failed_outreaches = sum(outreach.status == "failed" for outreach in source.rows(Outreach))
    finished = [run for run in source.rows(CronJobLog) if run.status in ("success", "failed")]
    failed_jobs = 0
    for job in source.rows(CronJob):
        latest = latest_run(job, finished, clock)
        failed_jobs += job.enabled is True and latest is not None and latest.status == "failed"
    active = failing_sites + failed_outreaches + failed_jobs
    names = ("active_errors", "failing_sites", "failed_outreaches", "failed_jobs")
    return columns(names, [(active, failing_sites, failed_outreaches, failed_jobs)])


def http_errors_30d(source: Source, clock: Clock) -> Columns:
    """Failed requests by local day and status code; codes sort as the text they are, `none` after digits."""
    counts: Counter[tuple[str, str]] = Counter()
    for error in source.rows(HttpError):
        if error.occurred_at is not None and clock.in_days(error.occurred_at, 30):
            code = "none" if error.status_code is None else str(error.status_code)
            counts[clock.day_of(error.occurred_at).isoformat(), code] += 1
    rows = [(day, code, counts[day, code]) for day, code in sorted(counts)]
    return columns(("day", "status_code", "errors"), rows)
