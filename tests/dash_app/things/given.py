"""Answers about a site, a job and an error, as the process of the replica gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from engine.model.questions import (
    Answer,
    ErrorAnswer,
    ErrorDay,
    ErrorSite,
    JobAnswer,
    JobRun,
    Question,
    SiteAnswer,
    SiteEvent,
    SiteStay,
)
from tests.dash_app.given import NOW

JANE = "jane.doe@example.org"


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def site(text: str = "shop.example") -> SiteAnswer:
    """Return a site with one of everything, ``text`` in each of its texts."""
    events = (
        SiteEvent(ago(days=3), "stage", "site_status", "1", "found"),
        *(
            SiteEvent(ago(days=3, minutes=-n), "call", "llm_usage", str(n), text, cost_usd=0.01)
            for n in range(5)
        ),
        SiteEvent(ago(days=2), "stage", "site_status", "2", "outreach_sent"),
        SiteEvent(ago(days=2), "call", "llm_usage", "9", text, cost_usd=0.02),
        SiteEvent(ago(days=2), "proposed", "outreaches", "7", "email", JANE, has_contacts=True),
        SiteEvent(ago(days=1), "sent", "outreaches", "7", "email", JANE, has_contacts=True),
        SiteEvent(ago(hours=5), "in", "conversations", "3", "email", "positive"),
        SiteEvent(ago(hours=4), "error", "sites", "12", None, f"{text} of {JANE}", has_contacts=True),
        SiteEvent(ago(hours=3), "request", "http_errors", "4", "503", f"{text}\nat line 2"),
    )
    stays = (
        SiteStay("found", ago(days=3), ago(days=2), 24.0, 6.0),
        SiteStay("outreach_sent", ago(days=2), None, 48.0, None),
    )
    return SiteAnswer(
        "12", "12", text, "DE", text, "outreach_sent", 7.25, "B", 200, f"{text} of {JANE}", ago(days=3), NOW,
        stays, events, len(events), 6, 0.07, 1, 1, "", NOW,
    )  # fmt: skip


NO_SITE = replace(
    site(), id=None, domain=None, stays=(), events=(), events_total=0, calls=0, cost_usd=0.0, error=None
)


def run(status: str | None, minutes: float, error: str | None = None, seconds: int | None = 30) -> JobRun:
    """Return a run that began so many minutes ago."""
    started, took = ago(minutes=minutes), None if status == "running" else seconds
    ended = None if took is None else started + timedelta(seconds=took)
    return JobRun("1", status, started, ended, took, 5.0, 1.0, error)


def job(*runs: JobRun, **changes: Any) -> JobAnswer:
    made = JobAnswer(
        "send_outreach", "Send outreach", True, False, 10.0, runs, len(runs),
        sum(one.status == "success" for one in runs), sum(one.status == "failed" for one in runs),
        30, 60, NOW,
    )  # fmt: skip
    return replace(made, **changes)


def error(text: str = "timeout after <n> ms", **changes: Any) -> ErrorAnswer:
    sites = (ErrorSite("12", text, ago(hours=1), f"{text}\nat line 2"), ErrorSite(None, None, None, None))
    days = (ErrorDay(NOW.date(), 3), ErrorDay(ago(days=29).date(), 4), ErrorDay(ago(days=40).date(), 99))
    made = ErrorAnswer(
        "site", "failing", text, "sites", 106, ago(days=40), ago(hours=1), f"{text}\nat line 2", days, sites,
        7, NOW,
    )  # fmt: skip
    return replace(made, **changes)


def answering(
    answer: Answer | Exception, asked: list[Question] | None = None
) -> Callable[[Question], Answer]:
    """Return what answers every question alike, and notes it."""

    def ask(question: Question) -> Answer:
        if asked is not None:
            asked.append(question)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask
