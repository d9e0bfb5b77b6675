"""Horizontal bars and funnels: one number for each of a few names, largest or first on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash_app.figures.chart_text import row_labels
from dash_app.figures.paint import markers
from dash_app.figures.style import MARGIN, Figure, axis, axis_title, layout
from dash_app.figures.valueaxis import bar_range, whole_ticks
from dash_app.formatters.formats import number, percent
from engine.model.colours import Paint

_CHARACTER_PIXELS = 7
_ROOM_BELOW_ZERO = 0.22


def top_down(names: Sequence[str], **settings: Any) -> dict[str, Any]:
    """Return a vertical axis of names, the first on top.

    The range is explicit, because an axis that was empty before ignores ``autorange="reversed"``.
    """
    return axis(range=[len(names) - 0.5, -0.5], type="category", **settings)


def margin_for(texts: Sequence[str]) -> dict[str, int]:
    """Return margins with room at the right for texts at the ends of bars.

    It is as wide as the longest text, because a share of a narrow chart would be too little for it.
    """
    return MARGIN | {"r": _CHARACTER_PIXELS * max(map(len, texts), default=0) + MARGIN["r"]}


def labelled_rows(labels: Sequence[str], **settings: Any) -> dict[str, Any]:
    """Return a vertical axis with a row and a tick for each label, the first on top."""
    return axis(
        type="category",
        categoryorder="array",
        categoryarray=list(reversed(labels)),
        range=[-0.5, len(labels) - 0.5],
        tickmode="array",
        tickvals=list(labels),
        **settings,
    )


def horizontal_bars(
    labels: Sequence[str],
    values: Sequence[float | None],
    *,
    paints: Sequence[Paint],
    texts: Sequence[str],
    hovers: Sequence[str],
    unit: str,
) -> Figure:
    """Return horizontal bars, the first on top, each with its text at the end.

    Labels differ from one another; labels and hover texts come from ``chart_text``.
    """
    room = _ROOM_BELOW_ZERO if any(value is not None and value < 0 for value in values) else 0.02
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": list(labels),
                "x": list(values),
                "marker": markers(paints),
                "text": list(texts),
                "textposition": "outside",
                "cliponaxis": False,
                "hovertext": list(hovers),
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        ],
        "layout": layout(
            hovermode="closest",
            margin=margin_for(texts),
            xaxis=axis(
                title=axis_title(unit), range=bar_range(values, room), nticks=5, **whole_ticks(values)
            ),
            yaxis=top_down(labels),
        ),
    }


def funnel(
    stages: Sequence[str],
    counts: Sequence[int | None],
    step_rates: Sequence[float | None],
    paints: Sequence[Paint],
    hovers: Sequence[str],
) -> Figure:
    """Return a funnel, the first stage on top; beside each bar its count (or a dash) and its step rate."""
    labels = row_labels(stages)
    most = max((count or 0 for count in counts), default=0) or 1
    texts = [
        f"<b>{number(count)}</b>" + ("" if rate is None else f" · {percent(rate, 0)}")
        for count, rate in zip(counts, step_rates, strict=True)
    ]
    shared: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "y": labels,
        "hovertext": list(hovers),
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    return {
        "data": [
            shared
            | {
                "x": list(counts),
                "base": [-(count or 0) / 2 for count in counts],
                "marker": markers(paints),
            },
        ],
        "layout": layout(
            hovermode="closest",
            bargap=0.14,
            barmode="overlay",
            margin={"l": 8, "r": 8, "t": 8, "b": 8, "pad": 8},
            xaxis=axis(visible=False, range=[-most / 2, most * 1.45]),
            yaxis=top_down(stages, showgrid=False),
            annotations=[
                {
                    "xref": "x",
                    "yref": "y",
                    "x": most / 2 * 1.04,
                    "y": label,
                    "xanchor": "left",
                    "text": text,
                    "showarrow": False,
                    "font": {"size": 12},
                }
                for label, text in zip(labels, texts, strict=True)
            ],
        ),
    }
