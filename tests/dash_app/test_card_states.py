"""Which state a card is in by its entry, what it then says, and that each state has a look of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import dash_app.frontend.build
from dash_app.card_notes import state_element
from dash_app.card_states import (
    DAMAGED_VALUE,
    ICONS,
    NOT_COMPUTED,
    CardState,
    State,
    filled_by,
    nothing_to_show,
    state_of_card,
)
from dash_app.cards import fill
from dash_app.figures.llm import daily_costs
from dash_app.pages import chart
from engine.model.catalogue.datasets import catalogue
from engine.model.values.results import FAILED, UNAVAILABLE
from engine.store import Entry, EntryState, Problem
from tests.dash_app.given import NOW, values_of

ZONE = ZoneInfo("Europe/Berlin")
FAILURE = Problem(FAILED, "division by zero", NOW - timedelta(minutes=4))
MISSING_TABLE = Problem(UNAVAILABLE, "table sites is missing", NOW)
FAILED_LINE = "The last run failed: division by zero"
STYLES = (Path(dash_app.frontend.build.__file__).parent / "styles" / "states.css").read_text()


def with_value(state: EntryState, problem: Problem | None = None, **given: object) -> Entry:
    as_of = NOW - timedelta(minutes=20)
    return Entry("p/d", state, {"a": [1]}, as_of=as_of, problem=problem, **given)  # type: ignore[arg-type]


def without_value(problem: Problem | None = None, state: EntryState = EntryState.MISSING) -> Entry:
    return Entry("p/d", state, problem=problem, due=True)


@pytest.mark.parametrize(
    ("entry", "is_computing", "refusal", "kind", "line"),
    [
        (with_value(EntryState.FRESH), False, "", State.READY, ""),
        (with_value(EntryState.EXPIRED), False, "", State.STALE, "expired"),
        (with_value(EntryState.EXPIRED, due=True), True, "", State.STALE, ""),
        (with_value(EntryState.EXPIRED, reason="other days"), True, "", State.STALE, "other days"),
        (with_value(EntryState.EXPIRED, FAILURE), False, "", State.FAILED, FAILED_LINE),
        (with_value(EntryState.EXPIRED, MISSING_TABLE), False, "", State.FAILED, "table sites is missing"),
        (without_value(), True, "", State.COMPUTING, ""),
        (without_value(FAILURE), True, "", State.COMPUTING, ""),
        (without_value(state=EntryState.DAMAGED), True, "", State.COMPUTING, DAMAGED_VALUE),
        (without_value(), False, "", State.WAITING, NOT_COMPUTED),
        (without_value(), False, "Too many.", State.REFUSED, "Too many."),
        (without_value(state=EntryState.DAMAGED), False, "", State.DAMAGED, DAMAGED_VALUE),
        (without_value(FAILURE), False, "Too many.", State.FAILED, FAILED_LINE),
        (without_value(MISSING_TABLE), False, "", State.UNAVAILABLE, "table sites is missing"),
    ],
)  # fmt: skip
def test_the_entry_decides_the_state_and_what_it_says(
    entry: Entry, is_computing: bool, refusal: str, kind: State, line: str
) -> None:
    state = state_of_card(entry, ZONE, is_computing=is_computing, refusal=refusal)
    assert (state.kind, state.line) == (kind, line)
    assert state.shows_value == (entry.value is not None)
    assert state.is_under_way == (is_computing and entry.due)


def test_a_failed_card_says_in_local_time_when_it_is_tried_again() -> None:
    remedy = state_of_card(without_value(FAILURE), ZONE).remedy
    assert remedy == "It is tried again from 21:06."
    shown = str(state_element(state_of_card(without_value(FAILURE), ZONE)).to_plotly_json())
    assert "for-operators" in shown, "who only looks has no Refresh"


@pytest.mark.parametrize("make", [partial(with_value, EntryState.EXPIRED), without_value])
def test_a_failed_card_that_nobody_computes_says_so_and_advises_no_refresh(
    make: Callable[[Problem], Entry],
) -> None:
    line = "No worker has answered since 10:00: start `dashboard schedule` beside the source"
    state = state_of_card(make(FAILURE), ZONE, absence=line)
    assert (state.kind, state.line, state.remedy) == (State.FAILED, FAILED_LINE, line)
    assert "for-operators" not in str(state_element(state).to_plotly_json())
    assert state_of_card(with_value(EntryState.FRESH), ZONE, absence=line).remedy == ""


def test_only_what_waits_for_a_value_is_loading_and_only_what_lacks_one_gives_up_its_body() -> None:
    for kind in State:
        for shows_value in (True, False):
            classes = CardState(kind, shows_value=shows_value).body_class.split()
            assert ("is-loading" in classes) == (kind in (State.LOADING, State.COMPUTING))
            is_waiting = "is-loading" in classes
            assert ("has-no-value" in classes) == (not shows_value and not is_waiting)


def test_every_state_that_stands_without_a_value_has_an_icon_and_looks_of_its_own() -> None:
    kinds = [kind for kind in State if kind not in (State.READY, State.LOADING, State.COMPUTING)]
    icons = [ICONS[kind] for kind in kinds if kind is not State.STALE]
    assert len(set(icons)) == len(icons), "told apart without colour"
    for kind in kinds:
        shown = str(state_element(CardState(kind, "one line", "a remedy")).to_plotly_json())
        assert f"icon-{ICONS[kind]}" in shown
        assert "one line" in shown
        assert "a remedy" in shown
    for name in re.findall(r"\.(?:card-state|panel-note)\.is-([a-z]+)", STYLES):
        assert name in set(State), f"no card is ever is-{name}"


def test_a_card_without_anything_to_show_names_the_tables_that_would_fill_it() -> None:
    dataset = catalogue()["llm_daily_costs_30d"]
    state = nothing_to_show(
        CardState(State.READY, shows_value=True), "no LLM calls", dataset, is_filtered=False
    )
    assert state.remedy == "New rows of llm_usage fill it."
    assert filled_by(dataset, is_filtered=True) == "Without the filter there may be more."
    assert filled_by(None, is_filtered=False) == ""
    assert filled_by(catalogue()["database_health"], is_filtered=False) != "New rows of  fill it."


def test_an_empty_chart_says_so_in_words_that_wrap_and_stays_old_if_it_is() -> None:
    card = chart("llm_daily_costs_30d", daily_costs)
    nothing: dict[str, list[Any]] = {name: [] for name in values_of(card.dataset or "")}
    entry = Entry(card.key or "", EntryState.EXPIRED, nothing, as_of=NOW, computed_at=NOW, expires_at=NOW)
    shown = fill(card, entry, ZONE, NOW)
    assert shown.body_class == "card-body is-empty has-no-value"
    assert shown.content["data"] == []
    assert "annotations" not in shown.content["layout"]
    said = str([note.to_plotly_json() for note in shown.note])
    assert "no LLM calls in the last 30 days" in said
    assert "expired" in said
