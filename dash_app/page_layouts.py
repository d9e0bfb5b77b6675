"""What is laid out at an address: the page, with its first values, and the title of the document."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson
from plotly.io.json import to_json_plotly

from dash_app.digest import digest_of
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


def title_of_page(page: Page | Thing, product: str = PRODUCT) -> str:
    """Return the title of a page's document."""
    return f"{page.title} · {product}"


MOST_LAID_OUT = 64
"""So many pages are kept as laid out, some 100 kB each."""


@dataclass(frozen=True)
class LaidOut:
    """A page as JSON that Dash sends as it is, and the state of the cache for the sidebar as markup.

    ``digest`` differs if one of them does.
    """

    content: orjson.Fragment
    sidebar: str
    digest: str


class PageLayouts:
    """Lays pages out for the visitor of the request under way; those that visitors see alike once."""

    def __init__(self, readings: PageReadings, base_path: str, product: str = PRODUCT) -> None:
        self._readings = readings
        self._base_path = base_path
        self._product = product
        self._kept: OrderedDict[str, LaidOut] = OrderedDict()

    def title_of(self, page: Page | Thing) -> str:
        """Return the title of a page's document."""
        return title_of_page(page, self._product)

    def page_at(self, pathname: str) -> Page | Thing:
        """Return the page at a path, as a browser spells it."""
        path = unquote(pathname.removeprefix(self._base_path)) or "/"
        door = door_of({"type": "http", "path": path})
        return (None if door is None else page_of_door(door.pattern)) or NOT_FOUND

    async def lay_out(self, page: Page | Thing, search: str) -> LaidOut:
        """Return a page at the query of an address.

        A page that cannot be read has no values, and reads itself once it is laid out.
        """
        if isinstance(page, Thing):
            sidebar = await self._readings.read_sidebar()
            return self._once([page.name, sidebar], sidebar, lambda: thing_layout(page))
        reading = await self._read(page, search)
        if reading is None:
            return self._once([page.name], "", lambda: page_layout(page))
        shown = [page.name, reading.version, reading.as_of, reading.digests, reading.sidebar]
        lines = to_json_plotly(reading.lines)
        return self._once([*shown, lines], reading.sidebar, lambda: page_layout(page, reading))

    def _once(self, shown: list[Any], sidebar: str, make: Callable[[], Any]) -> LaidOut:
        """Return what is laid out of what is shown; ``make`` is called if it is not kept."""
        digest = digest_of(orjson.dumps(shown))
        laid = self._kept.get(digest)
        if laid is None:
            laid = LaidOut(orjson.Fragment(to_json_plotly(make())), sidebar, digest)
            self._kept[digest] = laid
            while len(self._kept) > MOST_LAID_OUT:
                self._kept.popitem(last=False)
        return laid

    async def _read(self, page: Page, search: str) -> PageReading | None:
        try:
            return await self._readings.read(page, search)
        except Exception:
            log.exception("the page %s is laid out without values", page.name)
            return None
