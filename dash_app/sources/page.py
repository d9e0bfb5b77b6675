"""The page "All sources": a static document whose script reads it again while it is open."""

from __future__ import annotations

from datetime import datetime
from html import escape

from dash_app.built_files import all_sources_script, style_sheet_name
from dash_app.formatters.formats import NOTHING, age, money, number, percent
from dash_app.formatters.tones import BAD, GOOD, WARN
from dash_app.shell import THEME_SCRIPT
from dash_app.sidebar import ALL_SOURCES, PRODUCT
from dash_app.sources.figures import SourceFigures, Total, totals_of
from engine.model.access import Visitor
from engine.model.clock import to_iso
from engine.model.settings import Settings
from engine.model.text.in_words import counted
from engine.model.text.plain_text import plain_text
from engine.runs.health.standstill import Pace

_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="base-path" content="{base}">
    <title>{title} · {product}</title>
    <link rel="icon" type="image/svg+xml" href="{base}/assets/favicon.svg">
    <script>{theme}</script>
    <link rel="stylesheet" href="{base}/assets/{style}">
    <script defer src="{base}/assets/{script}"></script>
  </head>
  <body class="all-sources">
    <a class="skip-link" href="#main">Skip to the page</a>
    <header class="sources-bar">
      <span class="brand"><span class="brand-mark" aria-hidden="true"></span>{product}</span>
      <p id="connection" role="status"></p>
      <button type="button" id="theme-toggle" class="btn btn-sm quiet-button"
        aria-label="Theme: auto. Change"><span class="icon icon-theme" aria-hidden="true"></span><span
        class="theme-label">Theme</span></button>
      {log_out}
    </header>
    <main id="main" tabindex="-1">
      <h1>{title}</h1>
      <div id="sources" data-now-ms="{now_ms}">{table}</div>
    </main>
    <noscript>This page reads itself again with JavaScript; without it, reload it.</noscript>
  </body>
</html>
"""

_LOG_OUT = """<form class="log-out" method="post" action="{base}/logout"><button type="submit"
        class="btn btn-sm quiet-button">Log out</button></form>"""

COLUMNS = (
    "Sent", "Replies", "Reply rate", "LLM cost", "Cost per positive reply", "Needs attention", "Pipeline",
    "Data",
)  # fmt: skip
PERIODS = "Sent, replies and cost of today and the 6 days before; reply rate of 3 weeks of sending."


def all_sources_page(
    settings: Settings, visitor: Visitor, figures: tuple[SourceFigures, ...], now: datetime
) -> str:
    """Return the document as a visitor may use it. Raises DashboardError if the front end is not built."""
    base = settings.shared_path
    return _DOCUMENT.format(
        base=base,
        title=ALL_SOURCES,
        product=PRODUCT,
        theme=THEME_SCRIPT,
        style=style_sheet_name(),
        script=all_sources_script(),
        log_out=_LOG_OUT.format(base=base) if visitor.is_session else "",
        now_ms=round(now.timestamp() * 1000),
        table=_table(figures, now),
    )


def _table(figures: tuple[SourceFigures, ...], now: datetime) -> str:
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Source", *COLUMNS))
    rows = "".join(_row(one, now) for one in figures)
    return (
        f'<table class="sources"><caption>{PERIODS}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody><tfoot>{_totals(figures)}</tfoot></table>"
    )


def _row(one: SourceFigures, now: datetime) -> str:
    cells = (
        number(one.sent),
        number(one.replies),
        percent(one.reply_rate),
        money(one.cost_usd),
        money(one.cost_per_positive_usd),
        _attention(one),
        _pipeline(one, now),
        _data(one, now),
    )
    head = f'<a href="{escape(one.path)}">{escape(one.name)}</a>'
    return _cells(head, cells)


def _cells(head: str, cells: tuple[str, ...]) -> str:
    tds = "".join(f'<td data-label="{label}">{cell}</td>' for label, cell in zip(COLUMNS, cells, strict=True))
    return f'<tr><th scope="row">{head}</th>{tds}</tr>'


def _attention(one: SourceFigures) -> str:
    if one.critical is None:
        return NOTHING
    parts = [
        _toned(BAD, f"{one.critical:,} critical") if one.critical else "",
        _toned(WARN, counted(one.warning, "warning")) if one.warning else "",
    ]
    shown = ", ".join(filter(None, parts))
    return shown or (_toned(GOOD, "All clear") if one.all_clear else "Nothing found")


def _pipeline(one: SourceFigures, now: datetime) -> str:
    if one.last_entry_at is None:
        return NOTHING
    state = _toned(WARN, "Quiet") if one.is_quiet else PACES[one.pace]
    return f'{state} <span class="quiet">last entry {_aged(one.last_entry_at, now)}</span>'


def _data(one: SourceFigures, now: datetime) -> str:
    shown = "No values yet" if one.as_of is None else _aged(one.as_of, now)
    if one.trouble is None:
        return shown
    why = escape(plain_text(one.trouble))
    return f'{shown} {_toned(BAD, "Cannot be read")} <span class="quiet">{why}</span>'


def _totals(figures: tuple[SourceFigures, ...]) -> str:
    totals = totals_of(figures)

    def shown(name: str, text: str) -> str:
        total = totals.get(name)
        return NOTHING if total is None else text + _of_all(total, len(figures))

    def value(name: str) -> float:
        return totals[name].value if name in totals else 0

    critical, warning = value("critical"), value("warning")
    found = ", ".join(
        filter(None, (f"{critical:,} critical" if critical else "", _warnings(warning) if warning else ""))
    )
    cells = (
        shown("outreaches_sent_7d", number(value("outreaches_sent_7d"))),
        shown("replies_7d", number(value("replies_7d"))),
        "",
        shown("llm_cost_usd_7d", money(value("llm_cost_usd_7d"))),
        "",
        shown("critical", found or "None"),
        "",
        "",
    )
    return _cells("Total", cells)


def _warnings(count: float) -> str:
    return counted(round(count), "warning")


def _of_all(total: Total, sources: int) -> str:
    """Return over how many sources a total is, if some have no value."""
    return "" if total.sources == sources else f' <span class="quiet">of {total.sources} of {sources}</span>'


def _toned(tone: str, text: str) -> str:
    return f'<span class="tone-{tone}">{text}</span>'


PACES = {
    Pace.MOVING: _toned(GOOD, "Moving"),
    Pace.USUAL: _toned(GOOD, "Quiet as usual"),
    Pace.UNKNOWN: "",
}
"""The words of the status pill on the pages of a source."""


def _aged(instant: datetime, now: datetime) -> str:
    return f'<span data-age="{to_iso(instant)}">{age(instant, now)}</span>'
