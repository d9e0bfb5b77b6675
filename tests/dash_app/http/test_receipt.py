"""The receipt of a value: its SQL gives the value on the replica, and its command gives the same bytes."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from dash_app.http.receipt_models import ReceiptAnswer
from dash_app.server import create_server
from engine.cli.cache import show
from engine.cli.cache_show import AskedSelection, parse_asked
from engine.cli.main import dashboard
from engine.demo.generate import generate
from engine.model.catalogue.datasets import Dataset, catalogue, select_datasets
from engine.model.clock import parse_now
from engine.model.selections.selected import selected
from engine.model.selections.selection import Selection
from engine.model.setting_table.loading import load_settings
from engine.model.settings import Settings
from engine.model.values.receipt import OF_THE_FILE, command_of, sql_of
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.adhoc import compute_at
from engine.store import read_entries
from engine.store.writes import set_entry
from tests.dash_app.clients import page_client
from tests.dash_app.given import values_of
from tests.engine.source_database import NOW

COSTS = "llm/llm_daily_costs_30d"
ZONE = "Europe/Berlin"
SELECTED = selected(catalogue()["llm_cost_by_model_30d"], Selection("7d", True, (("stage", "scoring"),)))


@dataclass(frozen=True)
class Demo:
    """A small demo whose datasets are computed, and a client of its server."""

    settings: Settings
    client: TestClient

    def receipt(self, address: str) -> dict[str, Any]:
        answer = self.client.get(f"/api/receipt/{address}")
        assert answer.status_code == 200, answer.text
        ReceiptAnswer.model_validate_json(answer.content)
        assert set(answer.json()) == set(ReceiptAnswer.model_fields)
        return dict(answer.json())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("receipt")
    db = folder / "sites.db"
    generate(db, scale=0.02, seed=7, days=90, now=NOW)
    environ = {"DASHBOARD_DB": str(db), "DASHBOARD_TIMEZONE": ZONE}
    settings = load_settings(environ, folder / "no.env")
    runner = Runner(settings)
    names = tuple(dataset.name for dataset in (*catalogue().values(), SELECTED))
    runner.run(RunRequest(Trigger.COMMAND, NOW, names, reproduce=True))
    runner.close()
    with page_client(create_server(settings)) as client:
        yield Demo(settings, client)


def test_a_receipt_names_run_snapshot_rows_and_columns(demo: Demo) -> None:
    told = demo.receipt(COSTS)
    assert told["as_of"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    assert told["time_zone"] == ZONE
    assert told["run"]["trigger"] == str(Trigger.COMMAND)
    (table,) = told["tables"]
    assert table["table"] == "llm_usage"
    assert told["rows_read"] == table["rows"] > 0
    assert told["verified_at"] is not None
    assert told["compute_ms"] > 0
    assert [column["name"] for column in told["columns"]] == list(values_of("llm_daily_costs_30d"))
    assert {"name": "cost_usd", "type": "number", "unit": "USD", "help": "Estimated cost"} in told["columns"]


def test_a_receipt_counts_what_was_left_out_of_the_columns_it_reads(demo: Demo) -> None:
    counted = {
        (count["table"], count["column"])
        for name in catalogue()
        for count in demo.receipt(catalogue()[name].key)["left_out"]
    }
    assert counted, "the demo has unreadable values"
    assert {table for table, _ in counted} <= {"llm_usage", "http_errors", "outreaches", "conversations"}


def test_the_receipt_of_a_selection_repeats_what_is_selected(demo: Demo) -> None:
    told = demo.receipt("llm/llm_cost_by_model_30d?range=7d&compare=1&filter=stage:scoring")
    assert told["key"] == SELECTED.key
    assert told["command"].startswith(
        "dashboard cache show llm/llm_cost_by_model_30d --range 7d --filter stage:scoring --now 20"
    )


_RUN_SQL = """
import json, sys
import duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("set TimeZone = 'UTC'")
found = {}
for name, sql in json.load(sys.stdin).items():
    # Temporary macros end with their connection, as in a shell that is opened again.
    shell = connection.cursor()
    found[name] = [list(map(str, row)) for row in shell.execute(sql).fetchall()]
    shell.close()
