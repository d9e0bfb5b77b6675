"""A dataset's rows as a CSV file: what a spreadsheet and a script read of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from dash_app.formatters.ages import Age
from dash_app.formatters.tables import Cell, Heading, Table, figure_cell
from dash_app.http import export
from dash_app.http.csv_text import csv_parts
from dash_app.http.system_file import system_parts, system_tables
from dash_app.server import create_server
from engine.model.access import Right, Visitor
from engine.model.catalogue.columns import Column
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso, wall_clock
from engine.model.selections.selected import selected, with_previous
from engine.model.selections.selection import Selection
from engine.model.setting_table.loading import load_settings
from engine.store.writes import set_entry
from tests.dash_app.clients import page_client
from tests.dash_app.given import database, fill_cache, values_of

NOW = wall_clock()
COSTS = "llm/llm_daily_costs_30d"
MODELS = "llm/llm_cost_by_model_30d"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Any]]:
    folder = tmp_path_factory.mktemp("export")
    db = database(folder)
    fill_cache(db, NOW, 24 * 60)
    with page_client(create_server(load_settings({"DASHBOARD_DB": str(db)}, folder / "no.env"))) as client:
        yield client, db


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def lines(columns: dict[str, tuple[str, list[Any]]], most: int = 10) -> str:
    declared = [Column(name, type_) for name, (type_, _) in columns.items()]
    values = {name: cells for name, (_, cells) in columns.items()}
    return b"".join(csv_parts(declared, values, most)).decode()


def as_cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", catalogue())
def test_the_file_has_every_row_and_column_of_the_dataset(served: Any, name: str) -> None:
    answer = served[0].get(f"/export/{catalogue()[name].key}.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    values = values_of(name)
    head, *rows = rows_of(answer.text)
    assert head == list(values)
    assert rows == [[as_cell(cell) for cell in row] for row in zip(*values.values(), strict=True)]
    assert answer.headers["export-rows"] == f"{len(rows)} of {len(rows)}"


SYSTEM_TABLES = {
    "system/replica_tables": "Table,Each run reads,Rows,Last verified,Compared,Repaired",
    "system/unreadable": "Table,Column,Unreadable values,Share of rows",
    "system/unrecognised": "Table,Column,Word,Values",
    "cache/entries": "Key,State,Age,Reads 7 d,Hit rate,Compute (µs),TTL (min),Suggested TTL (min)",
    "cache/runs": "Started,Trigger,Scope,Status,Duration (ms),Datasets,Rows,Error",
}


def test_the_table_of_a_system_card_is_a_file_too(served: Any) -> None:
    assert set(system_tables()) == set(SYSTEM_TABLES)
    files = {key: served[0].get(f"/export/{key}.csv") for key in SYSTEM_TABLES}
    for key, answer in files.items():
        assert answer.status_code == 200, answer.text
        head, *rows = rows_of(answer.text)
        assert ",".join(head) == SYSTEM_TABLES[key]
        assert answer.headers["export-rows"] == f"{len(rows)} of {len(rows)}"
        assert f'filename="{key.replace("/", "_")}_20' in answer.headers["content-disposition"]
    _, *entries = rows_of(files["cache/entries"].text)
    costs = next(row for row in entries if row[0] == COSTS)
    assert costs[1:3] == ["fresh", to_iso(NOW)]
    assert costs[6] == "60"
    marked = served[0].get("/export/cache/runs.csv?bom=1")
    assert marked.content.startswith(b"\xef\xbb\xbf")
    assert served[0].get("/export/cache/runs.csv?range=7d").status_code == 400
    assert served[0].get("/export/cache/hours.csv").status_code == 404


def test_the_file_of_a_system_card_has_numbers_instants_and_no_cell_that_runs() -> None:
    seen_at = NOW.replace(microsecond=0)
    table = Table(
        (Heading("Word"), Heading("Seen"), Heading("Time", numeric=True, unit="ms")),
        (
            (Cell("=1+1"), Cell("2 h ago", age=Age(seen_at)), figure_cell(1500, "1.5 s")),
            (Cell("–"), Cell("–", ""), figure_cell(None, "–")),
            (Cell("a", after="(now)"), Cell("not yet", ""), figure_cell(0.25, "0.3 ms")),
        ),
    )
    assert rows_of(b"".join(system_parts(table, bom=False)).decode()) == [
        ["Word", "Seen", "Time (ms)"],
        ["'=1+1", to_iso(seen_at), "1500"],
        ["", "", ""],
        ["a (now)", "not yet", "0.25"],
    ]


def test_the_file_is_named_by_its_dataset_and_its_instant(served: Any) -> None:
    named = served[0].get(f"/export/{COSTS}.csv").headers["content-disposition"]
    assert named == f'attachment; filename="llm_daily_costs_30d_{NOW:%Y-%m-%dT%H%MZ}.csv"'


def test_a_file_is_named_by_its_range_and_its_filters() -> None:
    chosen = Selection("2026-11-01..2026-11-09", True, (("model", "gpt/4 o"), ("stage", None)))
    named = export.file_name(selected(catalogue()["llm_daily_costs_30d"], chosen), NOW)
    assert named.startswith("llm_daily_costs_2026-11-01_to_2026-11-09_model-gpt-4-o_stage-none_compared_20")


def test_the_file_of_a_comparison_has_both_periods_and_names_them(served: Any) -> None:
    client, db = served
    days = values_of("llm_daily_costs_30d")
    dataset = selected(catalogue()["llm_daily_costs_30d"], Selection("7d", compare=True))
    for place, each in enumerate(with_previous([dataset])):
        end = len(days["day"]) - 7 * place
        set_entry(db, each.key, {name: cells[end - 7 : end] for name, cells in days.items()}, 60, NOW)
    answer = client.get(f"/export/{COSTS}.csv?range=7d&compare=1")
    assert answer.status_code == 200, answer.text
    header, *rows = rows_of(answer.text)
    assert header[:2] == ["period", "day"]
    assert [row[0] for row in rows] == ["present"] * 7 + ["before"] * 7
    assert [row[1] for row in rows] == [*days["day"][-7:], *days["day"][-14:-7]]
    assert "compared" in answer.headers["content-disposition"]
    assert answer.headers["Export-Rows"] == "14 of 14"


def test_a_byte_order_mark_stands_first_when_it_is_asked_for(served: Any) -> None:
    plain, marked = (served[0].get(f"/export/{COSTS}.csv", params=asked) for asked in ({}, {"bom": "1"}))
    assert marked.content == b"\xef\xbb\xbf" + plain.content
    assert served[0].get(f"/export/{COSTS}.csv?bom=yes").status_code == 400


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_the_file_is_the_same_compressed_or_not(served: Any, accepted: str) -> None:
    answer = served[0].get(f"/export/{COSTS}.csv", headers={"Accept-Encoding": accepted})
    assert answer.headers["content-encoding"] == accepted
    assert len(rows_of(answer.text)) == 49


def test_a_cell_that_a_spreadsheet_would_run_is_harmless_and_numbers_stay_numbers() -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "a=1", None, ""]
    text = lines({"model": ("text", texts), "cost": ("number", [-1.5, 1e-7, 1e22, 0.1, *[None] * 6])})
    cells = [row[0] for row in rows_of(text)[1:]]
    assert cells == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx", "'＝1", "a=1", "", ""]
    assert [float(row[1]) for row in rows_of(text)[1:5]] == [-1.5, 1e-7, 1e22, 0.1]
    assert text.endswith(',\r\n"",\r\n'), "a null is empty, an empty text is two quotation marks"


def test_quotation_marks_commas_and_line_breaks_survive() -> None:
    texts = ['say "a"', "a, b", "two\r\nlines", " padded ", "Zoë 🌍"]
    text = lines({"message": ("text", texts)})
    assert [row[0] for row in rows_of(text)[1:]] == texts
    assert '"say ""a"""\r\n' in text


