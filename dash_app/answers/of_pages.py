"""Which sentence each page begins with."""

from __future__ import annotations

from collections.abc import Mapping

from dash_app.answers import cache, conversations, errors, jobs, llm, outreach, pipeline, system
from dash_app.answers.page_values import PageAnswer

PAGE_ANSWERS: Mapping[str, PageAnswer] = {
    "pipeline": pipeline.PAGE,
    "outreach": outreach.PAGE,
    "conversations": conversations.PAGE,
    "cron": jobs.PAGE,
    "errors": errors.PAGE,
    "llm": llm.PAGE,
    "system": system.PAGE,
    "cache": cache.PAGE,
}
"""The name of a page → its sentence."""
