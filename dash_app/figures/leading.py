"""Where bars lead: paths of pages below the base path, which the browser reads from a trace's ``meta``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash_app.things.addresses import job_path
from engine.model.catalogue.page_parts import is_other


def points_lead_to_jobs(trace: dict[str, Any], keys: Sequence[str | None]) -> dict[str, Any]:
    """Return a series whose points each lead to the page of a job."""
    paths = [None if is_other(key) else job_path(key) for key in keys]
    return trace | {"meta": trace.get("meta", {}) | {"paths": paths, "leads": "Open this job"}}
