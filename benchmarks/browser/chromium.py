"""Chromium as a visitor: opens pages, and says when they are painted and what they cost.

Selenium drives it. A network is emulated by Chromium itself, for HTTP alone.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.model.errors import ComputeError, SettingError

WIDTH, HEIGHT = 1440, 900
TIMEOUT_SECONDS = 60.0
QUIET_SECONDS = 1.0
BLOCKING_MS = 50.0
"""What a task may take before it is said to block."""

PROBE = Path(__file__).parent / "probe.js"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""What Chromium needs without a screen, as root, and without any request of its own."""


@dataclass(frozen=True)
class Network:
    """A network between browser and server: a round trip's time and both rates; zeros mean none."""

    name: str
    latency_ms: float
    megabits: float


LOCALHOST, DISTANT = Network("localhost", 0, 0), Network("20 Mbit/s, 40 ms", 40, 20)


@dataclass(frozen=True)
class Visit:
    """What one visit cost; times are in milliseconds from the start of the navigation or the click.

    ``first_ms`` is the first paint of any content. ``blocking_ms`` is what tasks after it took beyond
    50 ms each, ``longest_ms`` the longest of them. ``bodies`` counts the requests that the server answered
    with a body, of all ``requests`` that reached it.
    """

    painted_ms: float
    first_ms: float
    blocking_ms: float
    longest_ms: float
    shift: float
    requests: int
    bodies: int
    received_bytes: int


def require_chromium() -> None:
    """Raise SettingError if Chromium, its driver or Selenium is missing."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        missing = "the package selenium"
    else:
        if shutil.which("chromedriver"):
            return
        missing = "the program chromedriver"
    raise SettingError("browser", f"{missing} is not installed", "install it, or leave the case out")


class Chromium:
    """One browser, which remembers what it has loaded; made by ``new_browser``."""

    def __init__(self, driver: Any, network: Network) -> None:
        self._driver = driver
        self._command("Network.enable")
        rate = network.megabits * 1e6 / 8 or -1
        self._command(
            "Network.emulateNetworkConditions", offline=False, latency=network.latency_ms,
            downloadThroughput=rate, uploadThroughput=rate,
        )  # fmt: skip
        self._script: str | None = None

    def visit(self, url: str, cards: int) -> Visit:
        """Open an address in place of what is shown, until its page of that many cards is painted.

        Raises ComputeError.
        """
        self._driver.get("about:blank")
        self._watch_for(cards)
        self._driver.get_log("performance")
        self._driver.get(url)
        self._await_paint(url)
        return self._cost()

    def follow(self, url: str, selector: str, cards: int) -> float:
        """Open an address, and then another page by its link; return when that is painted, in milliseconds.

        Raises ComputeError.
        """
        self._watch_for(0)
        self._driver.get(url)
        self._await(f"return Boolean(document.querySelector({json.dumps(selector)}))", url)
        time.sleep(QUIET_SECONDS)
        self._driver.execute_script(
            "window.__visit.count = arguments[1];"
            "window.__follow(document.querySelector(arguments[0]))",
            selector, cards,
        )  # fmt: skip
        self._await_paint(url)
        return float(self._driver.execute_script("return window.__visit.painted"))

    def _watch_for(self, cards: int) -> None:
        if self._script is not None:
            self._command("Page.removeScriptToEvaluateOnNewDocument", identifier=self._script)
        source = PROBE.read_text(encoding="utf-8").replace("{%count%}", str(cards))
        self._script = self._command("Page.addScriptToEvaluateOnNewDocument", source=source)["identifier"]

    def _await_paint(self, url: str) -> None:
        self._await("return window.__visit.painted !== null", url)
        time.sleep(QUIET_SECONDS)

    def _await(self, script: str, url: str) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not self._driver.execute_script(script):
            if time.monotonic() > deadline:
                raise ComputeError(url, f"its page is not painted in {TIMEOUT_SECONDS:.0f} s", "open it")
            time.sleep(0.05)

    def _cost(self) -> Visit:
        found = self._driver.execute_script(
            "return [window.__visit, performance.getEntriesByName('first-contentful-paint')[0]?.startTime]"
        )
        seen, first = found[0], found[1] or found[0]["painted"]
        after = [taken for begun, taken in seen["tasks"] if begun + taken > first]
        requests, bodies, size = self._traffic()
        return Visit(
            painted_ms=seen["painted"],
            first_ms=first,
            blocking_ms=sum(max(0.0, taken - BLOCKING_MS) for taken in after),
            longest_ms=max(after, default=0.0),
            shift=seen["shift"],
            requests=requests,
            bodies=bodies,
            received_bytes=size,
        )

    def _traffic(self) -> tuple[int, int, int]:
        """Return the requests that reached the server, those with a body, and the bytes received."""
        asked: set[str] = set()
        with_body: set[str] = set()
        size = 0
        for line in self._driver.get_log("performance"):
            message = json.loads(line["message"])["message"]
            given, request = message["params"], message["params"].get("requestId", "")
            match message["method"]:
                case "Network.requestWillBeSent" if given["request"]["url"].startswith("http"):
                    asked.add(request)
                case "Network.requestServedFromCache":
                    asked.discard(request)
                case "Network.responseReceived":
                    answer = given["response"]
                    if answer.get("fromDiskCache") or answer.get("fromPrefetchCache"):
                        asked.discard(request)
                    elif answer["status"] not in (204, 304):
                        with_body.add(request)
                case "Network.loadingFinished" if request in asked:
                    size += int(given["encodedDataLength"])
        return len(asked), len(with_body & asked), size

    def _command(self, name: str, **parameters: Any) -> Any:
        return self._driver.execute_cdp_cmd(name, parameters)


@contextmanager
def new_browser(network: Network) -> Iterator[Chromium]:
    """Start a browser that has seen nothing, until the block ends. Raises ComputeError."""
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.options import Options

    with tempfile.TemporaryDirectory(prefix="dashboard-browser-") as profile:
        options: Any = Options()
        for flag in (*FLAGS, f"--window-size={WIDTH},{HEIGHT}", f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        try:
            driver = webdriver.Chrome(options=options)
        except WebDriverException as error:
            raise ComputeError("Chromium", str(error.msg).splitlines()[0], "start it by hand") from None
        try:
            driver.set_page_load_timeout(TIMEOUT_SECONDS)
            yield Chromium(driver, network)
        except WebDriverException as error:
            raise ComputeError("Chromium", str(error.msg).splitlines()[0], "try again") from None
        finally:
            driver.quit()
