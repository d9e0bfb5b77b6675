"""``dashboard migrate``, ``cache``, ``demo`` and ``check``."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.cli.check import print_replica
from engine.cli.demo import ensure_demo
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.source_file.open_files import PROC
from engine.model.values.replica_state import ReplicatedTable
from engine.store.sqlite.migration import missing_tables
from engine.store.writes import set_entry
from tests.engine.programs import Command, dashboard, one_line_of_failure
from tests.engine.source_database import NOW, execute, make_source, query

KEY = "pipeline/pipeline_funnel"


def test_migrate_says_what_it_did_and_may_be_repeated(command: Command, source: Path) -> None:
    for _ in range(2):
        result = command("migrate", "--db", source)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == f"The dashboard's tables are in {source}.\n"
    assert missing_tables(source) == ()


def test_cache_stats_show_each_entry_and_the_whole(command: Command, source: Path) -> None:
    set_entry(source, KEY, {"a": [1, 2]}, 15, wall_clock())
    set_entry(source, "mine", "x" * 500, 15, NOW.replace(year=2020))
    result = command("cache", "stats", "--db", source)
    assert "2 entries, 1 fresh, 1 expired; 513 bytes stored as " in result.stdout
    figures = json.loads(command("cache", "stats", "--json", "--db", source).stdout)
    rows = figures["entries"]
    assert [(row["key"], row["state"], row["entries"], row["raw_bytes"]) for row in rows] == [
        ("mine", "expired", 1, 502),
        (KEY, "fresh", 2, 11),
    ]
    assert {name: figures["totals"][name] for name in ("total", "fresh", "expired", "raw_bytes")} == {
        "total": 2,
        "fresh": 1,
        "expired": 1,
        "raw_bytes": 513,
    }


def test_cache_show_prints_a_value_expired_or_not(command: Command, source: Path) -> None:
    set_entry(source, KEY, {"a": ["é", None]}, 15, NOW.replace(year=2020))
    result = command("cache", "show", KEY, "--db", source)
    assert json.loads(result.stdout) == {"a": ["é", None]}


def test_cache_show_reports_an_unknown_key_with_the_nearest_and_a_damaged_one(
    command: Command, source: Path
) -> None:
    set_entry(source, KEY, 1, 15, NOW)
    result = command("cache", "show", "pipeline/pipeline_funel", "--db", source)
    assert f"no such entry in the cache; did you mean {KEY!r}?" in one_line_of_failure(result)
    execute(source, "update dashboard_cache set cache_value = x'00'")
    result = command("cache", "show", KEY, "--db", source)
    assert "the entry is damaged; run `dashboard precompute`" in result.stderr.splitlines()[-1]
    assert result.returncode == 1


def test_cache_clear_deletes_every_entry(command: Command, source: Path) -> None:
    set_entry(source, KEY, 1, 15, NOW)
    result = command("cache", "clear", "--db", source)
    assert result.stdout == "Deleted 1 entry.\n"
    assert query(source, "select count(*) from dashboard_cache") == [(0,)]


def test_a_source_that_was_never_migrated_is_an_error(command: Command, source: Path) -> None:
    line = one_line_of_failure(command("cache", "stats", "--db", source))
    assert "dashboard_cache" in line
    assert "run `dashboard migrate`" in line


def test_demo_refuses_a_file_that_exists(command: Command, tmp_path: Path) -> None:
    taken = tmp_path / "sites.db"
    taken.write_text("mine")
    line = one_line_of_failure(command("demo", "--out", taken, "--scale", "0.01"))
    assert str(taken) in line
    assert taken.read_text() == "mine"


def test_the_demo_of_another_day_goes_with_all_that_was_kept_of_it(tmp_path: Path) -> None:
    kept = tmp_path / ".dashboard"
    kept.mkdir()
    (tmp_path / "sites-20261122.db").write_text("old")
    (kept / "sites-20261122.db.replica.duckdb").write_text("old")
    db = ensure_demo(datetime(2026, 11, 23, tzinfo=UTC), tmp_path, scale=0.01)
    assert sorted(path.name for path in tmp_path.iterdir()) == [db.name]


@pytest.mark.skipif(not PROC.is_dir(), reason="it reads /proc; run the tests on Linux")
def test_a_demo_of_another_day_stays_while_it_is_served(tmp_path: Path) -> None:
    kept = tmp_path / ".dashboard"
    kept.mkdir()
    for day in (21, 22):
        make_source(tmp_path / f"sites-202611{day}.db")
        (kept / f"sites-202611{day}.db.replica.duckdb").write_text("old")
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
         " db.execute('select count(*) from sites'); print(flush=True); sys.stdin.read()",
         str(tmp_path / "sites-20261122.db")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        db = ensure_demo(datetime(2026, 11, 23, tzinfo=UTC), tmp_path, scale=0.01)
        assert {path.name for path in tmp_path.glob("*.db")} == {db.name, "sites-20261122.db"}
        assert [path.name for path in kept.iterdir()] == ["sites-20261122.db.replica.duckdb"]
        assert holder.communicate(b"")[0] == b""


def test_check_shows_what_is_there_and_what_is_missing_and_changes_nothing(tmp_path: Path) -> None:
    source = make_source(tmp_path / "sites.db", "delete")
    execute(source, "drop table http_errors")
    execute(source, "insert into sites (domain, status) values ('a.com', x'00')")
    before = source.read_bytes()
    without_requests = [d for d in catalogue().values() if "http_errors" not in d.needed_tables]
    result = dashboard("check", "--db", source, cwd=tmp_path, env={"DASHBOARD_TIMEZON": "UTC"})
    assert (result.returncode, result.stderr) == (0, "")
    for line in (
        f"{source}, readable; quick check: ok",
        "did you mean 'DASHBOARD_TIMEZONE'?",
        "journal mode is delete",
        "run `dashboard migrate`",
        "8 found, missing: http_errors",
        "1 values of sites.status",
        "http_errors_30d: table http_errors is missing",
        f"{len(without_requests)} of {len(catalogue())} computed",
    ):
        assert line in result.stdout
    assert source.read_bytes() == before


def test_check_repairs_what_no_sync_could_notice_and_says_so(computing: Command, tmp_path: Path) -> None:
    source = make_source(tmp_path / "sites.db")
    execute(source, "insert into llm_usage (stage, provider, model) values ('scoring', 'p', 'm')")
    first = computing("check", "--db", source)
    assert "equal to the source in all 1 rows" in first.stdout
    assert "none; changes are followed by ids, stamps and the audit" in first.stdout
    execute(source, "update llm_usage set estimated_cost = 9")
    second = computing("check", "--db", source)
    assert "1 rows of llm_usage differed in the replica and have been repaired" in second.stdout
    third = computing("check", "--db", source)
    assert "differed" not in third.stdout


def test_check_names_what_the_change_log_logs(computing: Command, tmp_path: Path) -> None:
    source = make_source(tmp_path / "sites.db")
    assert computing("migrate", "--change-log", "--db", source).returncode == 0
    result = computing("check", "--db", source)
    assert "logs conversations, cron_job_logs" in result.stdout
    assert "not cron_jobs: each run reads all of it" in result.stdout


def test_check_reports_a_file_that_reads_and_yet_is_damaged(computing: Command, tmp_path: Path) -> None:
    source = make_source(tmp_path / "sites.db", "delete")
    execute(source, "create table other (x)")
    execute(source, "insert into other values (?)", *[("x" * 900,) for _ in range(200)])
    (root,) = query(source, "select rootpage from sqlite_master where name = 'other'")[0]
    content = bytearray(source.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = b"\x5a" * 4096
    source.write_bytes(content)
    result = computing("check", "--db", source)
    assert "it is damaged (" in one_line_of_failure(result)


def test_check_claims_no_equality_for_a_table_that_was_not_compared_in_full(
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = datetime(2026, 11, 23, 20, tzinfo=UTC)
    seen = ReplicatedTable("sites", "incremental", 3, began, 0.0, 0)
    altered = ReplicatedTable("outreaches", "incremental", 5, began - timedelta(hours=1), 0.4, 0)
    print_replica([seen, altered], began)
    printed = capsys.readouterr().out
    assert "not compared in full: outreaches" in printed
    assert "equal to the source" not in printed
    print_replica([seen], began)
    assert "equal to the source in all 3 rows" in capsys.readouterr().out


COSTS = "llm/llm_daily_costs_30d"


def test_cache_show_computes_what_is_asked_for_and_stores_it(command: Command, source: Path) -> None:
    calls = [(wall_clock() - timedelta(days=ago)).strftime("%Y-%m-%d %H:%M:%S") for ago in (0, 0, 1, 8)]
    rows = [(name, at) for name, at in zip("aabb", calls, strict=True)]
    execute(
        source, "insert into llm_usage (stage, provider, model, created_at) values ('s', 'p', ?, ?)", *rows
    )
    asked = ("cache", "show", COSTS, "--db", source, "--range", "7d", "--filter", "model:a", "--compare")
    shown = json.loads(command(*asked).stdout)
    assert (len(shown["value"]["day"]), sum(shown["value"]["calls"])) == (7, 2)
    assert (len(shown["previous"]["day"]), sum(shown["previous"]["calls"])) == (7, 0)
    keys = [key for (key,) in query(source, "select cache_key from dashboard_cache order by 1")]
    assert keys == [f"{COSTS}?range=7d&filter=model:a&compare=1{end}" for end in ("", "&period=previous")]
    execute(source, "delete from llm_usage")
    assert json.loads(command(*asked).stdout) == shown
    as_of = query(source, "select min(as_of) from dashboard_cache")[0][0].replace(" ", "T") + "Z"
    afresh = json.loads(command(*asked, "--now", as_of).stdout)
    assert sum(afresh["value"]["calls"]) == 0
    assert len(query(source, "select 1 from dashboard_cache")) == 2


def test_cache_show_says_what_a_dataset_does_not_take(command: Command, source: Path) -> None:
    line = one_line_of_failure(command("cache", "show", KEY, "--range", "7d", "--db", source))
    assert f"range=7d: {KEY}: it describes one moment" in line
