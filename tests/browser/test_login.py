"""A page whose login is over: it clears itself, goes to the login, and comes back to where it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.model.clock import wall_clock
from engine.model.settings import Settings
from engine.sessions.opened import logins
from tests.browser.conftest import Site, served
from tests.browser.test_browser import wait
from tests.dash_app.given import database, fill_cache
from tests.engine.programs import free_port
from tests.engine.source_database import settings_of

PASSWORD = "correct horse battery"
FIGURES = ".stat-value"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Settings]]:
    """Serve a database behind a password."""
    db = database(tmp_path_factory.mktemp("closed"))
    fill_cache(db, wall_clock())
    with served(db, free_port(), DASHBOARD_PASSWORD=PASSWORD) as site:
        yield site, settings_of(Path(db))


def log_in(driver: Any) -> None:
    driver.find_element("id", "password").send_keys(PASSWORD)
    driver.find_element("css selector", "main button").click()


def is_at_login(driver: Any) -> bool:
    return "/login" in driver.current_url and bool(driver.find_elements("id", "password"))


def test_a_page_goes_to_the_login_and_comes_back(browser: Any, closed: tuple[Site, Settings]) -> None:
    site, settings = closed
    driver = browser.driver
    driver.get(f"{site.url}/llm?range=7d")
    wait(browser, lambda _: is_at_login(driver))
    log_in(driver)
    wait(browser, lambda _: driver.find_elements("css selector", FIGURES))
    assert driver.current_url.startswith(f"{site.url}/llm?range=7d")
    # The session ends elsewhere, as by `dashboard sessions end --all`.
    with logins(settings) as state:
        assert state.sessions.end_all_sessions() == 1
    wait(browser, lambda _: is_at_login(driver))
    assert not driver.find_elements("css selector", FIGURES)
    log_in(driver)
    wait(browser, lambda _: driver.find_elements("css selector", FIGURES))
    assert driver.current_url.startswith(f"{site.url}/llm?range=7d")
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    driver.get(f"{site.url}/jobs")
    wait(browser, lambda _: driver.find_elements("css selector", FIGURES))
    driver.find_element("css selector", ".log-out button").click()
    wait(browser, lambda _: is_at_login(driver))
    driver.back()
    wait(browser, lambda _: is_at_login(driver))
    assert not driver.find_elements("css selector", FIGURES)
    driver.close()
    driver.switch_to.window(first)
    wait(browser, lambda _: is_at_login(driver))
    assert driver.current_url.endswith("/login?next=%2Fllm%3Frange%3D7d")
