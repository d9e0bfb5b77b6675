"""The parts that cards are made of, as Dash components: icons, numbers with labels, tables that sort."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_app.digest import digest_of
from dash_app.readouts.numbers import Stat
from dash_app.readouts.tables import Cell, Heading, Table

LONG_TEXT = 30


def icon(name: str) -> html.Span:
    """Return an icon of the style sheet, hidden from screen readers."""
    return html.Span(className=f"icon icon-{name}", **{"aria-hidden": "true"})


def numbers_element(stats: tuple[Stat, ...]) -> html.Dl:
    """Return numbers with their labels."""
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(stat.label),
                    html.Dd(
                        stat.value, className=f"stat-value tone-{stat.tone}" if stat.tone else "stat-value"
                    ),
                    html.Dd(stat.hint, className="stat-hint") if stat.hint else None,
                ],
                className="stat",
            )
            for stat in stats
        ],
        className="stats",
    )


def table_element(table: Table, caption: str) -> Any:
    """Return a table that sorts by its headings; one with other rows is drawn afresh by the browser."""
    if not table.rows:
        return html.P(table.nothing, className="nothing")
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="visually-hidden"),
                html.Thead(html.Tr([_heading(heading) for heading in table.headings])),
                html.Tbody(
                    [
                        html.Tr([_cell(*pair) for pair in zip(row, table.headings, strict=True)])
                        for row in table.rows
                    ]
                ),
            ],
            # Sorting moves rows behind React's back: other rows are not to be matched with the ones moved.
            key=digest_of(repr(table).encode()),
            className="table table-sm table-hover sortable",
        ),
        className="table-scroll",
        tabIndex="0",
        role="region",
        **{"aria-label": caption},
    )


def _heading(heading: Heading) -> html.Th:
    return html.Th(
        html.Button(heading.text, type="button", className="sort"),
        scope="col",
        className="numeric" if heading.numeric else "",
    )


def _cell(cell: Cell, heading: Heading) -> html.Td:
    classes = ["numeric"] if heading.numeric else []
    if cell.tone and not cell.badge:
        classes.append(f"tone-{cell.tone}")
    if cell.share is not None:
        classes.append("with-share")
    if len(cell.text) > LONG_TEXT:
        classes.append("long")
    text = html.Span(cell.text, className=f"pill pill-{cell.tone or 'plain'}") if cell.badge else cell.text
    return html.Td(
        text,
        className=" ".join(classes),
        title=cell.note or None,
        style={"--share": f"{cell.share * 100:.1f}%"} if cell.share is not None else None,
        **{"data-sort": str(cell.text if cell.sort is None else cell.sort)},
    )
