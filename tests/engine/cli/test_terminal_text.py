"""The command line and the logs print a hostile database's text without anything that a terminal executes."""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from engine.cli import terminal_text
from engine.model.catalogue.staging import staging
from engine.model.text.log_text import MOST_IN_A_LINE, JsonFormatter, PlainFormatter
from tests.engine.programs import ROOT, dashboard, environment
from tests.engine.source_database import execute, query

HOSTILE = "550 \x1b]0;title\x07\x1b[2K\x9b31m\u202egnp.exe\u2066 [red]x[/red] :x:\r\nsecond\u2028line"
SHOWN = "550 ]0;title[2K31mgnp.exe [red]x[/red] :x:"


def assert_plain(printed: str) -> None:
    """Assert that the only control or format characters are line ends."""
    odd = [c for c in printed if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"]
    assert not odd, printed
    assert "\u2028" not in printed


@pytest.fixture
def hostile(source: Path) -> Path:
    """A database with hostile text in every text column of every table."""
    for table in staging().values():
        columns = query(source, f"select name, type, pk from pragma_table_info('{table.source_table}')")
        names = [name for name, kind, key in columns if not key and kind == "TEXT"]
        values = [HOSTILE if name != "task_key" else "j" + HOSTILE for name in names]
        stamps = [
            name for name, _, _ in columns
            if name in ("created_at", "started_at", "recorded_at", "occurred_at", "received_at")
        ]  # fmt: skip
        others = [name for name in ("site_id", "outreach_id", "interval_value") if name in dict.fromkeys(
            name for name, _, _ in columns
        )]  # fmt: skip
        given = [*names, *stamps, *others]
        row = [*values, *["2026-11-20 10:00:00"] * len(stamps), *[1] * len(others)]
        marks = ", ".join("?" * len(given))
        execute(source, f"insert into {table.source_table} ({', '.join(given)}) values ({marks})", row)
    execute(source, "update cron_job_logs set job_name = ?, status = 'failed'", ["j" + HOSTILE])
    return source


@pytest.mark.parametrize(
    "words",
    [
        ("cron", "list"), ("cron", "stats"), ("cron", "logs", "j" + HOSTILE), ("cron", "logs", HOSTILE),
        ("check",), ("cache", "show", HOSTILE),
    ],
    ids=["list", "stats", "logs", "logs of an unknown job", "check", "show"],
)  # fmt: skip
def test_no_command_prints_what_a_terminal_obeys(hostile: Path, words: tuple[str, ...]) -> None:
    result = dashboard(*words, "--db", hostile, cwd=hostile.parent, env={"PYTHONUTF8": "1"})
    assert_plain(result.stdout)
    assert_plain(result.stderr)
    if words[0] == "cron":
        assert SHOWN in result.stdout + result.stderr


def test_json_is_ascii_and_gives_back_the_text_as_it_is(hostile: Path) -> None:
    result = dashboard("cron", "logs", "j" + HOSTILE, "--json", "--db", hostile, cwd=hostile.parent)
    assert result.stdout.isascii()
    assert_plain(result.stdout)
    assert json.loads(result.stdout)[0]["error"] == HOSTILE


def test_json_holds_no_delete_character(capsys: pytest.CaptureFixture[str]) -> None:
    terminal_text.print_json(["a\x7fb", "é\x9b"])
    printed = capsys.readouterr().out
    assert_plain(printed)
    assert json.loads(printed) == ["a\x7fb", "é\x9b"]


def test_a_long_cell_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    terminal_text.print_table(["a"], [["x" * 5000]])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 400
    assert len(terminal_text.cell_text("x" * 5000)) == terminal_text.CELL_LENGTH


def test_a_log_record_is_one_line_and_its_traceback_stands_below_it_indented() -> None:
    formatter = PlainFormatter("%(levelname)s %(name)s: %(message)s")
    try:
        raise ValueError(f"{HOSTILE}\nERROR engine: a record of its own")
    except ValueError:
        record = logging.LogRecord("engine", 40, "f", 1, "%s failed", (HOSTILE + "x" * 9000,), sys.exc_info())
    first, *below = formatter.format(record).split("\n")
    assert first.startswith(f"ERROR engine: {SHOWN}")
    assert len(first) < MOST_IN_A_LINE + 50
    assert below and all(line.startswith("    ") for line in below)
    assert_plain(formatter.format(record))


def test_a_log_record_as_json_is_one_line_of_ascii_with_its_fields_and_traceback() -> None:
    try:
        raise ValueError(f"{HOSTILE}\nx")
    except ValueError:
        record = logging.LogRecord("engine", 40, "f", 1, "%s failed", (HOSTILE + "x" * 9000,), sys.exc_info())
    record.fields = {"error": HOSTILE, "run": 7, "generation": None}
    line = JsonFormatter().format(record)
    assert line.isascii()
    assert_plain(line)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["level"], said["logger"], said["run"], said["generation"]) == ("error", "engine", 7, None)
    assert said["message"].startswith(SHOWN)
    assert len(said["message"]) <= MOST_IN_A_LINE
    assert said["error"].startswith(SHOWN)
    assert said["traceback"][-1] == "x"
    for text in (said["message"], said["error"], *said["traceback"]):
        assert_plain(text)


def test_an_uncaught_error_of_a_process_is_logged_as_any_record() -> None:
    script = (
        "from engine.model.text.log_text import write_logs; write_logs(); raise ValueError('a\\x1b[31m\\nb')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment({}), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "CRITICAL dashboard: uncaught error" in ended.stderr.splitlines()[0]
    assert_plain(ended.stderr)


def test_nothing_is_printed_or_logged_past_the_two_modules_that_make_it_plain() -> None:
    """Code that prints or formats a log elsewhere would print the database's text unchanged."""
    for path in (ROOT / "engine").rglob("*.py"):
        if path.name in ("terminal_text.py", "log_text.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in (
                    "print", "click.echo", "click.secho", "logging.basicConfig", "logging.Formatter",
                    "logging.StreamHandler",
                ), f"{path}:{node.lineno} calls {name}"  # fmt: skip
