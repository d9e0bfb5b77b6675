"""The sentence above a page's cards, and what stands there while it cannot be made."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.cache_reader import PageData
from dash_app.card_states import State, state_of_card
from dash_app.comparing import ShownDataset, view_of
from dash_app.figures.style import View
from dash_app.openers import openers_of
from dash_app.page_text import page_text
from dash_app.pages import Page
from dash_app.selections import selected_datasets
from engine.model.catalogue.datasets import catalogue
from engine.store import Entry

log = logging.getLogger(__name__)

KNOWN, WAITING, UNKNOWN = "page-answer", "page-answer is-waiting", "page-answer is-unknown"


@dataclass(frozen=True)
class AnswerLine:
    """What stands above a page's cards: the children and the class of its element.

    ``digest`` is the empty text until they are plain JSON values.
    """

    children: Any
    css_class: str
    digest: str = ""


NO_ANSWER = AnswerLine("", UNKNOWN)


@dataclass(frozen=True)
class _Given:
    """A dataset of the sentence: the entry that the page shows of it, and what that is a selection of."""

    name: str
    entry: Entry
    selected: ShownDataset | None

    def view(self, data: PageData, zone: ZoneInfo) -> View:
        dataset, as_of = catalogue()[self.name], self.entry.as_of or data.view.now
        view = View(zone, as_of, data.view.snapshot.colours, openers=openers_of(dataset))
        return view_of(view, self.selected)


def answer_element(page: Page, line: AnswerLine | None = None) -> html.P | None:
    """Return a page's sentence, which screen readers hear when it changes, or its place; None without one."""
    if page.answer is None:
        return None
    children, css_class = (None, WAITING) if line is None else (line.children, line.css_class)
    return html.P(children, id=page.id("answer"), className=css_class, role="status")


def answer_line(page: Page, data: PageData, zone: ZoneInfo) -> AnswerLine:
    """Return the page's sentence, or why there is none."""
    answer = page.answer
    if answer is None:
        return NO_ANSWER
    needed = [_given(page, name, data) for name in answer.needs]
    if any(each.entry.value is None for each in needed):
        return _without_value([each.entry for each in needed], data, zone)
    if any(data.system.get(name) is None for name in answer.system):
        return AnswerLine("The database cannot be read at present", UNKNOWN)
    given = [*needed, *(_given(page, name, data) for name in answer.uses)]
    sentence = _sentence(answer, page, [each for each in given if each.entry.value is not None], data, zone)
    if sentence is None:
        return AnswerLine("The stored values cannot be shown; refresh them", UNKNOWN)
    note = _note([each.entry for each in needed], zone, data.view.now)
    return AnswerLine([sentence, html.Small(note)] if note else sentence, KNOWN)


def _given(page: Page, name: str, data: PageData) -> _Given:
    entries = data.view.snapshot.entries
    pair = selected_datasets(page, data.selection).get(name)
    if pair is None:
        return _Given(name, entries[catalogue()[name].key], None)
    before = None if pair.previous is None else entries[pair.previous.key]
    entry = entries[pair.dataset.key]
    return _Given(name, entry, ShownDataset(pair.dataset, entry, before))


def _sentence(
    answer: PageAnswer, page: Page, given: list[_Given], data: PageData, zone: ZoneInfo
) -> str | None:
    views = {each.name: each.view(data, zone) for each in given}
    values = PageValues({each.name: each.entry.value or {} for each in given}, views, data.system)
    view = views[answer.needs[0]] if answer.needs else View(zone, data.view.now)
    try:
        return answer.make(values, view)
    except Exception:
        log.exception("page %s has no sentence for its values", page.name)
        return None


def _without_value(entries: list[Entry], data: PageData, zone: ZoneInfo) -> AnswerLine:
    """Return what stands in place of a sentence: the state of the first dataset that has no value."""
    first = next(entry for entry in entries if entry.value is None)
    refusal = data.view.not_computed
    state = state_of_card(first, zone, is_computing=data.view.is_computing, refusal=refusal)
    if state.is_under_way:
        return AnswerLine("Loading…", WAITING)
    return AnswerLine(page_text(f"{state.line[:1].upper()}{state.line[1:]}"), UNKNOWN)


def _note(entries: Iterable[Entry], zone: ZoneInfo, now: datetime) -> str:
    """Return of when the sentence is, if it is not of the latest values; else the empty text."""
    states = [(entry, state_of_card(entry, zone)) for entry in entries]
    old = [(entry.as_of, state) for entry, state in states if state.kind is not State.READY]
    instants = [as_of for as_of, _ in old if as_of is not None]
    if not instants:
        return ""
    local = min(instants).astimezone(zone)
    day = "" if local.date() == now.astimezone(zone).date() else f"{local.day} {local:%b} "
    failed = any(state.kind is State.FAILED for _, state in old)
    return f"as of {day}{local:%H:%M}{', the last run failed' if failed else ''}"
