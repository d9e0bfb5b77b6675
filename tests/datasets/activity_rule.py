"""The rule of the dataset ``activity_now`` in plain Python, for many instants; and pipelines to try it on.

Times are seconds of the epoch.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800
START = 1_795_392_000
"""A Monday's midnight, UTC."""

JITTER = 3 * MINUTE
"""How late a batch begins at most. Beyond some four minutes a batch that ends early may pass for a stop."""


@dataclass(frozen=True)
class Activity:
    """The row of the dataset."""

    last_entry_at: int | None
    usual_entries: float | None
    quiet: bool | None


def activity_at(entries: list[int], now: int) -> Activity:
    """Return the dataset's row at an instant, of entries in order."""
    known = bisect_right(entries, now)
    if not known:
        return Activity(None, None, None)
    last = entries[known - 1]
    begins, ends = last + (now - last) // 4, now - 600
    weeks = _likes(entries, begins, ends, [WEEK * number for number in range(1, 5)])
    likes = weeks or _likes(entries, begins, ends, [DAY * number for number in range(1, 8)])
    if not likes:
        return Activity(last, None, False)
    usual = sum(likes) / len(likes)
    active = sum(count > 0 for count in likes)
    return Activity(last, usual, usual >= 8 and active >= min(3 if weeks else 6, len(likes)))


def _likes(entries: list[int], begins: int, ends: int, shifts: list[int]) -> list[int]:
    if begins >= ends:
        return []
    return [
        bisect_right(entries, ends - shift) - bisect_right(entries, begins - shift)
        for shift in shifts
        if begins - shift >= entries[0] and _is_lived(entries, begins - shift)
    ]


def _is_lived(entries: list[int], begins: int) -> bool:
    """Return whether there is an entry in the week up to an instant."""
    before = bisect_right(entries, begins)
    return before > 0 and entries[before - 1] >= begins - WEEK


def steady(seconds: float, rng: random.Random, weeks: int) -> Iterator[int]:
    """Yield entries at random distances of so many seconds on average, none longer than a few of them."""
    at = float(START)
    while at < START + weeks * WEEK:
        yield int(at)
        at += min(rng.expovariate(1 / seconds), 8 * seconds)


def batches(every: int, size: int, late_seconds: int, rng: random.Random, weeks: int) -> Iterator[int]:
    """Yield batches of a fixed beat, each begun up to so many seconds late and written in five minutes."""
    for due in range(START, START + weeks * WEEK, every):
        begun = due + rng.randint(0, late_seconds)
        yield from sorted(begun + rng.randint(0, 5 * MINUTE) for _ in range(size))


def office_hours(seconds: float, rng: random.Random, weeks: int) -> Iterator[int]:
    """Yield the entries of a steady pipeline that fall on 9 to 17 o'clock."""
    return (at for at in steady(seconds, rng, weeks) if 9 <= at % DAY // HOUR < 17)


def weekdays(entries: Iterator[int]) -> Iterator[int]:
    """Yield the entries of Monday to Friday."""
    return (at for at in entries if (at - START) % WEEK < 5 * DAY)


Entries = Callable[[random.Random, int], Iterator[int]]
PIPELINES: dict[str, Entries] = {
    "steady, every 40 s": partial(steady, 40),
    "steady, every 10 min": partial(steady, 10 * MINUTE),
    "hourly batches": partial(batches, HOUR, 30, JITTER),
    "daily batches": partial(batches, DAY, 500, JITTER),
    "office hours": partial(office_hours, 40),
    "Monday to Friday": lambda rng, weeks: weekdays(steady(40, rng, weeks)),
    "Monday to Friday, office hours": lambda rng, weeks: weekdays(office_hours(40, rng, weeks)),
    "Monday to Friday, hourly batches": lambda rng, weeks: weekdays(batches(HOUR, 30, JITTER, rng, weeks)),
    "Monday to Friday, daily batches": lambda rng, weeks: weekdays(batches(DAY, 500, JITTER, rng, weeks)),
}
"""Pipelines that run as they always do, by name: what makes the entries of so many weeks."""


@cache
def entries_of(name: str, weeks: int) -> list[int]:
    """Return the entries of a pipeline, in order."""
    return sorted(PIPELINES[name](random.Random(name), weeks))
