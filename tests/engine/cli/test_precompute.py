"""``dashboard precompute`` makes one run and prints one JSON document."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import CHART, METRIC, catalogue
from tests.engine.programs import Command, dashboard, one_line_of_failure
from tests.engine.source_database import execute, query

NOW = "2026-11-23T20:00:00Z"


def names(kind: str) -> set[str]:
    return {dataset.name for dataset in catalogue().values() if dataset.kind == kind}


def test_it_prints_one_json_document_and_nothing_else(source: Path) -> None:
    execute(source, "insert into sites (domain, status) values ('a.com', 'found')")
    execute(source, "drop table http_errors")
    result = dashboard("precompute", "--db", source, cwd=source.parent)
    assert (result.returncode, result.stderr) == (0, "")
    summary = json.loads(result.stdout)
    assert list(summary) == ["summary", "details", "metrics"]
    details, metrics = summary["details"], summary["metrics"]
    readers = {name for name, dataset in catalogue().items() if "http_errors" in dataset.needed_tables}
    assert set(details["metrics_cached"]) == names(METRIC) - readers
    assert set(details["charts_cached"]) == names(CHART) - readers
    assert details["unavailable"] == dict.fromkeys(readers, "table http_errors is missing")
    assert details["cache_expiration_minutes"] == metrics["cache_ttl_minutes"] == 15
    assert details["metrics_cached"]["pipeline_funnel"] == 8
    assert details["charts_cached"]["hourly_throughput_48h"] == 48
    assert metrics["metrics_entries"] == sum(details["metrics_cached"].values())
    assert metrics["chart_points"] == sum(details["charts_cached"].values())
    assert metrics["entries_cached"] == metrics["metrics_entries"] + metrics["chart_points"]
    assert summary["summary"] == (
        f"Pre-computed {metrics['entries_cached']} cache entries in {details['duration_ms']}ms"
    )
    assert query(source, "select count(*) from dashboard_cache") == [(len(set(catalogue()) - readers),)]


def test_the_source_is_named_by_the_environment_or_the_env_file_too(
    computing: Command, source: Path, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("DASHBOARD_DB=sites.db\n")
    assert computing("precompute", "--page", "llm").returncode == 0
    other = tmp_path / "other.db"
    shutil.copy(source, other)
    assert computing("precompute", "--page", "pipeline", DASHBOARD_DB=str(other)).returncode == 0
    (scope,) = query(other, "select scope from dashboard_runs order by id desc")[0]
    assert "pipeline_funnel" in scope


def test_now_is_the_instant_of_the_run(computing: Command, source: Path) -> None:
    execute(
        source,
        "insert into site_status (site_id, status, created_at) values (1, 'found', ?)",
        ("2020-05-05 10:30",),
        ("2020-05-05 12:30",),
    )
    arguments = ("precompute", "--page", "pipeline", "--now", "2020-05-05T12:00:00+00:00", "--db", source)
    assert computing(*arguments).returncode == 0
    shown = computing("cache", "show", "pipeline/hourly_status_breakdown_48h", "--db", source)
    assert json.loads(shown.stdout) == {"hour": ["2020-05-05T10:00:00Z"], "status": ["found"], "sites": [1]}
    assert query(source, "select distinct as_of from dashboard_cache") == [("2020-05-05 12:00:00",)]


def test_a_page_computes_its_datasets_alone(computing: Command, source: Path) -> None:
    result = computing("precompute", "--page", "errors", "--db", source)
    details = json.loads(result.stdout)["details"]
    computed = {*details["metrics_cached"], *details["charts_cached"]}
    assert computed == {dataset.name for dataset in catalogue().values() if dataset.page == "errors"}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--page", "pipelin"), "pipelin: no such page; did you mean 'pipeline'?"),
        (("--page", ""), ": no such page; valid names: "),
        (("--now", "yesterday"), "--now: 'yesterday' is not an ISO 8601 instant; write it as"),
        (("--now", ""), "--now: '' is not an ISO 8601 instant; write it as"),
        (("--nwo", NOW), "No such option '--nwo'"),
        (("too", "much"), "Got unexpected extra argument"),
    ],
)
def test_a_bad_argument_is_reported_in_one_line_and_nothing_is_written(
    command: Command, source: Path, arguments: tuple[str, ...], line: str
) -> None:
    before = source.read_bytes()
    result = command("precompute", *arguments, "--db", source)
    assert one_line_of_failure(result).startswith(line)
    assert result.stdout == ""
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "text"),
    [("DASHBOARD_TIMEZONE", "Mars/Olympus"), ("PORT", "http"), ("DASHBOARD_PRECOMPUTE_INTERVAL", "0")],
)
def test_a_bad_setting_is_reported_in_one_line_and_nothing_is_written(
    command: Command, source: Path, name: str, text: str
) -> None:
    before = source.read_bytes()
    result = command("precompute", "--db", source, **{name: text})
    assert one_line_of_failure(result).startswith(f"{name}: ")
    assert result.stdout == ""
    assert source.read_bytes() == before
