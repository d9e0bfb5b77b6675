"""A layout as HTML, which a browser shows before any script has run.

It looks like what Dash makes of the same layout, which then takes its place (``src/static_page.js``).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from dash_app.markup import CONTENT, FIGURE, tag_of

_ALONE = frozenset({"br", "col", "hr", "img", "input", "wbr"})
_UNSEEN = frozenset({"Location", "Store"})


def static_html(layout: Any, texts: Mapping[str, str]) -> str:
    """Return a layout, as plain JSON, as HTML. Charts are empty, as they are before they are drawn.

    ``texts`` are those that the browser writes later into elements of markup, by their ids.

    >>> static_html({"namespace": "dash_html_components", "type": "P", "props": {"children": "1 < 2"}}, {})
    '<p>1 &lt; 2</p>'
    """
    if isinstance(layout, list):
        return "".join(static_html(each, texts) for each in layout)
    if not isinstance(layout, Mapping):
        return "" if layout is None else html.escape(str(layout), quote=False)
    if layout["type"] in _UNSEEN:
        return ""
    name, attributes = tag_of(layout)
    if CONTENT in attributes:
        inner = _of_markup(orjson.loads(attributes[CONTENT] or "[]"), texts)
    else:
        inner = static_html(layout["props"].get("children"), texts)
    return _written(name, attributes, inner)


def _of_markup(parts: Iterable[Any], texts: Mapping[str, str]) -> str:
    return "".join(
        html.escape(part, quote=False)
        if isinstance(part, str)
        else _written(part[0], part[1], _of_markup([texts.get(part[1].get("id"), ""), *part[2:]], texts))
        for part in parts
    )


def _written(name: str, attributes: Mapping[str, str], inner: str) -> str:
    written = "".join(
        f' {attribute}="{html.escape(value)}"'
        for attribute, value in attributes.items()
        if attribute not in (CONTENT, FIGURE, "key")
    )
    return f"<{name}{written}>" if name in _ALONE else f"<{name}{written}>{inner}</{name}>"
