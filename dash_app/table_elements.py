"""Tables as Dash components: the tools above, headings that sort, rows, and the place in a long table.

The browser makes each table one stop of the Tab key (``src/grid.js``), and two-line rows on a phone.
"""

from __future__ import annotations

from typing import Any

from dash import html

from dash_app.digest import digest_of
from dash_app.elements import icon, with_whole_units
from dash_app.formatters.formats import number
from dash_app.formatters.tables import Heading, Table
from dash_app.table_cells import cell_element
from dash_app.table_windows import FIRST_WINDOW, WINDOW_ROWS, TablePart, Window, part_of
from engine.model.text.plain_text import plain_text


def table_element(
    whole: Table, caption: str, window: Window = FIRST_WINDOW, *, is_whole: bool = False
) -> Any:
    """Return a table that sorts by its headings; a long table has the rows of a window.

    ``is_whole`` sends all rows, which the browser then turns. It draws a table again if it has other rows.
    """
    if not whole.rows:
        return html.P(whole.nothing, className="nothing")
    part = part_of(whole, window, is_whole=is_whole)
    remark = html.P(whole.remark, className="table-remark") if whole.remark else None
    parts = [_tools(part, caption), _table(part, caption), _turn_pages(part, caption), remark]
    return html.Div([each for each in parts if each is not None], className="table-card")


def _tools(part: TablePart, caption: str) -> html.Div:
    """Return the place above a table, which the browser fills: the search in a long one, and the order."""
    find = {} if part.is_whole else {"data-find": part.window.find}
    return html.Div(className="table-tools", **{"data-caption": caption}, **find)


def _direction(window: Window) -> str:
    return "descending" if window.descending else "ascending"


def _table(part: TablePart, caption: str) -> html.Div:
    table = part.table
    main = table.main_place
    window = part.window
    rows = [
        html.Tr(
            [
                cell_element(cell, heading, is_main=place == main, sorts=part.is_whole)
                for place, (cell, heading) in enumerate(zip(row, table.headings, strict=True))
            ]
        )
        for row in table.rows
    ]
    found = html.Table(
        [
            html.Caption(caption, className="visually-hidden"),
            html.Thead(html.Tr([_heading(heading, window) for heading in table.headings])),
            html.Tbody(rows),
        ],
        # The browser sorts rows, so other rows get another key: they are no new texts of the old ones.
        key=digest_of(repr((table, window)).encode()),
        className="table table-sm table-hover sortable" + ("" if part.is_whole else " is-part"),
        **({} if part.is_whole else {"aria-rowcount": str(part.found + 1)}),
    )
    return html.Div(found, className="table-scroll", **{"data-first": str(window.first)})


def _turn_pages(part: TablePart, caption: str) -> html.Nav | None:
    """Return the place of the rows in a long table, and the buttons to turn its pages."""
    if part.is_whole:
        return None
    first, last = part.window.first, part.window.first + len(part.table.rows)
    steps = (
        ("Previous", "chevron-left", first - WINDOW_ROWS, first > 0),
        ("Next", "chevron-right", last, last < part.found),
    )
    return html.Nav(
        [
            html.Span(_place(part, first, last), role="status"),
            *[
                html.Button(
                    [icon(sign), html.Span(name, className="label")],
                    type="button",
                    className="btn btn-sm quiet-button turn-page",
                    **{
                        "data-turn": name.lower(),
                        "data-first": str(max(0, to)),
                        # Not `disabled`, which would take the focus away.
                        "aria-disabled": "false" if can_go else "true",
                    },
                )
                for name, sign, to, can_go in steps
            ],
        ],
        className="turn-pages",
        **{"aria-label": f"Rows of {caption}"},
    )


def _place(part: TablePart, first: int, last: int) -> str:
    among = f" with “{plain_text(part.window.find)}”, {number(part.total)} in all" if part.window.find else ""
    if not part.found:
        return f"No row{among}"
    return f"{number(first + 1)}–{number(last)} of {number(part.found)}{among}"


def _heading(heading: Heading, window: Window) -> html.Th:
    text = with_whole_units(heading.text)
    about = html.Button(
        "?",
        type="button",
        className="column-help",
        **{
            "aria-label": f"About {heading.text}",
            "aria-expanded": "false",
            "data-help": heading.help,
        },
    )
    return html.Th(
        [html.Button(text, type="button", className="sort"), *([about] if heading.help else [])],
        scope="col",
        className="numeric" if heading.numeric else "",
        **({"aria-sort": _direction(window)} if window.heading == heading.text else {}),
    )
