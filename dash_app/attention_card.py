"""The card that lists what needs attention: each line with its mark, reason and age, and a link to rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from dash_app.attention import path_of
from dash_app.card_notes import state_element
from dash_app.card_states import CardState, State
from dash_app.cards import CardContent
from dash_app.elements import icon, with_whole_units
from dash_app.formatters.formats import age, stamp
from engine.attention.judging import (
    FIRST_ROWS,
    NEEDED,
    NOT_COMPUTED,
    NOTHING_FOUND,
    NOTHING_YET,
    Attention,
)
from engine.attention.line import Level, Line
from engine.model.clock import to_iso

_MARKS = {
    Level.CRITICAL: ("exclamation-octagon", "Critical"),
    Level.WARNING: ("exclamation-triangle", "Warning"),
}


def fill_attention(
    attention: Attention, now: datetime, zone: ZoneInfo, as_of: datetime | None, *, is_computing: bool = False
) -> CardContent:
    """Return the card's content. ``is_computing``: a run computes what is not computed yet.

    ``as_of`` is the instant of the card's own dataset, None without a value.
    """
    unjudged = attention.unjudged
    if is_computing and not attention.lines and unjudged and all(one.why == NOT_COMPUTED for one in unjudged):
        state = CardState(State.COMPUTING, is_under_way=True)
        return CardContent([], state_element(state), state.body_class)
    parts: list[Any] = []
    if attention.lines:
        lines = [_line_element(line, now, zone) for line in attention.lines]
        parts.append(html.Ul(lines, className="attention"))
    if attention.more:
        parts.append(html.P(f"and {attention.more:,} more", className="attention-more"))
    if attention.is_all_clear:
        clear = html.P([icon("check-circle"), html.Span("All clear")], className="tone-good")
        judged = html.P(f"Judged: {', '.join(NEEDED.values())}.", className="attention-judged")
        parts.append(html.Div([clear, judged], className="attention-clear"))
    elif attention.is_nothing_yet:
        nothing = html.P(html.Span(NOTHING_YET), className="attention-nothing")
        reason = html.P(FIRST_ROWS, className="attention-judged")
        parts.append(html.Div([nothing, reason], className="attention-clear"))
    elif not attention.lines:
        parts.append(html.P(NOTHING_FOUND, className="attention-more"))
    note = []
    if unjudged:
        note.append(html.Span(f"Not judged: {attention.unjudged_text}", className="note-problem"))
    ready = CardState(State.READY, shows_value=True)
    return CardContent(parts, note, ready.body_class, as_of="" if as_of is None else to_iso(as_of))


def _line_element(line: Line, now: datetime, zone: ZoneInfo) -> html.Li:
    mark, word = _MARKS[line.level]
    return html.Li(
        [
            html.Span([icon(mark), html.Span(word)], className="attention-mark"),
            html.Div(
                [
                    html.A(
                        html.Bdi(line.title),
                        href=path_of(line),
                        className="attention-title",
                        **{"data-path": path_of(line)},
                    ),
                    html.Span(html.Bdi(with_whole_units(line.reason)), className="attention-reason"),
                ],
                className="attention-text",
            ),
            _since(line, now, zone),
        ],
        className=f"is-{line.level.value}",
        **{"data-kind": line.kind.value},
    )


def _since(line: Line, now: datetime, zone: ZoneInfo) -> Any:
    if line.since is None:
        return html.Span(className="attention-since")
    words = age(line.since, now).removesuffix(" ago")
    return html.Time(
        ["for ", html.Span(words, **{"data-age": to_iso(line.since), "data-age-form": "coarse"})],
        dateTime=to_iso(line.since),
        title=f"since {stamp(line.since, zone)}",
        className="attention-since",
    )
