"""What a message and a reply cost by day."""

from __future__ import annotations

from dash_app.figures.style import (
    Figure,
    View,
    axis,
    axis_title,
    empty,
    layout,
    legend,
    nothing_in,
    rows_in,
    strip_note,
)
from dash_app.figures.timeaxis import day_labels, days_axis, is_running_day
from dash_app.figures.unfinished import marked_unfinished
from dash_app.figures.valueaxis import money_ticks
from dash_app.formatters.formats import money
from dash_app.formatters.unknown import is_unknown, needs
from engine.model.colours import measure_colour
from engine.model.values.payload import Columns

_COUNTED = {"outreaches_sent": "outreaches", "replies": "conversations"}
"""What a cost is divided by, and the staging table whose rows that counts."""


def unit_economics(columns: Columns, view: View) -> Figure:
    """Draw the cost of an outreach message and of a reply by day, above the day's LLM cost."""
    if all(nothing_in(columns[name]) for name in ("cost_usd", "outreaches_sent", "replies")):
        return empty(f"no LLM cost, no outreach message and no reply {view.over('30d').phrase}")
    days = columns["day"]
    labels = day_labels(days, view)
    rows = (
        ("LLM cost", columns["cost_usd"], measure_colour("cost_usd"), "y", "US$ a day"),
        (
            "LLM cost per outreach message sent",
            _per(columns, "outreaches_sent", view),
            measure_colour("outreaches_sent"),
            "y2",
            "/ sent",
        ),
        ("LLM cost per reply", _per(columns, "replies", view), measure_colour("replies"), "y3", "/ reply"),
    )
    traces = [
        {
            "name": name,
            "x": labels,
            "y": values,
            "yaxis": name_of_axis,
            "customdata": [money(value) for value in values],
            "hovertemplate": "%{customdata}",
        }
        # What a cost is divided by is counted in the KPIs; a cost opens its calls.
        | view.openers.trace("cost_usd", rows_in(columns))
        | (
            {"type": "bar", "marker": {"color": hue}}
            if name_of_axis == "y"
            else {
                "type": "scatter",
                "mode": "lines+markers",
                "line": {"color": hue, "width": 2},
                "marker": {"size": 4},
            }
        )
        for name, values, hue, name_of_axis, _ in rows
    ]
    domains = ((0.56, 1.0), (0.28, 0.48), (0.0, 0.2))
    axes = {
        f"yaxis{name[1:]}": axis(
            rangemode="tozero",
            domain=list(domain),
            title=axis_title(unit),
            nticks=4,
            showticklabels=any(value is not None for value in values),
            showgrid=any(value is not None for value in values),
            **money_ticks(values),
        )
        for (_, values, _, name, unit), domain in zip(rows, domains, strict=True)
    }
    return {
        "data": [*marked_unfinished(traces[:1], [is_running_day(day, view) for day in days]), *traces[1:]],
        "layout": layout(
            showlegend=True,
            legend=legend(),
            hoversubplots="axis",
            annotations=[
                strip_note(needs(table), domain)
                for (column, table), domain in zip(_COUNTED.items(), domains[1:], strict=True)
                if is_unknown(columns[column])
            ],
            xaxis=days_axis(days, view, anchor="y3"),
        )
        | axes,
    }


def _per(columns: Columns, name: str, view: View) -> list[float | None]:
    """Return each day's cost divided by a count; None on a day without any, and on one that is not over.

    Calls come earlier in a day than the messages and replies they lead to, so its first hours would look
    many times dearer than any whole day.
    """
    return [
        cost / count if count and not is_running_day(day, view) else None
        for day, cost, count in zip(columns["day"], columns["cost_usd"], columns[name], strict=True)
    ]
