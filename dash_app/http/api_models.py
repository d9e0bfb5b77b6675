"""The models of the API's answers, which document them and build none."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class ErrorAnswer(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="One line that names the thing and the nearest valid name.")


class RefreshAnswer(BaseModel):
    """A run that has been asked for; one that was waited for has ended."""

    status: Literal["accepted", "done"]


class PageInfo(BaseModel):
    """A page and the keys of the datasets it shows."""

    page: str
    title: str
    path: str
    datasets: list[str]


class PagesAnswer(BaseModel):
    """All pages, in the order of the navigation."""

    pages: list[PageInfo]


class ColumnInfo(BaseModel):
    """A column of a value; a unit of null means that its values have none."""

    type: Literal["text", "integer", "number", "boolean", "instant", "day"]
    unit: str | None


class ProblemInfo(BaseModel):
    """Why there is no newer value."""

    kind: Literal["failed", "unavailable"]
    reason: str
    at: datetime


class DatasetInfo(BaseModel):
    """A dataset's value, its times and its state."""

    key: str
    title: str
    row: str = Field(description="What one row is.")
    columns: dict[str, ColumnInfo]
    state: Literal["fresh", "expired", "missing", "damaged"]
    reason: str | None = Field(
        description="Why the value is expired before its lifetime is over, such as days of another zone."
    )
    time_zone: str | None = Field(
        description="The zone of the value's days and hours; null if the value is not a run's."
    )
    is_computing: bool = Field(description="A newer value is being computed.")
    as_of: datetime | None = Field(description="The instant that the value describes.")
    computed_at: datetime | None
    expires_at: datetime | None
    problem: ProblemInfo | None
    rows: int | None = Field(description="How many rows the dataset has.")
    part: Literal["whole", "page", "cut"] | None = Field(
        description=(
            "What the value holds: all rows; the part that pages show, the largest groups and the sum of"
            " the others, or the first rows; or the first 200,000 rows of a larger dataset."
        )
    )
    value: dict[str, list[Any]] | None = Field(description="Column → array, all of one length.")


class DatasetAnswer(DatasetInfo):
    """One dataset."""

    trouble: str | None = Field(description="Why the cache cannot be read; the value is the last good one.")
    previous: dict[str, list[Any]] | None = Field(
        description="With compare=1 the value of the period before, of the same run; null otherwise."
    )


class PageAnswer(BaseModel):
    """A page's datasets by their keys."""

    page: str
    title: str
    path: str
    trouble: str | None = Field(description="Why the cache cannot be read; the values are the last good.")
    datasets: dict[str, DatasetInfo]
