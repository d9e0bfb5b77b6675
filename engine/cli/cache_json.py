"""``dashboard cache stats --json``: the analytics of the cache as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.model.clock import to_iso
from engine.store import CacheStats, EntryState, RunRow
from engine.store.analytics import Analytics
from engine.store.analytics.entry_figures import EntryFigures
from engine.store.analytics.tallies import ReadTimes, Tally
from engine.store.reads import Cause


def stats_as_json(analytics: Analytics, zone: ZoneInfo) -> dict[str, Any]:
    """Return the figures as one JSON object; rates are from 0 to 1, times ISO 8601 in UTC."""
    return {
        "hit_rate": {
            "this_hour": _tally_json(analytics.this_hour),
            "last_24_hours": _tally_json(analytics.last_24_hours),
            "last_7_days": _tally_json(analytics.last_7_days),
        },
        "outcomes": [_times_json(times) for times in (*analytics.outcomes, analytics.all_reads)],
        "misses": {
            "by_cause": _by_cause(analytics.misses),
            "time_zone": zone.key,
            "by_hour_of_day": [_by_cause(hour) for hour in analytics.misses_by_local_hour(zone)],
        },
        "by_page": [{"page": page.page, **_tally_json(page.tally)} for page in analytics.pages],
        "by_hour": [{"hour": to_iso(hour.starts_at), **_tally_json(hour.tally)} for hour in analytics.hours],
        "entries": [_entry_json(entry) for entry in analytics.entries],
        "runs": [_run_json(run) for run in analytics.runs.recent],
        "totals": _totals_json(analytics, analytics.stored),
    }


def _by_cause(misses: Mapping[Cause, int]) -> dict[str, int]:
    return {cause.value: reads for cause, reads in misses.items()}


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {
        "reads": tally.reads,
        "hits": tally.hits,
        "hit_rate": tally.hit_rate,
        "served_rate": tally.served_rate,
        **asdict(tally),
    }


def _times_json(times: ReadTimes) -> dict[str, Any]:
    return {**asdict(times), "outcome": times.outcome.value if times.outcome else "all"}


_INFO_TIMES = ("computed_at", "as_of", "expires_at")
_INFO_FIELDS = ("entries", "raw_bytes", "stored_bytes", *_INFO_TIMES, "compute_ms")


def _entry_json(entry: EntryFigures) -> dict[str, Any]:
    info = entry.info
    stored = {name: getattr(info, name, None) for name in _INFO_FIELDS}
    return {
        "key": entry.key,
        **_with_iso_times(stored),
        "state": EntryState.MISSING.value if info is None else info.state.value,
        "reason": (info.reason or None) if info else None,
        "problem": info.problem.reason if info and info.problem else None,
        "page": entry.page,
        **_tally_json(entry.tally),
        **asdict(entry.spending),
        "saved_us": entry.saved_us,
        "compression": entry.compression,
        "never_read": entry.is_never_read,
        "lifetime_minutes": entry.lifetime_minutes,
        "suggested_minutes": entry.suggestion.minutes,
        "suggestion": entry.suggestion.why,
    }


def _run_json(run: RunRow) -> dict[str, Any]:
    return _with_iso_times(asdict(run))


def _with_iso_times(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_iso(value) if isinstance(value, datetime) else value for name, value in fields.items()}


def _totals_json(analytics: Analytics, totals: CacheStats) -> dict[str, Any]:
    runs = analytics.runs
    return {
        **asdict(totals),
        "runs_24h": runs.last_24_hours.runs,
        "failed_runs_24h": runs.last_24_hours.failures,
        "runs_7d": runs.last_7_days.runs,
        "failed_runs_7d": runs.last_7_days.failures,
        "mean_run_ms_by_trigger": {started.trigger: started.mean_duration_ms for started in runs.triggers},
    }
