"""The page of one site: where it stands, its time in each stage, its contacts, and its life in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dash import html

from dash_app.elements import icon, link
from dash_app.figures.style import View
from dash_app.formatters.ages import Age
from dash_app.formatters.formats import NOTHING, duration, money, number, stamp, words
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tables import Cell, Table, figure_cell, headings, moment_cell
from dash_app.formatters.tones import BAD, WARN
from dash_app.login.contacts import HIDDEN
from dash_app.page_text import raw_text
from dash_app.things.addresses import error_path
from dash_app.things.content import ThingContent, kpi_section, section, table_section, title_of
from dash_app.things.life import life_element
from engine.model.questions import SiteAnswer, SiteEvent, SiteStay
from engine.model.text.in_words import counted

MUCH_LONGER = 3
"""A stay of so many medians is marked."""

_STEPS = ("proposed", "sent", "delivered")


@dataclass(frozen=True)
class Contact:
    """One outreach message: its channel, whom it is written to, and when it came to each step."""

    outreach_id: str | None
    channel: str | None
    address: str | None
    proposed_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None


def is_known(answer: SiteAnswer) -> bool:
    """Return whether there is such a site, or anything that happened to it."""
    return answer.id is not None or answer.domain is not None or bool(answer.stays or answer.events)


def without_contacts(answer: SiteAnswer) -> SiteAnswer:
    """Return the answer for those who may not see contacts."""
    events = tuple(
        replace(event, detail=HIDDEN) if event.has_contacts and event.detail else event
        for event in answer.events
    )
    return replace(answer, domain=None, error=answer.error and HIDDEN, error_kind=None, events=events)


def site_content(answer: SiteAnswer, view: View, marked: str | None = None) -> ThingContent:
    """Return what the page of a site shows; ``marked`` is the outreach message whose contact is marked."""
    title = title_of(answer.domain or "", f"Site {answer.site_id}")
    sections: list[Any] = [kpi_section("Now", "site", tuple(_kpis(answer, view)))]
    if answer.error:
        error = html.Div(
            [icon("exclamation-triangle"), html.Div([raw_text(answer.error, 300), *_error_link(answer)])],
            className="thing-error",
        )
        sections.append(section("Its error", "error", error))
    sections.append(table_section("Time in each stage", "stays", stays_table(answer.stays, view), width=6))
    contacts = contacts_of(answer.events)
    sections.append(table_section("Contacts", "contacts", contacts_table(contacts, view, marked), width=6))
    shown = len(answer.events)
    parts: list[Any] = [life_element(answer.events, answer.stays, view, marked)]
    if not answer.events:
        parts = [html.P("nothing has happened to it yet", className="nothing")]
    if shown < answer.events_total:
        cut = f"The newest {number(shown)} of {counted(answer.events_total, 'event')}"
        parts.insert(0, html.P(cut, className="table-remark"))
    sections.append(section("Its life", "life", parts))
    return ThingContent(title, sections)


def _error_link(answer: SiteAnswer) -> Iterator[Any]:
    kind = answer.error_kind
    if kind is not None and (path := error_path(kind.source, kind.stage, kind.message)) is not None:
        yield html.P(link("All errors of this kind", path), className="thing-error-kind")


def _kpis(answer: SiteAnswer, view: View) -> Iterator[Kpi]:
    stay = answer.stays[-1] if answer.stays else None
    since = Age(stay.entered_at, "for ", is_span=True) if stay is not None and stay.left_at is None else None
    tone = BAD if answer.stage == "failing" else WARN if answer.stage == "excluded" else ""
    hint = "" if since is None else since.text(view.as_of)
    yield Kpi(words(answer.stage), "stage", hint, tone, hint_age=since)
    yield Kpi(money(answer.cost_usd), "cost so far", counted(answer.calls, "model call"))
    if len(answer.events) == answer.events_total:
        sent = sum(event.kind == "sent" for event in answer.events)
        yield Kpi(number(sent), "outreach messages sent")
    yield Kpi(number(answer.messages_in), "replies")
    yield Kpi(number(answer.messages_out), "answers sent")
    if answer.score is not None or answer.grade is not None:
        score = NOTHING if answer.score is None else f"{answer.score:g}"
        yield Kpi(score, "score", f"grade {answer.grade}" if answer.grade else "")
    if answer.http_status is not None:
        yield Kpi(str(answer.http_status), "HTTP status", tone=BAD if answer.http_status >= 400 else "")
    if answer.country or answer.keyword:
        yield Kpi(answer.country or NOTHING, "country", answer.keyword or "")
    if answer.created_at is not None:
        age = Age(answer.created_at)
        yield Kpi(age.text(view.as_of), "found", stamp(answer.created_at, view.zone), value_age=age)


def stays_table(stays: tuple[SiteStay, ...], view: View) -> Table:
    """Return the stays in their order, each beside the median of its stage."""
    most = max((stay.hours for stay in stays), default=0)
    return Table(
        headings("Stage", "Entered", "# Time in it", "# Median", "# Against the median"),
        tuple(_stay_row(stay, most, view) for stay in stays),
        "it has entered no stage yet",
    )


def _stay_row(stay: SiteStay, most: float, view: View) -> tuple[Cell, ...]:
    median = stay.median_hours
    ratio = stay.hours / median if median else None
    is_long = ratio is not None and ratio >= MUCH_LONGER
    return (
        Cell(words(stay.stage), after="(now)" if stay.left_at is None else ""),
        moment_cell(stay.entered_at, view),
        _time_cell(stay, most, view),
        figure_cell(median, _hours(median)),
        figure_cell(ratio, NOTHING if ratio is None else f"{ratio:,.1f}×", tone=WARN if is_long else ""),
    )


def _time_cell(stay: SiteStay, most: float, view: View) -> Cell:
    """Return a cell with the time in a stage, which grows on an open page while the site is in it."""
    cell = figure_cell(stay.hours, _hours(stay.hours), most)
    if stay.left_at is not None:
        return cell
    age = Age(stay.entered_at, is_span=True)
    return replace(cell, text=age.text(view.as_of), age=age)


def _hours(hours: float | None) -> str:
    return NOTHING if hours is None else duration(round(hours * 3600))


def contacts_of(events: tuple[SiteEvent, ...]) -> list[Contact]:
    """Return the outreach messages that the events speak of, in the order in which they begin."""
    found: dict[str | None, dict[str, SiteEvent]] = {}
    for event in events:
        if event.table == "outreaches" and event.kind in _STEPS:
            found.setdefault(event.id, {}).setdefault(event.kind, event)
    contacts = []
    for outreach_id, steps in found.items():
        first = next(iter(steps.values()))
        at = {kind: event.at for kind, event in steps.items()}
        contacts.append(
            Contact(
                outreach_id, first.text, first.detail, at.get("proposed"), at.get("sent"), at.get("delivered")
            )
        )
    return contacts


def contacts_table(contacts: list[Contact], view: View, marked: str | None) -> Table:
    """Return whom was written to, and how far each message came."""
    return Table(
        headings("Contact", "Channel", "Proposed", "Sent", "Delivered"),
        tuple(
            (
                Cell(
                    contact.address or NOTHING, is_marked=marked is not None and contact.outreach_id == marked
                ),
                Cell(words(contact.channel)),
                moment_cell(contact.proposed_at, view),
                moment_cell(contact.sent_at, view),
                moment_cell(contact.delivered_at, view),
            )
            for contact in contacts
        ),
        "nobody was written to yet",
    )
