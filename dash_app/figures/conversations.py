"""The charts of the Conversations page."""

from __future__ import annotations

from dash_app.figures.ranked import horizontal_bars
from dash_app.figures.series import bars, by_day, line
from dash_app.figures.style import Figure, View, empty, nothing_in, row_at, rows_in
from dash_app.formatters.formats import number, percent
from dash_app.openers import bars_open
from engine.model.colours import FIXED, measure_colour
from engine.model.values.payload import Columns


def sentiments(columns: Columns, view: View) -> Figure:
    """Draw the inbound messages by sentiment."""
    inbound = columns["inbound"][0]
    if not inbound:
        return empty("no inbound messages yet")
    names = [*FIXED["sentiment"], "unclassified"]
    counts = [columns[name][0] for name in names]
    figure = horizontal_bars(
        names,
        counts,
        paints=view.colours.paints("sentiment", [*FIXED["sentiment"], None]),
        texts=[f"{number(count)} · {percent(count / inbound, 0)}" for count in counts],
        hovers=[
            f"<b>{name}</b><br>{number(count)} of {number(inbound)} inbound messages"
            for name, count in zip(names, counts, strict=True)
        ],
        unit="inbound messages",
    )
    return bars_open(figure, view.openers.points(names, [row_at(columns, 0)] * len(names)))


def conversations_daily(columns: Columns, view: View) -> Figure:
    """Draw the inbound, outbound and positive messages of each day."""
    if nothing_in(columns["inbound"]) and nothing_in(columns["outbound"]):
        return empty(f"no inbound or outbound messages {view.over('30d').phrase}")
    days = columns["day"]
    hues, positive = FIXED["direction"], measure_colour("positive")
    opens = {name: view.openers.trace(name, rows_in(columns)) for name in ("inbound", "outbound", "positive")}
    figure = by_day(
        days,
        lambda labels: [
            bars("inbound", labels, columns["inbound"], hues["inbound"], **opens["inbound"]),
            bars("outbound", labels, columns["outbound"], hues["outbound"], **opens["outbound"]),
            line(
                "positive",
                labels,
                columns["positive"],
                positive,
                mode="lines+markers",
                marker={"size": 5},
                **opens["positive"],
            ),
        ],
        view,
        "messages a day",
    )
    figure["layout"]["barmode"] = "group"
    return figure
