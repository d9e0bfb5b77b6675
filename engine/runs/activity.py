"""Whether the pipeline stands still, as the dataset ``activity_now`` says, and when that is computed. Pure.

The dataset compares the time since the newest entry with the same stretch of earlier weeks, so that its
answer may change while nothing at all is written.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from engine.model.clock import from_iso, in_words, is_within
from engine.store import Entry, EntryState

ACTIVITY = "activity_now"

SHORTEST_SILENCE = timedelta(seconds=800)
"""A time since the newest entry up to which the dataset compares nothing: three quarters of it are 600 s."""

SHORTEST_WAIT = timedelta(seconds=60)
WAITS_A_SILENCE = 20
"""The longer the silence, the less a minute more of it changes: it is compared twenty times in its length."""


def quiet_line(entry: Entry) -> str | None:
    """Return the warning that entries are missing which earlier weeks had at this time; None if none are.

    It is that of the instant the dataset was computed at. One that is no longer fresh says nothing.
    """
    if entry.state is not EntryState.FRESH or entry.as_of is None:
        return None
    last_entry_at, usual = _last_entry_at(entry), _cell(entry, "usual_entries")
    if _cell(entry, "quiet") is not True or last_entry_at is None or usual is None:
        return None
    silence = in_words(entry.as_of - last_entry_at)
    return f"No pipeline activity for {silence} (usually {usual:,.0f} entries by now)"


def activity_is_due(entry: Entry, now: datetime) -> bool:
    """Tell whether the dataset is to be computed again before the next run of all.

    It is while the newest entry is old enough to be compared with earlier weeks, a minute after it was
    computed or a twentieth of the silence, whichever is longer. What has no value to go by, or nothing to
    be compared with, is left to the next run of all.
    """
    last_entry_at = _last_entry_at(entry)
    if last_entry_at is None or entry.as_of is None or entry.computed_at is None or entry.mismatch:
        return False
    silence = now - last_entry_at
    if silence <= SHORTEST_SILENCE:
        return False
    was_compared = entry.as_of - last_entry_at > SHORTEST_SILENCE
    if was_compared and _cell(entry, "usual_entries") is None:
        return False
    return not is_within(entry.computed_at, max(SHORTEST_WAIT, silence / WAITS_A_SILENCE), now)


def _last_entry_at(entry: Entry) -> datetime | None:
    text = _cell(entry, "last_entry_at")
    try:
        return from_iso(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _cell(entry: Entry, column: str) -> Any:
    """Return the cell of the dataset's one row; None if there is no such value."""
    cells = entry.value.get(column) if isinstance(entry.value, dict) else None
    return cells[0] if isinstance(cells, list) and cells else None
