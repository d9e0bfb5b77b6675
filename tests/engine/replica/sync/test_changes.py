"""Rows that are read again replace those of the replica, whichever way these are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import duckdb
import pytest

from engine.replica.sync import changes
from engine.replica.sync.changes import Changes

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).replace(tzinfo=None)
Row = tuple[int, str | None, datetime | None]


def _stamp(random: Random) -> datetime | None:
    """Return a stamp of the last hour, of a slice of the day before, of a year ahead, of any day, or none."""
    minutes = random.randrange(60)
    ago = random.choice([0, 17 * 60, -525_600, random.randrange(100_000), None])
    return None if ago is None else NOON - timedelta(minutes=ago + minutes)


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
    connection.execute(
        f"create or replace temp table {table} (source_rowid bigint, stage text, changed_at timestamp)"
    )
    if rows:
        connection.executemany(f"insert into {table} values (?, ?, ?)", rows)


@pytest.mark.parametrize("least_rows", [0, 1_000_000], ids=["by time", "by id"])
def test_rows_read_again_are_stored_and_only_those_that_differ_are_recorded(
    monkeypatch: pytest.MonkeyPatch, least_rows: int
) -> None:
    monkeypatch.setattr(changes, "LEAST_ROWS_FOUND_BY_TIME", least_rows)
    for seed in range(20):
        random = Random(seed)
        before: dict[int, Row] = {i: (i, "found", _stamp(random)) for i in range(1, 40)}
        read = {i: before.get(i, (i, None, _stamp(random))) for i in random.sample(range(1, 50), 25)}
        for i in random.sample(sorted(read), random.choice([0, 3, 25])):
            read[i] = (
                i,
                random.choice(["found", "scored", None]),
                random.choice([read[i][2], _stamp(random)]),
            )
        differing = {i for i, row in read.items() if before.get(i) != row}
        with duckdb.connect() as connection:
            connection.execute("create table sites (source_rowid bigint, stage text, changed_at timestamp)")
            connection.executemany("insert into sites values (?, ?, ?)", list(before.values()))
            _fill(connection, "fetched", list(read.values()))
            made = Changes(connection)
            assert made.take_fetched("sites", "changed_at") == len(differing)
            found = connection.execute("from sites order by 1").fetchall()
            assert found == sorted({**before, **read}.values(), key=lambda row: row[0])
            recorded: dict[int, list[tuple[object, ...]]] = {1: [], -1: []} | {
                sign: connection.execute(f"from {rows} order by 1").fetchall()
                for change in made.by_table.values()
                for rows, sign in change.parts("sites").items()
            }
            assert recorded[1] == [read[i] for i in sorted(differing)]
            assert recorded[-1] == [before[i] for i in sorted(differing & before.keys())]


@pytest.mark.parametrize("column", ["fetched", "existing", "inserted", "stale", "differing"])
def test_a_column_may_have_any_name(column: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"create table sites as select 1::bigint as source_rowid, 5 as {column}, 'found' as stage"
        )
        made = Changes(connection)
        digests = set()
        for stage in ("scored", "scored", "sent"):
            made.fetch(f"select 1::bigint as source_rowid, 5 as {column}, '{stage}' as stage")
            digests.add(made.digest_of_fetched())
            made.take_fetched("sites")
            assert connection.execute("select stage from sites").fetchall() == [(stage,)]
        assert len(digests) == 2
