"""Text of a hostile database in a real browser: read back letter by letter from what Chromium draws."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dash_app.figures.chart_text import LABEL_LENGTH, chart_hover, chart_label
from engine.model.text.plain_text import isolated, shortened
from tests.browser.conftest import Site, served
from tests.browser.test_browser import opened, page_named, wait
from tests.engine.programs import free_port
from tests.engine.source_database import SCHEMA

LINK = '<a href="https://example.org/">click</a>'
BIG, BOLD = '<span style="font-size:60px">big</span>', "<b>bold</b>"
TEXTS = (LINK, BIG, BOLD, "&lt;b&gt; &amp; &#60; &copy;", "%{x} {y} <br> $x$", "מילה <i>x</i>")
ROWS = """
insert into llm_usage (stage, provider, model, prompt_tokens, completion_tokens, estimated_cost, created_at)
values (:link, :big, :bold, 10, 10, 1.5, datetime('now', '-1 hours')),
       (:big, 'p', :link, 10, 10, 1.5, datetime('now', '-1 hours'));
insert into outreaches (site_id, contact_method, status, sent_at, updated_at)
values (1, :link, 'sent', datetime('now', '-1 hours'), datetime('now')),
       (1, :big, 'sent', datetime('now', '-1 hours'), datetime('now'));
insert into cron_jobs (name, task_key, interval_value, interval_unit) values (:link, 'j', 10, 'minutes');
insert into cron_job_logs (job_name, status, started_at, finished_at, error_message)
values ('j', :big, datetime('now', '-2 hours'), datetime('now', '-2 hours'), :link);
insert into sites (domain, status, error_message) values ('a', 'failing', :long);
insert into system_metrics (cpu_percent, memory_percent, disk_percent, recorded_at)
values (180, 40, 30, datetime('now', '-10 minutes'));
"""
FIGURE = """
const place = document.createElement('div');
place.id = 'proof';
document.body.appendChild(place);
window.Plotly.newPlot(place, arguments[0].data, arguments[0].layout, {displayModeBar: false});
"""
# Links of our own lead to the page of a job or of an error.
OWN_LINKS = ":not([data-path^='/job/']):not([data-path^='/error?'])"
BY_MARKUP = f"{{0}} a{OWN_LINKS}, " + "{0} [style*='font-size: 60px'], {0} [style*='font-size:60px']"
DRAWN = (
    "return Array.from(document.querySelectorAll('.js-plotly-plot'))"
    ".every(chart => chart.querySelector('.main-svg'))"
)
LETTERS = """
return Array.from(document.querySelectorAll(arguments[0])).map(element => element.textContent)
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a database whose names are markup."""
    db = Path(tmp_path_factory.mktemp("hostile")) / "sites.db"
    given = {"link": LINK, "big": BIG, "bold": BOLD, "long": "word" * 600}
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.executescript(SCHEMA)
        for statement in ROWS.strip().split(";\n"):
            connection.execute(statement, given)
    with served(db, free_port()) as site:
        yield site


def letters(browser: Any, selector: str) -> list[str]:
    texts: list[str] = browser.driver.execute_script(LETTERS, selector)
    return [text.replace("\u00a0", " ") for text in texts]


def hovered(browser: Any, chart: str, row: int, beginning: str) -> None:
    """Hover over a point of a chart's first series until its box shows a text that begins so."""

    def shows(driver: Any) -> bool:
        # Plotly passes over a hover that comes too soon after the last.
        driver.execute_script(
            "const chart = document.querySelector(arguments[0]);"
            " window.Plotly.Fx.hover(chart, [{curveNumber: 0, pointNumber: arguments[1]}])",
            chart, row,
        )  # fmt: skip
        return any(text.startswith(beginning) for text in letters(browser, f"{chart} .hoverlayer .nums"))

    wait(browser, shows)


def test_ticks_legends_annotations_and_hover_boxes_show_every_letter(browser: Any, hostile: Site) -> None:
    labels = [chart_label(text, most=80) for text in TEXTS]
    trace = {
        "type": "bar", "orientation": "h", "y": labels, "x": [1] * len(labels), "text": labels,
        "hovertext": [chart_hover(text) for text in TEXTS], "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip
    named = [
        {"type": "bar", "orientation": "h", "y": labels[:1], "x": [0], "name": label} for label in labels
    ]
    annotations = [{"text": label, "x": 1, "y": row, "showarrow": False} for row, label in enumerate(labels)]
    layout = {
        "width": 1000, "height": 500, "showlegend": True, "annotations": annotations,
        "yaxis": {"type": "category", "automargin": True}, "hovermode": "closest",
    }  # fmt: skip
    opened(browser, hostile, page_named("llm"))
    wait(browser, lambda driver: driver.execute_script("return !!window.Plotly"))
    browser.driver.execute_script(FIGURE, {"data": [trace, *named], "layout": layout})
    wait(browser, lambda _: letters(browser, "#proof .bartext"))
    for part in (".ytick text", ".legendtext", ".annotation-text", ".bartext"):
        assert set(map(isolated, TEXTS)) <= set(letters(browser, f"#proof {part}")), part
    for row, text in enumerate(TEXTS):
        hovered(browser, "#proof", row, isolated(text))
    assert letters(browser, BY_MARKUP.format("#proof")) == []


@pytest.mark.parametrize("name", ["llm", "outreach", "errors", "cron"])
def test_no_page_makes_a_link_or_a_style_of_a_text(browser: Any, hostile: Site, name: str) -> None:
    opened(browser, hostile, page_named(name))
    wait(browser, lambda driver: driver.execute_script(DRAWN))
    assert letters(browser, BY_MARKUP.format(".main")) == []
    # No page is wider than its window, however long a word.
    assert browser.driver.execute_script(
        "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    assert browser.get_logs() == []


def test_a_label_is_cut_and_its_hover_box_shows_the_whole(browser: Any, hostile: Site) -> None:
    opened(browser, hostile, page_named("llm"))
    card = "[data-card='cost_by_model'] .js-plotly-plot"
    wait(browser, lambda _: letters(browser, f"{card} .ytick text"))
    whole, cut = sorted(letters(browser, f"{card} .ytick text"), key=lambda label: label.endswith("…"))
    assert whole == BOLD
    # A narrow chart cuts its labels shorter still.
    assert cut.endswith("…")
    assert shortened(LINK, LABEL_LENGTH).startswith(cut.removesuffix("…"))
    first = browser.driver.execute_script("return document.querySelector(arguments[0]).data[0].y[0]", card)
    hovered(browser, card, 0, LINK if "href" in first else BOLD)


def test_a_long_text_is_read_whole_on_its_page_by_the_keyboard(browser: Any, hostile: Site) -> None:
    opened(browser, hostile, page_named("errors"))
    link = browser.driver.find_element("css selector", "[data-card=error_breakdown] a[data-path*='wordword']")
    assert len(link.text) < 250
    link.send_keys("\ue007")
    wait(browser, lambda _: any("word" * 100 in text for text in letters(browser, ".thing")))


def test_a_single_sample_and_a_load_of_180_percent_are_seen(browser: Any, hostile: Site) -> None:
    opened(browser, hostile, page_named("system"))
    card = "[data-card='system_metrics'] .js-plotly-plot"
    wait(browser, lambda _: letters(browser, f"{card} .scatterlayer .point"))
    heights = browser.driver.execute_script(
        "const chart = document.querySelector(arguments[0]); return chart._fullLayout.yaxis.range", card
    )
    assert heights[0] <= 0 and heights[1] >= 180
