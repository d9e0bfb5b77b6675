"""The chart of the Cache page: the share of reads that found a fresh value, and the misses by cause."""

from __future__ import annotations

from typing import Any

from dash_app.figures.gaps import markers
from dash_app.figures.series import HOUR_MS, bars, by_hour, line
from dash_app.figures.style import Figure, View, axis, axis_title, empty
from engine.model.clock import to_iso
from engine.model.colours import FIXED, GREEN
from engine.store.analytics import Analytics
from engine.store.analytics.tallies import MISS_CAUSES

CHART_HOURS = 48


def hits_and_misses(analytics: Analytics, view: View) -> Figure:
    """Draw the hit rate of each of 48 hours, and below it the reads without a fresh value by cause."""
    hours = analytics.hours[-CHART_HOURS:]
    if not any(hour.tally.reads for hour in hours):
        return empty("nothing was read in the last 48 hours")

    def traces(middles: list[str]) -> list[dict[str, Any]]:
        rates = [hour.tally.hit_rate for hour in hours]
        rate = line("hit rate", middles, rates, GREEN, form=".1%", yaxis="y2")
        causes = [cause for cause in MISS_CAUSES if any(hour.misses.get(cause) for hour in hours)]
        missed = [
            bars(
                f"missed: {cause}",
                middles,
                [hour.misses.get(cause, 0) for hour in hours],
                FIXED["miss_cause"][cause],
                width=HOUR_MS * 0.86,
            )
            for cause in causes
        ]
        return [rate | markers(rates) | {"cliponaxis": False}, *missed]

    figure = by_hour([to_iso(hour.starts_at) for hour in hours], traces, view, "misses")
    figure["layout"]["yaxis"] |= {"domain": [0.0, 0.4]}
    figure["layout"]["yaxis2"] = axis(
        domain=[0.52, 1.0], range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1], title=axis_title("hits")
    )
    figure["layout"]["showlegend"] = True
    figure["layout"]["hoversubplots"] = "axis"
    return figure
