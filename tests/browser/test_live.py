"""Open pages that are told of what is new: nobody touches them, nothing they show is lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from engine.demo.generate import generate
from engine.model.clock import wall_clock
from engine.store import read_entries
from engine.store.writes import set_entry
from tests.browser.conftest import Site, served
from tests.browser.test_browser import ask, is_at_rest, latest_run, opened, page_named, settled, text, wait
from tests.engine.programs import free_port

KEY = "pipeline/excluded_sites_count"
SHOWN = "#pipeline-numbers-excluded_sites-content .stat-value"
NO_SOCKET = "window.WebSocket = function () { throw new Error('denied'); };"
FIRST_CELLS = """
return Array.from(document.querySelector('.sortable').tBodies[0].rows).map(row => row.cells[0].innerText)
"""
RESTING = "if (Date.now() - window.drawnAt < 1500) { return false; } window.draws = 0; return true;"
FAST = """
const now = Date.now.bind(Date), ticks = performance.now.bind(performance);
const timeout = window.setTimeout.bind(window), interval = window.setInterval.bind(window);
let speed = 16, date = now(), time = ticks(), since = ticks();
Date.now = function () { return date + (ticks() - since) * speed; };
performance.now = function () { return time + (ticks() - since) * speed; };
window.setTimeout = function (what, after, ...rest) { return timeout(what, (after || 0) / speed, ...rest); };
window.setInterval = function (what, after, ...rest) { return interval(what, after / speed, ...rest); };
window.setSpeed = function (to) {
  [date, time] = [Date.now(), performance.now()]; since = ticks(); speed = to;
};
"""
"""What makes sixteen seconds of a page of one second: four minutes pass in fifteen."""
USUAL = "window.setSpeed(1)"
"""What ends that: Chrome itself waits up to five real seconds before it connects after many failures."""


def excluded(site: Site, count: int) -> None:
    """Have another program put a new value into the cache, as a run does."""
    set_entry(site.db, KEY, {"excluded_sites": [count]}, 15, wall_clock())


def untouched(browser: Any) -> None:
    """Mark the page, to see later that it was not loaded again."""
    browser.driver.execute_script("window.isTheSamePage = true")


def is_untouched(browser: Any) -> bool:
    return bool(browser.driver.execute_script("return window.isTheSamePage === true"))


def shows(browser: Any, count: int) -> None:
    wait(browser, lambda _: text(browser, SHOWN) == f"{count:,}")


def before_each_page(browser: Any, script: str) -> str:
    made = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    return str(made["identifier"])


def connections(site: Site) -> int:
    with urllib.request.urlopen(f"{site.url}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    gauge = next(line for line in lines if line.startswith("dashboard_live_connections"))
    return int(float(gauge.split()[1]))


def test_a_new_value_is_on_the_open_page_without_a_touch(browser: Any, site: Site) -> None:
    opened(browser, site, page_named("pipeline"))
    untouched(browser)
    for count in (1_234_567, 1_234_568):
        excluded(site, count)
        shows(browser, count)
    assert is_untouched(browser)
    assert browser.get_logs() == []


def test_where_the_socket_is_denied_a_new_value_arrives_all_the_same(browser: Any, site: Site) -> None:
    script = before_each_page(browser, NO_SOCKET)
    try:
        opened(browser, site, page_named("pipeline"))
        untouched(browser)
        excluded(site, 2_345_678)
        shows(browser, 2_345_678)
        assert is_untouched(browser)
        wait(browser, lambda _: "No live connection" in text(browser, "#status-pill"))
        assert browser.get_logs() == []
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script})


def test_two_tabs_that_are_reloaded_again_and_again_leave_two_connections(browser: Any, site: Site) -> None:
    driver = browser.driver
    driver.get("about:blank")
    wait(browser, lambda _: connections(site) == 0)
    first = driver.current_window_handle
    driver.get(site.url + "/pipeline")
    driver.switch_to.new_window("tab")
    driver.get(site.url + "/llm")
    tabs = [first, driver.current_window_handle]
    try:
        for _ in range(3):
            for tab in tabs:
                driver.switch_to.window(tab)
                driver.refresh()
                settled(browser, page_named("pipeline" if tab == first else "llm"))
        wait(browser, lambda _: connections(site) == 2)
        time.sleep(1)
        assert connections(site) == 2
    finally:
        driver.close()
        driver.switch_to.window(first)


def zoomed_range(browser: Any) -> list[str]:
    found: list[str] = browser.driver.execute_script(
        "return document.querySelector('.panel-chart .js-plotly-plot')._fullLayout.xaxis.range.map(String)"
    )
    return found


def test_zoom_scroll_and_order_outlive_a_run(browser: Any, site: Site) -> None:
    page = page_named("cron")
    opened(browser, site, page)
    heading = browser.driver.find_element("css selector", ".sortable th .sort")
    heading.click()
    chart = "document.querySelector('.panel-chart .js-plotly-plot')"
    wait(browser, lambda driver: driver.find_elements("css selector", ".panel-chart .trace"))
    brought_to_rest(browser, ".panel-chart .js-plotly-plot")
    whole = zoomed_range(browser)
    drag_over(browser, ".panel-chart .nsewdrag", (0.4, 0.6))
    wait(browser, lambda _: zoomed_range(browser) != whole)
    zoom = zoomed_range(browser)
    top = f"return {chart}.getBoundingClientRect().top"
    place = browser.driver.execute_script(top)
    order = browser.driver.execute_script(FIRST_CELLS)
    untouched(browser)
    before = latest_run(site)[0]
    version = shown_version(browser)
    browser.driver.execute_script("document.getElementById('full-refresh').click()")
    wait(browser, lambda _: latest_run(site)[0] > before)
    wait(browser, lambda _: shown_version(browser) != version)
    wait(browser, is_at_rest)
    time.sleep(0.5)
    assert zoomed_range(browser) == zoom
    assert abs(browser.driver.execute_script(top) - place) < 2
    assert browser.driver.execute_script(FIRST_CELLS) == order
    assert is_untouched(browser)
    assert browser.get_logs() == []


def test_what_is_shown_under_the_mouse_stays_when_its_chart_is_drawn_again(browser: Any, site: Site) -> None:
    opened(browser, site, page_named("pipeline"))
    chart = "#pipeline-chart-hourly_status_breakdown-content"
    wait(browser, lambda driver: driver.find_elements("css selector", f"{chart} .trace"))
    brought_to_rest(browser, chart)
    labels = f"return document.querySelector('{chart} .hoverlayer').textContent"

    def has_labels(driver: Any) -> bool:
        # Plotly sees the mouse when it moves, but not while it draws: it is moved until there is a label.
        left, top, width, height = box_of(browser, f"{chart} .nsewdrag")
        for share in (0.5, 0.51):
            place = {"type": "mouseMoved", "x": left + share * width, "y": top + height / 2}
            driver.execute_cdp_cmd("Input.dispatchMouseEvent", place)
        return bool(driver.execute_script(labels))

    wait(browser, has_labels)
    before = browser.driver.execute_script(labels)
    browser.driver.execute_script(
        "window.draws = 0; document.querySelector(arguments[0])"
        ".on('plotly_afterplot', () => { window.draws += 1; })",
        chart,
    )
    key = "pipeline/hourly_status_breakdown_48h"
    value = read_entries(site.db, [key], wall_clock())[key].value
    set_entry(site.db, key, value | {"sites": [count + 7 for count in value["sites"]]}, 15, wall_clock())
    wait(browser, lambda driver: driver.execute_script("return window.draws > 0"))
    wait(browser, lambda driver: driver.execute_script(labels) not in ("", before))
    assert browser.get_logs() == []


def shown_version(browser: Any) -> str:
    return str(
        browser.driver.execute_script("return document.querySelector('[data-version]').dataset.version")
    )


def box_of(browser: Any, selector: str) -> list[float]:
    """Return where an element is in the window: left, top, width and height in px."""
    box: list[float] = browser.driver.execute_script(
        "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
        "return [box.left, box.top, box.width, box.height]",
        selector,
    )
    return box


def brought_to_rest(browser: Any, selector: str) -> None:
    """Scroll an element into view, and wait until what is drawn around it moves it no more."""
    browser.driver.execute_script("document.querySelector(arguments[0]).scrollIntoView()", selector)
    seen: list[list[float]] = []

    def rests(_: object) -> bool:
        seen.append(box_of(browser, selector))
        return len(seen) > 2 and seen[-3] == seen[-2] == seen[-1]

    wait(browser, rests)


def drag_over(browser: Any, selector: str, shares: tuple[float, float]) -> None:
    """Drag the mouse along the middle of an element, between two shares of its width."""
    box = box_of(browser, selector)
    y = box[1] + box[3] / 2
    places = [box[0] + box[2] * (shares[0] + (shares[1] - shares[0]) * step / 4) for step in range(5)]

    def mouse(kind: str, x: float, pressed: int) -> None:
        button = "none" if kind == "mouseMoved" else "left"
        event = {"type": kind, "x": x, "y": y, "button": button, "buttons": pressed, "clickCount": 1}
        browser.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)

    mouse("mouseMoved", places[0], 0)
    mouse("mousePressed", places[0], 1)
    for place in places[1:]:
        mouse("mouseMoved", place, 1)
        time.sleep(0.05)
    mouse("mouseReleased", places[-1], 0)


def test_a_value_that_stays_the_same_is_not_drawn_again(browser: Any, site: Site) -> None:
    page = page_named("pipeline")
    opened(browser, site, page)
    wait(
        browser, lambda driver: driver.execute_script("return document.querySelectorAll('.trace').length > 0")
    )
    browser.driver.execute_script(
        "window.draws = 0; window.drawnAt = Date.now();"
        "document.querySelectorAll('.js-plotly-plot').forEach(plot => plot.on('plotly_afterplot',"
        " () => { window.draws += 1; window.drawnAt = Date.now(); }))"
    )
    wait(browser, lambda driver: driver.execute_script(RESTING))
    version = shown_version(browser)
    excluded(site, 3_456_789)
    shows(browser, 3_456_789)
    wait(browser, lambda _: shown_version(browser) != version)
    assert browser.driver.execute_script("return window.draws") == 0
    assert browser.get_logs() == []


def test_an_expired_value_is_shown_at_once_and_replaced_by_one_run(browser: Any, site: Site) -> None:
    page = page_named("pipeline")
    opened(browser, site, page)
    before = latest_run(site)[0]
    ask(
        site,
        "update dashboard_cache set expires_at = datetime('now', '-1 second')"
        " where cache_key like 'pipeline/%'",
    )
    wait(browser, lambda _: latest_run(site)[0] > before)
    assert latest_run(site)[1] == "read"
    wait(browser, lambda _: "expired" not in text(browser, ".cards"))
    assert not browser.driver.find_elements("css selector", ".is-troubled, .is-loading")
    time.sleep(1)
    assert latest_run(site)[0] == before + 1, "one run, whatever was expired"
    assert browser.get_logs() == []


def test_a_placeholder_has_the_size_of_what_will_stand_there(browser: Any, site: Site) -> None:
    page = page_named("outreach")
    opened(browser, site, page)
    heights = "return Array.from(document.querySelectorAll('.panel-chart')).map(card => card.offsetHeight)"
    full = browser.driver.execute_script(heights)
    with closing(sqlite3.connect(site.db)) as holder:
        # Nobody can compute while another holds the write lock: the placeholders stay.
        ask(site, "delete from dashboard_cache where cache_key like 'outreach/%'")
        holder.execute("begin immediate")
        wait(browser, lambda driver: driver.find_elements("css selector", ".is-loading"))
        assert browser.driver.execute_script(heights) == full
        assert text(browser, ".is-loading + .panel-note"), (
            "the card says that it waits, or how far the run is"
        )
        holder.rollback()
    settled(browser, page)
    assert not browser.driver.find_elements("css selector", ".is-troubled")
    assert browser.driver.execute_script(heights) == full


@pytest.mark.parametrize("harm", ["delete from dashboard_cache", "drop table dashboard_cache"])
def test_a_cache_that_is_emptied_or_dropped_by_hand_fills_again_under_the_open_page(
    browser: Any, site: Site, harm: str
) -> None:
    page = page_named("llm")
    opened(browser, site, page)
    untouched(browser)
    before = latest_run(site)[0]
    ask(site, harm)
    wait(browser, lambda _: latest_run(site)[0] > before)
    settled(browser, page)
    wait(browser, lambda driver: not driver.find_elements("css selector", ".is-troubled"))
    wait(browser, lambda driver: driver.find_elements("css selector", ".trace"))
    assert is_untouched(browser)
    assert browser.get_logs() == []


def test_a_backup_that_is_put_back_is_shown_though_its_generation_is_older(browser: Any, site: Site) -> None:
    page = page_named("pipeline")
    opened(browser, site, page)
    excluded(site, 4_000_001)
    shows(browser, 4_000_001)
    backup = site.db.with_name("backup.db")
    with closing(sqlite3.connect(site.db)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    for count in (4_000_002, 4_000_003):
        excluded(site, count)
    shows(browser, 4_000_003)
    untouched(browser)
    with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(site.db)) as target:
        source.backup(target)
    shows(browser, 4_000_001)
    assert is_untouched(browser)
    assert browser.get_logs() == []


def test_a_source_that_cannot_be_read_leaves_the_values_and_says_why(browser: Any, site: Site) -> None:
    page = page_named("pipeline")
    opened(browser, site, page)
    excluded(site, 5_000_001)
    shows(browser, 5_000_001)
    away = site.db.with_name("away.db")
    # With its log, which holds what is not in the file itself yet.
    moves = [
        (site.db.with_name(site.db.name + end), away.with_name(away.name + end))
        for end in ("", "-wal", "-shm")
    ]
    moved = []
    for here, there in moves:
        # The dashboard may have closed the file that is gone, and its log with it.
        with suppress(FileNotFoundError):
            shutil.move(here, there)
            moved.append((here, there))
    try:
        wait(browser, lambda _: "cannot be read" in text(browser, "#status-pill"))
        assert text(browser, SHOWN) == "5,000,001"
        opened(browser, site, page)
        assert text(browser, SHOWN) == "5,000,001"
    finally:
        for here, there in moved:
            shutil.move(there, here)
    wait(browser, lambda _: "cannot be read" not in text(browser, "#status-pill"))
    assert browser.get_logs() == []


def test_unknown_keys_and_pages_are_no_error_pages(browser: Any, site: Site) -> None:
    browser.driver.get(f"{site.url}/api/dataset/pipeline/pipeline_funel")
    told = json.loads(browser.driver.find_element("tag name", "body").text.split("\n")[-1])
    assert "did you mean 'pipeline/pipeline_funnel'" in told["error"]
    browser.driver.get(f"{site.url}/pipelin")
    wait(browser, lambda _: "No such page" in text(browser, "#main"))


def test_a_page_comes_alive_again_after_the_server_was_away_for_four_minutes(
    browser: Any, tmp_path: Path
) -> None:
    page = page_named("pipeline")
    port = free_port()
    db = tmp_path / "sites.db"
    generate(db, scale=0.01, days=40, now=wall_clock())
    script = before_each_page(browser, FAST)
    try:
        with served(db, port) as own:
            opened(browser, own, page)
            untouched(browser)
            excluded(own, 6_000_001)
            shows(browser, 6_000_001)
        excluded(own, 6_000_002)
        wait(browser, lambda _: "Disconnected" in text(browser, "#status-pill"))
        time.sleep(15)
        browser.get_logs()  # that nobody answered is in them
        browser.driver.execute_script(USUAL)
        with served(db, port) as own:
            shows(browser, 6_000_002)
            excluded(own, 6_000_003)
            shows(browser, 6_000_003)
            wait(browser, lambda _: "onnect" not in text(browser, "#status-pill"), seconds=60)
            assert is_untouched(browser)
            browser.driver.get("about:blank")
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script})


SHIFTED = """
const real = Date, shift = -3 * 86400000;
window.Date = class extends real {
  constructor(...given) { given.length ? super(...given) : super(real.now() + shift); }
  static now() { return real.now() + shift; }
};
"""
"""A browser whose clock is three days behind."""


def test_ages_are_those_of_the_servers_clock_whatever_the_browsers_says_and_grow_in_cells(
    browser: Any, site: Site
) -> None:
    page = page_named("cron")
    script = before_each_page(browser, SHIFTED)
    try:
        opened(browser, site, page)
        started = "[data-card=job_schedule] tbody td:nth-child(2) [data-age]"
        wait(browser, lambda driver: driver.find_elements("css selector", started))
        wait(browser, lambda _: "ago" in text(browser, ".note-age"))
        assert browser.driver.execute_script("return Date.now()") < (time.time() - 86400) * 1000
        notes = [note.text for note in browser.driver.find_elements("css selector", ".note-age")]
        assert all(" ago" in note or "just now" in note for note in notes), notes
        assert not any(note.startswith("in ") or ", in " in note or " d ago" in note for note in notes), notes
        # An older run, as far as the cell knows: its age follows by itself.
        earlier = "arguments[0].dataset.age = new Date(Date.parse(arguments[0].dataset.age) - 9 * 86400000)"
        cell = browser.driver.find_element("css selector", started)
        browser.driver.execute_script(earlier + ".toISOString()", cell)
        wait(browser, lambda _: " d ago" in cell.text)
        assert browser.get_logs() == []
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script})
