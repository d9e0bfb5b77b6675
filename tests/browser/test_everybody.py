"""The dashboard for everybody: what axe finds, focus and keys, charts without sight, paper, the kiosk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from dash.testing.browser import Browser
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from dash_app.built_files import login_style_sheet
from dash_app.login.page import WRONG_PASSWORD, LoginForm, login_page
from dash_app.pages import OPERATE, PAGES, WATCH
from dash_app.things.addresses import error_path, job_path
from engine.model.places.secret import Secret
from tests.browser.conftest import Site, started_chromium
from tests.browser.test_browser import ask, drawn, opened, page_named, settled, text, wait
from tests.deployment.serving import ROOT
from tests.engine.source_database import settings_of

FRONTEND = ROOT / "dash_app/frontend"
AXE = FRONTEND / "node_modules/axe-core/axe.min.js"
# Plotly's drawing is one image to axe, which does not read the colours of SVG; the rows of a table are alike.
RUN_AXE = """
const done = arguments[arguments.length - 1];
const options = {resultTypes: ['violations'], preload: false, iframes: false};
axe.run({exclude: ['.js-plotly-plot', 'tbody tr:nth-of-type(n+9)']}, options).then(
  ({violations}) => done(violations.flatMap(({id, nodes}) => nodes.map(({target, any, all, none}) =>
    `${id}: ${target.join(' ')}: ${[...any, ...all, ...none].map(one => one.message).join('; ')}`))),
  error => done([String(error)]));
"""
TWO_FRAMES = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
WIDE, NARROW = 1440, 390
FOCUSED = "const at = document.activeElement; return at.id || at.dataset.item || at.className"
POINTS = "return document.querySelectorAll('[data-card=daily_costs] .trace .point').length"
SAID = (
    "return [...document.querySelectorAll('p.visually-hidden[role=status]')].map(p => p.textContent).join()"
)
ERROR = """
select error_message from sites where status = 'failing' and error_message is not null limit 1
"""


def emulate(browser: Any, theme: str, width: int, media: str = "", **features: str) -> None:
    # A contrast is measured at rest, so nothing moves from one colour to another.
    wanted = {"prefers-color-scheme": theme, "prefers-reduced-motion": "reduce", **features}
    browser.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"media": media, "features": [{"name": name, "value": value} for name, value in wanted.items()]},
    )
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
    )


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Chromium once for all tests of this file; each document in it has axe."""
    assert AXE.is_file(), "axe is not there: make frontend-node"
    with started_chromium(tmp_path_factory.mktemp("everybody")) as chromium:
        chromium.driver.set_script_timeout(60)
        source = {"source": AXE.read_text(encoding="utf-8")}
        chromium.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", source)
        yield chromium


@pytest.fixture(autouse=True)
def _its_own_screen(browser: Any) -> Iterator[None]:
    yield
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def violations(browser: Any, where: str) -> list[str]:
    """Return what axe finds: light on a wide screen, and dark on a phone."""
    found = []
    for theme, width in (("light", WIDE), ("dark", NARROW)):
        emulate(browser, theme, width)
        # What follows the width is in its place a frame after it.
        browser.driver.execute_async_script(TWO_FRAMES)
        shown = browser.driver.execute_async_script(RUN_AXE)
        found += [f"{where}, {theme}, {width}: {one}" for one in shown]
    return found


def violations_over(browser: Any, opener: str, where: str, selector: str) -> list[str]:
    """Return what axe finds when what a button opens is there; Escape closes it."""
    browser.driver.execute_script("document.querySelector(arguments[0]).click()", opener)
    wait(browser, lambda _: shows(browser, selector))
    found = violations(browser, where)
    press(browser, Keys.ESCAPE)
    wait(browser, lambda _: not shows(browser, selector))
    emulate(browser, "light", WIDE)
    return found


def at_rest(browser: Any) -> None:
    wait(browser, lambda driver: driver.execute_script(
        "return !!document.querySelector('[data-page] .card, .thing-nothing, [data-page] > .nothing')"
        " && !document.querySelector('.is-loading, [aria-busy=true]')"
    ))  # fmt: skip


def press(browser: Any, *keys: str) -> None:
    ActionChains(browser.driver).send_keys(*keys).perform()


def focused(browser: Any) -> str:
    return str(browser.driver.execute_script(FOCUSED))


def shows(browser: Any, selector: str) -> bool:
    return bool(browser.driver.find_elements("css selector", selector))


def focus_on(browser: Any, selector: str) -> None:
    browser.driver.execute_script("document.querySelector(arguments[0]).focus()", selector)


