"""Creates the macros that datasets call, and stores them in the replica.

The macros that never change are SQL files under ``sql/macros``, and those of a run are in ``run_macros``. All
are in the replica, so a dataset's SQL runs unchanged in any DuckDB shell on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import duckdb

from engine.model.catalogue.sqlfile import SQL_DIR
from engine.model.clock import Clock
from engine.model.selections.run_macros import clock_macros

MACRO_FILES = ("reading.sql", "arithmetic.sql", "stages.sql", "outreaches.sql", "messages.sql", "windows.sql")
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
    connection: duckdb.DuckDBPyConnection, clock: Clock, *, temporary: bool = False, in_memory: bool = False
) -> None:
    """Create the macros of ``clock_macros`` in the replica.

    With ``temporary`` they are the connection's alone, and stand in place of the replica's. With
    ``in_memory`` they are those of all connections that have ``memory`` in their search path: a lake would
    keep the macros of every run.
    """
    create_each(connection, _clock_macros(clock), temporary=temporary, in_memory=in_memory)


@lru_cache(maxsize=4)
def _clock_macros(clock: Clock) -> Mapping[str, str]:
    # Questions about the numbers of one run have one clock, whose macros take 10 ms to write.
    return MappingProxyType(clock_macros(clock))


def create_each(
    connection: duckdb.DuckDBPyConnection,
    macros: Mapping[str, str],
    *,
    temporary: bool = False,
    in_memory: bool = False,
) -> None:
    """Create macros, each given as its name with its parameters, and its SQL."""
    temp = "temp " if temporary else ""
    place = "memory.main." if in_memory else ""
    for signature, sql in macros.items():
        connection.execute(f"create or replace {temp}macro {place}{signature} as {sql}")
