"""Components become markup, of which the browser makes the same elements as React would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dash import dcc, html

from dash_app.markup import markup_of


@pytest.mark.parametrize(
    ("content", "markup"),
    [
        (None, []),
        ("a <b> & \u2028", ["a <b> & \u2028"]),
        (["a", None, 0, ["b"]], ["a", "0", "b"]),
        (html.P(["so ", html.B(3)], className="note"), [["p", {"class": "note"}, "so ", ["b", {}, "3"]]]),
        (html.Td(colSpan=2, tabIndex="0"), [["td", {"colspan": "2", "tabindex": "0"}]]),
        (html.Details(open=True, hidden=False, title=None), [["details", {"open": ""}]]),
        (html.Time("now", dateTime="2026-11-26"), [["time", {"datetime": "2026-11-26"}, "now"]]),
        (html.I(style={"--part": "5%", "minHeight": "2px"}), [["i", {"style": "--part:5%;min-height:2px"}]]),
        (html.Table(key="k", **{"data-a": ""}), [["table", {"key": "k", "data-a": ""}]]),
    ],
)  # fmt: skip
def test_elements_have_the_names_and_attributes_of_html(content: Any, markup: list[Any]) -> None:
    assert json.loads(markup_of(content)) == markup


@pytest.mark.parametrize("component", [dcc.Store(id="a"), html.Script("x"), html.P([html.Iframe()])])
def test_what_does_something_by_itself_is_no_markup(component: Any) -> None:
    with pytest.raises(ValueError, match="no element without behaviour"):
        markup_of(component)
