"""The shell of every page: the document, the sidebar with the cache's state, the page heads."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import dcc, html, page_container

from dash_app.cards import frame
from dash_app.elements import icon
from dash_app.formatters.formats import clock_time, duration
from dash_app.page_text import page_text
from dash_app.pages import PAGES, Page
from dash_app.unavailable import hidden_pages_line, hiding_rules
from engine.model.access import Right, Visitor
from engine.model.clock import to_iso
from engine.model.settings import Settings
from engine.model.text.without_paths import without_paths
from engine.store import CacheState

PRODUCT = "Dashboard"
CACHE_STATE, FULL_REFRESH, RUN_NOTICE = "cache-state", "full-refresh", "run-notice"
ALERT_LENGTH = 400
OPEN_TO_OTHERS = "Whoever reaches this address reads everything and starts runs: no password is set."
BUTTON, BUTTON_BUSY = "btn btn-sm run-button", "btn btn-sm run-button is-busy"

INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="color-scheme" content="light dark">
    <meta name="base-path" content="{%base_path%}">
    <title>{%title%}</title>
    <link rel="icon" type="image/svg+xml" href="{%base_path%}/assets/favicon.svg">
    <script>
      (function () {
        var wanted = "auto";
        try { wanted = localStorage.getItem("dashboard-theme") || "auto"; } catch (blocked) {}
        var isDarkSystem = matchMedia("(prefers-color-scheme: dark)").matches;
        var dark = wanted === "dark" || (wanted === "auto" && isDarkSystem);
        document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
        document.documentElement.setAttribute("data-theme-preference", wanted);
      })();
    </script>
    {%css%}
    <style>{%hiding_rules%}</style>
  </head>
  <body>
    <a class="skip-link" href="#main">Skip to the page</a>
    {%app_entry%}
    <footer hidden>{%config%}{%scripts%}{%renderer%}</footer>
    <noscript>This dashboard draws its charts with JavaScript.</noscript>
  </body>
</html>""".replace("{%hiding_rules%}", hiding_rules())


def index_document(settings: Settings) -> str:
    """Return the document of every page, which names the base path for the scripts."""
    return INDEX.replace("{%base_path%}", settings.base_path)


def app_layout(settings: Settings, visitor: Visitor) -> html.Div:
    """Return the shell as a visitor may use it; its container takes the layouts of the pages."""
    classes = {
        "shell": True,
        "hides-unavailable": settings.hide_unavailable,
        "only-looks": not visitor.may(Right.REFRESH),
    }
    return html.Div(
        className=" ".join(name for name, holds in classes.items() if holds),
        # How often the browser polls if it has no socket.
        **{"data-refresh-seconds": str(settings.refresh_interval_seconds)},
        children=[
            html.Header(
                className="topbar",
                children=[
                    html.Button(
                        icon("list"),
                        id="menu-toggle",
                        type="button",
                        className="btn icon-button",
                        **{
                            "aria-label": "Open the navigation",
                            "aria-controls": "sidebar",
                            "aria-expanded": "false",
                        },
                    ),
                    html.Span(PRODUCT, className="brand"),
                ],
            ),
            html.Div(className="scrim", id="scrim"),
            _sidebar(settings, visitor),
            html.Main(
                id="main",
                className="main",
                tabIndex="-1",
                children=[
                    *_warning(settings),
                    # The browser fills it from the server's status.
                    html.Div(id="alerts", role="status", **{"aria-live": "polite"}),
                    html.Div(id=RUN_NOTICE, role="status", **{"aria-live": "polite"}),
                    page_container,
                ],
            ),
            _run_progress(),
        ],
    )


def _run_progress() -> html.Section:
    """Return the place of the run under way; the browser fills, shows and hides it."""
    return html.Section(
        id="run-progress",
        className="run-progress",
        hidden=True,
        **{"aria-label": "Run under way"},
        children=[
            html.P(
                [
                    # Screen readers read the title alone, not each step.
                    html.Strong(className="run-title", role="status"),
                    html.Span(className="run-time"),
                ]
            ),
            html.Progress(className="run-bar", **{"aria-label": "Progress of the run"}),
            html.P(className="run-step"),
        ],
    )


def _warning(settings: Settings) -> list[Any]:
    """Return the warning that strangers get in; none if they have to log in, or cannot reach the app."""
    return [alert(OPEN_TO_OTHERS, "danger")] if settings.is_open_to_others else []


