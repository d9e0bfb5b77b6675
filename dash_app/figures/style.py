"""The look all charts share: colours, the base layout, legends, the note of an empty chart.

A colour means the same thing on every page. The palette keeps apart under the common forms of
colour blindness, on white and on near-black; text, grid and hover boxes take their colours from
the style sheet, so that the theme changes in the browser alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.colours import NO_PLACES, ColourPlaces

Columns = dict[str, list[Any]]
Figure = dict[str, Any]


@dataclass(frozen=True)
class View:
    """How a value is looked at: the dashboard's time zone and the instant the value is of (UTC).

    ``colours`` has the places in the palette of names that the schema does not know.
    """

    zone: ZoneInfo
    as_of: datetime
    colours: ColourPlaces = NO_PLACES


FigureFunction = Callable[[Columns, View], Figure]

BLUE, SKY, TEAL, GREEN = "#3f7fc1", "#6cb6e4", "#2a9d95", "#0f9d6b"
AMBER, VERMILLION, PINK, PURPLE, GREY, PALE = "#e8a33d", "#d9572b", "#cc79a7", "#8a6bbf", "#8d97a3", "#b9c2cc"
CYCLE = (BLUE, AMBER, TEAL, PINK, SKY, PURPLE, VERMILLION, GREEN, GREY)

STAGE_COLOURS = {
    "found": "#a9c9ea",
    "assets_captured": "#7dabdc",
    "scored": "#558cc9",
    "rescored": "#3a6fae",
    "enriched": "#57b5ab",
    "proposals_drafted": "#2a8f88",
    "outreach_partial": "#eeb75c",
    "outreach_sent": "#dd8a1e",
    "excluded": GREY,
    "failing": VERMILLION,
}
RUN_COLOURS = {"success": GREEN, "failed": VERMILLION, "running": AMBER}
SENTIMENT_COLOURS = {
    "positive": GREEN,
    "neutral": SKY,
    "objection": AMBER,
    "negative": VERMILLION,
    "unclassified": GREY,
}
CHANNEL_COLOURS = {"email": BLUE, "sms": AMBER, "form": TEAL, "linkedin": SKY, "x": PINK}
LLM_STAGE_COLOURS = {
    "scoring": BLUE,
    "rescoring": SKY,
    "enrichment": TEAL,
    "proposals": AMBER,
    "replies": PINK,
}

FONT_FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_TEXT = "#6c757d"
_GRID = "rgba(128,138,150,0.22)"


def colour(name: str | None, known: dict[str, str], seen: Sequence[str | None]) -> str:
    """Return a name's fixed colour, or for an unknown one a colour by its place among the unknown seen."""
    if name in known:
        return known[name]
    strangers = [other for other in seen if other not in known]
    unused = [hue for hue in (PURPLE, *CYCLE) if hue not in known.values()] or list(CYCLE)
    return unused[strangers.index(name) % len(unused)]


def axis(**settings: Any) -> dict[str, Any]:
    """Return an axis with the shared look and these settings."""
    return {
        "gridcolor": _GRID,
        "zerolinecolor": _GRID,
        "linecolor": _GRID,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        "ticks": "",
        "title": {"text": "", "font": {"size": 11}},
    } | settings


def axis_title(text: str) -> dict[str, Any]:
    """Return the title of an axis: the unit of its numbers."""
    return {"text": text, "font": {"size": 11}, "standoff": 8}


def layout(**settings: Any) -> dict[str, Any]:
    """Return a layout with the shared look; settings given replace its parts."""
    return {
        "autosize": True,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8, "pad": 4},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT_FAMILY, "size": 12, "color": _TEXT},
        "hoverlabel": {"font": {"family": FONT_FAMILY, "size": 12}, "namelength": -1},
        "hovermode": "x unified",
        # Dragging zooms the axes that are not fixed, those of time; a double click shows all again.
        "dragmode": "zoom",
        "showlegend": False,
        "xaxis": axis(showgrid=False),
        "yaxis": axis(rangemode="tozero"),
        "bargap": 0.22,
        "barcornerradius": 3,
        "uirevision": "kept",
    } | settings


def legend() -> dict[str, Any]:
    """Return a horizontal legend above the plot."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1.02,
        "yanchor": "bottom",
        "traceorder": "normal",
        "font": {"size": 11},
        "bgcolor": "rgba(0,0,0,0)",
        "itemwidth": 30,
    }


def empty(note: str) -> Figure:
    """Return a chart that says why there is nothing in it."""
    hidden = {"visible": False, "fixedrange": True}
    return {
        "data": [],
        "layout": layout(
            xaxis=hidden,
            yaxis=hidden,
            annotations=[
                {
                    "text": note,
                    "showarrow": False,
                    "xref": "paper",
                    "yref": "paper",
                    "x": 0.5,
                    "y": 0.5,
                    "font": {"size": 13},
                }
            ],
        ),
    }


def blank() -> Figure:
    """Return the chart that stands in a card until its value is there."""
    hidden = {"visible": False}
    return {"data": [], "layout": {"paper_bgcolor": "rgba(0,0,0,0)", "xaxis": hidden, "yaxis": hidden}}


def nothing_in(values: Iterable[float | None]) -> bool:
    """Return whether there is no value but zeros and nulls."""
    return not any(values)


def column_of(columns: Columns, name: str, **wanted: Any) -> list[Any]:
    """Return a column's values in the rows whose columns have the wanted values."""
    rows = range(len(columns[name]))
    return [
        columns[name][row] for row in rows if all(columns[key][row] == value for key, value in wanted.items())
    ]


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return the values in the order they first appear."""
    return list(dict.fromkeys(values))
