"""What holds for every test: no setting leaks in from the environment that the tests run in.

Pages load the front end that is built of the present sources. And what several folders need: an engine
process, and a PostgreSQL server.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dash_app.frontend.build import FrontendError, build

if TYPE_CHECKING:
    from engine.runs.processes.engine_process import EngineProcess
    from tests.postgres import Cluster


LONGEST = (
    # The soak takes all that a machine has, so it is beside what waits for nothing.
    "benchmarks/test_soak.py", "histories/test_histories.py", "engine/replica/sync/test_restored_backup.py",
    "deployment/test_without_source.py", "browser/test_ten_tasks.py", "browser/test_live.py",
    "rows/test_rows_of_numbers.py", "engine/replica/lake/test_runs_over_a_lake.py", "guides/test_adding.py",
    "browser/test_steady_pages.py", "datasets/test_rollups.py", "engine/replica/lake/test_histories.py",
    "histories/test_broken_replicas.py", "benchmarks/test_bench_command.py", "browser/test_browser.py",
    "engine/questions/test_holding.py", "exactness/test_every_value.py",
    "engine/replica/lake/test_maintenance.py", "benchmarks/serving/test_serving.py",
    "browser/test_frame.py", "faults/test_processes.py", "engine/replica/lake/test_one_writer.py",
    "browser/test_visits.py", "engine/replica/postgres/test_histories.py", "datasets/test_every_dataset.py",
    "browser/test_search.py", "dash_app/test_stampede.py", "engine/runs/test_runner.py",
    "engine/cli/test_serve.py", "browser/test_progress.py", "engine/cli/test_other_commands.py",
    "dash_app/sources/test_isolation.py", "browser/test_rows.py", "dash_app/http/test_openapi.py",
    "exactness/test_ranges.py", "engine/replica/sync/test_staged_expressions.py",
    "browser/test_row_details.py", "engine/test_store_apart.py", "engine/test_private_files.py",
    "demo/test_demo_generate.py", "engine/runs/test_damaged_tables.py", "browser/test_everybody.py",
    "benchmarks/test_contenders.py", "histories/test_large_tables.py", "engine/replica/sync/test_copy.py",
    "docs/test_adapting.py", "engine/runs/test_one_at_a_time.py",
    "engine/replica/postgres/test_equal_datasets.py", "engine/runs/worker/test_worker.py",
    "engine/questions/test_answers.py", "dash_app/numbers/test_one_number.py", "deployment/test_proxies.py",
    "engine/cli/test_terminal_text.py", "engine/cli/test_bad_sources.py", "faults/test_source.py",
    "engine/cli/test_cron_commands.py", "engine/runs/test_partial_results.py",
    "oracle/test_hostile_databases.py",
)  # fmt: skip
"""The files that take longest begin first, so that no process is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first."""
    place = {Path(__file__).parent / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Build the front end if its sources have changed; where that fails, the tests of pages say so."""
    if not hasattr(session.config, "workerinput"):
        with contextlib.suppress(FrontendError):
            build()


@pytest.fixture(scope="session", autouse=True)
def no_setting_of_the_environment() -> Iterator[None]:
    """Take the dashboard's variables out of the environment; programs that tests start inherit that."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("DASHBOARD_") or name == "PORT"]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def engine() -> Iterator[EngineProcess]:
    """Return an engine process; one that a test kills or closes is started again by the next order."""
    # Imported here because most tests need none, and start sooner without it.
    from engine.runs.processes.engine_process import EngineProcess

    process = EngineProcess()
    yield process
    process.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Return a PostgreSQL server of this process; each test makes a database of its own in it."""
    from tests.postgres import running_cluster

    with running_cluster() as running:
        yield running


@pytest.fixture
def postgres_url(cluster: Cluster) -> str:
    """Return the address of a new, empty PostgreSQL database."""
    return cluster.create_database()