def _log_out(settings: Settings, visitor: Visitor) -> list[html.Form]:
    """Return the button that logs out; none for who has no session of ours to end."""
    if not visitor.is_session:
        return []
    button = html.Button("Log out", type="submit", className="btn btn-sm quiet-button")
    return [html.Form(button, action=f"{settings.base_path}/logout", method="post", className="log-out")]


def _sidebar(settings: Settings, visitor: Visitor) -> html.Aside:
    return html.Aside(
        id="sidebar",
        className="sidebar",
        children=[
            html.Div(
                [html.Span(className="brand-mark", **{"aria-hidden": "true"}), PRODUCT], className="brand"
            ),
            html.Nav(
                dbc.Nav(
                    [
                        dbc.NavLink(
                            [icon(page.icon), page.title],
                            href=settings.base_path + page.path,
                            active="exact",
                            class_name=f"nav-{page.name}",
                        )
                        for page in PAGES
                    ],
                    vertical=True,
                ),
                **{"aria-label": "Pages"},
            ),
            html.Div(
                className="sidebar-foot",
                children=[
                    html.Section(
                        [
                            html.H2("Cache"),
                            html.Div(id=CACHE_STATE, className="cache-state"),
                            html.P(id="source-news", className="source-news"),
                            html.P(id="connection", className="connection"),
                        ],
                        **{"aria-label": "State of the cache"},
                    ),
                    html.Button(
                        [icon("arrow-repeat"), "Full Refresh"],
                        id=FULL_REFRESH,
                        type="button",
                        className=BUTTON + " btn-primary",
                        title="Refresh all datasets",
                    ),
                    html.Button(
                        [icon("theme"), html.Span("Theme", className="theme-label")],
                        id="theme-toggle",
                        type="button",
                        className="btn btn-sm quiet-button",
                        **{"aria-label": "Theme: auto. Change"},
                    ),
                    *_log_out(settings, visitor),
                    html.P(f"Times in {settings.time_zone}", className="zone"),
                ],
            ),
        ],
    )


def page_layout(page: Page) -> html.Div:
    """Return a page's static layout: its head and the frames of its cards."""
    return html.Div(
        className="page",
        **{"data-page": page.name},
        children=[
            # The signal is the server's latest version, set by the browser; the other is what the cards show.
            dcc.Store(id=page.id("signal")),
            dcc.Store(id=page.id("shown")),
            html.Header(
                className="page-head",
                children=[
                    html.Div([html.H1(page.title), html.P(page.lead)]),
                    html.Button(
                        [icon("arrow-clockwise"), "Refresh"],
                        id=page.id("refresh"),
                        type="button",
                        className=BUTTON + " btn-outline-secondary",
                        title="Refresh this page",
                        hidden=not page.cards,
                    ),
                ],
            ),
            html.Div(id=page.id("trouble"), role="status", **{"aria-live": "polite"}),
            html.Div(
                [frame(page, card) for card in page.cards],
                id=page.id("cards"),
                className="cards",
                **{"data-version": ""},
            ),
        ],
    )


def alert(text: str | None, tone: str = "warning") -> Any:
    """Return a one-line alert; None for no text."""
    if not text:
        return None
    return html.Div(
        [icon("exclamation-triangle"), html.Span(page_text(without_paths(text), ALERT_LENGTH))],
        className=f"alert alert-{tone} one-line",
    )


def cache_state_element(state: CacheState | None, zone: ZoneInfo, *, hides: bool = False) -> Any:
    """Return the state of the cache as the sidebar shows it; None means that it cannot be read.

    ``hides``: what is unavailable is in no count, and the pages that are hidden are named.
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
    ]
    if state.lifetime_minutes is not None:
        lines.append(html.P(f"TTL {duration(state.lifetime_minutes * 60)}"))
    if state.oldest_computed_at is not None:
        made = state.oldest_computed_at
        lines.append(
            html.P(
                ["computed ", html.Span(**{"data-age": to_iso(made)})],
                title=clock_time(made, zone),
            )
        )
    if problems:
        noun = "dataset" if problems == 1 else "datasets"
        lines.append(html.P(f"{problems} {noun} with a problem", className="tone-bad"))
    if hides and (hidden := hidden_pages_line(state.unavailable)) is not None:
        lines.append(hidden)
    return lines