def test_axe_finds_nothing_on_any_page(browser: Any, site: Site) -> None:
    found = []
    site_id = ask(site, "select max(id) from sites")[0][0]
    job = ask(site, "select job_name from cron_job_logs limit 1")[0][0]
    message = ask(site, ERROR)[0][0]
    things = [f"/site/{site_id}", job_path(job) or "", error_path("sites", None, message) or ""]
    for path in [*(page.path for page in PAGES), *things, "/no-such-page"]:
        emulate(browser, "light", WIDE)
        browser.driver.get(site.url + path)
        at_rest(browser)
        found += violations(browser, path)
    style = (ROOT / "dash_app/assets" / login_style_sheet()).read_text(encoding="utf-8")
    closed = replace(settings_of(site.db), password=Secret("correct horse battery"))
    login = login_page(closed, LoginForm("/", message=WRONG_PASSWORD, is_wrong=True))
    browser.driver.get("data:text/html," + quote(login.replace("</head>", f"<style>{style}</style></head>")))
    found += violations(browser, "/login")
    assert found == [], "\n".join(found)
    (line,) = browser.get_logs()
    assert "/no-such-page - Failed to load resource" in line["message"]


def test_axe_finds_nothing_in_what_opens_over_a_page(browser: Any, site: Site) -> None:
    shown: Mapping[str, tuple[str, str]] = {
        ".card-menu": ("the menu of a card", ".menu:not([hidden])"),
        "#status-pill": ("the status", "#status-panel:not([hidden])"),
        "#range-button": ("the ranges", "#range-menu:not([hidden])"),
        ".column-help": ("the help of a column", ".column-note:not([hidden])"),
        "#open-search": ("the search", "#search[open] .search-hit"),
        "#open-keys": ("the keys", ".keys[open]"),
        "[data-rows]": ("the rows", ".rows-drawer[open] .ag-cell"),
    }
    emulate(browser, "light", WIDE)
    opened(browser, site, page_named("llm"))
    found = []
    for opener, (where, selector) in shown.items():
        found += violations_over(browser, opener, where, selector)
    emulate(browser, "light", NARROW)
    browser.driver.find_element("id", "menu-toggle").click()
    wait(browser, lambda _: browser.driver.find_element("id", "sidebar").is_displayed())
    assert browser.driver.execute_script("return document.getElementById('main').inert")
    found += [f"the navigation: {one}" for one in browser.driver.execute_async_script(RUN_AXE)]
    press(browser, Keys.ESCAPE)
    assert focused(browser) == "menu-toggle"
    assert found == [], "\n".join(found)
    assert browser.get_logs() == []


def test_keys_go_to_pages_and_press_buttons_but_not_while_typing_or_switched_off(
    browser: Any, site: Site
) -> None:
    opened(browser, site, page_named("llm"))
    focus_on(browser, "#range-button")
    press(browser, "?")
    listed = text(browser, ".keys[open]")
    assert all(page.title in listed for page in PAGES)
    press(browser, Keys.ESCAPE)
    assert focused(browser) == "range-button"
    assert browser.driver.find_element("id", "page-refresh").get_attribute("aria-keyshortcuts") == "r"
    press(browser, "d")
    assert text(browser, "#range-menu").startswith("Default")
    # A letter in a menu goes to an item of it.
    press(browser, "g", "j", Keys.ESCAPE)
    assert focused(browser) == "range-button"
    press(browser, "g", "j")
    settled(browser, page_named("cron"))
    wait(browser, lambda _: focused(browser) == "page-title")
    assert text(browser, "#page-title") == "Jobs"
    press(browser, "/")
    wait(browser, lambda _: focused(browser) == "search-field")
    press(browser, "g", "o")
    assert browser.driver.find_element("id", "search-field").get_attribute("value") == "go"
    press(browser, Keys.ESCAPE, "?")
    browser.driver.find_element("css selector", ".keys-switch input").click()
    press(browser, Keys.ESCAPE, "g", "o")
    browser.driver.refresh()
    settled(browser, page_named("cron"))
    press(browser, "g", "o", "?")
    assert browser.driver.current_url.endswith("/jobs")
    assert not shows(browser, ".keys[open]")
    assert not browser.driver.find_element("id", "page-refresh").get_attribute("aria-keyshortcuts")
    browser.driver.execute_script("localStorage.removeItem('dashboard-single-keys')")
    assert browser.get_logs() == []


