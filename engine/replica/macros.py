"""Creates the macros that datasets call, and stores them in the replica.

The macros that never change are SQL files under ``sql/macros``. The clock's macros are written here, with the
run's instants as constants, because DuckDB then skips the rows outside a window. The macros are in the
replica, so a dataset's SQL runs unchanged in any DuckDB shell on it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import duckdb

from engine.model.catalogue.sqlfile import SQL_DIR
from engine.model.clock import SPAN_DAYS, Clock

MACRO_FILES = ("reading.sql", "arithmetic.sql", "stages.sql", "outreaches.sql", "messages.sql", "windows.sql")
MAX_HOURS = 168
QUARTER_SECONDS = 900
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


def create_clock_macros(connection: duckdb.DuckDBPyConnection, clock: Clock) -> None:
    """Create the macros that depend on *now*: ``run_now()`` and those that follow from it.

    ``days_start(n)`` is the instant at which the last n local days begin, today included (n up to 63).
    ``hours_start(n)`` is the same for hours (n up to 168). ``local_day(t)`` is the local date of an instant,
    and ``local_hour(t)`` the instant at which its local hour begins. For ``tail_start()`` see the function
    of that name. Instants are UTC timestamps without a zone.
    """
    days = [day.starts_at for day in reversed(clock.days(SPAN_DAYS))]
    hours = list(reversed(clock.hours(MAX_HOURS)))
    connection.execute(f"create or replace macro run_now() as {_literal(clock.now)}")
    connection.execute(f"create or replace macro tail_start() as {_literal(tail_start(clock))}")
    connection.execute(f"create or replace macro days_start(n) as {_nth(days)}")
    connection.execute(f"create or replace macro hours_start(n) as {_nth(hours)}")
    connection.execute(f"create or replace macro local_day(t) as cast({_shifted(clock)} as date)")
    connection.execute(f"create or replace macro local_hour(t) as {_hour_start(clock)}")


def tail_start(clock: Clock) -> datetime:
    """Return the instant from which rows are read one by one; older rows are read by the quarter hour.

    It is the start of *now*'s quarter hour. It is 1970 if a recent local day or hour does not begin with a
    quarter, because then a quarter can belong to two days.
    """
    spans = clock.offset_spans
    offsets = all(span.offset_seconds % QUARTER_SECONDS == 0 for span in spans)
    shifts = all(int(span.starts_at.timestamp()) % QUARTER_SECONDS == 0 for span in spans[1:])
    if not (offsets and shifts):
        return datetime(1970, 1, 1, tzinfo=UTC)
    return clock.now - timedelta(seconds=int(clock.now.timestamp()) % QUARTER_SECONDS)


def _nth(instants: list[datetime]) -> str:
    # One text instead of many literals, because each use of the macro would parse and bind all of them.
    texts = ",".join(f"{instant:%Y-%m-%d %H:%M:%S}" for instant in instants)
    return f"try_cast(('{texts}')[20 * n - 19:20 * n - 1] as timestamp)"


def _literal(instant: datetime) -> str:
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
        f"when t < {_literal(following.starts_at)} then {local(span.offset_seconds)}"
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
    cases = [f"when t < {_literal(spans[1].starts_at)} then {start(spans[0].offset_seconds)}"]
    for span, following in pairwise(spans[1:]):
        own = f"greatest({_literal(span.starts_at)}, {start(span.offset_seconds)})"
        cases.append(f"when t < {_literal(following.starts_at)} then {own}")
    last = f"greatest({_literal(spans[-1].starts_at)}, {start(spans[-1].offset_seconds)})"
    return f"(case {' '.join(cases)} else {last} end)"
