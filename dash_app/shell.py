"""The shell of every page: the document, the bar, and the page's place beside the sidebar."""

from __future__ import annotations

from typing import Any

from dash import dcc, html, page_container

from dash_app.built_files import plotly_script
from dash_app.card_frames import frame
from dash_app.elements import icon
from dash_app.markup import CONTENT, markup_of
from dash_app.page_answer import answer_element
from dash_app.page_reading import PageReading
from dash_app.pages import NOT_FOUND, Card, Page
from dash_app.rendering import RenderedCard
from dash_app.selections import filters_of, is_ranged
from dash_app.sidebar import RUN_BUTTON, sidebar
from dash_app.unavailable import hiding_rules
from engine.model.access import Right, Visitor
from engine.model.settings import Settings

FIRST = "<!--first-->"
"""Where a document has its first values: after the scripts, which a browser then finds at once."""

FIRST_PAGE = "<!--first-page-->"
"""Where a document has its page as HTML: after the element of Dash, which finds its own parts first."""

THEME_SCRIPT = """
      (function () {
        var wanted = "auto";
        try { wanted = localStorage.getItem("dashboard-theme") || "auto"; } catch (blocked) {}
        var isDarkSystem = matchMedia("(prefers-color-scheme: dark)").matches;
        var dark = wanted === "dark" || (wanted === "auto" && isDarkSystem);
        document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
        document.documentElement.setAttribute("data-theme-preference", wanted);
        var kiosk = new URLSearchParams(location.search).get("kiosk");
        document.documentElement.classList.toggle("is-kiosk", kiosk === "1" || kiosk === "true");
      })();
    """
"""The inline script that applies the theme before the first paint."""

INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="color-scheme" content="light dark">
    <meta name="base-path" content="{%base_path%}">
    <meta name="shared-path" content="{%shared_path%}">
    <meta name="source" content="{%source%}">
    <meta name="time-zone" content="{%time_zone%}">
    <title>{%title%}</title>
    <link rel="icon" type="image/svg+xml" href="{%base_path%}/assets/favicon.svg">
    <script>{%theme%}</script>
    {%css%}
    <script async data-plotly src="{%base_path%}/assets/{%plotly%}"></script>
    <style>{%hiding_rules%}</style>
  </head>
  <body>
    <a class="skip-link" href="#main">Skip to the page</a>
    {%app_entry%}{%first_page%}
    <footer hidden>{%config%}{%scripts%}{%first%}{%renderer%}</footer>
    <noscript>This dashboard draws its charts with JavaScript.</noscript>
  </body>
</html>""".replace("{%hiding_rules%}", hiding_rules()).replace("{%theme%}", THEME_SCRIPT)


def index_document(settings: Settings) -> str:
    """Return the document of every page, which names the base path and the time zone for the scripts.

    Raises DashboardError if the front end is not built.
    """
    given = {
        "base_path": settings.base_path,
        "shared_path": settings.shared_path,
        "source": settings.source_name,
        "time_zone": settings.time_zone,
        "plotly": plotly_script(),
        "first": FIRST,
        "first_page": FIRST_PAGE,
    }
    document = INDEX
    for name, text in given.items():
        document = document.replace(f"{{%{name}%}}", text)
    return document


def app_layout(
    settings: Settings, visitor: Visitor, *, container: Any = page_container, cache_state: str = ""
) -> html.Div:
    """Return the shell as a visitor may use it; its container takes the layouts of the pages.

    ``cache_state`` is what the sidebar says of the cache, as markup.
    """
    classes = {
        "shell": True,
        "hides-unavailable": settings.hide_unavailable,
        "only-looks": not visitor.may(Right.REFRESH),
    }
    return html.Div(
        className=" ".join(name for name, holds in classes.items() if holds),
        **{
            # How often the browser polls if it has no socket.
            "data-refresh-seconds": str(settings.refresh_interval_seconds),
            "data-time-zone": settings.time_zone,
        },
        children=[
            html.Div(className="scrim", id="scrim"),
            sidebar(settings, visitor, cache_state),
            html.Div([_bar(settings), html.Main(container, id="main", className="main", tabIndex="-1")]),
        ],
    )


def _bar(settings: Settings) -> html.Header:
    """Return the bar, which stays when the page changes; the browser writes the page's title into it."""
    parts = [
        html.Button(
            icon("list"),
            id="menu-toggle",
            type="button",
            className="btn icon-button",
            **{"aria-label": "Open the navigation", "aria-controls": "sidebar", "aria-expanded": "false"},
        ),
        *_source_button(settings),
        # It gets the focus when another page is laid out.
        html.H1(id="page-title", tabIndex="-1"),
        # What is asked of the page: range, comparison and chips.
        html.Div(id="bar-controls", className="bar-controls"),
        html.Div(_search_button(), id="bar-search", className="bar-search"),
        html.Button(
            [icon("arrow-clockwise"), html.Span("Refresh", className="label")],
            id="page-refresh",
            type="button",
            className=f"{RUN_BUTTON} btn-outline-secondary",
            title="Refresh this page",
        ),
        *_status_pill(),
    ]
    return html.Header(id="bar", className="bar", **{CONTENT: markup_of(parts)})