def test_a_chart_says_what_it_draws_and_is_walked_opened_and_read_as_a_table_by_keys(
    browser: Any, site: Site
) -> None:
    page = page_named("llm")
    opened(browser, site, page)
    drawn(browser, page)
    chart = "[data-card=daily_costs] .chart-drawing"

    def label() -> str:
        return str(browser.driver.find_element("css selector", chart).get_attribute("aria-label"))

    wait(browser, lambda _: label().startswith("Bar chart: LLM cost by day, 30 days. "))
    assert " to " in label()
    described = browser.driver.find_element("css selector", chart).get_attribute("aria-describedby")
    assert text(browser, f"#{described}")
    before = label()
    browser.driver.execute_script("document.querySelector('[data-range=\"7d\"]').click()")
    # The heading comes before the bars of its days.
    wait(browser, lambda driver: driver.execute_script(POINTS) <= 8 and label() != before)
    at_rest(browser)
    focus_on(browser, "[data-card=daily_costs] .chart-keys")
    press(browser, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    wait(browser, lambda driver: "calls" in driver.execute_script(SAID))
    assert "so far" not in browser.driver.execute_script(SAID), "the second newest day is over"
    press(browser, Keys.ENTER)
    wait(browser, lambda _: shows(browser, ".rows-drawer .ag-cell"))
    press(browser, Keys.ESCAPE)
    wait(browser, lambda _: focused(browser) == "chart-keys")
    press(browser, Keys.ESCAPE, Keys.ENTER)
    wait(browser, lambda _: "calls" in text(browser, "[data-card=daily_costs] .card-table"))
    wait(browser, lambda _: "card-table" in focused(browser))
    press(browser, "v")
    assert focused(browser) == "chart-keys"
    assert not shows(browser, ".card-table")
    assert browser.get_logs() == []


def test_a_page_on_paper_is_light_and_says_what_it_shows(browser: Any, site: Site) -> None:
    page = page_named("llm")
    emulate(browser, "dark", WIDE)
    opened(browser, site, page)
    drawn(browser, page)
    emulate(browser, "dark", 720, "print")
    browser.driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    head = text(browser, ".paper-head")
    assert head.startswith("LLM cost\n")
    assert "Values of" in head
    theme = "return document.documentElement.dataset.bsTheme"
    assert browser.driver.execute_script(theme) == "light"
    assert not browser.driver.find_element("id", "sidebar").is_displayed()
    assert not browser.driver.find_element("id", "bar").is_displayed()
    sizes = browser.driver.execute_script(
        "return [...document.querySelectorAll('.main-svg')].map(svg => svg.getBoundingClientRect().right)"
    )
    assert max(sizes) <= 700
    # Only in blocks does a browser keep all rows of a table that goes on on the next sheet, and only headings
    # without buttons come again there.
    of_blocks = (
        "return [...document.querySelectorAll('.cards, .panel-table')].map(it => getComputedStyle(it))"
    )
    displays = browser.driver.execute_script(f"{of_blocks}.map(style => style.display)")
    assert set(displays) == {"block"}
    assert text(browser, ".panel-table thead").split("\t")[:2] == ["Stage", "Cost"]
    assert not browser.driver.find_element("css selector", ".panel-table .sort").is_displayed()
    browser.driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert not browser.driver.find_elements("css selector", ".paper-heading")
    assert browser.driver.execute_script(theme) == "dark"
    assert not shows(browser, ".paper-head")
    emulate(browser, "light", WIDE)
    assert browser.get_logs() == []


def test_the_kiosk_goes_from_page_to_page_until_escape(browser: Any, site: Site) -> None:
    browser.driver.get(f"{site.url}/llm?range=7d&kiosk=1&cycle=5")
    settled(browser, page_named("llm"))
    assert not browser.driver.find_element("id", "sidebar").is_displayed()
    assert not browser.driver.find_element("id", "bar-controls").is_displayed()
    assert browser.driver.find_element("id", "status-pill").is_displayed()
    wait(browser, lambda _: "Values of" in text(browser, "#kiosk-clock"))
    assert text(browser, "#kiosk-clock").startswith("7 days · ")
    browser.driver.execute_script("window.stays = true")
    entries = "return history.length"
    before = browser.driver.execute_script(entries)
    # The first page follows the last of the two groups.
    assert [page.name for page in PAGES if page.group in (OPERATE, WATCH)][-1] == "llm"
    wait(browser, lambda _: text(browser, "#page-title") == "Overview")
    assert browser.driver.current_url == f"{site.url}/?range=7d&kiosk=1&cycle=5"
    assert browser.driver.execute_script("return window.stays"), "no document is loaded again"
    assert browser.driver.execute_script(entries) == before
    press(browser, Keys.ESCAPE)
    wait(browser, lambda _: browser.driver.find_element("id", "sidebar").is_displayed())
    assert browser.driver.current_url == f"{site.url}/?range=7d"
    assert browser.get_logs() == []


def test_rows_on_a_phone_are_a_sheet_that_a_finger_pulls_away(browser: Any, site: Site) -> None:
    emulate(browser, "light", NARROW)
    browser.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    opened(browser, site, page_named("llm"))
    browser.driver.execute_script("document.querySelector('[data-rows]').click()")
    wait(browser, lambda _: shows(browser, ".rows-drawer .ag-cell"))
    # It comes up from below within a moment.
    top = "return Math.round(document.querySelector('.rows-drawer').getBoundingClientRect().top)"
    wait(browser, lambda driver: driver.execute_script(top) == 90)
    for kind, y in (("touchStart", 100), ("touchMove", 160), ("touchMove", 260), ("touchEnd", None)):
        points = [] if y is None else [{"x": 120, "y": y}]
        browser.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    wait(browser, lambda _: not shows(browser, ".rows-drawer"))
    assert "rows=" not in browser.driver.current_url
    assert browser.get_logs() == []
