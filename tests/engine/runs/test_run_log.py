"""Each run is one line of the log, as text and as JSON: its id, its trigger, its durations and counts."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.errors import DashboardError
from engine.model.text.log_text import JSON, RUNS, TEXT, PlainFormatter, use_log_format
from engine.runs import Runner, Trigger
from engine.store import recent_runs
from engine.store.sqlite.migration import migrate
from tests.engine.source_database import execute, run_request

EXCLUDED, FUNNEL = "excluded_sites_count", "pipeline_funnel"


class Log(io.StringIO):
    """What a process writes to its log."""

    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def log() -> Iterator[Log]:
    written = Log()
    handler = logging.StreamHandler(written)
    handler.setFormatter(PlainFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
    logging.getLogger(RUNS).setLevel(logging.NOTSET)


def test_a_run_says_its_id_trigger_durations_and_counts(runner: Runner, source: Path, log: Log) -> None:
    use_log_format(JSON, [RUNS])
    runner.run(run_request(trigger=Trigger.SCHEDULE))
    runner.run(run_request(EXCLUDED, FUNNEL))
    first, second = log.records
    row = recent_runs(source, 2)[1]
    assert (first["run"], first["generation"]) == (row.id, row.generation)
    assert (first["level"], first["logger"]) == ("info", "dashboard.run")
    assert (first["trigger"], first["scope"], first["status"]) == ("schedule", "all", "success")
    assert (first["datasets"], first["failed"], first["unavailable"]) == (len(catalogue()), 0, 0)
    assert (first["entries"], first["duration_ms"]) == (row.entries, row.duration_ms)
    assert 0 < first["sync_ms"] + first["datasets_ms"] <= first["duration_ms"]
    assert first["store_ms"] >= 0 and first["waited_ms"] >= 0
    assert first["error"] is None
    assert (second["run"], second["trigger"]) == (row.id + 1, "page")
    assert second["scope"] == f"{EXCLUDED},{FUNNEL}"


def test_the_same_line_as_text(runner: Runner, source: Path, log: Log) -> None:
    use_log_format(TEXT, [RUNS])
    runner.run(run_request(EXCLUDED, FUNNEL))
    run_id = recent_runs(source, 1)[0].id
    (line,) = log.lines
    assert re.search(
        rf"INFO dashboard\.run: run {run_id} \(page, 2 datasets\): success in \d+ ms \(waited \d+; sync \d+,"
        r" audit \d+, datasets \d+, store \d+\); 2 datasets, \d+ entries, 0 failed, 0 unavailable$",
        line,
    )


def test_a_failed_run_says_why(runner: Runner, source: Path, log: Log) -> None:
    migrate(source)
    use_log_format(JSON, [RUNS])
    execute(
        source,
        "create trigger refused before insert on dashboard_runs when new.status = 'success'"
        " begin select raise(abort, 'not today'); end",
    )
    with pytest.raises(DashboardError) as failure:
        runner.run(run_request(EXCLUDED))
    (line,) = log.records
    assert "not today" in line["error"]
    assert (line["status"], line["error"], line["datasets"]) == ("failed", str(failure.value), 0)
    assert line["run"] == recent_runs(source, 1)[0].id


def test_runs_are_not_logged_unless_a_process_asks_for_it(runner: Runner, log: Log) -> None:
    use_log_format(JSON)
    runner.run(run_request(EXCLUDED))
    assert log.lines == []
