"""Constants and expressions hold what Python computes from the source, whichever way a row came in."""

from __future__ import annotations

import math
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.staging import staging
from engine.model.values.orders import RunOrder
from engine.model.values.results import UNAVAILABLE
from engine.replica.sync.plan import COPIED_ABOVE_ROWS
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.sync.adapted_staging import adapted_tables, serve_adapted
from tests.engine.replica.sync.given import Dashboard, make_db
from tests.engine.source_database import NOW, execute
from tests.histories import image
from tests.histories.draws import Clock, Draw
from tests.histories.literals import insert
from tests.lengths import times

TABLES = tuple(adapted_tables())
ROWS = 60


def finite(result: float | None) -> float | None:
    return result if result is not None and math.isfinite(result) else None


def cost(estimated: float | None, prompt_tokens: float | None) -> float | None:
    return (
        None if estimated is None or prompt_tokens is None else finite((estimated * 2 - prompt_tokens) / 100)
    )


def interval(value: float | None) -> float | None:
    return None if value is None or value == -1 else finite(-value / (1 + value))


def first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


EXPRESSIONS = {
    ("llm_usage", "provider"): lambda: None,
    ("llm_usage", "model"): lambda model: first(model, "none {}"),
    ("llm_usage", "completion_tokens"): lambda tokens: first(tokens, 0),
    ("llm_usage", "cost_usd"): cost,
    ("sites", "stage"): first,
    ("sites", "created_at"): first,
    ("conversations", "sentiment"): lambda sentiment: first(sentiment, ""),
    ("cron_jobs", "interval_value"): interval,
    ("cron_jobs", "interval_unit"): lambda: "hours",
    ("cron_jobs", "enabled"): lambda: True,
}


@pytest.fixture(scope="module")
def adapted_engine() -> Iterator[EngineProcess]:
    process = EngineProcess(serve_adapted)
    yield process
    process.close()


