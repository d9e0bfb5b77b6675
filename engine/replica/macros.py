"""The macros that datasets call, kept in the replica itself.

Reading rules and arithmetic are SQL files under ``sql/macros``; the clock's are written here,
with the run's instants as constants, so that DuckDB folds them and skips what lies outside a
window. A dataset's SQL therefore runs as it stands in any DuckDB shell on the replica.
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
# All that Unicode counts as white space; written out by ``chr`` it would be put together by each query.
WHITE_SPACE = "".join(
    map(
        chr,
        (*range(9, 14), *range(28, 33), 133, 160, 5760, *range(8192, 8203), 8232, 8233, 8239, 8287, 12288),
    )
)


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros that no run changes: reading, arithmetic, the pipeline's stages."""
    connection.execute(f"create or replace macro white_space() as '{WHITE_SPACE}'")
    for name in MACRO_FILES:
        connection.execute((SQL_DIR / "macros" / name).read_text(encoding="utf-8"))


def create_clock_macros(connection: duckdb.DuckDBPyConnection, clock: Clock) -> None:
    """Create the macros that hold *now*: they change with every run.

    ``run_now()``; ``days_start(n)``: the instant at which today and the ``n - 1`` days before
    it begin (n up to 63); ``hours_start(n)``: the same for hours (n up to 168);
    ``local_day(t)``: the local date of an instant; ``local_hour(t)``: the instant at which its
    local hour begins; ``tail_start()``: see the function of that name. Instants are UTC
    timestamps without a zone.
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
    """Return the instant from which on rows are read one by one, and before which by the quarter hour.

    It is the start of the quarter that *now* lies in, or 1970 where some local day or hour of the
    last days does not begin with a quarter, so that no quarter lies in one day alone.
    """
    spans = clock.offset_spans
    offsets = all(span.offset_seconds % QUARTER_SECONDS == 0 for span in spans)
    shifts = all(int(span.starts_at.timestamp()) % QUARTER_SECONDS == 0 for span in spans[1:])
    if not (offsets and shifts):
        return datetime(1970, 1, 1, tzinfo=UTC)
    return clock.now - timedelta(seconds=int(clock.now.timestamp()) % QUARTER_SECONDS)


def _nth(instants: list[datetime]) -> str:
    # One text in place of many literals: each would be parsed and bound wherever the macro is used.
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
