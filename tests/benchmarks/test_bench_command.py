"""``python -m benchmarks`` from end to end, on the smallest of databases."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import benchmarks.benchmark
from benchmarks.baselines import baselines
from benchmarks.benchmark import BenchReport, Options
from benchmarks.command import main
from benchmarks.harness import CaseReport
from benchmarks.history import measure_history
from benchmarks.machine import describe_machine
from benchmarks.workspace import Size, database
from tests.engine.programs import environment, run_module

TINY = ("--scale", "0.005", "--days", "40", "runs", "--rounds", "1")


def test_it_prints_tables_writes_json_and_leaves_the_users_database_alone(tmp_path: Path) -> None:
    mine, folder = tmp_path / "mine.db", tmp_path / "temporary"
    mine.write_text("mine")
    folder.mkdir()
    result = run_module(
        "benchmarks", *TINY, "--json", "found.json", cwd=tmp_path,
        env={"DASHBOARD_DB": str(mine), "TMPDIR": str(folder)},
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    assert "92 of 92 results agree" in result.stdout
    for heading in ("run after changes", "run, nothing changed", "first build", "target"):
        assert f"\n{heading} " in result.stdout
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["agree"] is True
    assert found["machine"]["cores"] == os.cpu_count()
    assert [one["days"] for one in found["databases"]] == [40]
    case = found["cases"]["runs"]
    by_name = {(one["case"], one["contender"]): one for one in case["measurements"]}
    for contender in ("SQLite", "DuckDB, attached", "product"):
        assert by_name["run after changes", contender]["median_seconds"] > 0
    assert {(one["case"], one["contender"]) for one in case["details"]} >= {
        ("pipeline_funnel", "SQLite"),
        ("pipeline_funnel", "product"),
    }
    assert {one["is_reached"] for one in case["targets"]} <= {True, False}
    assert mine.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["found.json", "mine.db", "temporary"]
    assert not list(folder.glob("dashboard-bench-*"))


def ended(*arguments: str) -> int | str | None:
    """Run the command in this process; return its exit code."""
    with pytest.raises(SystemExit) as found:
        main(list(arguments))
    return found.value.code


def test_json_alone_goes_to_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(benchmarks.benchmark, "measure_runs", lambda *_: CaseReport((), (), (), 1, ()))
    assert ended(*TINY, "--keep", "kept", "--json", "-") == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert set(json.loads(printed.out)) == {
        "options", "machine", "databases", "cases", "agree", "without_baseline",
    }  # fmt: skip
    assert (tmp_path / "kept" / "scale0.005-days40-seed42.db").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scale", "-1"), "scale -1.0: is not a positive number"),
        (("--days", "10"), "days 10: is out of range; give 40 or more"),
        (("--rounds", "0"), "--rounds: 0 is no number of rounds; give 1 or more"),
        (("walks",), "'walks' is not one of 'runs', 'history', 'serving', 'browser'"),
        (("--json", "nowhere/found.json"), "nowhere/found.json: its folder is missing"),
        (("--scale", "1e9"), "GB are free; choose a smaller --scale"),
        (("--scale", "much"), "'much' is not a valid float"),
    ],
)
def test_what_cannot_be_measured_is_told_on_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert ended(*arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("benchmarks: ")
    assert words in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "--scale", "5"],
        cwd=tmp_path, env=environment({"TMPDIR": str(tmp_path)}), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not list(tmp_path.glob("dashboard-bench-*/.*unfinished")):
        assert program.poll() is None
        time.sleep(0.02)
    program.send_signal(number)
    _, printed = program.communicate(timeout=60)
    assert (program.returncode, printed.strip()) == (1, "benchmarks: interrupted")
    assert not list(tmp_path.iterdir())


def test_results_that_disagree_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CaseReport((), (), (), 2, ("SQLite and product: sites.x[0]: 1 and 2",))
    options = Options(
        scale=1, days=90, seed=1, rounds=1, cases=frozenset({"runs"}), serving_scale=5, keep=None,
    )  # fmt: skip
    report = BenchReport(options, describe_machine(), (), (("runs", case),))
    monkeypatch.setattr(benchmarks.benchmark, "run_benchmark", lambda *_: report)
    assert ended() == 1
    printed = capsys.readouterr()
    assert "1 of 2 results agree" in printed.out
    assert printed.err == (
        "benchmarks: the benchmark: 1 results disagree: SQLite and product: sites.x[0]: 1 and 2;"
        " its times mean nothing\n"
    )


def test_a_longer_history_is_compared_with_a_shorter_one(tmp_path: Path) -> None:
    short, long = (database(tmp_path, Size(0.001, days, 1), lambda _, __: None) for days in (40, 60))
    told: list[str] = []
    found = measure_history(short, long, 1, told.append)
    assert found.disagreements == ()
    assert found.comparisons == len(baselines())
    assert told == ["first builds", "round 0 of 1", "round 1 of 1"]
    contenders = [one.contender for one in found.measurements if one.case == "run after changes"]
    assert contenders == ["40 days", "60 days"]
    assert [target.bound for target in found.targets] == [1.5]
