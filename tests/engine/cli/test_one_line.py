"""What a command is asked wrongly is one line: what is wrong and how to go on. Nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.main import dashboard
from engine.store.sqlite.migration import DASHBOARD_TABLES, missing_tables
from tests.docs.write_tables import commands_of
from tests.engine.programs import Command, one_line_of_failure

INSTANT = "'soon' is not an ISO 8601 instant; write it as 2026-11-23T20:00:00Z"

ASKED_WRONGLY = {
    "migrate --change-log --drop-change-log": "exclude each other; see `dashboard migrate --help`",
    "precompute --page lm": "lm: no such page; did you mean 'llm'?",
    "precompute --now soon": f"--now: {INSTANT}",
    "precompute --pages llm": "No such option '--pages'",
    "serve --demo": "--demo: it does not go with --db; give one of the two",
    "schedule --now": "No such option '--now'; see `dashboard schedule --help`",
    "cron list --jso": "No such option '--jso'",
    "cron stats now": "Got unexpected extra argument (now); see `dashboard cron stats --help`",
    "cron logs": "Missing argument 'KEY'; see `dashboard cron logs --help`",
    "cron logs a --limit 0": "0 is not in the range 1<=x<=100000; see `dashboard cron logs --help`",
    "cache stats": "tables is missing (no such table: dashboard_cache); run `dashboard migrate`",
    "cache clear x": "Got unexpected extra argument (x); see `dashboard cache clear --help`",
    "cache show llm/llm_daily_costs_30d --range 7y": "range=7y: no such range; write 24h, 48h, 7d",
    "cache show llm/llm_daily_costs_30d --filter colour:red": "takes no such filter; valid names: model",
    "cache show llm/llm_daily_costs_30d --now soon": f"--now: {INSTANT}",
    "cache sow": "No such command 'sow'",
    "attention --json now": "Got unexpected extra argument (now); see `dashboard attention --help`",
    "demo": "Missing option '--out'; see `dashboard demo --help`",
    "demo --out x.db --scale 0": "scale 0.0: is not a positive number; give one such as 1 or 0.1",
    "demo --out x.db --days 3": "days 3: is out of range; give 40 or more",
    "demo --out x.db --now soon": f"--now: {INSTANT}",
    "demo --out no/x.db": "no: is no folder; create it or choose another place",
    "check --repair": "No such option '--repair'; see `dashboard check --help`",
    "password x": "Got unexpected extra argument (x); see `dashboard password --help`",
    "login-link --role king": "'king' is not one of 'viewer', 'operator'; see `dashboard login-link --help`",
    "sessions list x": "Got unexpected extra argument (x)",
    "sessions end": "it takes an id or --all; `dashboard sessions list` shows the ids",
    "sessions end 12": "12: no such session; nobody is logged in",
    "token create": "Missing argument 'NAME'; see `dashboard token create --help`",
    "token create x --scope write": "'write' is not one of 'read', 'metrics', 'refresh'",
    "token list x": "Got unexpected extra argument (x)",
    "token revoke x": "x: no such token",
    "sow": "No such command 'sow'; see `dashboard --help`",
}

WITHOUT_DB = ("demo", "password", "sow", "cache sow")


@pytest.mark.parametrize("asked", ASKED_WRONGLY)
def test_what_is_asked_wrongly_is_one_line_and_writes_nothing(
    command: Command, source: Path, asked: str
) -> None:
    db = () if asked.startswith(WITHOUT_DB) else ("--db", source)
    result = command(*asked.split(), *db)
    if asked.startswith("attention"):
        # Its status 1 says that something is critical.
        assert result.returncode == 2
        result.returncode = 1
    assert ASKED_WRONGLY[asked] in one_line_of_failure(result)
    assert missing_tables(source) == DASHBOARD_TABLES


def test_every_command_is_asked_wrongly_here() -> None:
    for name, _ in commands_of(dashboard):
        assert any(f"{asked} ".startswith(f"{name} ") for asked in ASKED_WRONGLY), name


def test_a_base_path_that_is_taken_is_refused_before_anything_is_computed(
    command: Command, source: Path
) -> None:
    line = one_line_of_failure(command("serve", "--db", source, DASHBOARD_BASE_PATH="/jobs/x"))
    assert line.startswith("DASHBOARD_BASE_PATH: the dashboard has addresses of its own below /jobs; choose")
    assert missing_tables(source) == DASHBOARD_TABLES
