"""A trend as small bars below a figure, without a chart library: each bar is an element with a height."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_app.formatters.trends import Trend


def sparkline(trend: Trend) -> html.Div:
    """Return the bars of a trend above the names of its ends; all of it is one picture with a text."""
    shares = trend.shares()
    last = len(shares) - 1
    bars: list[Any] = []
    for place, (share, label, text) in enumerate(zip(shares, trend.labels, trend.texts, strict=True)):
        is_open = place == last and trend.is_unfinished
        classes = ["spark-bar", "is-none" if share is None else "", "is-open" if is_open else ""]
        bars.append(
            html.Span(
                className=" ".join(filter(None, classes)),
                style={"--part": f"{(share or 0) * 100:.1f}%"},
                title=f"{label}: {text}{', so far' if is_open else ''}",
            )
        )
    return html.Div(
        [
            html.Div(bars, className="spark-bars"),
            html.Div(
                [
                    html.Span(_short(trend.labels[0])),
                    html.Span(_short(trend.labels[-1]) + (" so far" if trend.is_unfinished else "")),
                ],
                className="spark-ends",
            ),
        ],
        className="spark",
        role="img",
        **{"aria-label": trend.in_words()},
    )


def _short(label: str) -> str:
    return label.removeprefix("week of ")
