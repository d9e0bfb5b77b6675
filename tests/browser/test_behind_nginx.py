"""The dashboard below a path of another server: opened, walked through and updated behind nginx."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.model.clock import wall_clock
from engine.store.writes import set_entry
from tests.browser.conftest import Site, served
from tests.browser.test_browser import text, wait
from tests.dash_app.given import database, fill_cache
from tests.deployment.nginx import BASE, deployed, running_nginx, without_the_path
from tests.engine.programs import free_port

KEY = "pipeline/excluded_sites_count"
SHOWN = "#pipeline-numbers-excluded_sites-content .stat-value"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[str, str]]]:
    """Return a site with a base path, and its addresses: path kept by the proxy, path taken off."""
    folder: Path = tmp_path_factory.mktemp("behind_nginx")
    db = database(folder)
    fill_cache(db, wall_clock())
    port, kept, taken_off = free_port(), free_port(), free_port()
    path = deployed("path.conf", port)
    servers = f"server {{ listen 127.0.0.1:{kept}; {path} }}"
    servers += f"server {{ listen 127.0.0.1:{taken_off}; {without_the_path(path)} }}"
    with served(db, port, DASHBOARD_BASE_PATH=BASE) as site, running_nginx(folder, servers, kept):
        yield (
            site,
            {
                "kept": f"http://127.0.0.1:{kept}",
                "taken off": f"http://127.0.0.1:{taken_off}",
                "past the proxy": site.url,
            },
        )


def shows(browser: Any, count: str, _: object) -> bool:
    return text(browser, SHOWN) == count


@pytest.mark.parametrize("way", ["kept", "taken off"])
def test_it_opens_and_goes_from_page_to_page_and_is_told_of_what_is_new(
    browser: Any, proxied: tuple[Site, dict[str, str]], way: str
) -> None:
    site, addresses = proxied
    url = addresses[way]
    browser.driver.get(f"{url}{BASE}")
    wait(browser, lambda _: browser.driver.current_url == f"{url}{BASE}/")
    wait(browser, lambda _: browser.driver.find_elements("css selector", ".js-plotly-plot .bars"))
    browser.driver.execute_script("window.isTheSamePage = true")
    browser.driver.find_element("css selector", ".nav-pipeline").click()
    wait(browser, lambda _: browser.driver.current_url == f"{url}{BASE}/pipeline")
    for count in ("71", "72"):
        set_entry(site.db, KEY, {"excluded_sites": [int(count)]}, 15, wall_clock())
        wait(browser, partial(shows, browser, count))
    # It was told of it over its socket: a page that polls says so.
    assert "connection" not in text(browser, "#status-pill")
    assert browser.driver.execute_script("return window.isTheSamePage === true")
    browser.driver.get(f"{url}{BASE}/jobs")
    wait(browser, lambda _: browser.driver.find_elements("css selector", ".nav-cron.active"))
    assert browser.get_logs() == []


def test_a_page_opened_past_the_proxy_goes_on_below_the_base_path(
    browser: Any, proxied: tuple[Site, dict[str, str]]
) -> None:
    site, _ = proxied
    browser.driver.get(f"{site.url}/jobs?x=1")
    wait(browser, lambda _: browser.driver.current_url == f"{site.url}{BASE}/jobs?x=1")
    wait(browser, lambda _: browser.driver.find_elements("css selector", ".nav-cron.active"))
