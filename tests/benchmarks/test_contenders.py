"""The contenders compute the same datasets as the product, and SQLite does so with its indexes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from benchmarks import attached_file, plain_sqlite
from benchmarks.agreement import comparable, differences
from benchmarks.baselines import (
    ATTACHED_SQL_DIR,
    SQLITE_SQL_DIR,
    baselines,
    statement,
    with_baseline,
    without_baseline,
)
from benchmarks.product import Product
from benchmarks.worker import WorkerProcess
from engine.model.catalogue.datasets import catalogue
from engine.model.errors import ComputeError
from engine.model.values.payload import Columns
from engine.store.sqlite.database import open_database
from tests.benchmarks.conftest import NOW
from tests.engine.source_database import execute

Results = dict[str, Columns]
CONTENDERS = ("SQLite", "DuckDB, attached")
# At the end of the data, and where rows are later than now and the hour has just begun.
INSTANTS = (NOW, NOW.replace(hour=9, minute=0, second=0) - timedelta(days=10))


@pytest.fixture(scope="module", params=INSTANTS, ids=["the end", "amid the data"])
def computed(
    request: pytest.FixtureRequest, demo: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Results]]:
    folder = tmp_path_factory.mktemp("contenders")
    db = Path(shutil.copy(demo, folder / "sites.db"))
    now: datetime = request.param
    with (
        Product(db, folder / "state") as product,
        WorkerProcess(CONTENDERS[0], plain_sqlite.serve, db) as sqlite,
        WorkerProcess(CONTENDERS[1], attached_file.serve, db) as attached,
    ):
        run = product.run(now)
        others = {other.name: comparable(other.compute(now).results, 1) for other in (sqlite, attached)}
    yield others | {"product": comparable(with_baseline(run.computed.results), 0)}


@pytest.mark.parametrize("contender", CONTENDERS)
@pytest.mark.parametrize("dataset", sorted(baselines()))
def test_a_contender_s_dataset_is_the_product_s(
    computed: dict[str, Results], contender: str, dataset: str
) -> None:
    expected, actual = computed["product"][dataset], computed[contender][dataset]
    assert differences({dataset: expected}, {dataset: actual}) == []
    assert any(expected.values())


@pytest.mark.parametrize(
    ("dataset", "index"),
    [
        ("active_errors_count", "idx_sites_status"),
        ("active_errors_count", "idx_outreaches_status"),
        ("conversations_daily_30d", "idx_conversations_received_at"),
        ("cron_daily_history_7d", "idx_cron_job_logs_started_at"),
        ("cron_timeline_24h", "idx_cron_job_logs_started_at"),
        ("daily_throughput", "idx_site_status_created_at"),
        ("database_health", "idx_sites_updated_at"),
        ("excluded_sites_count", "idx_sites_status"),
        ("hourly_status_breakdown_48h", "idx_site_status_created_at"),
        ("hourly_throughput_48h", "idx_outreaches_updated_at"),
        ("http_errors_30d", "idx_http_errors_occurred_at"),
        ("llm_cost_by_model_30d", "idx_llm_usage_created_at"),
        ("llm_cost_by_stage_30d", "idx_llm_usage_created_at"),
        ("llm_daily_costs_30d", "idx_llm_usage_created_at"),
        ("llm_usage_by_stage", "idx_llm_usage_created_at"),
        ("outreach_daily_30d", "idx_outreaches_updated_at"),
        ("pipeline_funnel", "idx_sites_status"),
        ("system_metrics_24h", "idx_system_metrics_recorded_at"),
        ("unit_economics_30d", "idx_llm_usage_created_at"),
    ],
)
def test_sqlite_reads_a_window_through_its_index(demo: Path, dataset: str, index: str) -> None:
    with open_database(demo) as connection:
        plain_sqlite.prepare(connection)
        plan = connection.execute(
            f"explain query plan {statement(SQLITE_SQL_DIR, dataset)}", plain_sqlite.parameters(NOW)
        ).fetchall()
    steps = [step for *_, step in plan]
    assert any(index in step for step in steps), steps


def test_a_statement_for_one_contender_is_there_for_the_other_and_belongs_to_a_dataset() -> None:
    for folder in (SQLITE_SQL_DIR, ATTACHED_SQL_DIR):
        assert {path.stem for path in folder.iterdir()} == set(baselines())


def test_a_dataset_without_a_statement_is_left_to_the_product() -> None:
    assert set(without_baseline()) == set(catalogue()) - set(baselines())
    assert with_baseline({"job_health": {}, "pipeline_funnel": {}}) == {"pipeline_funnel": {}}


def test_a_contender_that_fails_says_why_on_one_line(db: Path) -> None:
    execute(db, "drop table sites")
    with WorkerProcess("SQLite", plain_sqlite.serve, db) as sqlite, pytest.raises(ComputeError) as raised:
        sqlite.compute(NOW)
    assert "no such table: sites" in str(raised.value)
