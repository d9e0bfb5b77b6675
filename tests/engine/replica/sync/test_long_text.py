"""Text without end is cut as it is read: its first characters count, and the audit knows it again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.model.values import payload
from engine.model.values.orders import RunOrder
from engine.model.values.results import RunOutcome
from engine.replica.sqlite_expressions import LONG_TEXT_BYTES, MOST_CHARACTERS, fast_reading, raw_expression
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.source_database import NOW, execute, make_source, query

LONG = 60_000


def values_of(outcome: RunOutcome) -> dict[str, Any]:
    assert not outcome.problems
    return {dataset.name: payload.decode(dataset.value.blob) for dataset in outcome.computed}


@pytest.fixture
def order(tmp_path: Path) -> RunOrder:
    """An order on a source with long texts in columns that should hold text and instants."""
    db = make_source(tmp_path / "sites.db")
    site = "insert into sites (domain, status, error_message, updated_at) values ('a', ?, ?, ?)"
    execute(db, site, ("failing", "time out é " + "word " * LONG, "2026-11-23 19:00:00"))
    execute(db, site, ("failing", "short", "2" * LONG))
    call = (
        "insert into llm_usage (stage, provider, model, created_at) values (?, 'p', ?, '2026-11-23 19:00:00')"
    )
    execute(db, call, ("é" * LONG, "M" * LONG), ("scoring", "m"))
    return RunOrder(
        db, NOW, "UTC", ("error_breakdown", "llm_usage_by_stage", "llm_cost_by_model_30d"),
        replica=tmp_path / "replica.duckdb", started_at=NOW,
    )  # fmt: skip


def test_the_first_characters_of_a_long_text_are_its_value(engine: EngineProcess, order: RunOrder) -> None:
    outcome = engine.compute(order, lambda _: None)
    values = values_of(outcome)
    assert values["error_breakdown"]["message"] == [("time out é " + "word " * LONG)[:200], "short"]
    assert {len(stage) for stage in values["llm_usage_by_stage"]["stage"]} == {7, MOST_CHARACTERS}
    assert values["llm_cost_by_model_30d"]["model"] == ["m", "m" * MOST_CHARACTERS]
    assert [(count.column, count.values) for count in outcome.unreadable] == [("updated_at", 1)]


def test_the_audit_takes_a_cut_text_for_equal_to_the_source(engine: EngineProcess, order: RunOrder) -> None:
    engine.compute(order, lambda _: None)
    assert isinstance(order.db, Path)
    execute(order.db, "update sites set error_message = error_message || ' more' where id = 1")
    outcome = engine.compute(replace(order, full_audit=True), lambda _: None)
    assert {table.repaired for table in outcome.replica} == {0}
    execute(order.db, "update sites set error_message = 'other ' || error_message where id = 1")
    outcome = engine.compute(replace(order, full_audit=True), lambda _: None)
    assert values_of(outcome)["error_breakdown"]["message"][0].startswith("other time out")


@pytest.mark.parametrize("reader", ["read_text", "read_label", "read_number", "read_instant", "read_id"])
@pytest.mark.parametrize("value", ["x" * 1_000_000, "7" * 1_000_000, "é" * 500_000, b"\x00" * 1_000_000])
def test_no_long_value_leaves_sqlite(source: Path, reader: str, value: object) -> None:
    execute(
        source, "insert into sites (domain, error_message, updated_at) values ('a', ?, ?)", (value, value)
    )
    for column, affinity in (("error_message", "text"), ("updated_at", "numeric")):
        expressions = [raw_expression(reader, column)]
        fast = fast_reading(reader, affinity, column, "raw")
        expressions += [] if fast is None else [fast[0]]
        for expression in expressions:
            ((size,),) = query(source, f"select length(cast({expression} as blob)) from sites")
            assert size is None or size <= 2 * LONG_TEXT_BYTES + 1, expression


def test_text_with_a_nul_is_whole_if_it_is_not_long(source: Path) -> None:
    execute(source, "insert into sites (domain, error_message) values ('a', ?)", ("a\x00b" * 10_000,))
    ((raw,),) = query(source, f"select {raw_expression('read_text', 'error_message')} from sites")
    assert bytes.fromhex(raw[1:]).decode() == "a\x00b" * 10_000
