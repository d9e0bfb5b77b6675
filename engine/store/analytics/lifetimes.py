"""Suggested lifetimes of entries, from how often their values change. Pure.

A value may live for the mean time between its changes. If it never changed, it may live for the time over
which it was observed. The lifetime is at least one and a half intervals of the schedule, so that an entry
does not expire between two runs, and at most a day, or whole days if that is longer. It is rounded down to
one of ``STEPS_MINUTES``, because it is better to compute a value once too often than to show it for too
long. There is no suggestion from fewer than ``FEWEST_COMPUTATIONS``, nor for an entry that nobody reads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

STEPS_MINUTES = (15, 30, 60, 120, 240, 480, 1440)
FEWEST_COMPUTATIONS = 5
INTERVALS_AT_LEAST = 1.5

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class History:
    """The history of an entry over ``span``: computations, those that changed its value, and reads."""

    span: timedelta
    computations: int
    changed: int
    reads: int


@dataclass(frozen=True)
class LifetimeSuggestion:
    """A lifetime in minutes, None if too little is known; ``why`` is one line of text."""

    minutes: int | None
    why: str


OF_SELECTIONS = LifetimeSuggestion(None, "ranges and filters live as long as their dataset")


def suggest_lifetime(history: History, interval_seconds: int) -> LifetimeSuggestion:
    """Return the lifetime that fits an entry's history and the interval of the schedule.

    >>> week = History(timedelta(days=7), computations=144, changed=12, reads=217)
    >>> suggest_lifetime(week, 600)
    LifetimeSuggestion(minutes=480, why='value changed in 12 of 144 computations, about every 14 h; \
read 31 times a day')
    """
    if not history.computations:
        return LifetimeSuggestion(None, f"not computed in {_about(history.span)}; {_read(history)}")
    found = f"{_changes(history)}; {_read(history)}"
    if not history.reads:
        return LifetimeSuggestion(None, found)
    if history.computations < FEWEST_COMPUTATIONS:
        return LifetimeSuggestion(None, f"too few computations to go by: {found}")
    least = INTERVALS_AT_LEAST * interval_seconds / 60
    return LifetimeSuggestion(
        readable_minutes(_between_changes(history) / timedelta(minutes=1), least), found
    )


def readable_minutes(minutes: float, least: float) -> int:
    """Return the largest step that is at most ``minutes``, but at least ``least``.

    >>> readable_minutes(100, least=15), readable_minutes(100, least=90), readable_minutes(1e6, least=15)
    (60, 120, 1440)
    """
    long_enough = [step for step in STEPS_MINUTES if step >= least]
    if not long_enough:
        # The schedule is slower than daily: whole days, because entries must live until its next run.
        return math.ceil(least / 1440) * 1440
    return max((step for step in long_enough if step <= minutes), default=long_enough[0])


def _between_changes(history: History) -> timedelta:
    return history.span / max(1, history.changed)


def _changes(history: History) -> str:
    times = "computation" if history.computations == 1 else "computations"
    if not history.changed:
        return f"value stayed the same in {history.computations:,} {times} over {_about(history.span)}"
    often = _about(_between_changes(history))
    return f"value changed in {history.changed:,} of {history.computations:,} {times}, about every {often}"


def _read(history: History) -> str:
    if not history.reads:
        return f"not read in {_about(history.span)}"
    a_day = round(history.reads / max(1.0, history.span / _DAY))
    if not a_day:
        return f"read {_times(history.reads)} in {_about(history.span)}"
    return f"read {_times(a_day)} a day"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _about(span: timedelta) -> str:
    if span < timedelta(minutes=90):
        return f"{max(1, round(span / timedelta(minutes=1)))} min"
    if span < 2 * _DAY:
        return f"{span / timedelta(hours=1):.0f} h"
    return f"{span / _DAY:.0f} days"
