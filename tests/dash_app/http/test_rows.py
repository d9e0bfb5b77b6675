"""The addresses of rows: what they ask, what each visitor gets of the answer, and the file of rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from starlette.testclient import TestClient

from dash_app.figures.timeaxis import day_label
from dash_app.http import row_file
from dash_app.login import visitors
from dash_app.server import create_server
from engine.model.access import EVERYBODY, Right
from engine.model.clock import to_iso, wall_clock
from engine.model.errors import ComputeError, DashboardError
from engine.model.questions import ErrorKind, Filter, RowColumn, RowsAnswer, Sort, TextAnswer
from engine.model.setting_table.loading import load_settings
from engine.runs import computing
from tests.dash_app.clients import page_client
from tests.dash_app.given import FakeRunner, database, fill_cache, values_of

NOW = wall_clock()
KEY = "llm/llm_usage_by_stage"
VALUES = values_of("llm_usage_by_stage")
STAGE, CALLS = VALUES["stage"][0], VALUES["calls"][0]
COLUMNS = (
    RowColumn("call_id", "Call", "integer"),
    RowColumn("model", "Model", "text"),
    RowColumn("domain", "Domain", "text", contacts=True),
)
ROWS = ((1, "gpt", "a.example"), (2, "=cmd()", "b\u202e.example"), (3, None, "c, d"))
ANSWER = RowsAnswer(
    "llm_usage", "LLM calls", COLUMNS, ROWS, ("1", "2", "3"), ("", "changed", "gone"), 3, 3, NOW
)

FAILED = replace(
    ANSWER,
    columns=(
        *COLUMNS[:2],
        RowColumn("error_message", "Error", "text", contacts=True, long=True, link="error"),
    ),
    errors=(None, ErrorKind("site", None, "no route to <url>"), None),
)


@dataclass
class Holder:
    """Stands for the process that holds the replica; notes what it is asked."""

    asked: list[Any] = field(default_factory=list)
    error: DashboardError | None = None
    answer: Any = ANSWER
    most: ClassVar[int] = 500

    def __call__(self, _: Any, question: Any, hold: object = None) -> Any:
        self.asked.append(question)
        if self.error is not None:
            raise self.error
        if isinstance(self.answer, RowsAnswer):
            pages = self.answer.rows[question.offset :][: min(question.limit, self.most)]
            return replace(self.answer, rows=pages)
        return self.answer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Holder]]:
    folder = tmp_path_factory.mktemp("rows")
    db = database(folder)
    fill_cache(db, NOW, 24 * 60)
    holder = Holder()
    runner: Any = FakeRunner(db)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computing, "ask", holder)
        server = create_server(load_settings({"DASHBOARD_DB": str(db)}, folder / "no.env"), runner=runner)
        with page_client(server) as client:
            yield client, holder


@pytest.fixture
def client(served: tuple[TestClient, Holder]) -> TestClient:
    return served[0]


@pytest.fixture
def holder(served: tuple[TestClient, Holder]) -> Holder:
    served[1].asked, served[1].error, served[1].answer = [], None, ANSWER
    return served[1]


@pytest.fixture
def a_viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = replace(EVERYBODY, rights=frozenset({Right.LOOK}))
    monkeypatch.setattr(visitors, "EVERYBODY", viewer)


def query(**more: Any) -> dict[str, Any]:
    return {"key": KEY, "column": "calls", "cells": json.dumps({"stage": STAGE})} | more


def test_a_number_gives_its_rows_and_says_what_it_counted(client: TestClient, holder: Holder) -> None:
    answer = client.get("/api/rows", params=query(sort="-model,call_id", offset=1, limit=2))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["number"], body["counted"], body["total"]) == (CALLS, 3, 3)
    assert body["as_of"] == to_iso(NOW.replace(microsecond=0))
    assert (body["label"], body["table"], body["time_zone"]) == ("LLM calls", "llm_usage", "UTC")
    assert [column["name"] for column in body["columns"]] == ["call_id", "model", "domain"]
    assert body["marks"] == ["", "changed", "gone"]
    (asked,) = holder.asked
    assert (asked.key, asked.column, asked.cells) == (KEY, "calls", {"stage": STAGE})
    assert asked.sort == (Sort("model", descending=True), Sort("call_id"))
    assert (asked.offset, asked.limit, asked.time_zone) == (1, 2, "UTC")


def test_a_number_without_cells_is_the_sum_of_its_column(client: TestClient, holder: Holder) -> None:
    body = client.get("/api/rows", params=query(cells="")).json()
    assert body["number"] == sum(VALUES["calls"])
    assert (holder.asked[0].cells, body["period"]) == ({}, "30 days")


def since(**ago: float) -> str:
    return day_label((NOW - timedelta(**ago)).date().isoformat())


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"key": f"{KEY}?range=7d"}, f"since {since(days=6)}"),
        ({"key": f"{KEY}?range=24h"}, f"since {since(hours=23)} {NOW - timedelta(hours=23):%H}:00"),
        ({"key": "llm/llm_daily_costs_30d?range=24h", "cells": ""}, f"since {since(hours=23)}"),
        (
            {
                "key": "overview/key_figures_7d",
                "column": "current",
                "cells": json.dumps({"measure": "cohort_replied", "first_day": None}),
            },
            "3 weeks of sending",
        ),
    ],
)
def test_rows_are_of_the_range_that_their_number_says(
    client: TestClient, asked: dict[str, str], words: str
) -> None:
    answer = client.get("/api/rows", params=query(as_of=to_iso(NOW), **asked))
    assert answer.status_code == 200, answer.text
    assert answer.json()["period"] == words


def test_texts_of_rows_have_no_character_that_disguises_another(client: TestClient, holder: Holder) -> None:
    assert client.get("/api/rows", params=query()).json()["rows"][1][2] == "b.example"


def test_rows_of_an_instant_that_is_given_have_no_number_to_compare(
    client: TestClient, holder: Holder
) -> None:
    body = client.get("/api/rows", params=query(as_of="2026-01-02T03:04:05Z")).json()
    assert (body["number"], body["as_of"]) == (None, "2026-01-02T03:04:05Z")
    assert holder.asked[0].as_of == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_filters_are_lists_of_a_column_an_operator_and_values(client: TestClient, holder: Holder) -> None:
    filters = json.dumps([["model", "contains", "gpt"], ["call_id", "between", 1, 9], ["domain", "empty"]])
    assert client.get("/api/rows", params=query(filters=filters)).status_code == 200
    assert holder.asked[0].filters == (
        Filter("model", "contains", ("gpt",)),
        Filter("call_id", "between", (1, 9)),
        Filter("domain", "empty"),
    )


@pytest.mark.parametrize(
    ("change", "status", "line"),
    [
        ({"key": "llm/llm_usage_by_stages"}, 404, "did you mean 'llm/llm_usage_by_stage'?"),
        ({"column": "call"}, 404, "did you mean 'calls'?"),
        ({"cells": '{"model": "m"}'}, 400, "cells: stage is missing"),
        ({"cells": "[1]"}, 400, "cells: it is no JSON object"),
        ({"cells": '{"stage": {"a": 1}}'}, 400, "no object of values"),
        ({"as_of": "yesterday"}, 400, "as_of: it is no instant"),
        ({"as_of": "0001-01-01T00:00:00Z"}, 400, "as_of: it is out of reach"),
        ({"as_of": "9999-12-31T23:59:59-14:00"}, 400, "as_of: it is out of reach"),
        ({"offset": "-1"}, 400, "offset: it is no whole number"),
        ({"limit": "501"}, 400, "limit: it is no whole number from 1 to 500"),
        ({"filters": '[["model", "like", "x"]]'}, 400, "filters: write"),
        ({"filters": "{"}, 400, "filters: it is no JSON array"),
        ({"sort": ",".join("abcdefghijklmnopqrstuvwxyz")}, 400, "sort: it names more than"),
    ],
)
def test_a_query_that_is_no_question_is_refused_in_one_line(
    client: TestClient, holder: Holder, change: dict[str, str], status: int, line: str
) -> None:
    answer = client.get("/api/rows", params=query(**change))
    assert answer.status_code == status
    assert line in answer.json()["error"]
    assert holder.asked == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ComputeError("the replica", "no process holds it yet", "try again after the next run"), 503),
        (DashboardError("model", "no such column", "did you mean 'models'?"), 400),
    ],
)
def test_what_the_holder_refuses_is_one_line(
    client: TestClient, holder: Holder, error: DashboardError, status: int
) -> None:
    holder.error = error
    for path in ("/api/rows", "/api/rows.csv"):
        answer = client.get(path, params=query())
        assert (answer.status_code, answer.json()) == (status, {"error": str(error)})


@pytest.mark.usefixtures("a_viewer")
class TestAViewer:
    def test_gets_no_kind_of_error_as_its_message_may_name_contacts(
        self, client: TestClient, holder: Holder
    ) -> None:
        holder.answer = FAILED
        assert client.get("/api/rows", params=query()).json()["errors"] == []

    def test_gets_no_column_of_contacts(self, client: TestClient, holder: Holder) -> None:
        body = client.get("/api/rows", params=query()).json()
        assert [column["name"] for column in body["columns"]] == ["call_id", "model"]
        assert "example" not in json.dumps(body)
        assert "example" not in client.get("/api/rows.csv", params=query()).text

    @pytest.mark.parametrize("change", [{"sort": "domain"}, {"filters": '[["domain", "contains", "a"]]'}])
    def test_cannot_guess_contacts_by_orders_and_filters(
        self, client: TestClient, holder: Holder, change: dict[str, str]
    ) -> None:
        for path in ("/api/rows", "/api/rows.csv"):
            assert client.get(path, params=query(**change)).status_code == 403

    def test_cannot_guess_a_message_by_the_cells_of_a_number(
        self, client: TestClient, holder: Holder
    ) -> None:
        cells = json.dumps({"source": "site", "stage": None, "message": "timeout"})
        asked = {"key": "errors/error_breakdown", "column": "errors", "cells": cells}
        assert client.get("/api/rows", params=asked).status_code == 403
        assert holder.asked == []

    def test_gets_no_text_of_contacts(self, client: TestClient, holder: Holder) -> None:
        text = {"table": "outreaches", "id": "7", "column": "subject"}
        holder.answer = TextAnswer("outreaches", "7", "subject", "Dear Jane", contacts=True)
        assert client.get("/api/text", params=text).status_code == 403
        holder.answer = replace(holder.answer, contacts=False)
        assert client.get("/api/text", params=text).json()["text"] == "Dear Jane"


def test_a_long_text_comes_whole(client: TestClient, holder: Holder) -> None:
    text = {"table": "outreaches", "id": "7", "column": "subject"}
    holder.answer = TextAnswer("outreaches", "7", "subject", "Dear\nJane", contacts=True)
    assert client.get("/api/text", params=text).json() == {
        "text": "Dear\nJane",
        "is_cut": False,
        "is_gone": False,
    }
    assert client.get("/api/text", params=text | {"id": ""}).status_code == 400


def test_the_file_has_all_rows_part_by_part_and_no_cell_that_runs(
    client: TestClient, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tuple((number, f"model {number}", None) for number in range(1201))
    holder.answer = replace(ANSWER, rows=(*ROWS, *many), total=1204)
    monkeypatch.setattr(row_file, "MOST_PART_ROWS", 500)
    answer = client.get("/api/rows.csv", params=query(bom=1))
    assert answer.headers["export-rows"] == "1204 of 1204"
    assert [question.offset for question in holder.asked] == [0, 500, 1000]
    assert all(question.for_file for question in holder.asked)
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True)
    assert head == ["call_id", "model", "domain"]
    assert rows[:3] == [["1", "gpt", "a.example"], ["2", "'=cmd()", "b\u202e.example"], ["3", "", "c, d"]]
    assert len(rows) == 1204
    assert answer.content.startswith("\ufeff".encode())
    monkeypatch.setattr(row_file, "MOST_FILE_ROWS", 700)
    cut = client.get("/api/rows.csv", params=query())
    assert cut.headers["export-rows"] == "700 of 1204"
    assert "first-700-of-1204" in cut.headers["content-disposition"]
    assert len(cut.text.splitlines()) == 701


def test_a_file_takes_one_choice_of_its_beginning(client: TestClient, holder: Holder) -> None:
    assert client.get("/api/rows.csv", params=query(bom="7")).status_code == 400
    assert holder.asked == []


def test_a_file_goes_on_after_a_part_that_is_shorter_than_was_asked_for(
    client: TestClient, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Holder, "most", 2)
    rows = client.get("/api/rows.csv", params=query()).text.splitlines()[1:]
    assert [question.offset for question in holder.asked] == [0, 2]
    assert [row.split(",")[0] for row in rows] == ["1", "2", "3"]


def test_a_row_with_an_error_names_the_kind_of_it(client: TestClient, holder: Holder) -> None:
    assert client.get("/api/rows", params=query()).json()["errors"] == []
    holder.answer = FAILED
    body = client.get("/api/rows", params=query()).json()
    kind = {"source": "site", "stage": None, "message": "no route to <url>"}
    assert body["errors"] == [None, kind, None]


def test_a_file_is_named_by_dataset_number_range_and_instant(client: TestClient, holder: Holder) -> None:
    asked = query(key=f"{KEY}?range=7d", as_of="2026-11-23T20:00:05Z")
    named = client.get("/api/rows.csv", params=asked).headers["content-disposition"]
    assert named == 'attachment; filename="llm_usage_by_stage_calls_rows_7d_2026-11-23T2000Z.csv"'
