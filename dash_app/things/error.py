"""The page of one kind of error: an example, when it was seen, its days, and the sites that it hit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from dash_app.elements import link
from dash_app.figures.series import bars, by_day
from dash_app.figures.style import Figure, View, empty
from dash_app.formatters.ages import Age
from dash_app.formatters.formats import NOTHING, number, stamp, words
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tables import Cell, Order, Table, headings, moment_cell
from dash_app.page_text import raw_block
from dash_app.things.addresses import job_path, site_path
from dash_app.things.content import ThingContent, chart_section, kpi_section, section, table_section, title_of
from engine.model.colours import RED
from engine.model.questions import ErrorAnswer, ErrorSite
from engine.model.questions.things import ERROR_DAYS
from engine.model.text.in_words import counted

_SOURCES = {"site": "sites", "outreach": "outreach messages", "cron": "job runs"}


def is_known(answer: ErrorAnswer) -> bool:
    """Return whether there is such an error now."""
    return answer.errors > 0


def error_content(answer: ErrorAnswer, view: View) -> ThingContent:
    """Return what the page of an error shows."""
    sections: list[Any] = [kpi_section("Seen", "error", tuple(_kpis(answer, view)))]
    if answer.example is not None:
        sections.append(section("The newest one", "example", [raw_block(answer.example), job_link(answer)]))
    sentence = f"{counted(answer.errors, 'error')}; those of the last {ERROR_DAYS} days, by day."
    sections.append(chart_section("By day", "days", days_figure(answer, view), sentence))
    if answer.source != "cron":
        shown = len(answer.sites)
        is_whole = shown == answer.sites_total
        remark = "" if is_whole else f"The latest {number(shown)} of {number(answer.sites_total)}"
        sections.append(table_section("Sites with it", "sites", sites_table(answer, view), remark))
    return ThingContent(title_of(answer.message, "Error without a message"), sections)


def _kpis(answer: ErrorAnswer, view: View) -> Iterator[Kpi]:
    source = _SOURCES.get(answer.source, answer.source)
    yield Kpi(number(answer.errors), "errors", f"of {source}")
    if answer.stage is not None:
        label = {"cron": "job", "outreach": "channel"}.get(answer.source, "stage")
        yield Kpi(words(answer.stage) if answer.source != "cron" else answer.stage, label)
    if answer.source != "cron":
        yield Kpi(number(answer.sites_total), "sites")
    for instant, label in ((answer.first_seen, "first seen"), (answer.last_seen, "last seen")):
        age = None if instant is None else Age(instant)
        value = NOTHING if age is None else age.text(view.as_of)
        yield Kpi(value, label, "" if instant is None else stamp(instant, view.zone), value_age=age)


def job_link(answer: ErrorAnswer) -> Any:
    """Return the link to the job whose runs have the error; None for other errors."""
    path = job_path(answer.stage) if answer.source == "cron" and answer.stage is not None else None
    return None if path is None else link(f"All runs of {answer.stage}", path)


def days_figure(answer: ErrorAnswer, view: View) -> Figure:
    """Draw the errors of each of the last 30 days."""
    today = view.as_of.astimezone(view.zone).date()
    days = [(today - timedelta(days=ago)).isoformat() for ago in reversed(range(ERROR_DAYS))]
    counts = {day.day.isoformat(): day.errors for day in answer.days}
    heights = [counts.get(day, 0) for day in days]
    if not any(heights):
        return empty(f"none in the last {ERROR_DAYS} days")
    return by_day(days, lambda labels: [bars("errors", labels, heights, RED)], view, "errors a day")


def sites_table(answer: ErrorAnswer, view: View) -> Table:
    """Return the sites with the error, the latest first."""
    return Table(
        headings("Site", "Last seen", "Error"),
        tuple(_site_row(site, view) for site in answer.sites),
        "no site has it",
        order=Order("Last seen", descending=True),
    )


def _site_row(site: ErrorSite, view: View) -> tuple[Cell, ...]:
    name = site.domain or (f"Site {site.site_id}" if site.site_id is not None else NOTHING)
    path = None if site.site_id is None else site_path(site.site_id)
    return (
        Cell(name, path=path),
        moment_cell(site.seen_at, view),
        Cell(site.error or NOTHING, raw=True),
    )