print(json.dumps(found))
"""


def test_the_sql_of_a_receipt_gives_the_value_in_a_duckdb_shell(demo: Demo) -> None:
    names = [name for name in catalogue() if catalogue()[name].shape is None and name not in OF_THE_FILE]
    wanted = [*(catalogue()[name] for name in names), SELECTED]
    texts = {dataset.name: demo.receipt(dataset.key)["sql"] for dataset in wanted}
    ran = subprocess.run(
        [sys.executable, "-c", _RUN_SQL, str(demo.settings.replica_path)],
        input=json.dumps(texts), capture_output=True, text=True, check=True,
    )  # fmt: skip
    entries = read_entries(demo.settings.db, [dataset.key for dataset in wanted], NOW)
    for dataset in wanted:
        value = entries[dataset.key].value
        rows = json.loads(ran.stdout)[dataset.name]
        first = next(iter(value))
        assert [row[0] for row in rows] == [_as_text(cell) for cell in value[first]], dataset.name
        numbers = [column.name for column in dataset.columns if column.type == "integer"]
        for name in numbers:
            place = list(value).index(name)
            assert [row[place] for row in rows] == [str(cell) for cell in value[name]], (dataset.name, name)


def _as_text(cell: Any) -> str:
    is_instant = isinstance(cell, str) and cell[:2] == "20"
    return cell.replace("T", " ").removesuffix("Z") if is_instant else str(cell)


def test_the_commands_of_all_receipts_give_the_same_bytes(demo: Demo) -> None:
    """What the commands ask for is computed in one run, because a program for each would take minutes."""
    wanted = [dataset for dataset in (*catalogue().values(), SELECTED) if dataset.name not in OF_THE_FILE]
    asked = {dataset.key: _asked_by(demo.settings, command_of(dataset, NOW)) for dataset in wanted}
    outcome = compute_at(demo.settings, [each.name for each in asked.values()], NOW, lambda _: None)
    assert outcome.problems == ()
    again = {dataset.key: dataset.value.blob for dataset in outcome.computed}
    entries = read_entries(demo.settings.db, asked, NOW)
    for key, dataset in asked.items():
        assert again[dataset.key] == entries[key].blob, key


def _asked_by(settings: Settings, command: str | None) -> Dataset:
    """Return the dataset that a command computes, by the command's own options."""
    assert command is not None
    arguments = shlex.split(command)
    assert arguments[:3] == ["dashboard", "cache", "show"]
    options = show.make_context("show", arguments[3:]).params
    assert parse_now(options["now_text"]) == NOW
    chosen = AskedSelection(options["range_"], options["filters"], options["compare"])
    (dataset,) = parse_asked(settings, options["key"], chosen, NOW)
    return dataset


def test_the_command_of_a_receipt_prints_the_value(demo: Demo) -> None:
    command = demo.receipt(COSTS)["command"]
    environ = {"DASHBOARD_DB": str(demo.settings.db), "DASHBOARD_TIMEZONE": ZONE}
    ran = CliRunner().invoke(dashboard, shlex.split(command)[1:], env=environ)
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == read_entries(demo.settings.db, [COSTS], NOW)[COSTS].value


def test_a_value_that_a_program_has_set_has_a_receipt_without_sql(demo: Demo) -> None:
    set_entry(demo.settings.db, "llm/llm_usage_by_stage", values_of("llm_usage_by_stage"), 60, NOW)
    told = demo.receipt("llm/llm_usage_by_stage")
    assert (told["sql"], told["command"], told["run"], told["rows_read"]) == (None, None, None, None)


def test_what_nobody_has_computed_has_no_receipt(demo: Demo) -> None:
    assert demo.client.get("/api/receipt/llm/none").status_code == 404
    assert demo.client.get(f"/api/receipt/{COSTS}?range=3d").status_code == 400


def test_constants_take_the_place_of_what_a_run_decides() -> None:
    text = sql_of(SELECTED, NOW, ZONE)
    assert "temp macro range_start(name) as timestamp '" in text
    assert "temp macro taken(name, cell) as case name when 'stage'" in text
    assert "days_start" not in text, "what the SQL does not use is left out"
    assert select_datasets([SELECTED.name]) == (SELECTED,)
