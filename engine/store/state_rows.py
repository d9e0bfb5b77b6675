"""The rows of ``dashboard_state``: the cache's generation and nonce, and other values by name."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from engine.store.backend import Connection

LATEST_RUNS = 100


def read_state(connection: Connection) -> dict[str, str]:
    """Return all values by name."""
    rows: Iterable[tuple[str, str]] = connection.execute("select name, value from dashboard_state")
    return dict(rows)


def set_state(connection: Connection, name: str, value: str) -> None:
    """Store a value under a name. The connection is in a write transaction."""
    connection.execute(
        "insert into dashboard_state (name, value) values (?, ?)"
        " on conflict (name) do update set value = excluded.value",
        (name, value),
    )


def read_generation(connection: Connection) -> int:
    """Return the number of changes of the cache so far."""
    row = connection.execute("select value from dashboard_state where name = 'generation'").fetchone()
    return whole_number(row[0]) if row else 0


def whole_number(text: object) -> int:
    """Return the whole number that a stored text begins with; 0 if there is none.

    >>> whole_number("12"), whole_number("12 or so"), whole_number("none"), whole_number(None)
    (12, 12, 0, 0)
    """
    found = re.match(r"\s*([+-]?\d+)", str(text))
    return int(found[1]) if found else 0


def next_generation(connection: Connection) -> int:
    """Count one more change of the cache; return the new number. The connection is in a write transaction.

    If somebody has lowered or deleted the number, counting continues above that of the latest runs. The nonce
    is set here too, because the trigger that renews it may be missing.
    """
    sql = (
        "select coalesce(max(cast(generation as bigint)), 0) from (select generation from dashboard_runs"
        f" where generation is not null order by id desc limit {LATEST_RUNS}) as latest"
    )
    latest: int = connection.execute(sql).fetchone()[0]
    generation = max(read_generation(connection), latest) + 1
    set_state(connection, "generation", str(generation))
    set_state(connection, "generation_mark", secrets.token_hex(8))
    return generation
