"""The sidebar: links to the pages in groups, the state of the cache, and Full Refresh."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from dash import html, set_props

from dash_app.elements import icon
from dash_app.formatters.formats import clock_time, duration
from dash_app.markup import CONTENT, markup_of
from dash_app.pages import PAGES, Page
from dash_app.unavailable import hidden_pages_line
from engine.model.access import Visitor
from engine.model.clock import to_iso
from engine.model.settings import Settings
from engine.store import CacheState

PRODUCT = "Dashboard"
ALL_SOURCES = "All sources"
CACHE_STATE, FULL_REFRESH = "cache-state", "full-refresh"
RUN_BUTTON = "btn btn-sm run-button"


def product_of(settings: Settings) -> str:
    """Return what the titles of documents end with: the name of the source, if it has one, and ours."""
    return f"{settings.source_name} · {PRODUCT}" if settings.source_name else PRODUCT


def sidebar(settings: Settings, visitor: Visitor, cache_state: str = "") -> html.Aside:
    """Return the sidebar as a visitor may use it; ``cache_state`` is what it says of the cache, as markup."""
    pages = [
        part
        for group, pages in groupby(PAGES, key=lambda page: page.group)
        for part in _group(settings, group, list(pages))
    ]
    return html.Aside(
        id="sidebar",
        className="sidebar",
        children=[
            html.Div(
                [html.Span(className="brand-mark", **{"aria-hidden": "true"}), PRODUCT], className="brand"
            ),
            html.Nav(**{"aria-label": "Pages", CONTENT: markup_of(pages)}),
            html.Div(
                className="sidebar-foot",
                children=[
                    html.Section(
                        [
                            html.H2("Cache"),
                            html.Div(id=CACHE_STATE, className="cache-state", **{CONTENT: cache_state}),
                        ],
                        **{"aria-label": "State of the cache"},
                    ),
                    html.Div(
                        className="sidebar-buttons", **{CONTENT: markup_of(_buttons(settings, visitor))}
                    ),
                ],
            ),
        ],
    )


def _buttons(settings: Settings, visitor: Visitor) -> list[Any]:
    return [
        html.Button(
            [icon("arrow-repeat"), "Full Refresh"],
            id=FULL_REFRESH,
            type="button",
            className=f"{RUN_BUTTON} btn-primary",
            title="Refresh all datasets",
        ),
        html.Button(
            [icon("theme"), html.Span("Theme", className="theme-label")],
            id="theme-toggle",
            type="button",
            className="btn btn-sm quiet-button",
            **{"aria-label": "Theme: auto. Change"},
        ),
        html.Div(
            [
                html.Button(
                    [icon("keyboard"), "Keys"],
                    id="open-keys",
                    type="button",
                    className="btn btn-sm quiet-button",
                    **{"aria-haspopup": "dialog"},
                ),
                html.Button(
                    [icon("tv"), "Kiosk"],
                    id="open-kiosk",
                    type="button",
                    className="btn btn-sm quiet-button",
                    title="For a screen on a wall: no controls, one page after the other",
                ),
            ],
            className="sidebar-pair",
        ),
        *_log_out(settings, visitor),
        html.P(f"Times in {settings.time_zone}", className="zone"),
    ]


def show_cache_state(cache_state: str) -> None:
    """Have the browser show the state of the cache with the answer of the callback under way.

    As an output it would have Dash call the callbacks of each page that is laid out, whatever they ask for.
    """
    set_props(CACHE_STATE, {CONTENT: cache_state})


def _group(settings: Settings, group: str, pages: list[Page]) -> list[Any]:
    """Return the heading of a group and the links to its pages; the browser follows them and fills counts."""
    heading_id = f"nav-group-{group.lower()}"
    links = [
        html.A(
            [
                icon(page.icon),
                html.Span(page.title, className="nav-title"),
                html.Span(className="nav-count", hidden=True, **{"data-count-of": page.name}),
            ],
            href=settings.base_path + page.path,
            className=f"nav-link nav-{page.name}",
            **{"data-nav": page.path},
        )
        for page in pages
    ]
    return [
        html.H2(group, id=heading_id, className="nav-group"),
        html.Div(links, className="nav flex-column", role="group", **{"aria-labelledby": heading_id}),
    ]


def _log_out(settings: Settings, visitor: Visitor) -> list[html.Form]:
    """Return the button that logs out; none for who has no session of ours to end."""
    if not visitor.is_session:
        return []
    button = html.Button("Log out", type="submit", className="btn btn-sm quiet-button")
    return [html.Form(button, action=f"{settings.shared_path}/logout", method="post", className="log-out")]


def cache_state_element(state: CacheState | None, zone: ZoneInfo, *, hides: bool = False) -> Any:
    """Return the state of the cache in three lines; None means that it cannot be read.

    ``hides``: what is unavailable is in no count, and the pages that are hidden are named in a line more.
    """
    if state is None:
        return html.P("cannot be read", className="tone-bad")
    absent = len(state.unavailable) if hides else 0
    missing, problems = state.missing - absent, state.problems - absent
    total = max(1, state.fresh + state.expired + missing)
    parts = (("fresh", state.fresh), ("expired", state.expired), ("missing", missing))
    lines: list[Any] = [
        html.Div(
            [
                html.Span(className=f"bar-{name}", style={"width": f"{count / total * 100:.1f}%"})
                for name, count in parts
            ],
            className="cache-bar",
            **{"aria-hidden": "true"},
        ),
        html.Ul(
            [html.Li([html.B(str(count)), f" {name}"], className=f"key-{name}") for name, count in parts]
        ),
        html.P(_life_of(state, zone)),
    ]
    if problems:
        noun = "dataset" if problems == 1 else "datasets"
        lines.append(html.P(f"{problems} {noun} with a problem", className="tone-bad"))
    if hides and (hidden := hidden_pages_line(state.unavailable)) is not None:
        lines.append(hidden)
    return lines


def _life_of(state: CacheState, zone: ZoneInfo) -> list[Any]:
    """Return the lifetime of what expires first, and the age of the oldest entry; empty without entries."""
    parts: list[Any] = []
    if state.lifetime_minutes is not None:
        parts.append(f"TTL {duration(state.lifetime_minutes * 60)}")
    if state.oldest_computed_at is not None:
        made = state.oldest_computed_at
        age = html.Span(**{"data-age": to_iso(made)})
        parts.append(html.Span(["oldest ", age], title=clock_time(made, zone)))
    return [part for each in parts for part in (" · ", each)][1:]
