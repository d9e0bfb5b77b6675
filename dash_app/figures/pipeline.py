"""The charts of the Pipeline page."""

from __future__ import annotations

from dash_app.figures.chart_text import chart_hover, chart_words, distinct_labels, row_labels, whole_in_hover
from dash_app.figures.filtering import bars_filter_by, filters_by
from dash_app.figures.ranked import funnel, horizontal_bars, margin_for, top_down
from dash_app.figures.series import HOUR_MS, bars, by_hour, grid_of
from dash_app.figures.style import (
    Figure,
    View,
    axis,
    axis_title,
    distinct,
    empty,
    layout,
    legend,
    nothing_in,
    rows_in,
)
from dash_app.figures.valueaxis import whole_ticks
from dash_app.formatters.formats import change, number, parse_instant, percent
from dash_app.openers import bars_open
from engine.model.colours import EARLIER, FIXED, Paint, measure_colour
from engine.model.values.payload import Columns

NO_COUNTRY = "(none)"


def sites_reached(columns: Columns, view: View) -> Figure:
    """Draw how many sites ever reached each stage, each count with its share of the stage before."""
    if nothing_in(columns["ever_reached"]):
        return empty("no site has reached a stage")
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    hovers = []
    for before, row in zip([None, *rows], rows, strict=False):
        lines = [
            f"<b>{chart_words(row['stage'])}</b>",
            f"{number(row['ever_reached'])} sites ever reached it",
        ]
        if before is not None and row["step_rate"] is not None:
            lines.append(f"{percent(row['step_rate'])} of those that reached {chart_words(before['stage'])}")
        lines += [
            f"{number(row['in_it'])} in it now",
            f"{number(row['lost_excluded'])} got no further: excluded",
            f"{number(row['lost_failing'])} got no further: failing",
        ]
        hovers.append("<br>".join(lines))
    paints = view.colours.paints("stage", columns["stage"])
    figure = funnel(columns["stage"], columns["ever_reached"], columns["step_rate"], paints, hovers)
    return bars_open(figure, view.openers.trace("ever_reached", rows))


def sites_now_and_lost(columns: Columns, view: View) -> Figure:
    """Draw the sites in each stage now, beside those that stopped there: excluded, or failing."""
    series = (
        ("in it now", "in_it", measure_colour("sites")),
        ("lost: excluded", "lost_excluded", FIXED["stage"]["excluded"]),
        ("lost: failing", "lost_failing", FIXED["stage"]["failing"]),
    )
    if all(nothing_in(columns[name]) for _, name, _ in series):
        return empty("no site is in a stage, and none was lost")
    stages = row_labels(columns["stage"])
    sites = [sum(counts) for counts in zip(*(columns[name] for _, name, _ in series), strict=True)]
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": label,
                "y": stages,
                "x": columns[name],
                "marker": {"color": hue},
                "hovertemplate": "%{x:,}",
            }
            | view.openers.trace(name, rows_in(columns))
            for label, name, hue in series
        ],
        "layout": layout(
            hovermode="y unified",
            barmode="stack",
            showlegend=True,
            legend=legend(),
            xaxis=axis(title=axis_title("sites"), rangemode="tozero", nticks=5, **whole_ticks(sites)),
            yaxis=top_down(columns["stage"]),
        ),
    }


def sites_by_country(columns: Columns, view: View) -> Figure:
    """Draw the sites of each country, each count with its share of all."""
    if nothing_in(columns["sites"]):
        return empty("no sites with these filters" if view.is_filtered else "no sites yet")
    total = sum(columns["sites"])
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    figure = horizontal_bars(
        row_labels(columns["country"], NO_COUNTRY, as_words=False),
        columns["sites"],
        paints=[Paint(measure_colour("sites"))] * len(rows),
        texts=[f"{number(sites)} · {percent(sites / total, 0)}" for sites in columns["sites"]],
        hovers=[
            f"<b>{chart_hover(row['country'], NO_COUNTRY)}</b><br>{number(row['sites'])} sites"
            f"<br>{number(row['in_pipeline'])} in the pipeline now,"
            f" {number(row['outreach_sent'])} of them in its last stage"
            f"<br>{number(row['excluded'])} excluded, {number(row['failing'])} failing"
            for row in rows
        ],
        unit="sites",
    )
    figure = bars_open(figure, view.openers.trace("sites", rows))
    return bars_filter_by(figure, "country", columns["country"])


def daily_throughput(columns: Columns, view: View) -> Figure:
    """Draw the entries into each stage in the last 24 hours beside those of the 24 before."""
    if nothing_in(columns["last_24h"]) and nothing_in(columns["previous_24h"]):
        return empty("no site entered a stage of the pipeline in the last 48 hours")
    stages = row_labels(columns["stage"])
    changes = [change(value) for value in columns["change"]]
    texts = [f"{number(last)}  {text}" for last, text in zip(columns["last_24h"], changes, strict=True)]
    most = max(*columns["last_24h"], *columns["previous_24h"])
    shared = {"type": "bar", "orientation": "h", "y": stages}
    return {
        "data": [
            shared
            | {
                "name": "last 24 hours",
                "x": columns["last_24h"],
                "marker": {"color": measure_colour("sites")},
                "text": texts,
                "textposition": "outside",
                "cliponaxis": False,
                "customdata": changes,
                "hovertemplate": "%{x:,} (%{customdata})",
            }
            | view.openers.trace("last_24h", rows_in(columns)),
            shared
            | {
                "name": "prior 24 hours",
                "x": columns["previous_24h"],
                "marker": {"color": EARLIER},
                "hovertemplate": "%{x:,}",
            }
            | view.openers.trace("previous_24h", rows_in(columns)),
        ],
        "layout": layout(
            hovermode="y unified",
            barmode="group",
            bargroupgap=0.08,
            margin=margin_for(texts),
            showlegend=True,
            legend=legend(),
            xaxis=axis(
                title=axis_title("entries into the stage"),
                range=[0, most * 1.02],
                nticks=5,
                **whole_ticks([most]),
            ),
            yaxis=top_down(columns["stage"]),
        ),
    }


def hourly_status_breakdown(columns: Columns, view: View) -> Figure:
    """Draw the entries into every status, hour by hour."""
    if not columns["hour"]:
        return empty(f"no site changed its status {view.over('48h').phrase}")
    hours = distinct(columns["hour"])
    grid = grid_of(columns, "hour", "status", "sites")
    statuses = view.colours.in_order("stage", grid)
    names = distinct_labels(statuses)
    return by_hour(
        hours,
        lambda middles: [
            filters_by(
                whole_in_hover(
                    bars(
                        names[status],
                        middles,
                        [grid[status].get(hour, 0) for hour in hours],
                        paint,
                        width=HOUR_MS * 0.86,
                        hovertemplate="%{y:,}",
                        **view.openers.trace("sites", [{"hour": hour, "status": status} for hour in hours]),
                    ),
                    status,
                ),
                "status",
                status,
            )
            for status, paint in zip(statuses, view.colours.paints("stage", statuses), strict=True)
        ],
        view,
        "sites an hour",
        since=min(parse_instant(hours[0]), view.over("48h").starts_at(view.as_of, view.zone)),
    )
