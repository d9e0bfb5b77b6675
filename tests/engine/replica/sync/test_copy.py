"""Tables so far behind that they are copied in chunks: exact, whatever is among a great many good rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.model.values.orders import RunOrder
from engine.model.values.results import Progress, RunOutcome
from engine.replica.sync.plan import COPIED_ABOVE_ROWS, COPIED_AGAIN_ABOVE_ROWS
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.source_database import NOW, STATE_TABLE, execute, make_source, store_token
from tests.histories.image import differences

ROWS = COPIED_ABOVE_ROWS + 5_000
MANY_ROWS = COPIED_AGAIN_ABOVE_ROWS + 5_000
ODD_VALUES = (
    ("stage", "'  Scoring '"),
    ("stage", "x'73636f72696e67'"),
    ("stage", "cast(x'73c3' as text)"),
    ("stage", "cast(x'eda080' as text)"),
    ("stage", "'État\u00a0'"),
    ("prompt_tokens", "12.3456789012345678"),
    ("prompt_tokens", "'many'"),
    ("prompt_tokens", "x'3132'"),
    ("estimated_cost", "1e300"),
    ("estimated_cost", "'n/a'"),
    ("estimated_cost", "0.1 + 0.2"),
    ("created_at", "1763928005"),
    ("created_at", "1763928005123.75"),
    ("created_at", "'2026-11-23T22:00:00+02:00'"),
    ("created_at", "'2026-11-9T 20:00:05'"),
    ("created_at", "x'323032362d31312d32332032303a30303a3035'"),
)


def make_db(folder: Path) -> Path:
    db = make_source(folder / "sites.db")
    execute(db, STATE_TABLE)
    return db


def steps_of(engine: EngineProcess, db: Path, replica: Path) -> tuple[RunOutcome, list[Progress]]:
    steps: list[Progress] = []
    order = RunOrder(db, NOW, "UTC", ("llm_daily_costs_30d",), replica=replica, started_at=NOW)
    outcome = engine.compute(order, steps.append)
    store_token(db, outcome)
    return outcome, steps


def fill(db: Path, *changes: str, rows: int = ROWS) -> None:
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute(
            "insert into llm_usage (stage, provider, model, prompt_tokens, estimated_cost, created_at)"
            " with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ?)"
            " select 'scoring', 'openai', 'model-' || n % 7, n, n / 7.0,"
            " datetime('2026-11-23 20:00:00', -n || ' seconds') from numbers",
            (rows,),
        )
        for change in changes:
            connection.execute(change)


def test_a_few_odd_values_among_many_good_ones_are_read_to_the_letter(
    engine: EngineProcess, tmp_path: Path
) -> None:
    db, replica = make_db(tmp_path), tmp_path / "replica.duckdb"
    fill(
        db,
        *(
            f"update llm_usage set {column} = {value} where id = {1000 + 37 * place}"
            for place, (column, value) in enumerate(ODD_VALUES)
        ),
    )
    _, steps = steps_of(engine, db, replica)
    assert "copying llm_usage: 0 of 25,000 rows" in [step.step for step in steps]
    assert differences(db, replica) == []


@pytest.mark.parametrize(
    "change",
    ["update llm_usage set stage = cast(x'ff' as text)", "update llm_usage set created_at = 1763928000 + id"],
    ids=["no UTF-8", "epochs"],
)
def test_a_column_full_of_odd_values_is_read_to_the_letter(
    engine: EngineProcess, tmp_path: Path, change: str
) -> None:
    db, replica = make_db(tmp_path), tmp_path / "replica.duckdb"
    fill(db, change)
    steps_of(engine, db, replica)
    assert differences(db, replica) == []


def test_a_table_that_has_grown_by_a_great_many_rows_is_copied_on(
    engine: EngineProcess, tmp_path: Path
) -> None:
    db, replica = make_db(tmp_path), tmp_path / "replica.duckdb"
    fill(db)
    steps_of(engine, db, replica)
    fill(db, "update llm_usage set estimated_cost = 'n/a' where id = 40000", rows=MANY_ROWS)
    outcome, steps = steps_of(engine, db, replica)
    assert any("copying llm_usage" in step.step for step in steps)
    assert differences(db, replica) == []
    table = next(table for table in outcome.replica if table.table == "llm_usage")
    assert (table.rows, table.repaired) == (ROWS + MANY_ROWS, 0)


def test_a_run_that_copies_nothing_says_nothing_of_copying(engine: EngineProcess, tmp_path: Path) -> None:
    db, replica = make_db(tmp_path), tmp_path / "replica.duckdb"
    fill(db)
    steps_of(engine, db, replica)
    _, steps = steps_of(engine, db, replica)
    names = [step.step for step in steps]
    assert names[0] == "reading the source"
    assert names[-2:] == ["llm_daily_costs_30d", "storing"]
    assert not [name for name in names if name.startswith("copying")]
    assert "comparing llm_usage with the source" not in names
