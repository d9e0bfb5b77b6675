"""A real server over a small demo database, and the Chromium that looks at it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from dash.testing.browser import Browser
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from benchmarks.browser.chromium import FLAGS
from engine.demo.generate import generate
from engine.model.clock import wall_clock
from tests.deployment.serving import running_server
from tests.engine.programs import free_port


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a picture of the page that a failed test leaves."""
    report = yield
    chromium = getattr(item, "funcargs", {}).get("chromium")
    if report.when == "call" and report.failed and chromium is not None:
        with suppress(WebDriverException):
            chromium.take_snapshot(item.name)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # pytest hands over all tests of the run, so their paths are compared as text.
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker("browser")


@dataclass(frozen=True)
class Site:
    """A running server: where it is, and its source database."""

    url: str
    db: Path


@contextmanager
def served(db: Path, port: int, **settings: str) -> Iterator[Site]:
    """Serve a database, without the schedule, until the block ends."""
    with running_server(db, port, DASHBOARD_REFRESH_INTERVAL="3", **settings):
        yield Site(f"http://127.0.0.1:{port}", db)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a demo database for all browser tests."""
    db = tmp_path_factory.mktemp("site") / "sites.db"
    generate(db, scale=0.05, days=65, now=wall_clock())
    with served(db, free_port()) as site:
        yield site


@contextmanager
def started_chromium(folder: Path) -> Iterator[Browser]:
    """Start Chromium, which saves files in a folder below this one, until the block ends."""
    options = Options()
    for flag in FLAGS:
        options.add_argument(flag)
    downloads = folder / "download"
    downloads.mkdir()
    with Browser("Chrome", options=[options], download_path=str(downloads), percy_run=False) as browser:
        driver = browser.driver
        # What tests find is what Dash has made, not the page of the document that stands there until then.
        driver.get, driver.refresh = _complete(driver, driver.get), _complete(driver, driver.refresh)
        yield browser


def _complete(driver: WebDriver, load: Callable[..., None]) -> Callable[..., None]:
    """Return a function that loads a page and waits until Dash has made it."""

    def load_and_wait(*arguments: str) -> None:
        load(*arguments)
        WebDriverWait(driver, 60).until(lambda it: not it.find_elements("id", "first-page"))

    return load_and_wait


@pytest.fixture(scope="session")
def _one_chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Chromium for all tests of this process."""
    with started_chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def chromium(_one_chromium: Browser) -> Iterator[Browser]:
    """Return Chromium with one new tab, and with nothing that the test before has left but cached scripts."""
    driver = _one_chromium.driver
    old = driver.window_handles
    driver.switch_to.new_window("tab")
    new = driver.current_window_handle
    for tab in old:
        driver.switch_to.window(tab)
        driver.close()
    driver.switch_to.window(new)
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    for file in Path(_one_chromium.download_path).iterdir():
        file.unlink()
    # Reading it empties it.
    driver.get_log("browser")
    yield _one_chromium
    # A page that stays open would ask its server again and again.
    WebDriver.get(driver, "about:blank")


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Return Chromium, its log at the start of the test."""
    # Tests wait for what they name; an implicit wait would sit out each look for what must not be there.
    chromium.driver.implicitly_wait(0)
    chromium.driver.set_page_load_timeout(120)
    chromium.driver.set_window_size(1280, 900)
    # A page without an icon would have Chromium ask for one, and log that there is none.
    chromium.driver.get("data:text/html,<link rel=icon href=data:,>")
    chromium.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": "light"}
    ]})  # fmt: skip
    return chromium
