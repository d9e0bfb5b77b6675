"""The notices beside the values: how far they lag behind the source, and the conditions that hold.

Clock set back, runs late, latest run failed: ``engine.store.freshness.run_health`` and ``unstored``.
Pipeline quiet: ``engine.runs.health.standstill``. Days of another time zone, open to strangers: here.
The broadcaster reads them every few seconds, by a few short statements; reading blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dash_app.live.conditions import Condition, Kind, condition, worst_first
from dash_app.pages import PAGES, Page
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import is_future, local_time
from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.runs.health.standstill import ACTIVITY, last_entry_at, quiet_line
from engine.runs.health.watch import OwnWatch, SourceReport, Watch
from engine.store import Entry
from engine.store.freshness.run_health import (
    clock_line,
    read_failed_run,
    read_late_run,
    read_newest_start,
    unstored_failure_line,
)
from engine.store.freshness.unstored import UnstoredFailures

OLD_SECONDS = 30.0
"""How old a report on the source gets before the line about it says of when it is."""

NO_WORKER, NO_SOURCE = "No worker", "The source cannot be read"
WORKER_REMEDY = "Start `dashboard schedule` beside the source; pages then go on by themselves."
FAILED_REMEDY = "Mend the cause, then start `dashboard schedule` beside the source."
"""What to do about a failed run while nobody computes: Full Refresh is refused then."""
ZONE_REMEDY = "Give the worker and this process the same DASHBOARD_TIMEZONE."
"""What to do about another zone if another process computes: Full Refresh computes in that one's zone."""
OPEN_TO_OTHERS = "Anyone who reaches this address reads everything and starts runs: no password is set."


@dataclass(frozen=True)
class PageLag:
    """What the values of a page lack, in words, and whether rows are pending; empty if nothing is known."""

    text: str = ""
    is_pending: bool = False