def test_a_file_that_is_cut_says_so_in_its_name_and_in_a_header(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 20)
    answer = served[0].get(f"/export/{MODELS}.csv")
    assert len(rows_of(answer.text)) == 21
    assert answer.headers["export-rows"] == "20 of 48"
    assert answer.headers["content-disposition"].endswith('_first-20-of-48-rows.csv"')


def test_many_rows_leave_part_by_part() -> None:
    declared = [Column("calls", "integer")]
    parts = list(csv_parts(declared, {"calls": list(range(5000))}, 4500))
    assert len(parts) > 4
    assert rows_of(b"".join(parts).decode())[-1] == ["4499"]


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/export/llm/llm_daily_cost.csv", 404, "no such dataset; did you mean 'llm/llm_daily_costs_30d'?"),
        ("/export/none.csv", 404, "no such dataset"),
        ("/export/llm/llm_daily_costs_30d.csv?range=8d", 400, "no such range"),
        ("/export/pipeline/pipeline_funnel.csv?range=7d", 400, "takes no range"),
    ],
)
def test_an_unknown_key_gets_a_line_that_helps(served: Any, path: str, status: int, error: str) -> None:
    answer = served[0].get(path)
    assert answer.status_code == status
    assert error in answer.json()["error"]


def test_a_dataset_without_a_value_has_no_file(tmp_path: Any) -> None:
    settings = load_settings({"DASHBOARD_DB": str(database(tmp_path))}, tmp_path / "no.env")
    set_entry(settings.db, COSTS, values_of("llm_daily_costs_30d"), 60, NOW)
    with page_client(create_server(settings)) as client:
        assert client.get(f"/export/{COSTS}.csv").status_code == 200
        assert client.get(f"/export/{MODELS}.csv").status_code == 404


def test_a_viewer_gets_no_column_with_contacts(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = Visitor("viewer", frozenset({Right.LOOK}))
    monkeypatch.setattr("dash_app.login.visitors.EVERYBODY", viewer)
    answer = served[0].get("/export/errors/error_breakdown.csv")
    assert rows_of(answer.text)[0] == ["source", "stage", "errors", "last_seen"]
    assert "markup" not in answer.text
