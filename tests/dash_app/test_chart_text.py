"""Text from the database in charts: drawn letter by letter, never read as markup."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from dash_app.figures.chart_text import HOVER_LENGTH, chart_hover, chart_label, distinct_labels, row_labels
from dash_app.pages import CHART, PAGES, Card
from engine.model.catalogue.datasets import catalogue
from engine.model.text.plain_text import grapheme_clusters, plain_text, shortened
from tests.dash_app.given import values_of, view

HOSTILE = (
    '<a href="https://example.org/">click</a>',
    "<b>bold</b>",
    '<span style="font-size:60px">big</span>',
    "&lt;b&gt; &amp; &#60;",
    "550 \x1b]0;title\x07\x1b[2K\u202egnp.exe",
    "two\nlines\x9b31m\u2028\u2066three",
    "%{x} {y} $x^2$",
    "word" * 300,
    "",
)
# Columns whose words the contract lists, so that pages look rows up by them.
LISTED = {
    ("outreach_funnel", "stage"),
    ("activity_rolling", "measure"),
    ("key_figures_7d", "measure"),
    ("cost_by_outcome_30d", "outcome"),
}
OWN_MARKUP = re.compile(r"</?b>|<br>|<extra></extra>")
CHARTS = [
    pytest.param(card, id=f"{page.name}-{card.name}")
    for page in PAGES
    for card in page.cards
    if card.kind == CHART and card.dataset
]


def with_hostile_texts(name: str) -> dict[str, list[Any]]:
    """Return a dataset's columns with hostile text in every text column whose words are free."""
    columns = values_of(name)
    for column in catalogue()[name].columns:
        if column.type == "text" and (name, column.name) not in LISTED:
            count = len(columns[column.name])
            columns[column.name] = [HOSTILE[row % len(HOSTILE)] for row in range(count)]
    return columns


def texts_in(part: Any) -> Iterator[str]:
    """Yield every text of a figure, keys included."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield key
            yield from texts_in(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from texts_in(value)
    elif isinstance(part, str):
        yield part


def drawn_part(figure: dict[str, Any]) -> dict[str, Any]:
    """Return a figure without the values that a click filters by: which are not drawn."""
    traces = [
        trace | {"meta": {key: value for key, value in trace["meta"].items() if key != "filter"}}
        if "meta" in trace
        else trace
        for trace in figure["data"]
    ]
    return figure | {"data": traces}


@pytest.mark.parametrize("card", CHARTS)
def test_no_chart_holds_markup_or_control_characters_of_the_database(card: Card) -> None:
    assert card.show is not None
    figure: Any = card.show(with_hostile_texts(str(card.dataset)), view())
    for text in texts_in(drawn_part(figure)):
        # What is in it is drawn with this alone.
        assert "meta.filter" not in text and "meta[" not in text
        bare = OWN_MARKUP.sub("", text)
        assert "<" not in bare and not re.search(r"&(?!(amp|lt|gt);)", bare), text
        assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cf")], text
        # Hover boxes hold a few texts; an axis or a legend has no room for more than a label.
        assert len(bare) < 3 * HOVER_LENGTH


@pytest.mark.parametrize("text", HOSTILE[:4])
def test_a_text_is_shown_letter_by_letter(text: str) -> None:
    assert html.unescape(chart_hover(text).replace("<br>", " ")) == text
    assert html.unescape(chart_label(text, most=100)) == text


def test_two_texts_that_are_cut_to_one_label_stay_two_bars() -> None:
    names = ["x" * 50 + "a", "x" * 50 + "b", "with\x00in", "within", None, "–"]
    labels = distinct_labels(names)
    assert len(set(labels.values())) == len(names)
    assert labels[names[1]].endswith("… (2)")
    assert len(set(row_labels(["same", "same", None, None]))) == 4


def test_underscores_of_a_name_are_blanks_and_those_of_other_text_stay() -> None:
    assert distinct_labels(["outreach_sent", "My_File.txt"]) == {
        "outreach_sent": "outreach sent", "My_File.txt": "My_File.txt",
    }  # fmt: skip


def test_a_blank_text_has_a_label_that_can_be_seen() -> None:
    assert chart_label("\u202e\n") == chart_hover("") == "(blank)"


@pytest.mark.parametrize("cluster", ["e\u0301", "👍🏽", "🇫🇷", "각", "n̈", "षि"])
def test_a_cut_never_parts_what_is_drawn_as_one_character(cluster: str) -> None:
    assert list(grapheme_clusters(cluster * 3)) == [cluster] * 3
    assert shortened(cluster * 9, 5) == cluster * 4 + "…"
    assert shortened(cluster * 5, 5) == cluster * 5


def test_a_letter_under_a_thousand_marks_stays_small() -> None:
    assert len(chart_label("Z" + "\u0301" * 1000)) <= 8


def test_plain_text_has_no_control_characters_and_keeps_all_others() -> None:
    assert plain_text("a\tb\r\nc\x85d\u2029e\u00ad\u200b\ufeff\x9b\x7f\U000e0041") == "a b  c d e"
    assert plain_text("naïve 日本語 ﷽ \u00a0|") == "naïve 日本語 ﷽ \u00a0|"
    assert plain_text("\ud800") == "\ufffd"


def test_a_long_text_is_broken_into_lines_of_a_hover_box() -> None:
    lines = chart_hover("word " * 500).split("<br>")
    assert max(map(len, lines)) <= 60
    assert lines[-1].endswith("…")
    assert max(map(len, chart_hover("x" * 500).split("<br>"))) == 60


def test_a_name_from_right_to_left_turns_nothing_beside_it() -> None:
    assert chart_label("email") == "email"
    assert chart_label("\u05d0\u05d1") == "\u2068\u05d0\u05d1\u2069"
    assert chart_hover("\u05d0") == "\u2068\u05d0\u2069"
