"""The three things that have a page of their own: their addresses, what they ask, and what they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash_app.figures.style import View
from dash_app.things import error, job, site
from dash_app.things.addresses import ERROR, JOB, SITE, error_of, job_of, query_of, site_of
from dash_app.things.content import ThingContent
from engine.model.questions import ErrorQuestion, JobQuestion, Question, SiteQuestion


@dataclass(frozen=True)
class Thing:
    """One kind of page: ``name`` is part of its element ids, ``door`` the pattern of its path.

    ``question`` takes path and query of an address and returns what to ask, None if they name nothing.
    ``without_contacts`` returns an answer for those who may not see contacts; None if they may not even ask.
    ``show`` takes the answer, the view and the query. ``not_found`` is the sentence for a thing that there is
    not.
    """

    name: str
    title: str
    door: str
    question: Callable[[str, str], Question | None]
    is_known: Callable[[Any], bool]
    without_contacts: Callable[[Any], Any] | None
    show: Callable[[Any, View, str], ThingContent]
    not_found: str

    def id(self, part: str) -> str:
        """Return the element id of a part of the page."""
        return f"{self.name}-{part}"


def _site_question(path: str, _: str) -> Question | None:
    site_id = site_of(path)
    return None if site_id is None else SiteQuestion(site_id)


def _job_question(path: str, _: str) -> Question | None:
    task_key = job_of(path)
    return None if task_key is None else JobQuestion(task_key)


def _error_question(_: str, search: str) -> Question | None:
    key = error_of(search)
    return None if key is None else ErrorQuestion(key.source, key.stage, key.message)


THINGS = (
    Thing(
        "site",
        "Site",
        f"{SITE}/{{site_id:path}}",
        _site_question,
        site.is_known,
        site.without_contacts,
        lambda answer, view, search: site.site_content(answer, view, query_of(search).get("contact")),
        "There is no such site. It may have been deleted, or be newer than the latest run.",
    ),
    Thing(
        "job",
        "Job",
        f"{JOB}/{{task_key:path}}",
        _job_question,
        job.is_known,
        job.without_contacts,
        lambda answer, view, _: job.job_content(answer, view),
        "There is no such job, and none of its runs is logged.",
    ),
    Thing(
        "error",
        "Error",
        ERROR,
        _error_question,
        error.is_known,
        None,
        lambda answer, view, _: error.error_content(answer, view),
        "Nothing has this error any more. It may have been put right since.",
    ),
)
