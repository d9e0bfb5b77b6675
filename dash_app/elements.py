"""The parts of cards as Dash components: icons, KPIs and tables that sort."""

from __future__ import annotations

import re
from typing import Any

from dash import html

from dash_app.digest import digest_of
from dash_app.formatters.ages import Age
from dash_app.formatters.formats import number
from dash_app.formatters.kpis import Kpi
from dash_app.formatters.tables import Cell, Heading, Table
from dash_app.page_text import CELL_LENGTH, page_text, raw_text, title_text
from dash_app.table_windows import FIRST_WINDOW, WINDOW_ROWS, TablePart, Window, part_of, sort_text
from engine.model.clock import to_iso
from engine.model.text.plain_text import plain_text, shortened

LONG_TEXT = 30
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[dh%](?: |$))")


def icon(name: str) -> html.Span:
    """Return an icon of the style sheet, hidden from screen readers."""
    return html.Span(className=f"icon icon-{name}", **{"aria-hidden": "true"})


def _with_whole_units(text: str) -> str:
    """Return the dashboard's own text so that no line ends between a number and its unit."""
    return _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", text)


def aged(text: str, age: Age | None) -> Any:
    """Return a text; the browser keeps its age up to date if it has one."""
    if age is None:
        return page_text(text)
    words = text.removeprefix(age.before).removesuffix(age.after)
    form = {"data-age-form": "span"} if age.is_span else {}
    return [
        plain_text(age.before),
        html.Span(words, **{"data-age": to_iso(age.instant)}, **form),
        plain_text(age.after),
    ]


def kpis_element(kpis: tuple[Kpi, ...]) -> html.Dl:
    """Return KPIs with their labels."""
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(page_text(_with_whole_units(kpi.label))),
                    html.Dd(
                        _opening(aged(kpi.value, kpi.value_age), kpi.opens),
                        className=f"stat-value tone-{kpi.tone}" if kpi.tone else "stat-value",
                    ),
                    html.Dd(aged(kpi.hint, kpi.hint_age), className="stat-hint") if kpi.hint else None,
                ],
                className="stat",
            )
            for kpi in kpis
        ],
        className="stats",
    )


def _opening(text: Any, opens: str) -> Any:
    """Return a text as the button that opens the rows behind it; the text itself if nothing does."""
    if not opens:
        return text
    return html.Button(text, type="button", className="opener", title="Show rows", **{"data-rows": opens})


def table_element(whole: Table, caption: str, window: Window = FIRST_WINDOW) -> Any:
    """Return a table that sorts by its headings; a long table has the rows of a window.

    The browser draws a table again if it has other rows.
    """
    if not whole.rows:
        return html.P(whole.nothing, className="nothing")
    part = part_of(whole, window)
    parts: list[Any] = [_table(part, caption)]
    if not part.is_whole:
        parts.append(_turn_pages(part, caption))
    if whole.remark:
        parts.append(html.P(whole.remark, className="table-remark"))
    return parts[0] if len(parts) == 1 else html.Div(parts)


def _table(part: TablePart, caption: str) -> html.Div:
    table = part.table
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="visually-hidden"),
                html.Thead(
                    html.Tr(
                        [_heading(heading, column, part) for column, heading in enumerate(table.headings)]
                    )
                ),
                html.Tbody(
                    [
                        html.Tr([_cell(*pair) for pair in zip(row, table.headings, strict=True)])
                        for row in table.rows
                    ]
                ),
            ],
            # Sorting moves rows without React, so other rows get another key: React must not match them.
            key=digest_of(repr(table).encode()),
            className="table table-sm table-hover sortable" + ("" if part.is_whole else " is-part"),
        ),
        className="table-scroll",
        tabIndex="0",
        # The card around it is the landmark of that name.
        role="group",
        **{"aria-label": caption},
    )


def _turn_pages(part: TablePart, caption: str) -> html.Nav:
    """Return the place of the rows in a long table, and the buttons to turn its pages."""
    first, last = part.window.first, part.window.first + len(part.table.rows)
    steps = (
        ("First", 0, first > 0),
        ("Previous", first - WINDOW_ROWS, first > 0),
        ("Next", last, last < part.total),
        ("Last", (part.total - 1) // WINDOW_ROWS * WINDOW_ROWS, last < part.total),
    )
    return html.Nav(
        [
            html.Span(
                f"Rows {number(first + 1)} to {number(last)} of {number(part.total)}",
                role="status",
            ),
            *[
                html.Button(
                    name,
                    type="button",
                    className="btn btn-sm quiet-button turn-page",
                    # A button that is disabled under the focus would lose it.
                    **{"data-first": str(max(0, to)), "aria-disabled": "false" if can_go else "true"},
                )
                for name, to, can_go in steps
            ],
        ],
        className="turn-pages",
        **{"aria-label": f"Rows of {caption}"},
    )


def _heading(heading: Heading, column: int, part: TablePart) -> html.Th:
    window = part.window
    order = {"aria-sort": "descending" if window.descending else "ascending"}
    return html.Th(
        html.Button(_with_whole_units(heading.text), type="button", className="sort"),
        scope="col",
        className="numeric" if heading.numeric else "",
        **(order if window.column == column else {}),
    )


def _cell(cell: Cell, heading: Heading) -> html.Td:
    classes = ["numeric"] if heading.numeric else []
    if cell.tone and not cell.badge:
        classes.append(f"tone-{cell.tone}")
    if cell.share is not None:
        classes.append("with-share")
    if cell.is_marked:
        classes.append("is-marked")
    if len(cell.text) > LONG_TEXT:
        classes.append("long")
    text = _opening(_cell_text(cell), cell.opens)
    if cell.badge:
        text = html.Span(text, className=f"pill pill-{cell.tone or 'plain'}")
    return html.Td(
        [text, f" {cell.after}"] if cell.after else text,
        className=" ".join(classes),
        title=title_text(cell.note),
        style={"--share": f"{cell.share * 100:.1f}%"} if cell.share is not None else None,
        **{"data-sort": sort_text(cell)},
    )


def _cell_text(cell: Cell) -> Any:
    if cell.path:
        return link(cell.text, cell.path)
    return raw_text(cell.text) if cell.raw else aged(cell.text, cell.age)


def link(text: str, path: str, most: int = CELL_LENGTH) -> html.A:
    """Return a text of the database that leads to a page of this app, ``path`` being below the base path.

    A text that is cut has no expander, because the page that it leads to has all of it.
    """
    shown = shortened(plain_text(text), most) or "(empty)"
    # The browser completes the address, and opens the page without loading the document again.
    return html.A(html.Bdi(shown), href=path, className="thing-link", **{"data-path": path})
