"""Judges what needs attention, from entries of the cache: all rules, and what they could not judge. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.attention.beginning import has_begun
from engine.attention.jobs import judge_jobs
from engine.attention.line import Kind, Level, Line, Value, first_named, reason_text
from engine.attention.pipeline import (
    high_bounce_rates,
    new_errors,
    quiet_pipeline,
    unrecognised_words,
    unusual_today,
    waiting_replies,
)
from engine.attention.shortening import MOST_LINES, folded
from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.staging import staging
from engine.model.text.in_words import counted
from engine.model.values.quality import UnrecognisedCount
from engine.model.values.results import FAILED
from engine.store import Entry, EntryState

NEEDED: Mapping[str, str] = {
    "job_health": "health of jobs",
    "cron_job_summary": "schedule of jobs",
    "activity_now": "pipeline activity",
    "usual_today": "errors and cost of today",
    "waiting_replies": "waiting replies",
    "delivery_by_channel_30d": "bounces",
    "error_groups_30d": "new errors",
}
"""The datasets that the rules need, and what cannot be judged without each."""

_OF_TODAY: Mapping[str, tuple[str, str]] = {
    "failed_requests": ("failed requests of today", "http_errors"),
    "failed_runs": ("failed runs of today", "cron_job_logs"),
    "llm_cost_usd": ("cost of today", "llm_usage"),
}
"""What each measure of ``usual_today`` judges, and the staging table that it needs."""

NOTHING_FOUND = "Nothing found in what could be judged"
NOTHING_YET = "Nothing to judge yet"
FIRST_ROWS = "The source has no stage entries, runs of jobs, messages or errors."
NOT_COMPUTED, EXPIRED, UNUSABLE = "not computed yet", "expired", "the value cannot be used"


@dataclass(frozen=True)
class Unjudged:
    """What could not be judged, or by an old value alone, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Attention:
    """What needs attention at an instant: ``lines``, worst first, and how many ``more`` there are.

    ``critical`` and ``warning`` count what was found, before lines of one kind were folded into one.
    ``has_begun`` is false while the source has nothing that could be well or not.
    """

    lines: tuple[Line, ...] = ()
    more: int = 0
    critical: int = 0
    warning: int = 0
    unjudged: tuple[Unjudged, ...] = ()
    has_begun: bool = True

    @property
    def is_all_clear(self) -> bool:
        """Return whether everything was judged, and nothing needs attention."""
        return self.has_begun and not self.lines and not self.unjudged

    @property
    def is_nothing_yet(self) -> bool:
        """Return whether there is nothing yet to judge."""
        return not self.has_begun and not self.lines and not self.unjudged

    @property
    def unjudged_text(self) -> str:
        """Return what could not be judged and why, as one line; empty if all could be."""
        by_reason: dict[str, list[str]] = {}
        for one in self.unjudged:
            by_reason.setdefault(one.why, []).append(one.what)
        return "; ".join(f"{', '.join(what)} ({why})" for why, what in by_reason.items())


def judge(
    entries: Mapping[str, Entry],
    unrecognised: Iterable[UnrecognisedCount],
    now: datetime,
    zone: ZoneInfo,
    others: Iterable[Line] = (),
) -> Attention:
    """Return what needs attention by entries of the cache, by key, at *now*.

    ``others`` are lines that no entry shows, such as those about the dashboard's own runs. A line of an
    expired value stays, and what it judges counts as not judged too.
    """
    values: dict[str, Value] = {}
    unjudged: list[Unjudged] = []
    for name, what in NEEDED.items():
        entry = entries.get(catalogue()[name].key)
        if entry is not None and entry.value is not None and entry.as_of is not None:
            values[name] = Value(entry.value, entry.as_of)
        why = _why_unjudged(entry)
        if why:
            unjudged.append(Unjudged(what, why))
    unjudged += _lacking_today(values.get("usual_today"))
    lines = list(others)

    def take(name: str, rule: Callable[[Value], Iterable[Line | None]]) -> None:
        value = values.get(name)
        if value is None:
            return
        try:
            lines.extend(line for line in rule(value) if line is not None)
        except (KeyError, TypeError, ValueError):
            unjudged.append(Unjudged(NEEDED[name], UNUSABLE))

    try:
        jobs = judge_jobs(values.get("job_health"), values.get("cron_job_summary"), now)
    except (KeyError, TypeError, ValueError):
        jobs = judge_jobs(None, None, now)
        unjudged += [Unjudged(NEEDED[name], UNUSABLE) for name in ("job_health", "cron_job_summary")]
    lines += jobs.lines
    take("activity_now", lambda value: [quiet_pipeline(value)])
    take("usual_today", lambda value: unusual_today(value, jobs.failing, now, zone))
    take("waiting_replies", lambda value: [waiting_replies(value, now)])
    take("delivery_by_channel_30d", high_bounce_rates)
    take("error_groups_30d", lambda value: new_errors(value, jobs.names, jobs.failing, now))
    rest = (failed_datasets(entries.values()), unrecognised_words(unrecognised))
    lines += [line for line in rest if line is not None]
    return replace(_attention(lines, unjudged), has_begun=has_begun(values))


def _lacking_today(today: Value | None) -> list[Unjudged]:
    """Return what cannot be judged of today because the source lacks its table."""
    rows = [] if today is None else [row for row in today.rows if row.get("so_far", 0) is None]
    return [
        Unjudged(what, f"needs table {staging()[table].source_table}")
        for row in rows
        for measure, (what, table) in _OF_TODAY.items()
        if row["measure"] == measure
    ]


def _why_unjudged(entry: Entry | None) -> str:
    """Return why an entry does not judge as of now; empty if it does."""
    if entry is None:
        return NOT_COMPUTED
    if entry.state is EntryState.FRESH and entry.problem is None:
        return ""
    if entry.problem is not None:
        failed = "the last run failed: " if entry.problem.kind == FAILED else ""
        return failed + reason_text(entry.problem.reason)
    return entry.reason or EXPIRED if entry.value is not None else NOT_COMPUTED


def failed_datasets(entries: Iterable[Entry]) -> Line | None:
    """Return the line of datasets whose latest computation failed; None without any."""
    failed = sorted(
        (entry.key, entry.problem)
        for entry in entries
        if entry.problem is not None and entry.problem.kind == FAILED
    )
    if not failed:
        return None
    keys = first_named([key for key, _ in failed])
    since = min(problem.at for _, problem in failed)
    title = f"{counted(len(failed), 'dataset')} with a failed computation"
    return Line(Kind.DATASETS_FAILED, Level.WARNING, title, keys, "cache", since)


def _attention(found: Iterable[Line], unjudged: Iterable[Unjudged]) -> Attention:
    lines = sorted(found, key=lambda line: line.order)
    critical = sum(line.level is Level.CRITICAL for line in lines)
    shown = folded(lines)
    return Attention(
        shown[:MOST_LINES],
        max(0, len(shown) - MOST_LINES),
        critical,
        len(lines) - critical,
        tuple(unjudged),
    )
