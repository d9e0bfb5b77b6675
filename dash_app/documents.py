"""The documents of pages: each brings along what Dash would ask for next.

That is the layout with the page and its first values, and the list of callbacks, as JSON that is no script.
The same layout stands there as HTML, for a browser to show until Dash has made its own. A document is made
for one visitor, by the same reading as a callback's answer, and kept while that stays the same.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import orjson
from dash import page_container
from plotly.io.json import to_json_plotly

from dash_app.http.compression import compressed
from dash_app.login.visitors import current_visitor
from dash_app.markup import plain
from dash_app.page_layouts import PageLayouts, page_of_door
from dash_app.shell import FIRST, FIRST_PAGE, app_layout
from dash_app.static_page import static_html
from engine.model.access import Visitor
from engine.model.settings import Settings

MOST_DOCUMENTS = 128
"""So many documents are kept, some 15 kB each as they are sent."""


@dataclass(frozen=True)
class _Template:
    head: str
    scripts: str
    tail: str
    dependencies: str


class Documents:
    """Makes the documents. There are none until ``complete`` was called."""

    def __init__(self, settings: Settings, layouts: PageLayouts) -> None:
        self._settings = settings
        self._layouts = layouts
        self._template: _Template | None = None
        self._kept: OrderedDict[tuple[str, str, Visitor, str], bytes] = OrderedDict()

    def complete(self, document: str, dependencies: str) -> None:
        """Take Dash's own document and its list of callbacks, which stay the same."""
        head, _, rest = document.partition(FIRST_PAGE)
        scripts, _, tail = rest.partition(FIRST)
        self._template = _Template(head, scripts, tail, _script("first-dependencies", dependencies))

    async def make(self, pattern: str, search: str, encoding: str) -> bytes | None:
        """Return the document of the page behind a door, in an encoding; None if there is none.

        ``search`` is the query of the address; the empty text as encoding leaves the document as it is.
        """
        template, page = self._template, page_of_door(pattern)
        if template is None or page is None:
            return None
        laid = await self._layouts.lay_out(page, search)
        visitor = current_visitor()
        key = (pattern, laid.digest, visitor, encoding)
        document = self._kept.get(key)
        if document is None:
            container = _holding(laid.content, self._layouts.title_of(page))
            layout = to_json_plotly(
                app_layout(self._settings, visitor, container=container, cache_state=laid.sidebar)
            )
            shown = static_html(orjson.loads(layout), {"page-title": page.title})
            values = _script("first-layout", layout)
            text = "".join((
                template.head, f'<div id="first-page">{shown}</div>',
                template.scripts, values, template.dependencies, template.tail,
            ))  # fmt: skip
            document = compressed(text.encode(), encoding)
            self._kept[key] = document
            while len(self._kept) > MOST_DOCUMENTS:
                self._kept.popitem(last=False)
        return document


def _holding(content: Any, title: str) -> Any:
    """Return the container of pages with one in it; the browser says where it is."""
    container = plain(page_container)
    parts = {part["props"]["id"]: part["props"] for part in container["props"]["children"]}
    # Dash lays out a page for every address that differs from the one it knows.
    parts["_pages_location"] |= {"pathname": "@pathname", "search": "@search"}
    parts["_pages_content"]["children"] = content
    parts["_pages_store"]["data"] = {"title": title}
    return container


def _script(name: str, text: str) -> str:
    """Return JSON as an element that no browser runs, and that nothing in the text can end."""
    inert = text.replace("<", "\\u003c")
    return f'<script id="{name}" type="application/json">{inert}</script>'