@dataclass(frozen=True)
class Notices:
    """``lag`` says for each page, by name, what its values lack; ``conditions`` hold for all pages."""

    lag: dict[str, PageLag] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the line of each condition."""
        return tuple(one.text for one in self.conditions)


NO_NOTICES = Notices()


def read_notices(
    settings: Settings,
    entries: Mapping[str, Entry],
    now: datetime,
    failures: UnstoredFailures,
    watch: Watch | None = None,
) -> Notices:
    """Return the notices as of now for entries by key; ``watch`` None is that of a process beside the source.

    If the source cannot be read, they are the failure that could not be stored, and what needs no source;
    with a store apart also what the store says.
    """
    zone = ZoneInfo(settings.time_zone)
    watch = OwnWatch(settings) if watch is None else watch
    try:
        newest_start = read_newest_start(settings.store)
    except DashboardError:
        newest_start = None
    # A start in the future comes from a clock that was set back since: every failure is later.
    is_odd = newest_start is not None and is_future(newest_start, now)
    unstored = failures.latest(settings, None if is_odd else newest_start)
    failure, trouble = None, watch.trouble()
    if unstored is not None:
        line = unstored_failure_line(unstored, now, zone)
        failure = failed_condition(line, trouble, unstored.started_at)
    opened = condition(Kind.OPEN, OPEN_TO_OTHERS) if settings.is_open_to_others else None
    try:
        lag, unreadable = _lag_or_trouble(settings, watch, entries, now)
        failed = read_failed_run(settings.store, now, zone)
        is_under_way = watch.progress(now) is not None
        interval_seconds = settings.precompute_interval_seconds
        late = read_late_run(settings.store, now, interval_seconds, zone, is_under_way=is_under_way)
    except DashboardError:
        return Notices(conditions=_present(failure, opened))
    if failure is None:
        failure = failed_condition(failed, trouble, newest_start)
    clock = clock_line([newest_start, *(entry.computed_at for entry in entries.values())], now)
    return Notices(
        lag,
        _present(
            unreadable,
            _condition(Kind.CLOCK, clock),
            failure,
            _late(trouble, late),
            _quiet(entries.get(catalogue()[ACTIVITY].key)),
            opened,
            _zone(other_zone_line(entries.values(), settings), watch),
        ),
    )


def _lag_or_trouble(
    settings: Settings, watch: Watch, entries: Mapping[str, Entry], now: datetime
) -> tuple[dict[str, PageLag], Condition | None]:
    """Return the lag of each page, and the condition that the source cannot be read, None if it can.

    Raises DashboardError if it cannot be read and has the store in it.
    """
    try:
        return _lag_of_pages(watch, entries, now, ZoneInfo(settings.time_zone)), None
    except DashboardError as error:
        if not settings.is_apart:
            raise
        return {}, condition(Kind.UNREADABLE, str(error), label=NO_SOURCE)


def _lag_of_pages(
    watch: Watch, entries: Mapping[str, Entry], now: datetime, zone: ZoneInfo
) -> dict[str, PageLag]:
    """Return how far the values of each page lag behind the source. Raises DashboardError."""
    report = watch.source(now)
    if report is None:
        return {}
    lag = {page.name: _lag(page, entries, report, now) for page in PAGES}
    if report.age_seconds < OLD_SECONDS:
        return lag
    found_at = now - timedelta(seconds=report.age_seconds)
    at = f" at {local_time(found_at, now, zone)}"
    return {name: replace(each, text=each.text and each.text + at) for name, each in lag.items()}


def _condition(
    kind: Kind, line: str | None, since: datetime | None = None, remedy: str = ""
) -> Condition | None:
    return None if line is None else condition(kind, line, since, remedy=remedy)


def failed_condition(
    line: str | None, trouble: str | None, since: datetime | None = None
) -> Condition | None:
    """Return the condition that a run failed, None for no line; ``trouble`` says that nobody computes."""
    return _condition(Kind.FAILED, line, since, "" if trouble is None else FAILED_REMEDY)


def _zone(line: str | None, watch: Watch) -> Condition | None:
    return _condition(Kind.ZONE, line, remedy="" if watch.is_beside_source else ZONE_REMEDY)


def _quiet(activity: Entry | None) -> Condition | None:
    line = None if activity is None else quiet_line(activity)
    if activity is None or line is None:
        return None
    # The pill has room for what comes before the comparison.
    return condition(Kind.QUIET, line, last_entry_at(activity), line.partition(" (")[0])


def _late(trouble: str | None, late: str | None) -> Condition | None:
    """Return the condition that runs are late; that nobody computes is the reason, if that is so."""
    if trouble is None:
        return _condition(Kind.LATE, late)
    return condition(Kind.LATE, trouble, label=NO_WORKER, remedy=WORKER_REMEDY)


def _present(*conditions: Condition | None) -> tuple[Condition, ...]:
    return worst_first(one for one in conditions if one is not None)


def other_zone_line(entries: Iterable[Entry], settings: Settings) -> str | None:
    """Return the warning that values were computed in another time zone than this process has.

    None if none was. The cards say if a value comes from another version.
    """
    zones = {
        entry.origin.fingerprint.time_zone for entry in entries if entry.mismatch and entry.origin is not None
    } - {settings.time_zone}
    if not zones:
        return None
    return (
        f"Days and hours are those of {', '.join(sorted(zones))}, until a run with this server's"
        f" DASHBOARD_TIMEZONE={settings.time_zone}"
    )


def _lag(
    page: Page,
    entries: Mapping[str, Entry],
    report: SourceReport,
    now: datetime,
) -> PageLag:
    """Return what the oldest value of a page does not include; of all values if it has no datasets.

    Nothing is known of values whose time lies in the future.
    """
    keys = [catalogue()[name].key for name in page.datasets] or list(entries)
    times = [entries[key].computed_at for key in keys if key in entries]
    oldest = min((time for time in times if time is not None), default=None)
    lag = None if oldest is None or is_future(oldest, now) else report.lag.by_time.get(oldest)
    if lag is None:
        return PageLag()
    # Both clocks show whole seconds.
    found_at = now - timedelta(seconds=report.age_seconds)
    needed = None if lag.seen_at is None else (found_at - lag.seen_at).total_seconds() + 1
    text = lag.described(is_unchanged=needed is not None and report.unchanged_seconds >= needed)
    return PageLag(text, lag.rows > 0)
