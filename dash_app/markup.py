"""Components as plain JSON, and as markup: JSON of which ``src/contents.js`` makes elements.

No callback listens to what stands in a card, so React need not know of it. A text is a text; an element is a
list of its name, its attributes and its children.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from plotly.io.json import to_json_plotly

CONTENT = "data-content"
"""The attribute that an element has its markup in."""

FIGURE = "data-figure"
"""The attribute that a chart has its figure in."""

_NAMESPACE = "dash_html_components"
_RUNNING = frozenset({"script", "iframe", "object", "embed", "link", "style"})
_NAMES = {"className": "class", "htmlFor": "for"}
_CAPITAL = re.compile("[A-Z]")


def markup_of(content: Any) -> str:
    """Return components, texts, or a list of them, as markup. Raises ValueError for what is no plain element.

    >>> from dash import html
    >>> markup_of([html.P(["so ", html.B(3)], className="note"), "!"])
    '[["p",{"class":"note"},"so ",["b",{},"3"]],"!"]'
    """
    return orjson.dumps(list(_each(plain(content)))).decode()


def plain(value: Any) -> Any:
    """Return components and figures as plain JSON values, which Dash sends without a walk through them."""
    return orjson.loads(to_json_plotly(value))


def _each(content: Any) -> Iterator[Any]:
    if content is None:
        return
    if isinstance(content, list):
        for each in content:
            yield from _each(each)
    elif isinstance(content, Mapping):
        yield _element(content)
    else:
        yield str(content)


def _element(component: Mapping[str, Any]) -> list[Any]:
    name, attributes = tag_of(component)
    return [name, attributes, *_each(component["props"].get("children"))]


def tag_of(component: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the name and the attributes of an element. Raises ValueError for what is no plain element."""
    name = str(component["type"]).lower()
    if component["namespace"] != _NAMESPACE or name in _RUNNING:
        raise ValueError(f"{component['namespace']}.{component['type']} is no element without behaviour")
    return name, {
        _NAMES.get(prop) or prop.lower(): _attribute(value)
        for prop, value in component["props"].items()
        if prop != "children" and value is not None and value is not False
    }


def _attribute(value: Any) -> str:
    if isinstance(value, Mapping):
        return ";".join(f"{_hyphened(name)}:{each}" for name, each in value.items())
    return "" if value is True else str(value)


def _hyphened(name: str) -> str:
    return _CAPITAL.sub(lambda found: f"-{found[0].lower()}", name)
