"""What is laid out at an address: the page, with its first values, and the title of the document."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import unquote

from dash_app.http.doors import UNKNOWN_PAGE, door_of
from dash_app.page_reading import PageReading, PageReadings
from dash_app.pages import NOT_FOUND, PAGES, Page
from dash_app.shell import page_layout
from dash_app.sidebar import PRODUCT
from dash_app.things.pages import thing_layout
from dash_app.things.table import THINGS, Thing

log = logging.getLogger(__name__)

_PAGES: dict[str, Page | Thing] = {
    **{page.path: page for page in PAGES},
    **{thing.door: thing for thing in THINGS},
    UNKNOWN_PAGE.pattern: NOT_FOUND,
}


def page_of_door(pattern: str) -> Page | Thing | None:
    """Return the page that stands behind a door; None if there is something else."""
    return _PAGES.get(pattern)


def title_of_page(page: Page | Thing) -> str:
    """Return the title of a page's document."""
    return f"{page.title} · {PRODUCT}"


class PageLayouts:
    """Lays pages out for the visitor of the request under way."""

    def __init__(self, readings: PageReadings, base_path: str) -> None:
        self._readings = readings
        self._base_path = base_path

    def page_at(self, pathname: str) -> Page | Thing:
        """Return the page at a path, as a browser spells it."""
        path = unquote(pathname.removeprefix(self._base_path)) or "/"
        door = door_of({"type": "http", "path": path})
        return (None if door is None else page_of_door(door.pattern)) or NOT_FOUND

    async def lay_out(self, page: Page | Thing, search: str) -> tuple[Any, Any]:
        """Return a page at the query of an address, and the state of the cache for the sidebar.

        A page that cannot be read has no values, and reads itself once it is laid out.
        """
        if isinstance(page, Thing):
            return thing_layout(page), await self._readings.read_sidebar()
        reading = await self._read(page, search)
        return page_layout(page, reading), None if reading is None else reading.sidebar

    async def _read(self, page: Page, search: str) -> PageReading | None:
        try:
            return await self._readings.read(page, search)
        except Exception:
            log.exception("the page %s is laid out without values", page.name)
            return None
