"""Creates the macros that datasets call, and stores them in the replica.

The macros that never change are SQL files under ``sql/macros``. The clock's macros are written here, with the
run's instants as constants, because DuckDB then skips the rows outside a window. The macros are in the
replica, so a dataset's SQL runs unchanged in any DuckDB shell on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

import duckdb

from engine.model.catalogue.sqlfile import SQL_DIR
from engine.model.clock import SPAN_DAYS, Clock
from engine.model.datasets import OWN_RANGES
from engine.model.windows import own_window

MACRO_FILES = ("reading.sql", "arithmetic.sql", "stages.sql", "outreaches.sql", "messages.sql", "windows.sql")
MAX_HOURS = 168
QUARTER_SECONDS = 900
BY_QUARTER, BY_ROW = "quarter(until + interval 1 second)", "timestamp '1970-01-01 00:00:00'"
"""The bodies of ``whole_until(until)``."""

# All of Unicode's white space, as one literal, because each query would evaluate calls of ``chr`` again.
WHITE_SPACE = "".join(
    map(
        chr,
        (*range(9, 14), *range(28, 33), 133, 160, 5760, *range(8192, 8203), 8232, 8233, 8239, 8287, 12288),
    )
)


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros that no run changes."""
    connection.execute(f"create or replace macro white_space() as '{WHITE_SPACE}'")
    for name in MACRO_FILES:
        connection.execute((SQL_DIR / "macros" / name).read_text(encoding="utf-8"))


def create_clock_macros(
    connection: duckdb.DuckDBPyConnection, clock: Clock, *, temporary: bool = False
) -> None:
    """Create the macros that depend on *now*: ``run_now()`` and those that follow from it.

    ``days_start(n)`` is the instant at which the last n local days begin, today included (n up to 63).
    ``hours_start(n)`` is the same for hours (n up to 168). ``range_start('30d')`` and ``range_end()`` are the
    first and last instant of a dataset's own window, and ``taken`` is true, as nothing is filtered. For the
    others see ``local_macros``. Instants are UTC timestamps without a zone. With ``temporary`` they are
    the connection's alone, and stand in place of the replica's.
    """
    days = [day.starts_at for day in reversed(clock.days(SPAN_DAYS))]
    hours = list(reversed(clock.hours(MAX_HOURS)))
    starts = {range_: own_window(range_, clock).start for range_ in OWN_RANGES}
    cases = " ".join(f"when '{range_}' then {literal(start)}" for range_, start in starts.items())
    made = {
        "run_now()": literal(clock.now),
        "days_start(n)": _nth(days),
        "hours_start(n)": _nth(hours),
        "range_start(name)": f"case name {cases} end",
        "range_end()": literal(clock.now),
        "taken(name, cell)": "true",
    }
    create_each(connection, made | local_macros(clock), temporary=temporary)


def create_each(
    connection: duckdb.DuckDBPyConnection, macros: Mapping[str, str], *, temporary: bool = False
) -> None:
    """Create macros, each given as its name with its parameters, and its SQL."""
    temp = "temp " if temporary else ""
    for signature, sql in macros.items():
        connection.execute(f"create or replace {temp}macro {signature} as {sql}")


def local_macros(clock: Clock) -> dict[str, str]:
    """Return the macros that follow from the offsets a clock knows, as ``create_each`` takes them.

    ``local_day(t)`` is the local date of an instant, and ``local_hour(t)`` the instant at which its local
    hour begins. ``whole_until(until)`` is the instant up to which a window that ends at ``until``, included,
    is read by the quarter of an hour; 1970 if some day or hour does not begin with one.
    """
    return {
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
