"""Takes the pictures in ``docs/``: the demo's pages as Chromium shows them.

``python -m tests.docs.write_pictures`` (or ``make pictures``) writes them all again. They show the demo at
the time of the call.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from benchmarks.browser.chromium import FLAGS
from engine.demo.generate import generate
from engine.model.clock import wall_clock
from tests.browser.conftest import served
from tests.engine.programs import free_port

DOCS = Path(__file__).parents[2] / "docs"
READY_SECONDS = 60
IS_READY = """
const page = document.querySelector("[data-page]");
return Boolean(page) && !document.querySelector(".card-body.is-loading, .is-waiting");
"""


@dataclass(frozen=True)
class Picture:
    """One picture: its file's name, the address that it shows, and the size and theme of the window."""

    name: str
    path: str
    width: int = 1440
    height: int = 900
    theme: str = "light"


PICTURES = (
    Picture("overview", "/"),
    Picture("overview-dark", "/", theme="dark"),
    Picture("overview-phone", "/", width=390, height=844),
    Picture("jobs", "/jobs"),
    Picture("llm-compared", "/llm?range=7d&compare=1"),
    Picture("errors", "/errors"),
    Picture("cache", "/cache"),
)


@contextmanager
def chromium() -> Iterator[Chrome]:
    """Start Chromium without a window of its own until the block ends."""
    options = Options()
    for flag in (*FLAGS, "--hide-scrollbars"):
        options.add_argument(flag)
    driver = Chrome(options=options, service=Service())
    try:
        yield driver
    finally:
        driver.quit()


def take(driver: Chrome, url: str, picture: Picture, folder: Path) -> None:
    """Write one picture to ``<folder>/<name>.png``."""
    size = {"width": picture.width, "height": picture.height, "deviceScaleFactor": 1}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**size, "mobile": picture.width < 600})
    scheme = {"name": "prefers-color-scheme", "value": picture.theme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get(f"{url}{picture.path}")
    ends = time.monotonic() + READY_SECONDS
    while not driver.execute_script(IS_READY):
        if time.monotonic() > ends:
            raise TimeoutError(f"{picture.path} is not ready after {READY_SECONDS} s")
        time.sleep(0.2)
    # Charts are drawn, and what moves has come to rest.
    time.sleep(2)
    driver.save_screenshot(str(folder / f"{picture.name}.png"))


def main() -> None:
    """Write all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "sites.db"
        generate(db, scale=1, now=wall_clock())
        with served(db, free_port()) as site, chromium() as driver:
            for picture in PICTURES:
                take(driver, site.url, picture, DOCS)


if __name__ == "__main__":
    main()
