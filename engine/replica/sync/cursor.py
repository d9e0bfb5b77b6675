"""Which rows a writer has changed since an instant, asked of the index on the change column.

The column holds text in several spellings, which do not sort as one: a blank comes before a
``T``, and numbers come before text. Each spelling is asked for by itself. The answer may hold
rows that have not changed; it lacks none that a writer with a right clock has.
"""

from __future__ import annotations

from datetime import datetime, timedelta

# A writer reads its clock before its transaction begins, and may then wait for another's to end.
SLACK = timedelta(seconds=60)
# A wall time with a negative offset reads earlier than the instant it names, by no more than this.
FURTHEST_BEHIND = timedelta(hours=14)
# Where the clock has been set back, and where a first copy took long, changes of a day are read again.
CAUTION = timedelta(days=1)
# A writer's clock may be ahead by so much; stamps beyond that are no times of change.
FURTHEST_AHEAD = timedelta(days=1)


def cursor_after(started_at: datetime, synced_at: datetime, newest_change: datetime | None) -> datetime:
    """Return the instant from which on changes are to be read again.

    ``synced_at`` is the clock before the last sync's snapshot; ``newest_change`` the newest stamp
    seen until then and not later, by which a writer whose clock is behind is known; None for none.

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

    Stamps of days after that of ``until`` are left out, except digits that are text.
    """
    # Stamps may be given to the minute, or to the day.
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
