"""A line of what needs attention: what is wrong, why, since when, and which rows show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.model.catalogue.datasets import catalogue
from engine.model.questions import Cell
from engine.model.text.in_words import counted
from engine.model.text.plain_text import isolated, plain_text, shortened

MOST_NAME, MOST_TEXT = 60, 240


class Level(StrEnum):
    """How bad it is: something is broken, or something wants a look."""

    CRITICAL = "critical"
    WARNING = "warning"


class Kind(StrEnum):
    """The kinds of lines, worst first."""

    RUN = "run"
    JOB_FAILING = "job_failing"
    JOB_STUCK = "job_stuck"
    JOB_OVERDUE = "job_overdue"
    PIPELINE_QUIET = "pipeline_quiet"
    COST_UNUSUAL = "cost_unusual"
    REQUESTS_UNUSUAL = "requests_unusual"
    RUNS_UNUSUAL = "runs_unusual"
    REPLIES_WAITING = "replies_waiting"
    BOUNCES = "bounces"
    ERROR_NEW = "error_new"
    JOB_ABANDONED = "job_abandoned"
    DATASETS_FAILED = "datasets_failed"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True)
class Opened:
    """The rows behind a number: the dataset, the number's column, and the cells that its row has."""

    dataset: str
    column: str
    cells: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class Line:
    """One line. ``title`` and ``reason`` are plain text without ages, which stay true while a page is open.

    ``since`` is the instant from which it holds, or the last one at which it is known not to hold; None if
    neither is known. ``page`` is the name of the page that shows more, ``opens`` the rows behind it, None if
    there are none. ``about`` is the name of what it is about, empty for the pipeline as a whole.
    """

    kind: Kind
    level: Level
    title: str
    reason: str
    page: str
    since: datetime | None = None
    opens: Opened | None = None
    about: str = ""

    @property
    def order(self) -> tuple[Any, ...]:
        """Return what lines are sorted by: worst first, of equals the oldest, then by their texts."""
        age = (self.since is None, 0.0 if self.since is None else self.since.timestamp())
        kinds = list(Kind)
        return (self.level is not Level.CRITICAL, kinds.index(self.kind), *age, self.title, self.reason)


Row = Mapping[str, Any]


def opened(dataset: str, column: str, row: Row) -> Opened | None:
    """Return the rows behind a number of a dataset's row; None if the number is null, or opens none."""
    counted = catalogue()[dataset].rows.get(column)
    if counted is None or row.get(column) is None:
        return None
    return Opened(dataset, column, tuple((name, row[name]) for name in counted.cells))


@dataclass(frozen=True)
class Value:
    """A dataset's value and the instant that it describes."""

    columns: Mapping[str, list[Any]] = field(repr=False)
    as_of: datetime

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the value row by row."""
        names = list(self.columns)
        return [dict(zip(names, cells, strict=True)) for cells in zip(*self.columns.values(), strict=True)]


def name_text(name: object) -> str:
    """Return a name of the source as a line has it."""
    return isolated(shortened(" ".join(plain_text(name).split()), MOST_NAME))


def reason_text(text: object) -> str:
    """Return a longer text of the source as a line has it."""
    return isolated(shortened(" ".join(plain_text(text).split()), MOST_TEXT))


def first_named(names: Sequence[str], most: int = 3, noun: str = "") -> str:
    """Return the first of some names, and how many more there are.

    >>> first_named(["a", "b", "c", "d"]), first_named(["a", "b"], 1, "other word")
    ('a, b, c and 1 more', 'a and 1 other word')
    """
    left = len(names) - most
    more = "" if left <= 0 else f" and {counted(left, noun)}" if noun else f" and {left} more"
    return ", ".join(names[:most]) + more
