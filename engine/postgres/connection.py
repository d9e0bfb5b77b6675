"""A connection whose statements read as they do for ``sqlite3``: parameters, plain tuples, plain numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import psycopg
from psycopg.abc import AdaptContext, PQGen
from psycopg.types.numeric import NumericBinaryLoader, NumericLoader
from psycopg.types.string import StrDumperUnknown

from engine.postgres.parameters import translated

Result = TypeVar("Result")
Parameters = Sequence[object] | Mapping[str, object]

LONGEST_SECONDS = 30.0
"""How long a connection waits for the server: no thread hangs on a server that is frozen."""


class TimedConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that gives up an answer after ``longest_seconds``; it cannot be used after that."""

    longest_seconds = LONGEST_SECONDS

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """Return what the server answers. Raises psycopg.OperationalError if that takes too long."""
        return super().wait(gen, interval, self.longest_seconds if timeout is None else timeout)


class PostgresConnection:
    """One transaction's connection; statements have the parameters of ``sqlite3``."""

    def __init__(self, connection: TimedConnection) -> None:
        self._connection = connection

    @property
    def driver(self) -> TimedConnection:
        """Return the driver's own connection."""
        return self._connection

    def execute(self, sql: str, parameters: Parameters = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        """Return the cursor of a statement that has been executed."""
        # Binary, because bytes would come as twice as many digits.
        cursor = self._connection.cursor(binary=True)
        if not parameters:
            return cursor.execute(sql)
        return cursor.execute(translated(sql), parameters)

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Execute a statement for each row, all in one round trip."""
        given = list(rows)
        if given:
            self._connection.cursor().executemany(translated(sql), given)

    def executescript(self, sql: str) -> None:
        """Execute several statements without parameters."""
        self._connection.cursor().execute(sql)


def _plain(number: Decimal) -> int | float:
    return int(number) if number.is_finite() and number == number.to_integral_value() else float(number)


class _PlainNumeric(NumericLoader):
    """Sums of whole numbers come as ``numeric``; they are whole numbers."""

    def load(self, data: Any) -> Any:
        return _plain(super().load(data))


class _PlainBinaryNumeric(NumericBinaryLoader):
    def load(self, data: Any) -> Any:
        return _plain(super().load(data))


class _AnyText(StrDumperUnknown):
    """Text of the source may have a NUL or half a surrogate pair, which PostgreSQL does not take."""

    def dump(self, obj: str) -> Any:
        return obj.replace("\0", "\ufffd").encode("utf-8", errors="replace")


def adapt(context: AdaptContext) -> None:
    """Have a connection return plain numbers, and take any text."""
    context.adapters.register_loader("numeric", _PlainNumeric)
    context.adapters.register_loader("numeric", _PlainBinaryNumeric)
    context.adapters.register_dumper(str, _AnyText)
