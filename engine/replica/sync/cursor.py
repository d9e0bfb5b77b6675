"""The conditions for the rows that a writer has changed since an instant, by the index on the cursor column.

The column holds stamps in several spellings, which do not sort together: a blank sorts before a ``T``, and
numbers before text. So each spelling has a condition of its own. The conditions may match rows that have not
changed, but miss none that a writer with a correct clock has changed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

# A writer reads its clock before its transaction begins, and may then wait for another writer.
SLACK = timedelta(seconds=60)
# A wall time with a negative offset sorts before its instant, by at most this.
FURTHEST_BEHIND = timedelta(hours=14)
# After the clock was set back, or after a long first copy, the changes of a day are read again.
CAUTION = timedelta(days=1)
# A writer's clock may be ahead by this much; a later stamp is not the time of a change.
FURTHEST_AHEAD = timedelta(days=1)


def cursor_after(started_at: datetime, synced_at: datetime, newest_change: datetime | None) -> datetime:
    """Return the instant from which changes must be read again.

    ``synced_at`` is the clock before the last sync's snapshot. ``newest_change`` is the newest stamp seen up
    to then, which shows a writer whose clock is behind; None if there is none.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> cursor_after(noon, noon - timedelta(minutes=10), None).isoformat()
    '2026-11-23T11:49:00+00:00'
    """
    if started_at < synced_at:
        return started_at - CAUTION
    return min(synced_at, newest_change or synced_at) - SLACK


def first_far_day(until: datetime) -> tuple[str, int]:
    """Return the day after that of ``until``: as text, and its beginning as an epoch in seconds."""
    day = until.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return f"{day:%Y-%m-%d}", int(day.timestamp())


def stamped_far_ahead(column: str, until: datetime) -> tuple[str, ...]:
    """Return SQLite conditions on a quoted column for the stamps of days after that of ``until``."""
    first_far, far_epoch = first_far_day(until)
    return (
        f"{column} >= '{first_far}'",
        f"{column} >= {far_epoch} and {column} < 100000000000",
        f"{column} >= {far_epoch * 1000} and {column} < ''",
    )


def changed_since(column: str, cursor: datetime, until: datetime) -> tuple[str, ...]:
    """Return SQLite conditions on a quoted column, one for each spelling of stamps from ``cursor`` on.

    Stamps of days after that of ``until`` are left out, except epochs that are stored as text.
    """
    # A stamp may stop at the minute, or at the day.
    minute = f"{cursor:%H:%M}"
    day, day_after = f"{cursor:%Y-%m-%d}", f"{cursor + timedelta(days=1):%Y-%m-%d}"
    first_far, far_epoch = first_far_day(until)
    epoch = int(cursor.timestamp())
    behind = f"{cursor - FURTHEST_BEHIND:%Y-%m-%d %H:%M}"
    return (
        f"{column} = '{day}'",
        f"{column} >= '{day} {minute}' and {column} < '{day}T'",
        f"{column} >= '{day}T{minute}' and {column} < '{day_after}'",
        f"{column} >= '{day_after}' and {column} < '{first_far}'",
        f"{column} >= {epoch} and {column} < {far_epoch}",
        f"{column} >= {epoch * 1000} and {column} < {far_epoch * 1000}",
        f"{column} >= '{epoch}' and {column} < '2'",
        f"{column} >= '{behind}' and {column} < '{day_after}' and substr({column}, -6, 1) = '-'",
    )
