"""The model of the API's answer about what needs attention."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class AttentionRows(BaseModel):
    """The rows behind a line, as `/api/rows` takes them."""

    key: str
    column: str
    cells: dict[str, Any]


class AttentionLine(BaseModel):
    """One thing that needs attention."""

    kind: str = Field(description="The rule that found it, such as job_failing.")
    level: Literal["critical", "warning"]
    title: str
    reason: str
    since: datetime | None = Field(
        description="From when it holds, or when it is last known not to; null if neither is known."
    )
    page: str
    path: str = Field(description="The page that opens the rows, or shows more.")
    rows: AttentionRows | None


class NotJudged(BaseModel):
    """What could not be judged, or by an old value alone."""

    what: str
    why: str


class AttentionAnswer(BaseModel):
    """What needs attention, worst first: at most seven lines."""

    judged_at: datetime
    all_clear: bool = Field(description="Everything was judged, and nothing needs attention.")
    nothing_yet: bool = Field(
        description="The source has nothing yet to judge; all is not clear then either."
    )
    critical: int = Field(description="What was found; lines of one kind may stand as one.")
    warning: int
    lines: list[AttentionLine]
    more: int = Field(description="How many lines are left out.")
    not_judged: list[NotJudged]
