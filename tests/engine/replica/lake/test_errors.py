"""What an error of a lake says: the cause, and no value of a row, which DuckLake's own texts have."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from engine.model.places.lake import Lake
from engine.replica.lake.errors import explained, is_about_a_lake, reason_of
from tests.engine.replica.lake.given import lake_at

COMMIT = """TransactionContext Error: Failed to commit: Failed to commit DuckLake transaction.
Failed to flush changes into DuckLake: Failed to execute query "INSERT INTO "m".ducklake_snapshot VALUES (3);
INSERT INTO "m".ducklake_inlined_data_1_1 VALUES (1, 'FATAL: {value}', 'HTTP 503: {value}');": {answer}
DETAIL:  Failing row contains (1, {value}).
"""
ROW = "could not connect, wrote ann@example.org"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_at("postgres:dbname=lake host=db", tmp_path)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('ERROR:  new row for relation "t" violates check constraint "c"', "violates check constraint"),
        (f'ERROR:  invalid input syntax for type json: "{ROW}"', "invalid input syntax for type json: …"),
        ("ERROR:  could not extend file: No space left on device", "could not extend file"),
    ],
)
def test_a_commit_that_fails_shows_no_value_of_a_row(answer: str, reason: str, lake: Lake) -> None:
    error = duckdb.TransactionException(COMMIT.format(value=ROW, answer=answer))
    assert is_about_a_lake(error)
    assert reason in reason_of(error)
    assert "ann@" not in reason_of(error)
    assert "ann@" not in str(explained(lake, error))


def test_what_a_row_says_is_not_taken_for_the_cause(lake: Lake) -> None:
    damaged = COMMIT.format(value=ROW, answer='ERROR:  relation "ducklake_table" does not exist')
    assert explained(lake, duckdb.TransactionException(damaged)) is None
    away = COMMIT.format(value="a row", answer="server closed the connection unexpectedly")
    assert "server closed" in str(explained(lake, duckdb.TransactionException(away)))


def test_a_statement_without_an_answer_is_left_out() -> None:
    error = duckdb.TransactionException(f"Failed to execute query \"INSERT INTO t VALUES ('{ROW}')")
    assert "ann@" not in reason_of(error)
