"""Whether the pipeline stands still, from the dataset ``activity_now``, and when that is due. Pure.

The dataset compares the time since the newest entry with the same span in earlier weeks, so its value can
change although nothing is written.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from engine.model.clock import from_iso, in_words, is_within
from engine.store import Entry, EntryState

ACTIVITY = "activity_now"

SHORTEST_SILENCE = timedelta(seconds=800)
"""Up to this time since the newest entry the dataset compares nothing: three quarters of it are 600 s."""

SHORTEST_WAIT = timedelta(seconds=60)
WAITS_A_SILENCE = 20
"""A silence is compared twenty times in its length, because in a long one a minute more changes little."""


class Pace(StrEnum):
    """How the pipeline goes on: entries come, none comes as is usual at this time, or it is not known."""

    MOVING = "moving"
    USUAL = "usual"
    UNKNOWN = "unknown"


def pace_of(entry: Entry) -> Pace:
    """Return the pace as the dataset has it; unknown for an expired entry, and if ``quiet_line`` warns."""
    newest = last_entry_at(entry)
    if entry.state is not EntryState.FRESH or entry.as_of is None or newest is None:
        return Pace.UNKNOWN
    if entry.as_of - newest <= SHORTEST_SILENCE:
        return Pace.MOVING
    return Pace.USUAL if _cell(entry, "quiet") is False else Pace.UNKNOWN


def quiet_line(entry: Entry) -> str | None:
    """Return the warning that entries are missing that earlier weeks had at this time; None if none are.

    It describes the instant at which the dataset was computed. An expired entry gives no warning.
    """
    if entry.state is not EntryState.FRESH or entry.as_of is None:
        return None
    newest, usual = last_entry_at(entry), _cell(entry, "usual_entries")
    if _cell(entry, "quiet") is not True or newest is None or usual is None:
        return None
    silence = in_words(entry.as_of - newest)
    return f"No pipeline activity for {silence} (usually {usual:,.0f} entries by now)"


def activity_is_due(entry: Entry, now: datetime) -> bool:
    """Return whether to compute the dataset again before the next run of all datasets.

    It is due if the newest entry is old enough to be compared with earlier weeks, and the dataset was
    computed a minute or a twentieth of the silence ago, whichever is longer. Without a value, or earlier
    weeks to compare with, it waits for the next run of all.
    """
    newest = last_entry_at(entry)
    if newest is None or entry.as_of is None or entry.computed_at is None or entry.mismatch:
        return False
    silence = now - newest
    if silence <= SHORTEST_SILENCE:
        return False
    was_compared = entry.as_of - newest > SHORTEST_SILENCE
    if was_compared and _cell(entry, "usual_entries") is None:
        return False
    return not is_within(entry.computed_at, max(SHORTEST_WAIT, silence / WAITS_A_SILENCE), now)


def last_entry_at(entry: Entry) -> datetime | None:
    """Return when the newest entry of the dataset began; None if it has none or cannot be read."""
    text = _cell(entry, "last_entry_at")
    try:
        return from_iso(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _cell(entry: Entry, column: str) -> Any:
    """Return the cell of the dataset's one row; None if there is no such value."""
    cells = entry.value.get(column) if isinstance(entry.value, dict) else None
    return cells[0] if isinstance(cells, list) and cells else None
