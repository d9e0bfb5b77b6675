"""The charts of the Overview: activity by hour beside what is usual, and the cost of models."""

from __future__ import annotations

from typing import Any

from dash_app.figures.chart_text import chart_hover, row_labels
from dash_app.figures.filtering import bars_filter_by
from dash_app.figures.period import Period
from dash_app.figures.ranked import horizontal_bars
from dash_app.figures.series import HOUR_MS, bars, by_hour
from dash_app.figures.style import (
    Figure,
    View,
    axis,
    axis_title,
    empty,
    legend,
    nothing_in,
    rows_in,
    strip_note,
)
from dash_app.figures.timeaxis import HOUR, plot_times
from dash_app.figures.valueaxis import money_ticks, whole_ticks
from dash_app.formatters.comparison import against, change_of
from dash_app.formatters.formats import change, money, number, parse_instant
from dash_app.formatters.unknown import is_unknown, needs
from dash_app.openers import bars_open
from engine.model.clock import to_iso
from engine.model.colours import EARLIER, measure_colour
from engine.model.text.in_words import and_list, counted
from engine.model.values.payload import Columns

USUAL = "usual: the middle half of 28 days"
SLIM = 0.5
"""The width of bars within a band, as a share of their hour: the band is seen between them."""
_NOTHING = {"sites": "no site moved", "outreaches_sent": "nothing was sent", "replies": "no reply came"}
_TABLES = {"sites": "site_status", "outreaches_sent": "outreaches", "replies": "conversations"}
_BAND_FILL = "rgba(128,138,150,0.26)"


def hourly_throughput(columns: Columns, view: View) -> Figure:
    """Draw the work of the pipeline by hour: sites moved, messages sent, replies received.

    The dataset beside it has what is usual of the sites, which is a band around their bars. A series whose
    table the source lacks has an empty strip that says so.
    """
    series = (
        ("sites moved", "sites", measure_colour("sites")),
        ("outreach messages sent", "outreaches_sent", measure_colour("outreaches_sent")),
        ("replies", "replies", measure_colour("replies")),
    )
    if all(nothing_in(columns[name]) for _, name, _ in series):
        known = [words for name, words in _NOTHING.items() if not is_unknown(columns[name])]
        return empty(f"{and_list(known)} {view.over('48h').phrase}")
    band = _usual_band(view)
    figure = by_hour(
        columns["hour"],
        lambda middles: [
            bars(
                label,
                middles,
                columns[name],
                hue,
                width=HOUR_MS * (SLIM if band and not row else 0.86),
                yaxis=f"y{row or ''}",
                showlegend=not is_unknown(columns[name]),
                **view.openers.trace(name, rows_in(columns)),
            )
            for row, (label, name, hue) in zip(("", 2, 3), series, strict=True)
        ],
        view,
        "sites",
    )
    rows = ((0.52, 1.0), (0.26, 0.46), (0.0, 0.2))
    titles = ("sites", "sent", "replies")
    notes: list[dict[str, Any]] = []
    for row, (low, high), title, (_, name, _) in zip(("", 2, 3), rows, titles, series, strict=True):
        figure["layout"][f"yaxis{row}"] = axis(
            rangemode="tozero",
            domain=[low, high],
            title=axis_title(title),
            nticks=4,
            showticklabels=not is_unknown(columns[name]),
            showgrid=not is_unknown(columns[name]),
            **whole_ticks(columns[name]),
        )
        if is_unknown(columns[name]):
            notes.append(strip_note(needs(_TABLES[name]), (low, high)))
    figure["data"] = [*figure["data"], *band]
    figure["layout"]["annotations"] = notes
    figure["layout"]["xaxis"]["anchor"] = "y3"
    figure["layout"]["hoversubplots"] = "axis"
    return figure


def _usual_band(view: View) -> list[dict[str, Any]]:
    """Return the two edges of the usual, hour by hour, with the band between them."""
    columns = view.beside
    if columns is None or all(value is None for value in columns["sites_q75"]):
        return []
    middles = plot_times([to_iso(parse_instant(hour) + HOUR / 2) for hour in columns["hour"]])
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": middles,
        "line": {"color": EARLIER, "width": 1.5, "shape": "hvh"},
        "legendgroup": "usual",
    }
    texts = [
        "" if low is None else f"{number(low)} to {number(high)}, half the time"
        for low, high in zip(columns["sites_q25"], columns["sites_q75"], strict=True)
    ]
    return [
        edge | {"name": USUAL, "y": columns["sites_q25"], "showlegend": False, "hoverinfo": "skip"},
        edge
        | {
            "name": USUAL,
            "y": columns["sites_q75"],
            "fill": "tonexty",
            "fillcolor": _BAND_FILL,
            "customdata": texts,
            "hovertemplate": "%{customdata}",
        },
    ]


def model_costs(columns: Columns, view: View) -> Figure:
    """Draw the cost of each model, with a line where that of the period before ends."""
    period = view.over("7d")
    costs, befores = columns["cost_usd"], _befores(columns)
    if nothing_in([*costs, *columns["previous_cost_usd"], *columns["calls"]]):
        return empty(f"no LLM calls {period.phrase}")
    labels = row_labels(columns["model"], "(unreadable)", as_words=False)
    figure = horizontal_bars(
        labels,
        costs,
        paints=view.colours.paints("model", columns["model"]),
        texts=[
            f"{money(cost)} {_change(cost, before)}".rstrip()
            for cost, before in zip(costs, befores, strict=True)
        ],
        hovers=[
            f"<b>{chart_hover(model, '(unreadable)')}</b><br>{money(cost)} for {counted(calls, 'call')}"
            + (f"<br>{line}" if (line := against(cost, before, money, period.prior)) else "")
            for model, calls, cost, before in zip(
                columns["model"], columns["calls"], costs, befores, strict=True
            )
        ],
        unit=f"US$ {view.within('7d')}",
    )
    figure["layout"]["xaxis"] |= money_ticks([*costs, *befores])
    figure = bars_open(figure, view.openers.trace("cost_usd", rows_in(columns)))
    figure = bars_filter_by(figure, "model", columns["model"])
    if all(before is None for before in befores):
        return figure
    return _with_bars_of_before(figure, labels, befores, period)


def _befores(columns: Columns) -> list[float | None]:
    pairs = zip(columns["previous_cost_usd"], columns["has_history"], strict=True)
    return [before if is_known else None for before, is_known in pairs]


def _with_bars_of_before(
    figure: Figure, labels: list[str], befores: list[float | None], period: Period
) -> Figure:
    """Return bars with those of the period before below them."""
    top = figure["layout"]["xaxis"]["range"]
    widest = max(top[1], *(before * 1.02 for before in befores if before is not None))
    before = {
        "type": "bar",
        "orientation": "h",
        "name": period.prior.removeprefix("the "),
        "y": labels,
        "x": befores,
        "marker": {"color": EARLIER},
        "customdata": list(map(money, befores)),
        "hovertemplate": "%{customdata}",
    }
    changes = {
        "barmode": "group",
        "bargap": 0.3,
        "showlegend": True,
        "legend": legend(),
        "xaxis": figure["layout"]["xaxis"] | {"range": [top[0], widest]},
    }
    own = figure["data"][0] | {"name": f"last {period.short}", "showlegend": False}
    return figure | {"data": [own, before], "layout": figure["layout"] | changes}


def _change(cost: float, before: float | None) -> str:
    fraction = change_of(cost, before)
    return change(fraction) if fraction is not None else "new" if before == 0 else ""
