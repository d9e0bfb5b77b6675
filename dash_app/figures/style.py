"""The look that all charts share: the base layout, legends, the note of an empty chart.

Bars and lines have the colours of ``engine.model.colours`` in both themes. Text, grid and hover boxes get
theirs from the style sheet, so the browser changes the theme without the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash_app.figures.period import Period
from dash_app.openers import NO_OPENERS, Openers
from engine.model.colours import NO_PLACES, ColourPlaces
from engine.model.values.payload import Columns

Figure = dict[str, Any]


@dataclass(frozen=True)
class View:
    """What a figure knows beside the value: the dashboard's time zone and the value's instant (UTC).

    ``colours`` has the palette places of names that the schema does not know. ``range`` is the range that the
    value was computed for, such as ``7d``; None for the window of the dataset's name. ``is_filtered`` says
    whether filters restrict it, and ``previous`` has the columns of the period before, None if it is not
    compared. ``is_previous``: the columns are themselves those of the period before. ``openers`` makes what
    opens the rows behind a number. ``beside`` has the columns of the dataset that the card shows beside its
    own, None if it shows none or that has no value.
    """

    zone: ZoneInfo
    as_of: datetime
    colours: ColourPlaces = NO_PLACES
    range: str | None = None
    is_filtered: bool = False
    previous: Columns | None = None
    is_previous: bool = False
    openers: Openers = NO_OPENERS
    beside: Columns | None = None

    def over(self, own_range: str) -> Period:
        """Return the period that the value covers; ``own_range`` is the window of its dataset's name."""
        return Period(self.range or own_range)

    def within(self, own_range: str, *, by_day: bool = False) -> str:
        """Return the words for that period: ``in 30 days``, ``since 21 Nov``; ``by_day`` of local days."""
        return self.over(own_range).within(self.as_of, self.zone, by_day=by_day)


FigureFunction = Callable[[Columns, View], Figure]

FONT_FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_TEXT = "#6c757d"
_GRID = "rgba(128,138,150,0.22)"


MARGIN = {"l": 8, "r": 12, "t": 8, "b": 8, "pad": 4}


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
        # Labels without room are left out by the browser, and not turned.
        "tickangle": 0,
        "title": {"text": "", "font": {"size": 11}},
    } | settings


def axis_title(text: str) -> dict[str, Any]:
    """Return the title of an axis: the unit of its numbers."""
    return {"text": text, "font": {"size": 11}, "standoff": 8}


def layout(**settings: Any) -> dict[str, Any]:
    """Return a layout with the shared look; settings given replace its parts."""
    return {
        "autosize": True,
        "margin": MARGIN,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT_FAMILY, "size": 12, "color": _TEXT},
        "hoverlabel": {"font": {"family": FONT_FAMILY, "size": 12}, "namelength": -1},
        "hovermode": "x unified",
        # Dragging zooms the time axes, which are not fixed; a double click shows all again.
        "dragmode": "zoom",
        "showlegend": False,
        "xaxis": axis(showgrid=False),
        "yaxis": axis(rangemode="tozero"),
        "bargap": 0.22,
        "barcornerradius": 3,
        # Hidden legend entries stay hidden when a new value arrives. The zoom is `frontend/src/zoom.js`'s.
        "uirevision": "kept",
    } | settings


FEW_SERIES = 5
"""The labels of more are short, for their legend takes room from the plot."""


def legend(series: int = 1) -> dict[str, Any]:
    """Return a horizontal legend above the plot; one of many series has entries of equal, small width."""
    tight = {"font": {"size": 10}, "entrywidth": 76} if series > FEW_SERIES else {}
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
    } | tight


def with_legend_below(figure: Figure) -> Figure:
    """Return a figure whose legend the browser shows as buttons below it, which wrap and have focus.

    ``meta.legend`` says whether it has one.
    """
    settings = figure.get("layout", {})
    meta = settings.get("meta", {}) | {"legend": bool(settings.get("showlegend"))}
    return figure | {"layout": settings | {"showlegend": False, "meta": meta}}


def empty(note: str) -> Figure:
    """Return a chart without data, with a note that says why."""
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


def strip_note(text: str, domain: tuple[float, float]) -> dict[str, Any]:
    """Return a text in the middle of a chart's strip, which lies within ``domain`` of its height."""
    return {
        "text": text,
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": sum(domain) / 2,
        "font": {"size": 12},
    }


def empty_note(figure: Figure) -> str | None:
    """Return the note of a chart without data; None if the chart has data."""
    notes = figure.get("layout", {}).get("annotations")
    return str(notes[0]["text"]) if notes and not figure.get("data") else None


def blank() -> Figure:
    """Return the chart of a card without a value yet."""
    hidden = {"visible": False}
    return {"data": [], "layout": {"paper_bgcolor": "rgba(0,0,0,0)", "xaxis": hidden, "yaxis": hidden}}


def nothing_in(values: Iterable[float | None]) -> bool:
    """Return whether all values are zeros and nulls."""
    return not any(values)


def rows_in(columns: Columns) -> list[dict[str, Any]]:
    """Return the rows of a value, each by column."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def row_at(columns: Columns, place: int) -> dict[str, Any]:
    """Return one row of a value by column."""
    return {name: values[place] for name, values in columns.items()}


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return the values in the order they first appear."""
    return list(dict.fromkeys(values))
