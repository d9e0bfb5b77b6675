"""The frame of every page: the bar, the status pill and its panel, the sidebar, and the menu of a card."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from dash_app.pages import PAGES
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso, wall_clock
from engine.runs.health.standstill import ACTIVITY
from engine.store.writes import set_entry
from tests.browser.conftest import Site
from tests.browser.test_browser import (
    ask,
    drawn,
    is_at_rest,
    latest_run,
    opened,
    page_named,
    settled,
    text,
    wait,
)

FOCUS = "const at = document.activeElement; return at.dataset.item || at.id || at.className"
IS_NO_WIDER = "return document.documentElement.scrollWidth <= innerWidth"
IS_IN_SIGHT = """
arguments[0].scrollIntoView({block: 'center'});
const box = arguments[0].getBoundingClientRect();
const found = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
return Boolean(found && arguments[0].contains(found));
"""
SIGNATURE = b"\x89PNG"


def press(browser: Any, *keys: str) -> None:
    for key in keys:
        browser.driver.switch_to.active_element.send_keys(key)


def focus(browser: Any) -> str:
    return str(browser.driver.execute_script(FOCUS))


def menu_of(browser: Any, card: str) -> Any:
    """Open the menu of a card; return its button."""
    button = browser.driver.find_element("css selector", f"[data-card={card}] .card-menu")
    # The page may still grow above it.
    wait(browser, lambda driver: driver.execute_script(IS_IN_SIGHT, button))
    button.click()
    return button


def choose(browser: Any, card: str, item: str) -> None:
    menu_of(browser, card)
    browser.driver.find_element("css selector", f"[data-item={item}]").click()


def widths(browser: Any, width: int) -> None:
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
    )


def test_the_bar_stays_in_sight_in_one_line_and_the_pill_in_it(browser: Any, site: Site) -> None:
    page = page_named("overview")
    opened(browser, site, page)
    for width in (1920, 1440, 1100, 768, 390, 360):
        widths(browser, width)
        browser.driver.execute_script("window.scrollTo(0, document.body.scrollHeight)")
        box = browser.driver.execute_script(
            "const at = e => document.querySelector(e).getBoundingClientRect();"
            "const [bar, pill] = [at('#bar'), at('#status-pill')];"
            "return [bar.top, bar.height, pill.top >= 0 && pill.right <= innerWidth && pill.width > 60]"
        )
        assert box[0] == 0, width
        assert box[1] <= (45 if width >= 860 else 90), width
        assert box[2], width
        # Charts take the new width a moment later.
        wait(browser, lambda driver: driver.execute_script(IS_NO_WIDER))
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert browser.get_logs() == []


def test_the_sidebar_has_three_groups_and_the_counts_that_pages_show(browser: Any, site: Site) -> None:
    opened(browser, site, page_named("errors"))
    groups = browser.driver.find_elements("css selector", ".nav-group")
    assert [group.text for group in groups] == ["Operate", "Watch", "Admin"]
    links = browser.driver.find_elements("css selector", "#sidebar .nav-link .nav-title")
    assert [link.text for link in links] == [page.title for page in PAGES]
    (active,) = ask(
        site, "select count(*) from dashboard_cache where cache_key = 'errors/active_errors_count'"
    )[0]
    assert active == 1
    wait(browser, lambda _: text(browser, ".nav-errors .nav-count"))
    shown = text(browser, "[data-card=active_errors] .stat-value")
    assert text(browser, ".nav-errors .nav-count") == shown
    assert text(browser, ".nav-system .nav-count") == ""
    assert browser.get_logs() == []


def test_the_pill_says_that_the_pipeline_stands_still_and_its_panel_what_to_do(
    browser: Any, site: Site
) -> None:
    opened(browser, site, page_named("overview"))
    wait(browser, lambda _: " old" in text(browser, "#status-pill"))
    now = wall_clock()
    quiet = {"last_entry_at": [to_iso(now)[:11] + "00:00:00Z"], "usual_entries": [14.0], "quiet": [True]}
    set_entry(site.db, catalogue()[ACTIVITY].key, quiet, 15, now)
    wait(browser, lambda _: "No pipeline activity for" in text(browser, "#status-pill"))
    pill = browser.driver.find_element("id", "status-pill")
    pill.click()
    panel = "#status-panel [data-kind=quiet]"
    assert "Usually 14 entries by now" in text(browser, panel)
    assert {"Since", "Effect", "What to do"} <= set(text(browser, panel).split("\n"))
    assert "live" in text(browser, ".status-facts")
    assert pill.get_attribute("aria-expanded") == "true"
    press(browser, Keys.ESCAPE)
    assert not browser.driver.find_element("id", "status-panel").is_displayed()
    assert focus(browser) == "status-pill"
    ask(site, "delete from dashboard_cache where cache_key = ?", catalogue()[ACTIVITY].key)
    wait(browser, lambda _: "No pipeline activity" not in text(browser, "#status-pill"))
    assert browser.get_logs() == []


def test_the_menu_of_a_card_is_used_by_keys_and_its_refresh_computes_that_card_alone(
    browser: Any, site: Site
) -> None:
    page = page_named("pipeline")
    opened(browser, site, page)
    # All of the page's values are of one instant then.
    before = latest_run(site)[0]
    browser.driver.find_element("id", "page-refresh").click()
    wait(browser, lambda _: latest_run(site)[0] > before)
    wait(browser, is_at_rest)
    button = browser.driver.find_element("css selector", "[data-card=excluded_sites] .card-menu")
    browser.driver.execute_script("arguments[0].focus()", button)
    press(browser, Keys.ENTER)
    assert focus(browser) == "refresh"
    press(browser, Keys.ARROW_DOWN)
    press(browser, Keys.END)
    assert focus(browser) == "full"
    press(browser, Keys.ARROW_DOWN)
    assert focus(browser) == "refresh"
    press(browser, "c")
    assert focus(browser) != "refresh"
    press(browser, Keys.ESCAPE)
    assert focus(browser) == "card-menu"
    assert button.get_attribute("aria-expanded") == "false"
    before = latest_run(site)[0]
    choose(browser, "excluded_sites", "refresh")
    wait(browser, lambda _: latest_run(site)[0] > before)
    assert latest_run(site)[1:] == ("card", "excluded_sites_count")
    wait(browser, is_at_rest)
    # Its value is of another instant than the page's now, and it alone says so.
    wait(browser, lambda _: "as of" in text(browser, "[data-card=excluded_sites] .panel-note"))
    assert "as of" not in text(browser, "[data-card=stage_flow] .panel-note")
    assert browser.get_logs() == []


def test_a_card_fills_the_window_until_escape(browser: Any, site: Site) -> None:
    page = page_named("llm")
    opened(browser, site, page)
    drawn(browser, page)
    choose(browser, "daily_costs", "full")
    sizes = (
        "const card = document.querySelector('[data-card=daily_costs]');"
        "const chart = card.querySelector('.main-svg').getBoundingClientRect();"
        "return [card.offsetWidth === innerWidth, card.offsetHeight === innerHeight, chart.height]"
    )
    wait(browser, lambda driver: driver.execute_script(sizes)[2] > 500)
    assert browser.driver.execute_script(sizes)[:2] == [True, True]
    assert not browser.driver.find_element("id", "bar").is_displayed()
    assert focus(browser) == "card-menu"
    press(browser, Keys.ESCAPE)
    wait(browser, lambda driver: driver.execute_script(sizes)[2] < 400)
    assert browser.driver.find_element("id", "bar").is_displayed()
    assert browser.get_logs() == []


def test_a_chart_shows_its_values_as_a_table_and_follows_new_ones(browser: Any, site: Site) -> None:
    page = page_named("pipeline")
    opened(browser, site, page)
    drawn(browser, page)
    height = "return document.querySelector('[data-card=sites_reached]').offsetHeight"
    before = browser.driver.execute_script(height)
    choose(browser, "sites_reached", "table")
    table = "[data-card=sites_reached] .card-table"
    wait(browser, lambda _: "found" in text(browser, table))
    assert abs(browser.driver.execute_script(height) - before) <= 16, "the card keeps its size"
    chart = browser.driver.find_element("css selector", "[data-card=sites_reached] .dash-graph")
    assert not chart.is_displayed()
    key = catalogue()["pipeline_losses"].key
    value = browser.driver.execute_async_script(
        "fetch(arguments[0]).then(answer => answer.json()).then(json => arguments[1](json.value))",
        f"/api/dataset/{key}",
    )
    name = next(name for name, cells in value.items() if all(isinstance(cell, int) for cell in cells))
    set_entry(site.db, key, value | {name: [7_654_321] * len(value[name])}, 15, wall_clock())
    wait(browser, lambda _: "7,654,321" in text(browser, table).replace("7,654,320", "7,654,321"))
    choose(browser, "sites_reached", "table")
    assert chart.is_displayed()
    ask(site, "delete from dashboard_cache where cache_key = ?", key)
    assert browser.get_logs() == []


@pytest.mark.parametrize("card", ["daily_costs", "llm_usage_by_stage", "cost_totals"])
def test_any_card_is_saved_as_a_picture(browser: Any, site: Site, card: str) -> None:
    page = page_named("llm")
    opened(browser, site, page)
    drawn(browser, page)
    choose(browser, card, "png")
    folder = Path(browser.download_path)
    wait(browser, lambda _: list(folder.glob("*.png")))
    (path,) = folder.glob("*.png")
    assert path.name.startswith("llm_llm_")
    assert path.read_bytes().startswith(SIGNATURE)
    # A picture of nothing is small.
    assert path.stat().st_size > 8_000
    assert browser.get_logs() == []


def test_a_link_to_a_card_leads_to_it(browser: Any, site: Site) -> None:
    page = page_named("llm")
    opened(browser, site, page)
    browser.driver.execute_script(
        "navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }"
    )
    choose(browser, "llm_usage_by_stage", "link")
    wait(browser, lambda _: text(browser, ".toast-word") == "Link copied")
    copied = browser.driver.execute_script("return window.copied")
    browser.driver.get("about:blank")
    browser.driver.get(copied)
    settled(browser, page)
    top = "return document.querySelector('[data-card=llm_usage_by_stage]').getBoundingClientRect().top"
    wait(browser, lambda driver: 0 <= driver.execute_script(top) < 900)
    time.sleep(0.2)
    bar = browser.driver.execute_script("return document.getElementById('bar').offsetHeight")
    assert browser.driver.execute_script(top) >= bar, "the bar does not stand over it"
    assert browser.get_logs() == []
