"""The SQL of macros that depend on a run: its *now*, its local days, and what is selected of a dataset.

The engine creates them, and whoever shows a dataset's SQL shows them with it. Instants are constants, because
DuckDB then skips the rows outside a window. They are UTC timestamps without a zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise

from engine.model.catalogue.datasets import OWN_RANGES, Dataset
from engine.model.clock import SPAN_DAYS, Clock
from engine.model.selections.selection import Filters
from engine.model.selections.windows import Window, own_window, window_of

MAX_HOURS = 168
QUARTER_SECONDS = 900
BY_QUARTER, BY_ROW = "quarter(until + interval 1 second)", "timestamp '1970-01-01 00:00:00'"
"""The bodies of ``whole_until(until)``."""

USUAL_SPAN = timedelta(days=28)
"""How far before its window a dataset may look for what is usual; local days are exact as far back."""

HAS_TABLE = "has_table(name)"
"""The macro that says whether the source has a table."""

Macros = dict[str, str]
"""Macros: the name of each with its parameters → its SQL."""


def clock_macros(clock: Clock) -> Macros:
    """Return the macros that depend on *now*: ``run_now()`` and those that follow from it.

    ``days_start(n)`` is the instant at which the last n local days begin, today included (n up to 63).
    ``same_time(n)`` is the instant of *now*'s local time on the first of these days. ``hours_start(n)`` is
    the start of the last n hours (n up to 168). ``range_start('30d')`` and ``range_end()`` are the first and
    last instant of a dataset's own window, ``before_start('30d')`` and ``before_end('30d')`` those of the
    period before it, and ``taken`` is true, as nothing is filtered. ``mature_week(n)`` is the Monday of a
    local week whose outreaches all have had 168 hours for a reply: with 0 of the newest such week, with 1 of
    the one before it. ``has_table`` is true, as no table is missing. For the others see ``local_macros``.
    """
    days = list(reversed(clock.days(SPAN_DAYS)))
    hours = list(reversed(clock.hours(MAX_HOURS)))
    starts = {range_: own_window(range_, clock).start for range_ in OWN_RANGES}
    befores = {range_: own_window(range_, clock, is_previous=True) for range_ in OWN_RANGES}
    return {
        "run_now()": literal(clock.now),
        "days_start(n)": _nth([day.starts_at for day in days]),
        "same_time(n)": _nth([clock.same_time_on(day.day) for day in days]),
        "hours_start(n)": _nth(hours),
        "range_start(name)": _by_range(starts),
        "range_end()": literal(clock.now),
        "before_start(name)": _by_range({name: window.start for name, window in befores.items()}),
        "before_end(name)": _by_range({name: window.until for name, window in befores.items()}),
        "mature_week(n)": f"(date '{_mature_week(clock)}' - 7 * cast(n as integer))",
        "taken(name, cell)": "true",
        HAS_TABLE: "true",
    } | local_macros(clock)


def _mature_week(clock: Clock) -> date:
    # A change of the clock can make the 168 hours after a week's end an hour longer than seven days.
    today = clock.local_day(clock.now - timedelta(hours=1))
    return today - timedelta(days=today.weekday() + 14)


def _by_range(instants: Mapping[str, datetime]) -> str:
    cases = " ".join(f"when '{range_}' then {literal(instant)}" for range_, instant in instants.items())
    return f"case name {cases} end"


def local_macros(clock: Clock) -> Macros:
    """Return the macros that follow from the offsets a clock knows, by their signatures.

    ``local_time(t)`` is the local time of an instant, ``local_day(t)`` its date, and ``local_hour(t)`` the
    instant at which its local hour begins. ``whole_until(until)`` is the instant up to which a window
    that ends at ``until``, included, is read by the quarter of an hour; 1970 if some day or hour does not
    begin with one.
    """
    return {
        "local_time(t)": _shifted(clock),
        "local_day(t)": f"cast({_shifted(clock)} as date)",
        "local_hour(t)": _hour_start(clock),
        "whole_until(until)": BY_QUARTER if quarters_fit(clock) else BY_ROW,
    }


def quarters_fit(clock: Clock) -> bool:
    """Return whether all local days and hours begin with a quarter of an hour, as far as the clock knows.

    If not, a quarter can belong to two days, and rows have to be read one by one.
    """
    spans = clock.offset_spans
    offsets = all(span.offset_seconds % QUARTER_SECONDS == 0 for span in spans)
    return offsets and all(int(span.starts_at.timestamp()) % QUARTER_SECONDS == 0 for span in spans[1:])


def _nth(instants: list[datetime]) -> str:
    # One text instead of many literals, because each use of the macro would parse and bind all of them.
    texts = ",".join(f"{instant:%Y-%m-%d %H:%M:%S}" for instant in instants)
    return f"try_cast(('{texts}')[20 * n - 19:20 * n - 1] as timestamp)"


def literal(instant: datetime) -> str:
    """Return an instant as SQL."""
    return f"timestamp '{instant:%Y-%m-%d %H:%M:%S}'"


def _seconds(count: int) -> str:
    return f"interval ({count}) seconds"


def _shifted(clock: Clock) -> str:
    spans = clock.offset_spans

    def local(offset_seconds: int) -> str:
        return f"t + {_seconds(offset_seconds)}" if offset_seconds else "t"

    if len(spans) == 1:
        return f"({local(spans[0].offset_seconds)})"
    cases = " ".join(
        f"when t < {literal(following.starts_at)} then {local(span.offset_seconds)}"
        for span, following in pairwise(spans)
    )
    return f"(case {cases} else {local(spans[-1].offset_seconds)} end)"


def _hour_start(clock: Clock) -> str:
    spans = clock.offset_spans

    def start(offset_seconds: int) -> str:
        if offset_seconds % 3600 == 0:
            return "date_trunc('hour', t)"
        shift = _seconds(offset_seconds)
        return f"date_trunc('hour', t + {shift}) - {shift}"

    if len(spans) == 1:
        return start(spans[0].offset_seconds)
    cases = [f"when t < {literal(spans[1].starts_at)} then {start(spans[0].offset_seconds)}"]
    for span, following in pairwise(spans[1:]):
        own = f"greatest({literal(span.starts_at)}, {start(span.offset_seconds)})"
        cases.append(f"when t < {literal(following.starts_at)} then {own}")
    last = f"greatest({literal(spans[-1].starts_at)}, {start(spans[-1].offset_seconds)})"
    return f"(case {' '.join(cases)} else {last} end)"


def dataset_window(dataset: Dataset, clock: Clock) -> Window | None:
    """Return the window that a dataset describes; None if it has none.

    Raises DashboardError for a range that ends after today.
    """
    return _window(dataset, clock, is_previous=dataset.is_previous)


def _window(dataset: Dataset, clock: Clock, *, is_previous: bool) -> Window | None:
    if dataset.range is None:
        return None
    return window_of(
        dataset.selection.range or dataset.range,
        clock,
        dataset.grain,
        is_rolling=dataset.is_rolling,
        is_previous=is_previous,
    )


def selection_macros(dataset: Dataset, clock: Clock) -> Macros:
    """Return the macros that differ for a selected dataset, by their signatures."""
    macros: Macros = {}
    window = dataset_window(dataset, clock)
    before = _window(dataset, clock, is_previous=True) if dataset.has_previous else None
    windows = [each for each in (window, before) if each is not None]
    if dataset.is_selected and window is not None:
        macros["range_start(name)"] = literal(window.start)
        macros["range_end()"] = literal(window.until)
        if before is not None:
            macros["before_start(name)"] = literal(before.start)
            macros["before_end(name)"] = literal(before.until)
        reaching = clock.reaching(min(each.start for each in windows) - USUAL_SPAN)
        if reaching is not clock:
            macros |= local_macros(reaching)
    if "_between(" in dataset.sql and not all(map(_begins_a_quarter, windows)):
        macros["whole_until(until)"] = BY_ROW
    if dataset.selection.filters:
        macros["taken(name, cell)"] = _taken(dataset.selection.filters)
    return macros


def _begins_a_quarter(window: Window) -> bool:
    return int(window.start.timestamp()) % QUARTER_SECONDS == 0


def _taken(filters: Filters) -> str:
    cases = " ".join(
        f"when '{column}' then cell is not distinct from {_text(value)}" for column, value in filters
    )
    return f"case name {cases} else true end"


def _text(value: str | None) -> str:
    # In hexadecimal, because a value may hold any character, a zero byte too.
    return "null" if value is None else f"decode(unhex('{value.encode().hex()}'))"
