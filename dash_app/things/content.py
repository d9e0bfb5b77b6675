"""What the pages of one site, one job and one error are made of: sections of the same look as cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from plotly.io.json import to_json_plotly

from dash_app.chart_frame import chart_frame
from dash_app.elements import icon, kpis_element
from dash_app.figures.style import Figure, with_legend_below
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tables import Table
from dash_app.markup import FIGURE
from dash_app.page_text import page_text
from dash_app.table_elements import table_element
from engine.model.text.plain_text import plain_text, shortened

TITLE_LENGTH = 120
CHART_ROOM = 276
"""The height of a chart and its legend, in pixels."""


@dataclass(frozen=True)
class ThingContent:
    """What a page shows: the title of the bar and of the document, and the sections below."""

    title: str
    sections: Sequence[Any]


def title_of(text: str, unknown: str) -> str:
    """Return a text of the database as the title of a page; ``unknown`` if nothing of it is visible."""
    return shortened(plain_text(text).strip(), TITLE_LENGTH) or unknown


def section(
    heading: str, name: str, children: Any, width: int = 12, kind: str = "table", *, answer: Any = None
) -> html.Section:
    """Return a section; ``name`` is part of its ids, ``width`` in twelfths of a wide page.

    ``answer`` stands below the heading.
    """
    heading_id = f"thing-{name}-heading"
    chart = {"data-kind": kind, "style": {"--room": f"{CHART_ROOM}px"}} if kind == "chart" else {}
    return html.Section(
        [
            html.Header(html.H2(heading, id=heading_id), className="panel-head"),
            answer,
            html.Div(children, className="card-body"),
        ],
        className=f"card panel span-{width} panel-{kind} thing-section",
        **{"aria-labelledby": heading_id},
        **chart,
    )


def kpi_section(heading: str, name: str, kpis: tuple[Kpi, ...], width: int = 12) -> html.Section:
    """Return a section of key figures."""
    return section(heading, name, kpis_element(kpis), width, "numbers")


def table_section(heading: str, name: str, table: Table, remark: str = "", width: int = 12) -> html.Section:
    """Return a section with a table that sorts; the remark stands below."""
    shown = html.Div(table_element(table, heading, is_whole=True), id=f"thing-{name}-table")
    note = html.P(remark, className="table-remark") if remark else None
    return section(heading, name, [shown, note], width)


def chart_section(heading: str, name: str, figure: Figure, sentence: str, width: int = 12) -> html.Section:
    """Return a section with a chart; the sentence above it says what it shows."""
    graph = html.Div(
        id=f"thing-{name}-chart",
        className="dash-graph",
        style={"height": f"{CHART_ROOM}px"},
        # Its legend stands below it, as on the other pages.
        **{FIGURE: to_json_plotly(with_legend_below(figure))},
    )
    sentence_id = f"thing-{name}-answer"
    said = html.P(page_text(sentence, 400), id=sentence_id, className="card-answer")
    return section(heading, name, chart_frame([graph], heading, sentence_id), width, "chart", answer=said)


def notice(text: str, name: str = "thing-notice") -> html.Div:
    """Return a page that has nothing to show but a sentence."""
    return html.Div(
        [icon("search"), html.P(page_text(text, 400))], className=f"{name} thing-nothing", role="status"
    )