def _source_button(settings: Settings) -> list[html.Button]:
    """Return the button that lists the sources; none if there is one source without a name."""
    if not settings.source_name:
        return []
    button = html.Button(
        html.Span(settings.source_name),
        id="source-button",
        type="button",
        className="source-button",
        title="Switch source",
        **{
            "aria-label": f"Source {settings.source_name}. Switch",
            "aria-haspopup": "menu",
            "aria-expanded": "false",
            "data-sources": " ".join(source.name for source in settings.sources),
        },
    )
    return [button]


def _search_button() -> html.Button:
    return html.Button(
        [icon("search"), html.Span("Search", className="label"), html.Kbd("Ctrl K")],
        id="open-search",
        type="button",
        className="search-button",
        title="Search",
        **{"aria-keyshortcuts": "Control+K"},
    )


def _status_pill() -> tuple[html.Button, html.Span]:
    """Return the status pill, which the browser fills, and what screen readers hear of its changes."""
    return (
        html.Button(
            [
                html.Span(className="pill-mark", **{"aria-hidden": "true"}),
                *(html.Span(className=f"pill-{part}") for part in ("label", "detail", "more", "run")),
            ],
            id="status-pill",
            type="button",
            className="status-pill",
            **{"data-tone": "busy", "aria-haspopup": "dialog", "aria-expanded": "false"},
        ),
        html.Span(id="status-said", className="visually-hidden", role="status"),
    )


def page_layout(page: Page, reading: PageReading | None = None) -> html.Div:
    """Return a page: the frames of its cards, with their first values if it was read."""
    rendered = {card.name: card for card in reading.cards} if reading is not None else {}
    return html.Div(
        className="page",
        **{
            "data-page": page.name,
            "data-title": page.title,
            # What of an address the page takes, for the controls in the bar.
            "data-ranged": "yes" if is_ranged(page) else "",
            "data-filters": " ".join(filters_of(page)),
        },
        children=[
            # The signal is the server's latest version, set by the browser; the other is what the cards show.
            dcc.Store(id=page.id("signal")),
            dcc.Store(id=page.id("shown"), data=reading.digests if reading is not None else None),
            answer_element(page, None if reading is None else reading.answer),
            html.Div(reading.lines if reading is not None else None, id=page.id("hidden")),
            html.P("No such page.", className="nothing") if page is NOT_FOUND else None,
            html.Div(
                [_card(page, card, rendered.get(card.name)) for card in page.cards],
                id=page.id("cards"),
                className="cards",
                **{
                    "data-version": reading.version if reading is not None else "",
                    "data-as-of": reading.as_of if reading is not None else "",
                },
            ),
        ],
    )


def _card(page: Page, card: Card, rendered: RenderedCard | None) -> html.Section:
    return frame(page, card) if rendered is None else frame(page, card, rendered.content, rendered.rest)
