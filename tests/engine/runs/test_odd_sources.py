"""Odd sources: what they lack affects only the datasets that read it, and odd values affect nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.errors import SourceError
from engine.model.values.payload import Columns
from engine.model.values.quality import UnreadableCount
from engine.model.values.results import UNAVAILABLE
from engine.runs import Runner
from engine.store import read_entries
from engine.store.quality import unreadable_values
from tests.engine.source_database import NOW, SCHEMA, execute, execute_script, query, run_request, settings_of

FUNNEL, EXCLUDED, HEALTH = "pipeline_funnel", "excluded_sites_count", "database_health"


def value(db: Path, dataset: str) -> Columns:
    """Return the value stored for a dataset, fresh or expired."""
    key = catalogue()[dataset].key
    found: Columns = read_entries(db, [key], NOW)[key].value
    return found


def problem(db: Path, dataset: str) -> str | None:
    key = catalogue()[dataset].key
    found = read_entries(db, [key], NOW)[key].problem
    return None if found is None else f"{found.kind}: {found.reason}"


def add_sites(db: Path, *statuses: str) -> None:
    execute(db, "insert into sites (domain, status) values ('a.com', ?)", *[(status,) for status in statuses])


def test_a_missing_table_costs_only_the_datasets_that_need_it(runner: Runner, source: Path) -> None:
    execute(source, "drop table http_errors")
    summary = runner.run(run_request())
    readers = {name for name, dataset in catalogue().items() if "http_errors" in dataset.needed_tables}
    assert summary.reasons(UNAVAILABLE) == dict.fromkeys(readers, "table http_errors is missing")
    assert {dataset.name for dataset in summary.outcome.computed} == set(catalogue()) - readers
    assert problem(source, "http_errors_30d") == "unavailable: table http_errors is missing"
    assert value(source, HEALTH)["tables"] == [8]


@pytest.mark.parametrize(
    ("table", "source_column", "column"),
    [
        ("llm_usage", "provider", "provider"),
        ("llm_usage", "estimated_cost", "cost_usd"),
        ("conversations", "sentiment", "sentiment"),
    ],
)
def test_a_missing_column_costs_only_the_datasets_that_need_it(
    runner: Runner, source: Path, table: str, source_column: str, column: str
) -> None:
    execute(source, f"alter table {table} drop column {source_column}")
    summary = runner.run(run_request())
    readers = {
        name
        for name, dataset in catalogue().items()
        if f"{table}.{column}" in dataset.reads and table in dataset.needed_tables
    }
    assert 0 < len(readers) < len(catalogue()) / 2
    reason = f"column {source_column} of table {table} is missing"
    assert summary.reasons(UNAVAILABLE) == dict.fromkeys(readers, reason)
    assert {dataset.name for dataset in summary.outcome.computed} == set(catalogue()) - readers


def test_a_dataset_that_becomes_unavailable_keeps_its_last_good_value(runner: Runner, source: Path) -> None:
    add_sites(source, "excluded")
    runner.run(run_request(EXCLUDED))
    execute(source, "alter table sites rename to websites")
    runner.run(run_request(EXCLUDED))
    assert value(source, EXCLUDED) == {"excluded_sites": [1]}
    assert problem(source, EXCLUDED) == "unavailable: table sites is missing"
    execute(source, "alter table websites rename to sites")
    runner.run(run_request(EXCLUDED))
    assert problem(source, EXCLUDED) is None


def recreate(db: Path, *statements: str) -> None:
    add_sites(db, "excluded", "found")
    for statement in statements:
        execute(db, statement)


@pytest.mark.parametrize(
    "statements",
    [
        ["alter table sites rename to s", "alter table s rename to SITES"],
        ["alter table sites rename to s", "create view sites as select * from s"],
        ["alter table sites rename column status to Status"],
        ["drop table sites", "create table sites (id text primary key, status, error_message, created_at,"
         " updated_at) without rowid", "insert into sites (id, status) values (1, 'excluded'), (2, 'found')"],
        ["alter table sites rename to s", "create virtual table sites using fts5(id, status, error_message,"
         " created_at, updated_at)", "insert into sites select id, status, null, null, null from s"],
    ],
    ids=["other case", "view", "column in another case", "without rowid", "virtual table"],
)  # fmt: skip
def test_a_table_of_another_kind_or_spelling_is_read_all_the_same(
    runner: Runner, source: Path, statements: Iterable[str]
) -> None:
    recreate(source, *statements)
    runner.run(run_request(EXCLUDED, FUNNEL))
    assert value(source, EXCLUDED) == {"excluded_sites": [1]}
    assert value(source, FUNNEL)["sites"][0] == 1


BROKEN_VIEWS = [
    ["create table s (id)", "create view sites as select * from s", "drop table s"],
    ["create table s (id)", "create view sites as select id, status from s"],
    ["create view sites as select missing(1) as status"],
]


@pytest.mark.parametrize("statements", BROKEN_VIEWS, ids=["table gone", "column gone", "function gone"])
def test_a_view_that_cannot_be_read_costs_only_the_datasets_that_read_it(
    runner: Runner, source: Path, statements: Iterable[str]
) -> None:
    execute(source, "drop table sites")
    for statement in statements:
        execute(source, statement)
    summary = runner.run(run_request(EXCLUDED, "daily_throughput"))
    assert "table sites cannot be read" in summary.reasons(UNAVAILABLE)[EXCLUDED]
    assert [dataset.name for dataset in summary.outcome.computed] == ["daily_throughput"]


def test_a_source_without_any_table_has_its_health_computed(runner: Runner, source: Path) -> None:
    for (table,) in query(
        source, "select name from sqlite_master where type = 'table' and name not like 's%_%'"
    ):
        execute(source, f"drop table {table}")
    for table in ("sites", "site_status", "system_metrics"):
        execute(source, f"drop table {table}")
    summary = runner.run(run_request())
    assert [dataset.name for dataset in summary.outcome.computed] == [HEALTH]
    health = value(source, HEALTH)
    assert (health["tables"], health["rows"], health["last_write_at"]) == ([0], [0], [None])


def test_unreadable_values_are_counted_by_table_and_column_as_of_the_last_run(
    runner: Runner, source: Path
) -> None:
    execute(
        source, "insert into sites (domain, status, updated_at) values ('a', x'35', 'soon'), ('b', x'', 0)"
    )
    execute(source, "insert into http_errors (status_code) values ('ECONNRESET')")
    runner.run(run_request())
    assert unreadable_values(source) == (
        UnreadableCount("http_errors", "status_code", 1, 1),
        UnreadableCount("sites", "status", 2, 2),
        UnreadableCount("sites", "updated_at", 1, 2),
    )
    execute(source, "update sites set status = 'found', updated_at = '2026-11-23'")
    runner.run(run_request(EXCLUDED))
    assert unreadable_values(source) == (UnreadableCount("http_errors", "status_code", 1, 1),)


@pytest.mark.parametrize(
    "name", ["it's.db", 'q"uote.db', "sp ace#?%41.db", "ключ.db", "file:x.db", ":memory:"]
)
def test_a_source_may_have_any_name(runner: Runner, source: Path, name: str) -> None:
    path = source.rename(source.parent / name)
    runner.settings = settings_of(path)
    assert runner.run(run_request(EXCLUDED)).entries == 1
    assert query(path, "select count(*) from dashboard_runs") == [(1,)]


def test_a_source_with_utf_16_text_is_refused_rather_than_misread(runner: Runner, source: Path) -> None:
    path = source.with_name("utf16.db")
    execute_script(path, f"pragma encoding = 'UTF-16le'; {SCHEMA}")
    runner.settings = settings_of(path)
    with pytest.raises(SourceError, match="its text is UTF-16le; copy it"):
        runner.run(run_request(EXCLUDED))
