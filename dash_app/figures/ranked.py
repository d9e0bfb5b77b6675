"""Horizontal bars and funnels: one number for each of a few names, largest or first on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash_app.figures.style import Figure, axis, axis_title, layout
from dash_app.readouts.formats import number, percent, words


def top_down(names: Sequence[str], **settings: Any) -> dict[str, Any]:
    """Return a vertical axis of names, the first on top.

    The range is written out: an axis that was drawn empty before keeps its direction where the
    new figure only asks for ``autorange="reversed"``.
    """
    return axis(range=[len(names) - 0.5, -0.5], type="category", **settings)


def horizontal_bars(
    names: Sequence[str],
    values: Sequence[float | None],
    *,
    colours: Sequence[str],
    texts: Sequence[str],
    hovers: Sequence[str],
    unit: str,
    room: float = 0.22,
) -> Figure:
    """Return horizontal bars, the first name on top, each with its text at the end.

    ``room`` is the space for the texts, as a share of the longest bar.
    """
    most = max((value or 0 for value in values), default=0)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": list(names),
                "x": list(values),
                "marker": {"color": list(colours)},
                "text": list(texts),
                "textposition": "outside",
                "cliponaxis": False,
                "hovertext": list(hovers),
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        ],
        "layout": layout(
            hovermode="closest",
            xaxis=axis(title=axis_title(unit), range=[0, most * (1 + room) or 1], nticks=5),
            yaxis=top_down(names),
        ),
    }


def funnel(
    stages: Sequence[str],
    counts: Sequence[int],
    step_rates: Sequence[float | None],
    colours: Sequence[str],
    hovers: Sequence[str],
) -> Figure:
    """Return a funnel, the first stage on top; beside each bar its count and its step rate."""
    most = max(counts, default=0) or 1
    texts = [
        f"<b>{number(count)}</b>" + ("" if rate is None else f" · {percent(rate, 0)}")
        for count, rate in zip(counts, step_rates, strict=True)
    ]
    shared: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "y": [words(stage) for stage in stages],
        "hovertext": list(hovers),
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    return {
        "data": [
            shared
            | {
                "x": list(counts),
                "base": [-count / 2 for count in counts],
                "marker": {"color": list(colours)},
            },
        ],
        "layout": layout(
            hovermode="closest",
            bargap=0.14,
            barmode="overlay",
            margin={"l": 8, "r": 8, "t": 8, "b": 8, "pad": 8},
            xaxis=axis(visible=False, range=[-most / 2, most * 1.2]),
            yaxis=top_down(stages, showgrid=False),
            annotations=[
                {
                    "xref": "x",
                    "yref": "y",
                    "x": most / 2 * 1.04,
                    "y": words(stage),
                    "xanchor": "left",
                    "text": text,
                    "showarrow": False,
                    "font": {"size": 12},
                }
                for stage, text in zip(stages, texts, strict=True)
            ],
        ),
    }
