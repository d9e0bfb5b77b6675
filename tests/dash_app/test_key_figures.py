"""The five figures of the Overview: equal periods, reasons in place of numbers, and trends."""

from __future__ import annotations

from dataclasses import replace

from dash import html

from dash_app.elements import kpis_element
from dash_app.formatters.key_figures import key_figures
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.stages import stages
from dash_app.openers import openers_of
from engine.model.catalogue.datasets import catalogue
from tests.dash_app.given import key_figures_of, values_of, view


def figures(*, has_history: bool = True, **numbers: tuple[float, float]) -> dict[str, Kpi]:
    openers = openers_of(catalogue()["key_figures_7d"])
    value = key_figures_of(has_history=has_history, **numbers)
    shown = key_figures(value, replace(view(), openers=openers))
    return {str(kpi.measure): kpi for kpi in shown}


def test_each_figure_says_its_period_its_past_and_opens_its_rows() -> None:
    found = figures(
        outreaches_sent=(120, 100), llm_cost_usd=(6, 4), positive_replies=(3, 4), cohort_sent=(200, 100),
        cohort_replied=(21, 10),
    )  # fmt: skip
    assert [(kpi.value, kpi.label, kpi.hint) for kpi in found.values()] == [
        ("120", "sent since 17 Nov", "+20% vs week before (100)"),
        ("10", "replies since 17 Nov", "+25% vs week before (8)"),
        ("10.5%", "reply rate, 3 weeks of sending", "+0.5 points vs prior 3 weeks (10.0%)"),
        ("$6.00", "LLM cost since 17 Nov", "+50% vs week before ($4.00)"),
        ("$2.00", "cost per positive reply since 17 Nov", "+100% vs week before ($1.00)"),
    ]
    assert all(kpi.opens and kpi.path and kpi.trend for kpi in found.values())


def test_what_has_no_number_says_why() -> None:
    found = figures(cohort_sent=(0, 5), cohort_replied=(0, 1), positive_replies=(0, 2), replies=(4, 0))
    assert (found["reply_rate_3w"].value, found["reply_rate_3w"].hint) == ("–", "nothing sent in these weeks")
    each = found["cost_per_positive_reply_7d"]
    assert (each.value, each.hint, each.opens) == ("–", "no positive reply since 17 Nov", "")
    assert found["replies_7d"].hint == "none in the week before"
    assert {kpi.hint for kpi in figures(has_history=False).values()} == {"history too short to compare"}


def test_a_trend_is_drawn_from_zero_and_marks_the_day_that_is_not_over() -> None:
    sent, rate = figures()["outreaches_sent_7d"].trend, figures()["reply_rate_3w"].trend
    assert sent is not None
    assert rate is not None
    assert (len(sent.values), len(rate.values)) == (14, 6)
    assert (sent.shares()[0], sent.shares()[-1]) == (0, 1)
    assert sent.in_words() == (
        "From 10 Nov to 23 Nov: lowest 0 (10 Nov), highest 12 (22 Nov), latest 13 so far"
    )
    assert not rate.is_unfinished
    assert rate.values[0] is None, "no message was sent in that week"
    text = str(kpis_element((figures()["outreaches_sent_7d"],)))
    assert text.count("is-open") == 1
    assert "26 Nov" not in text
    assert isinstance(kpis_element(()), html.Dl)


def test_what_a_positive_reply_cost_has_days_that_are_over_in_its_trend() -> None:
    trend = figures()["cost_per_positive_reply_7d"].trend
    assert trend is not None
    assert (trend.labels[-1], len(trend.values), trend.is_unfinished) == ("22 Nov", 13, False)


def test_stages_have_bars_of_the_largest_but_the_last_and_the_step_rate_beside_them() -> None:
    columns = values_of("stage_flow") | {"sites": [10, 40, 0, 0, 0, 0, 20, 9000]}
    losses = {"stage": columns["stage"], "step_rate": [None, 0.5, *[1.0] * 6]}
    rows = stages(columns, replace(view(), beside=losses)).rows
    assert [row[1].share for row in rows] == [0.25, 1.0, 0.0, 0.0, 0.0, 0.0, 0.5, None]
    assert [row[4].text for row in rows[:3]] == ["–", "50.0%", "100.0%"]
    assert {row[4].text for row in stages(columns, view()).rows} == {"–"}


def test_a_value_of_words_has_the_size_of_its_longest_word_and_may_have_a_line_for_each() -> None:
    text = str(kpis_element((Kpi("outreach sent", "stage"), Kpi("2 min 5 s", "median"))))
    assert text.count("is-words") == 1
    assert "{'--letters': 8}" in text
    assert "{'--letters': 9}" in text
