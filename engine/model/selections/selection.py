"""What is asked of a dataset besides its name: another range, some filters, the period before beside it.

A selection has one spelling, its ``text``, which is the query of an address and the end of a cache key. This
module knows no dataset; ``catalogue.datasets`` says which selections each of them takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qsl, quote

from engine.model.errors import DashboardError, nearest

RANGES = ("24h", "48h", "7d", "30d", "90d", "365d")
"""The ranges that have a name; another is ``YYYY-MM-DD..YYYY-MM-DD``."""

MOST_FILTERS = 8
MOST_FILTER_CHARACTERS = 500
"""The longest value of a filter."""
MOST_TEXT_CHARACTERS = 2_000
"""The longest text of a selection, with its values encoded."""

_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", re.ASCII)
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2100, 12, 31)

Filters = tuple[tuple[str, str | None], ...]
"""Column and value, in the order of their columns; a value of None asks for rows without one."""


@dataclass(frozen=True)
class Selection:
    """A range (None for the dataset's own window), whether the period before is wanted, and filters.

    >>> Selection("7d", True, (("model", "gpt 4"), ("stage", None))).text
    'range=7d&filter=model:gpt%204&filter=stage&compare=1'
    """

    range: str | None = None
    compare: bool = False
    filters: Filters = ()

    @property
    def text(self) -> str:
        """Return the selection as the query of an address; empty if nothing is selected."""
        parts = [] if self.range is None else [f"range={self.range}"]
        parts += [f"filter={_filter_text(column, value)}" for column, value in self.filters]
        return "&".join([*parts, *(["compare=1"] if self.compare else [])])


NO_SELECTION = Selection()


def _filter_text(column: str, value: str | None) -> str:
    return column if value is None else f"{column}:{quote(value, safe='')}"


def parse_selection(text: str, today: date | None = None) -> Selection:
    """Return the selection that a query asks for: ``range=7d&compare=1&filter=model:gpt-4o``.

    Its parts may come in any order. A range that ends after ``today`` is an error; None allows every end.
    Raises DashboardError.
    """
    if len(text) > MOST_TEXT_CHARACTERS:
        raise DashboardError("the selection", "it is too long", f"use {MOST_TEXT_CHARACTERS:,} characters")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise DashboardError("the selection", "it is not UTF-8", "encode its values as UTF-8") from None
    chosen: dict[str, str] = {}
    filters: dict[str, str | None] = {}
    for name, value in pairs:
        if name == "filter":
            column, cell = parse_filter(value)
            if column in filters:
                raise DashboardError(f"filter={column}", "it is there twice", "give one value for a column")
            filters[column] = cell
        elif name not in ("range", "compare"):
            raise DashboardError(name, "no such parameter", nearest(name, ("range", "compare", "filter")))
        elif name in chosen:
            raise DashboardError(name, "it is there twice", "give it once")
        else:
            chosen[name] = value
    if chosen.get("compare", "1") != "1":
        raise DashboardError(f"compare={chosen['compare']}", "it is no choice", "write compare=1")
    if len(filters) > MOST_FILTERS:
        raise DashboardError("filter", f"there are {len(filters)}", f"give at most {MOST_FILTERS}")
    if "range" in chosen:
        require_range(chosen["range"], today)
    return Selection(chosen.get("range"), "compare" in chosen, tuple(sorted(filters.items())))


def parse_filter(text: str) -> tuple[str, str | None]:
    """Return the column and the value of ``column:value``, None for ``column`` alone.

    Raises DashboardError.
    """
    column, colon, value = text.partition(":")
    if not _COLUMN.fullmatch(column):
        raise DashboardError(f"filter={text:.60}", "it names no column", "write filter=column:value")
    if len(value) > MOST_FILTER_CHARACTERS:
        raise DashboardError(
            f"filter={column}", "its value is too long", f"use at most {MOST_FILTER_CHARACTERS} characters"
        )
    return column, value if colon else None


def require_range(text: str, today: date | None = None) -> None:
    """Raise DashboardError if a text is no range, or ends after ``today``."""
    if text in RANGES:
        return
    days = range_days(text)
    if days is None:
        raise DashboardError(
            f"range={text:.60}", "no such range", f"write {', '.join(RANGES)} or YYYY-MM-DD..YYYY-MM-DD"
        )
    first, last = days
    if first > last:
        raise DashboardError(f"range={text}", "it ends before it begins", f"write {last}..{first}")
    if not _FIRST_DAY <= first <= last <= _LAST_DAY:
        raise DashboardError(f"range={text}", "it is out of reach", "give days from 1970 to 2100")
    if today is not None and last > today:
        raise DashboardError(f"range={text}", "it ends after today", f"end it on {today} at the latest")


def range_days(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of a range from day to day; None for any other text."""
    found = _DAYS.fullmatch(text)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[1]), date.fromisoformat(found[2])
    except ValueError:
        return None


def is_longer_than(text: str, days: int) -> bool:
    """Return whether a range is longer than so many days."""
    ends = range_days(text)
    if ends is not None:
        return ends[1] - ends[0] >= timedelta(days=days)
    count, unit = range_count(text)
    return count * {"h": 1, "d": 24, "w": 168}[unit] > 24 * days


def range_count(text: str) -> tuple[int, str]:
    """Return the count and the unit, ``h``, ``d`` or ``w``, of a range that has a name."""
    return int(text[:-1]), text[-1]


def range_in_words(text: str) -> str:
    """Return a range as titles have it.

    >>> range_in_words("48h"), range_in_words("8w"), range_in_words("2026-11-01..2026-11-09")
    ('48 hours', '8 weeks', '2026-11-01 to 2026-11-09')
    """
    if range_days(text) is not None:
        return text.replace("..", " to ")
    count, unit = range_count(text)
    return f"{count} {({'h': 'hours', 'd': 'days', 'w': 'weeks'})[unit]}"
