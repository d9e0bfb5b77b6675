"""Owns the expected datasets about errors: what failed, grouped by a message without its particulars."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from .clock import Clock
from .cron import latest_run
from .messages_of_errors import NO_MESSAGE, cleaned, error_text, generalized
from .reading import trimmed
from .results import Columns, columns, instant_text, nulls_last
from .source import CronJob, CronJobLog, HttpError, Number, Outreach, Site, Source

LARGEST_GROUPS = 20
MOST_GROUPS = 50

Group = tuple[str, str | None, str]

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


def _recent_failures(source: Source, clock: Clock) -> Iterator[tuple[Group, datetime, Number | None, str]]:
    """Group, stamp, id and text of everything whose stamp is readable and not later than now."""
    for site in source.rows(Site):
        text = cleaned(site.error_message)
        if text and clock.is_past(site.updated_at):
            yield ("site", site.status, generalized(text)), site.updated_at, site.id, text
    for outreach in source.rows(Outreach):
        text = cleaned(outreach.error_message)
        if text and clock.is_past(outreach.updated_at):
            group = ("outreach", outreach.contact_method, generalized(text))
            yield group, outreach.updated_at, outreach.id, text
    for run in source.rows(CronJobLog):
        if run.status == "failed" and clock.is_past(run.started_at):
            text = cleaned(run.error_message) or NO_MESSAGE
            yield ("cron", run.job_name, generalized(text)), run.started_at, run.id, text


def error_groups_30d(source: Source, clock: Clock) -> Columns:
    """The 50 groups with most errors in the last 168 hours, of those seen in the last 720."""
    groups: dict[Group, list[tuple[datetime, Number | None, str]]] = defaultdict(list)
    for group, stamp, row_id, text in _recent_failures(source, clock):
        groups[group].append((stamp, row_id, text))
    found = []
    for group, failures in groups.items():
        stamps = [stamp for stamp, _, _ in failures]
        last_seen = max(stamps)
        if not clock.in_last(last_seen, timedelta(hours=720)):
            continue
        counts = [sum(clock.in_last(s, timedelta(hours=hours)) for s in stamps) for hours in (24, 168, 720)]
        first_seen = min(stamps) if group[0] == "cron" else None
        newest = max(failures, key=lambda failure: (failure[0], failure[1]))
        found.append((group, counts, first_seen, last_seen, error_text(newest[2])))
    found.sort(key=lambda one: (-one[1][1], -one[3].timestamp(), one[0][0], nulls_last(one[0][1]), one[0][2]))
    rows = [
        (*group, *counts, instant_text(first_seen), instant_text(last_seen), example)
        for group, counts, first_seen, last_seen, example in found[:MOST_GROUPS]
    ]
    names = (
        "source", "stage", "message", "errors_24h", "errors_7d", "errors_30d", "first_seen", "last_seen",
        "example",
    )  # fmt: skip
    return columns(names, rows)
