"""The life of one site as a list: its stages, model calls, messages and errors in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from dash import html

from dash_app.elements import aged, icon
from dash_app.figures.style import View
from dash_app.formatters.ages import Age
from dash_app.formatters.formats import duration, money, words
from dash_app.page_text import page_text, raw_text
from engine.model.clock import to_iso
from engine.model.questions import SiteEvent, SiteStay
from engine.model.text.in_words import counted
from engine.model.text.plain_text import plain_text, shortened

FEW_CALLS = 3
"""As many calls in a row stand on a line each; more of them share one."""

_ICONS = {
    "stage": "funnel",
    "call": "cpu",
    "proposed": "send",
    "sent": "send",
    "delivered": "send",
    "in": "chat-dots",
    "out": "chat-dots",
    "error": "exclamation-triangle",
    "request": "exclamation-triangle",
}
_WORDS = {
    "stage": "Entered",
    "call": "Model call",
    "proposed": "Message proposed",
    "sent": "Message sent",
    "delivered": "Message delivered",
    "in": "Reply",
    "out": "Answer sent",
    "error": "Error",
    "request": "Request failed",
}
_DETAIL_LENGTH = 200


def life_element(
    events: Sequence[SiteEvent], stays: Sequence[SiteStay], view: View, marked: str | None = None
) -> html.Ol:
    """Return the events as a list in which calls in a row share a line.

    ``marked`` is the outreach message whose events are marked.
    """
    times = {(stay.stage, stay.entered_at): stay for stay in stays}
    items: list[Any] = []
    day = ""
    for is_call, run in groupby(events, lambda event: event.kind == "call"):
        together = list(run)
        lines = [together] if is_call and len(together) > FEW_CALLS else [[event] for event in together]
        for line in lines:
            local = f"{line[0].at.astimezone(view.zone):%a %d %b %Y}"
            if local != day:
                day = local
                items.append(html.Li(local, className="life-day"))
            if len(line) > 1:
                items.append(_calls(line, view))
            else:
                event = line[0]
                items.append(_event(event, times.get((event.text, event.at)), view, marked))
    return html.Ol(items, className="life")


def _event(event: SiteEvent, stay: SiteStay | None, view: View, marked: str | None) -> html.Li:
    is_marked = marked is not None and event.table == "outreaches" and event.id == marked
    classes = f"life-{event.kind}" + (" is-marked" if is_marked else "")
    return html.Li(
        [
            _time(event, view),
            _icon(event.kind),
            html.Div(list(_line(event, stay, view)), className="life-line"),
        ],
        className=classes,
    )


def _line(event: SiteEvent, stay: SiteStay | None, view: View) -> Iterator[Any]:
    yield html.Span(_WORDS[event.kind], className="life-what")
    if event.text is not None:
        yield html.Bdi(shortened(plain_text(words(event.text)), 60), className="life-name")
    if event.cost_usd is not None:
        yield html.Span(money(event.cost_usd), className="life-more")
    if stay is not None and event.kind == "stage":
        yield html.Span(_stay_words(stay, view), className="life-more")
    if event.detail:
        is_raw = event.kind in ("error", "request", "in", "out")
        yield html.Div(
            raw_text(event.detail, _DETAIL_LENGTH) if is_raw else page_text(event.detail, _DETAIL_LENGTH),
            className="life-detail",
        )


def _stay_words(stay: SiteStay, view: View) -> Any:
    if stay.left_at is not None:
        return f"left after {duration(round(stay.hours * 3600))}"
    age = Age(stay.entered_at, "in it for ", " so far", is_span=True)
    return aged(age.text(view.as_of), age)


def _calls(calls: Sequence[SiteEvent], view: View) -> html.Li:
    cost = sum(call.cost_usd or 0 for call in calls)
    models = list(dict.fromkeys(call.text for call in calls))
    names = ", ".join(shortened(plain_text(model or "–"), 40) for model in models[:3])
    more = f" and {counted(len(models) - 3, 'more model')}" if len(models) > 3 else ""
    heading = html.Summary(
        [
            html.Span(f"{counted(len(calls), 'model call')}", className="life-what"),
            html.Bdi(names + more, className="life-name"),
            html.Span(money(cost), className="life-more"),
        ]
    )
    lines = [
        html.Li([_time(call, view), html.Div(list(_line(call, None, view)), className="life-line")])
        for call in calls
    ]
    return html.Li(
        [
            _time(calls[0], view),
            _icon("call"),
            html.Details([heading, html.Ol(lines, className="life-calls")], className="life-line"),
        ],
        className="life-call",
    )


def _time(event: SiteEvent, view: View) -> html.Time:
    local = event.at.astimezone(view.zone)
    return html.Time(f"{local:%H:%M:%S}", dateTime=to_iso(event.at), title=f"{local:%d %b %Y %H:%M:%S %Z}")


def _icon(kind: str) -> html.Span:
    return html.Span(icon(_ICONS[kind]), className="icon-at")
