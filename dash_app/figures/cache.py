"""The charts of the Cache page: outcomes of reads, causes of misses, costs and savings of entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash_app.figures.chart_text import row_labels
from dash_app.figures.ranked import top_down
from dash_app.figures.series import HOUR_MS, bars, by_hour, line
from dash_app.figures.style import (
    Figure,
    View,
    axis,
    axis_title,
    empty,
    layout,
    legend,
)
from dash_app.formatters.formats import duration
from engine.model.clock import to_iso
from engine.model.colours import FIXED
from engine.store.analytics import Analytics
from engine.store.analytics.entry_figures import EntryFigures
from engine.store.analytics.tallies import MISS_CAUSES
from engine.store.reads import Outcome

CHART_HOURS = 48
MOST_ENTRIES = 12

OUTCOME_COLOURS = {outcome: FIXED["read_outcome"][outcome] for outcome in Outcome}
CAUSE_COLOURS = {cause: FIXED["miss_cause"][cause] for cause in MISS_CAUSES}


def reads_by_hour(analytics: Analytics, view: View) -> Figure:
    """Draw the reads of 48 hours by outcome, and below them the share of hits."""
    hours = analytics.hours[-CHART_HOURS:]
    if not any(hour.tally.reads for hour in hours):
        return empty("nothing was read in the last 48 hours")

    def traces(middles: list[str]) -> list[dict[str, Any]]:
        drawn = [
            bars(
                outcome.value,
                middles,
                [hour.tally.of(outcome) for hour in hours],
                OUTCOME_COLOURS[outcome],
                width=HOUR_MS * 0.86,
            )
            for outcome in Outcome
            if any(hour.tally.of(outcome) for hour in hours)
        ]
        rates = [hour.tally.hit_rate for hour in hours]
        rate = line("hit rate", middles, rates, OUTCOME_COLOURS[Outcome.MEMORY], form=".1%", yaxis="y2")
        return [*drawn, rate | {"mode": "lines+markers", "marker": {"size": 4}, "cliponaxis": False}]

    figure = by_hour([to_iso(hour.starts_at) for hour in hours], traces, view, "reads")
    figure["layout"]["yaxis"] |= {"domain": [0.36, 1.0]}
    figure["layout"]["yaxis2"] = axis(
        domain=[0.0, 0.26], range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1], title=axis_title("hits")
    )
    figure["layout"]["xaxis"]["anchor"] = "y2"
    figure["layout"]["hoversubplots"] = "axis"
    return figure


def misses_by_local_hour(analytics: Analytics, view: View) -> Figure:
    """Draw the misses of 7 days by local hour and cause."""
    day = analytics.misses_by_local_hour(view.zone)
    causes = [cause for cause in MISS_CAUSES if any(hour[cause] for hour in day)]
    if not causes:
        return empty("every read of the last 7 days found a fresh value" if _reads(analytics) else _NO_READS)
    labels = [f"{hour:02}:00–{(hour + 1) % 24:02}:00" for hour in range(24)]
    return {
        "data": [
            bars(cause.value, labels, [hour[cause] for hour in day], CAUSE_COLOURS[cause]) for cause in causes
        ],
        "layout": layout(
            barmode="stack",
            showlegend=True,
            legend=legend(),
            xaxis=axis(
                type="category",
                categoryorder="array",
                categoryarray=labels,
                tickmode="array",
                tickvals=labels[::3],
                ticktext=[label[:5] for label in labels[::3]],
                tickangle=0,
                showgrid=False,
            ),
            yaxis=axis(rangemode="tozero", title=axis_title("reads"), nticks=5),
        ),
    }


_NO_READS = "nothing was read in the last 7 days"


def _reads(analytics: Analytics) -> int:
    return analytics.all_reads.reads


def spent_and_saved(analytics: Analytics, view: View) -> Figure:
    """Draw the time that the most costly entries took to compute, and the time that their reads saved."""
    costly = sorted(
        (entry for entry in analytics.entries if entry.spending.computations),
        key=lambda entry: -entry.spending.compute_us,
    )[:MOST_ENTRIES]
    if not costly:
        return empty("nothing was computed in the last 7 days")
    names = row_labels([entry.key.rpartition("/")[2] for entry in costly], as_words=False)
    series: tuple[tuple[str, str, Callable[[EntryFigures], float]], ...] = (
        ("spent", FIXED["computing"]["spent"], _spent_seconds),
        ("saved", FIXED["computing"]["saved"], _saved_seconds),
    )
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "y": names,
                "x": [seconds(entry) for entry in costly],
                "marker": {"color": hue},
                "customdata": [duration(seconds(entry)) for entry in costly],
                "hovertemplate": "%{customdata}",
            }
            for name, hue, seconds in series
        ],
        "layout": layout(
            barmode="group",
            hovermode="y unified",
            showlegend=True,
            legend=legend(),
            xaxis=axis(title=axis_title("seconds of computing, 7 days"), rangemode="tozero", nticks=5),
            yaxis=top_down(names),
        ),
    }


def _spent_seconds(entry: EntryFigures) -> float:
    return entry.spending.compute_us / 1e6


def _saved_seconds(entry: EntryFigures) -> float:
    return max(0.0, entry.saved_us or 0.0) / 1e6
