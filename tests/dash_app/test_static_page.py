"""A layout as HTML looks like what Dash makes of it, and no text of the database is anything else there."""

from __future__ import annotations

from typing import Any

import pytest
from dash import dcc, html

from dash_app.markup import CONTENT, markup_of, plain
from dash_app.static_page import static_html

HOSTILE = "<img src=x onerror=alert(1)> \"' &lt;"


@pytest.mark.parametrize(
    ("layout", "page"),
    [
        (None, ""),
        (["a", None, 0], "a0"),
        (html.P(["so ", html.B(3)], className="note"), '<p class="note">so <b>3</b></p>'),
        (html.Div([dcc.Store(id="a"), html.Br(), dcc.Location(id="b")]), "<div><br></div>"),
        (html.I(style={"--part": "5%"}, hidden=True), '<i hidden="" style="--part:5%"></i>'),
        (html.Div(id="x", **{CONTENT: markup_of(html.Em("1", key="k"))}), '<div id="x"><em>1</em></div>'),
        (html.Div(**{CONTENT: ""}), "<div></div>"),
        (html.Div(className="dash-graph", **{"data-figure": "{}"}), '<div class="dash-graph"></div>'),
        (html.P(**{CONTENT: markup_of(html.H1(id="title"))}), '<p><h1 id="title">Jobs &amp; more</h1></p>'),
    ],
)  # fmt: skip
def test_elements_stand_as_in_the_page_and_what_shows_nothing_is_left_out(layout: Any, page: str) -> None:
    assert static_html(plain(layout), {"title": "Jobs & more"}) == page


@pytest.mark.parametrize(
    "layout",
    [
        html.P(HOSTILE),
        html.P(title=HOSTILE),
        html.Div(**{CONTENT: markup_of(html.P(HOSTILE, title=HOSTILE))}),
    ],
    ids=["text", "attribute", "content"],
)
def test_a_text_of_the_database_stays_text(layout: Any) -> None:
    written = static_html(plain(layout), {})
    assert "<img" not in written
    assert 'x"' not in written.replace('"x"', "")
    assert "&amp;lt;" in written