@pytest.fixture
def dashboard(adapted_engine: EngineProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    for name, table in adapted_tables().items():
        monkeypatch.setitem(staging(), name, table)
    for place, expression in EXPRESSIONS.items():
        monkeypatch.setitem(image.EXPRESSIONS, place, expression)
    return Dashboard(adapted_engine, make_db(tmp_path))


def draw(seed: int) -> Draw:
    rng = random.Random(seed)
    return Draw(rng, Clock(rng, NOW - timedelta(hours=2)))


def add_rows(db: Path, rows: Draw, tables: tuple[str, ...] = TABLES, count: int = ROWS) -> None:
    """Insert rows, of which every third has odd values in half of its columns."""
    with closing(sqlite3.connect(db)) as connection, connection:
        for table in tables:
            for number in range(count):
                connection.execute(
                    insert(table, rows.odd_row(table, 0.0 if number % 3 else 0.5), "insert or ignore")
                )


@pytest.mark.parametrize("seed", range(times(1, 3)))
def test_rows_old_new_and_changed_are_exact_after_each_sync(dashboard: Dashboard, seed: int) -> None:
    rows = draw(seed)
    add_rows(dashboard.db, rows)
    assert dashboard.missed() == []
    add_rows(dashboard.db, rows)
    execute(dashboard.db, "update cron_jobs set interval_value = id - 20")
    assert dashboard.missed() == []
    for column, value in (("status", "'  SENT '"), ("status", "x'ff'"), ("created_at", "'soon'")):
        changed = dashboard.at - timedelta(minutes=30)
        execute(
            dashboard.db, f"update sites set {column} = {value}, updated_at = '{changed}' where id % 5 = 0"
        )
        assert dashboard.missed() == []


@pytest.mark.parametrize(
    "change", ["sentiment = 'positive'", "sentiment = x'00'", "read_at = 'soon'", "read_at = 5"]
)
def test_an_open_row_is_followed_though_its_final_column_is_an_expression(
    dashboard: Dashboard, change: str
) -> None:
    add_rows(dashboard.db, draw(7), ("conversations",))
    execute(dashboard.db, "update conversations set direction = 'inbound', sentiment = null, read_at = null")
    assert dashboard.missed() == []
    execute(dashboard.db, f"update conversations set {change} where id % 2")
    assert dashboard.missed() == []


def test_a_full_audit_repairs_what_no_sync_could_see(dashboard: Dashboard) -> None:
    rows = draw(11)
    add_rows(dashboard.db, rows)
    assert dashboard.missed() == []
    execute(
        dashboard.db, "update llm_usage set estimated_cost = id * 0.1, prompt_tokens = 'n/a' where id % 2"
    )
    execute(dashboard.db, "update llm_usage set model = x'00', stage = id where id % 3 = 0")
    execute(dashboard.db, "update sites set status = x'00' where id % 2")
    dashboard.at += timedelta(minutes=10)
    order = RunOrder(
        dashboard.db,
        dashboard.at,
        "UTC",
        (),
        replica=dashboard.replica,
        started_at=dashboard.at,
        full_audit=True,
    )
    outcome = dashboard.engine.compute(order, lambda _: None)
    assert image.differences(dashboard.db, dashboard.replica) == []
    repaired = {table.table for table in outcome.replica if table.repaired}
    assert repaired >= {"llm_usage", "sites"}


@pytest.mark.parametrize("odd", ["where id % 97 = 0", ""], ids=["a few odd values", "all values odd"])
def test_a_table_that_is_copied_is_exact(dashboard: Dashboard, odd: str) -> None:
    with closing(sqlite3.connect(dashboard.db)) as connection, connection:
        connection.execute(
            "insert into llm_usage"
            " (stage, provider, model, prompt_tokens, completion_tokens, estimated_cost, created_at)"
            " with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ?)"
            " select n % 7, 'p', 'm', n, n * 2, n / 7.0, datetime('2026-11-23', -n || ' seconds')"
            " from numbers",
            (COPIED_ABOVE_ROWS + 2_000,),
        )
        for change in (
            "estimated_cost = 1e308",
            "prompt_tokens = x'31'",
            "model = ' '",
            "completion_tokens = 'x'",
        ):
            connection.execute(f"update llm_usage set {change} {odd or 'where true'}")
    assert dashboard.missed() == []
    assert any("copying llm_usage" in step.step for step in dashboard.steps)


def test_an_unreadable_value_is_counted_once_though_two_columns_read_it(dashboard: Dashboard) -> None:
    execute(
        dashboard.db,
        "insert into llm_usage (stage, provider, model, prompt_tokens, estimated_cost, completion_tokens)"
        " values ('s', 'p', 'm', ?, ?, ?)",
        ("n/a", 1.5, 3), (5, "n/a", 0), (6, 0.5, "n/a"),
    )  # fmt: skip
    outcome = dashboard.compute()
    counts = {(count.table, count.column): count.values for count in outcome.unreadable}
    assert counts == {
        ("llm_usage", name): 1 for name in ("prompt_tokens", "estimated_cost", "completion_tokens")
    }


def test_an_expression_is_missing_with_any_column_that_it_reads(dashboard: Dashboard) -> None:
    add_rows(dashboard.db, draw(13))
    execute(dashboard.db, "alter table llm_usage drop column estimated_cost")
    execute(dashboard.db, "alter table conversations drop column sentiment")
    assert dashboard.missed() == []
    wanted = ("llm_daily_costs_30d", "llm_cost_by_stage_30d", "conversation_stats", "pipeline_funnel")
    order = RunOrder(
        dashboard.db, dashboard.at, "UTC", wanted, replica=dashboard.replica, started_at=dashboard.at
    )
    outcome = dashboard.engine.compute(order, lambda _: None)
    assert {problem.name: (problem.kind, problem.reason) for problem in outcome.problems} == {
        "llm_daily_costs_30d": (UNAVAILABLE, "column estimated_cost of table llm_usage is missing"),
        "llm_cost_by_stage_30d": (UNAVAILABLE, "column estimated_cost of table llm_usage is missing"),
        "conversation_stats": (UNAVAILABLE, "column sentiment of table conversations is missing"),
    }
    assert [dataset.name for dataset in outcome.computed] == ["pipeline_funnel"]
