"""Text in charts: every text from the database passes through this module before a figure holds it.

Plotly reads ``<a>``, ``<b>``, ``<span>``, ``<br>`` and entities in names, ticks, hover boxes, annotations
and bar texts. This module escapes markup, removes control and format characters, cuts texts to a
readable length, and isolates those from right to left, so Plotly draws each letter as it is, and no number
beside a name is turned round. The figures add their own markup afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from dash_app.formatters.formats import words
from engine.model.text.plain_text import (
    grapheme_clusters,
    isolated,
    plain_text,
    shortened,
    shortened_in_middle,
)

Key = TypeVar("Key")

LABEL_LENGTH = 24
SHORT_LABEL_LENGTH = 14
HOVER_LENGTH = 600
HOVER_LINE = 60

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def chart_label(text: str | None, unknown: str = "–", most: int = LABEL_LENGTH) -> str:
    """Return a text for a tick, a legend or a bar; ``unknown`` stands for None."""
    return unknown if text is None else _escaped(isolated(shortened(_visible(text), most)))


def chart_words(name: str | None, unknown: str = "–", most: int = LABEL_LENGTH) -> str:
    """Return a name of the pipeline as words for a chart: ``outreach_sent`` as ``outreach sent``."""
    return unknown if name is None else chart_label(words(name), unknown, most)


def chart_hover(text: str | None, unknown: str = "–") -> str:
    """Return a text in lines that fit a hover box, cut at ``HOVER_LENGTH``."""
    if text is None:
        return unknown
    return "<br>".join(_escaped(isolated(line)) for line in _lines(shortened(_visible(text), HOVER_LENGTH)))


def whole_in_hover(trace: dict[str, Any], name: str | None) -> dict[str, Any]:
    """Return a series whose hover box adds the whole name if its label cuts it."""
    whole = chart_hover(None if name is None else words(name))
    if trace["name"] in (whole, chart_words(name, most=HOVER_LENGTH)):
        return trace
    # The name goes through meta, because Plotly would fill in a ``%{x}`` that stands in the template.
    meta = trace.get("meta", {}) | {"whole": whole}
    return trace | {"meta": meta, "hovertemplate": trace["hovertemplate"] + "<br>%{meta.whole}"}


def short_labels(names: Iterable[str | None], unknown: str = "–") -> dict[str | None, str]:
    """Return distinct labels that are short and cut in the middle, for a legend of many series."""
    return _numbered(
        {
            name: unknown
            if name is None
            else _escaped(isolated(shortened_in_middle(_visible(words(name)), SHORT_LABEL_LENGTH)))
            for name in names
        }
    )


def distinct_labels(
    names: Iterable[str | None], unknown: str = "–", most: int = LABEL_LENGTH, *, as_words: bool = True
) -> dict[str | None, str]:
    """Return a label for each name, no two alike, because an axis draws equal labels as one bar.

    Names that are equal when cut, or differ in invisible characters, get a number: ``label (2)``.
    """
    label = chart_words if as_words else chart_label
    return _numbered({name: label(name, unknown, most) for name in names})


def row_labels(names: Sequence[str | None], unknown: str = "–", *, as_words: bool = True) -> list[str]:
    """Return a label for each row, no two alike even if the names are, because each row is a bar."""
    label = chart_words if as_words else chart_label
    return list(_numbered({row: label(name, unknown) for row, name in enumerate(names)}).values())


def _numbered(labels: dict[Key, str]) -> dict[Key, str]:
    taken: set[str] = set()
    found: dict[Key, str] = {}
    for key, label in labels.items():
        unique, count = label, 1
        while unique in taken:
            count += 1
            unique = f"{label} ({count})"
        taken.add(unique)
        found[key] = unique
    return found


def _visible(text: str) -> str:
    return plain_text(text).strip() or "(blank)"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _lines(text: str) -> Iterator[str]:
    """Yield a text in lines of about ``HOVER_LINE``, broken at blanks if there are any."""
    if len(text) <= HOVER_LINE:
        yield text
        return
    line = ""
    for word in text.split(" "):
        for part in _parts(word):
            if line and len(line) + 1 + len(part) > HOVER_LINE:
                yield line
                line = part
            else:
                line = f"{line} {part}" if line else part
    yield line


def _parts(word: str) -> Iterator[str]:
    if len(word) <= HOVER_LINE:
        yield word
        return
    clusters = list(grapheme_clusters(word))
    for start in range(0, len(clusters), HOVER_LINE):
        yield "".join(clusters[start : start + HOVER_LINE])
