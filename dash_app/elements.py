"""The parts of cards as Dash components: icons, texts with an age, links, and KPIs."""

from __future__ import annotations

import re
from typing import Any

from dash import html

from dash_app.formatters.ages import Age
from dash_app.formatters.kpi import Kpi
from dash_app.page_text import CELL_LENGTH, page_text
from dash_app.sparkline import sparkline
from engine.model.clock import to_iso
from engine.model.text.plain_text import plain_text, shortened

_LONG_AGE = "59 min ago"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[dh%](?: |$))")


def icon(name: str) -> html.Span:
    """Return an icon of the style sheet, hidden from screen readers."""
    return html.Span(className=f"icon icon-{name}", **{"aria-hidden": "true"})


def with_whole_units(text: str) -> str:
    """Return the dashboard's own text so that no line ends between a number and its unit."""
    return _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", text)


def aged(text: str, age: Age | None) -> Any:
    """Return a text; the browser keeps its age up to date if it has one."""
    if age is None:
        return page_text(text)
    words = text.removeprefix(age.before).removesuffix(age.after)
    form = {"data-age-form": "span"} if age.is_span else {}
    return [
        plain_text(age.before),
        html.Span(words, **{"data-age": to_iso(age.instant)}, **form),
        plain_text(age.after),
    ]


def kpis_element(kpis: tuple[Kpi, ...]) -> html.Dl:
    """Return KPIs with their labels."""
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(_label(kpi)),
                    html.Dd(
                        opener(aged(kpi.value, kpi.value_age), kpi.opens),
                        className=_classes_of(kpi),
                        # A long number is drawn smaller, so that it never runs into the next one.
                        style={"--letters": _letters_of(kpi)},
                    ),
                    html.Dd(_hint(kpi), className="stat-hint") if kpi.hint else None,
                    None if kpi.trend is None else html.Dd(sparkline(kpi.trend), className="stat-trend"),
                ],
                className="stat",
            )
            for kpi in kpis
        ],
        className="stats key-figures" if any(kpi.trend for kpi in kpis) else "stats",
    )


def _classes_of(kpi: Kpi) -> str:
    tone = f"tone-{kpi.tone}" if kpi.tone else ""
    return " ".join(filter(None, ("stat-value", tone, "is-words" if _is_words(kpi) else "")))


def _is_words(kpi: Kpi) -> bool:
    """Return whether a value is some words, which may have a line each."""
    return kpi.value_age is None and " " in kpi.value and not any(map(str.isdigit, kpi.value))


def _letters_of(kpi: Kpi) -> int:
    """Return the length of a number, or of the longest word of some.

    An age grows in the browser from ``just now`` to its longest.
    """
    if _is_words(kpi):
        return max(map(len, kpi.value.split()))
    return len(kpi.value) if kpi.value_age is None else max(len(kpi.value), len(_LONG_AGE))


def _label(kpi: Kpi) -> Any:
    text = page_text(with_whole_units(kpi.label))
    return html.A(text, href=kpi.path, **{"data-path": kpi.path}) if kpi.path else text


def _hint(kpi: Kpi) -> Any:
    return aged(kpi.hint if kpi.trend is None else with_whole_units(kpi.hint), kpi.hint_age)


def opener(text: Any, opens: str) -> Any:
    """Return a text as the button that opens the rows behind it; the text itself if nothing does."""
    if not opens:
        return text
    return html.Button(text, type="button", className="opener", title="Show rows", **{"data-rows": opens})


def link(text: str, path: str, most: int = CELL_LENGTH) -> html.A:
    """Return a text of the database that leads to a page of this app, ``path`` being below the base path.

    A text that is cut has no expander, because the page that it leads to has all of it.
    """
    shown = shortened(plain_text(text), most) or "(empty)"
    # The browser completes the address, and opens the page without loading the document again.
    return html.A(html.Bdi(shown), href=path, className="thing-link", **{"data-path": path})
