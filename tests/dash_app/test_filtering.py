"""What a bar or a series stands for, as the browser reads it from the figure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dash_app.figures import cron, errors, job_hours, llm, outreach, pipeline
from dash_app.figures.filtering import bars_filter_by, filters_by
from dash_app.pages import CHART, PAGES
from tests.dash_app.given import values_of, view


def filters_in(figure: dict[str, Any]) -> dict[str, set[str]]:
    """Return the values, as JSON, that the traces of a figure stand for, by column."""
    found: dict[str, set[str]] = {}
    for trace in figure["data"]:
        filter_ = trace.get("meta", {}).get("filter")
        if filter_:
            values = [filter_["value"]] if "value" in filter_ else filter_["values"]
            found.setdefault(filter_["column"], set()).update(json.dumps(value) for value in values)
    return found


@pytest.mark.parametrize(
    ("draw", "dataset", "column"),
    [
        (llm.cost_by_stage, "llm_cost_by_stage_30d", "stage"),
        (llm.cost_by_model, "llm_cost_by_model_30d", "model"),
        (outreach.outreach_daily, "outreach_daily_30d", "channel"),
        (errors.http_errors, "http_errors_30d", "status_code"),
        (pipeline.hourly_status_breakdown, "hourly_status_breakdown_48h", "status"),
        (pipeline.sites_by_country, "sites_by_country", "country"),
        (job_hours.job_hours, "job_hours_24h", "job_name"),
        (cron.cron_timeline, "cron_timeline_24h", "job_name"),
    ],
)
def test_what_is_drawn_stands_for_the_values_of_its_rows(draw: Any, dataset: str, column: str) -> None:
    columns = values_of(dataset)
    wanted = {json.dumps([value]) for value in columns[column]}
    assert filters_in(draw(columns, view())) == {column: wanted}


def test_the_group_of_the_others_stands_for_nothing_and_a_null_cell_for_itself() -> None:
    assert filters_by({"name": "x"}, "stage", "other (3)")["meta"]["filter"]["value"] is None
    figure = bars_filter_by({"data": [{"y": ["a", "–", "other (2)"]}]}, "model", ["a", None, "other (2)"])
    assert figure["data"][0]["meta"]["filter"]["values"] == [["a"], [None], None]


def test_a_series_keeps_what_else_its_meta_says() -> None:
    trace = filters_by({"meta": {"whole": "a long name"}}, "stage", "a")
    assert trace["meta"] == {"whole": "a long name", "filter": {"column": "stage", "value": ["a"]}}


def test_each_point_has_one_value() -> None:
    for page in PAGES:
        for card in page.cards:
            if card.kind == CHART and card.dataset:
                for trace in card.show(values_of(card.dataset), view())["data"]:  # type: ignore[misc,index,call-overload]
                    values = trace.get("meta", {}).get("filter", {}).get("values")
                    assert values is None or len(values) == len(trace["y"]), card.name
