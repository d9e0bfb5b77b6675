"""Questions to the process that holds the replica, and their answers; both cross a socket as JSON.

A question reads the replica as the last sync has committed it, and never starts a run. Instants are UTC. All
classes are frozen and of plain types, so a web process may use them without DuckDB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Cell = str | bool | int | float | None
"""A value of a row. An instant is text like ``2026-11-23T20:00:00Z``, a day is text like ``2026-11-23``."""

Operator = Literal["equals", "contains", "less", "greater", "between", "in", "empty"]
Mark = Literal["", "changed", "gone"]
Kind = Literal["site", "contact", "job", "model", "error"]
KINDS: tuple[Kind, ...] = ("site", "contact", "job", "model", "error")
"""What a search finds, in the order of its hits."""
PUBLIC_KINDS: tuple[Kind, ...] = ("job", "model")
"""What a search may find for somebody who may not see contacts."""

MOST_ROWS = 500
"""The most rows of one answer."""
MOST_FILE_ROWS = 10_000
"""The most rows of one answer for a file."""
MOST_FILE_CHARACTERS = 4_000_000
"""The most characters of one answer for a file; it has fewer rows if they are long, but one at least."""
MOST_HITS = 50
SHORT_TEXT = 200
"""A text of a row is cut to so many characters; ``TextQuestion`` returns the whole of it."""


@dataclass(frozen=True)
class Sort:
    """The order by one column. Null comes last both ways."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class Filter:
    """A condition on one column.

    ``equals`` and ``in`` compare with one value or several, of which None is null. ``contains`` looks for a
    text in any case. ``less`` and ``greater`` leave the value itself out, ``between`` takes both its ends in.
    ``empty`` takes no value and selects null. Values are cells: an instant or a day is given as its text.
    """

    column: str
    operator: Operator
    values: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class RowsQuestion:
    """Which rows does a number of a dataset count?

    ``key`` is the cache key with its selection, ``column`` the number's column. ``cells`` are the values of
    the number's row by column: those that ``Dataset.rows`` names, or all; none are given for the sum of the
    column. ``as_of`` is the *now* of the
    entry's run, ``time_zone`` its time zone; None is that of the settings. ``for_file``: many rows are wanted
    at a time, without marks and kinds of errors.
    """

    key: str
    column: str
    cells: Mapping[str, Cell]
    as_of: datetime
    sort: tuple[Sort, ...] = ()
    filters: tuple[Filter, ...] = ()
    offset: int = 0
    limit: int = 100
    time_zone: str | None = None
    for_file: bool = False
    kind: Literal["rows"] = "rows"


@dataclass(frozen=True)
class TableRowsQuestion:
    """Which rows of a table of ``sql/rows`` meet all conditions of ``where``?

    ``filters`` are those that a person has added: ``RowsAnswer.counted`` leaves them out.
    """

    table: str
    where: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    filters: tuple[Filter, ...] = ()
    offset: int = 0
    limit: int = 100
    kind: Literal["table_rows"] = "table_rows"


@dataclass(frozen=True)
class RowColumn:
    """One column of rows, as ``sql/rows`` declares it.

    ``contacts``: its texts may name people who were written to, or say what was written. ``long``: texts are
    cut to ``SHORT_TEXT`` characters, and ``TextQuestion`` returns the whole. ``link`` is the kind of thing
    that its values name (``site``, ``job``), ``error`` for the text of an error, None if they name none.
    ``is_sortable``: rows can be sorted and filtered by it; a text that the source alone has cannot.
    """

    name: str
    label: str
    type: str
    unit: str | None = None
    help: str | None = None
    contacts: bool = False
    long: bool = False
    link: str | None = None
    is_sortable: bool = True


@dataclass(frozen=True)
class ErrorKind:
    """What names one kind of error: its source, its stage (None if it has none) and its grouped message."""

    source: str
    stage: str | None
    message: str


@dataclass(frozen=True)
class RowsAnswer:
    """A page of rows. Each row has a cell for each column; ``ids`` and ``marks`` have one entry a row.

    An id is the row's id in the source as decimal text, None if the rows of the table have no ids. A mark is
    ``changed`` if the source has changed the row since the replica was synced, ``gone`` if it has no such row
    any more, else empty. ``total`` is the number of rows that meet the filters, ``counted`` the number of all
    rows of the question. ``replica_as_of`` is the clock just before the snapshot that the replica has.
    ``trouble`` says why the source could not be read; then no row has a mark or a text of the source.
    ``errors`` has the kind of each row's error, None for a row without one; it is empty if no row has one.
    """

    table: str
    label: str
    columns: tuple[RowColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    ids: tuple[str | None, ...]
    marks: tuple[Mark, ...]
    total: int
    counted: int
    replica_as_of: datetime | None
    trouble: str | None = None
    errors: tuple[ErrorKind | None, ...] = ()
    kind: Literal["rows"] = "rows"

    @property
    def contacts(self) -> frozenset[str]:
        """Return the names of the columns that only those may see who may see contacts."""
        return frozenset(column.name for column in self.columns if column.contacts)


@dataclass(frozen=True)
class TextQuestion:
    """What is the whole of one long text? ``id`` is that of ``RowsAnswer.ids``."""

    table: str
    id: str
    column: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class TextAnswer:
    """The text as the source has it now; None if it is null, unreadable, or the row is gone.

    ``is_cut`` is true if it is longer than the answer may be.
    """

    table: str
    id: str
    column: str
    text: str | None
    contacts: bool
    is_cut: bool = False
    is_gone: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class SearchQuestion:
    """What contains this text, in any case? ``limit`` is the most hits of all kinds together."""

    text: str
    limit: int = 10
    kinds: tuple[Kind, ...] = KINDS
    kind: Literal["search"] = "search"


@dataclass(frozen=True)
class SearchHit:
    """One thing that a search has found.

    ``key`` names it: ``(site_id,)`` of a site, ``(site_id, outreach_id)`` of a contact, ``(task_key,)`` of a
    job, ``(model,)`` of a model, ``(source, stage, message)`` of an error. ``text`` is what contains the
    words, ``detail`` says more. ``contacts``: they may name people who were written to.
    """

    kind: Kind
    key: tuple[str | None, ...]
    text: str
    detail: str | None
    contacts: bool


@dataclass(frozen=True)
class SearchAnswer:
    """The hits, by kind in the order of ``KINDS``, then those first that begin with the text."""

    hits: tuple[SearchHit, ...]
    replica_as_of: datetime | None
    kind: Literal["search"] = "search"


@dataclass(frozen=True)
class SiteQuestion:
    """What is the life of one site? ``limit`` is the most events, the newest first kept."""

    site_id: str
    limit: int = 500
    kind: Literal["site"] = "site"


@dataclass(frozen=True)
class SiteStay:
    """One stay of a site in a stage, in order. ``left_at`` is None while it lasts.

    ``hours`` is how long it took, or has taken so far. ``median_hours`` is the median of the latest finished
    stays of sites in this stage; None if there is none.
    """

    stage: str | None
    entered_at: datetime
    left_at: datetime | None
    hours: float
    median_hours: float | None


EventKind = Literal["stage", "call", "proposed", "sent", "delivered", "in", "out", "error", "request"]


@dataclass(frozen=True)
class SiteEvent:
    """One event in the life of a site; ``table`` and ``id`` name its row in ``sql/rows``.

    ``kind``: it entered a ``stage``, a model ``call``, an outreach message was ``proposed``, ``sent`` or
    ``delivered``, a message came ``in`` or went ``out``, an ``error`` of the site or of an outreach, a failed
    ``request``. ``text`` is its name (stage, model, channel, status code), ``detail`` its long part: a
    contact, a sentiment, an error. ``has_contacts``: ``detail`` may name people who were written to.
    """

    at: datetime
    kind: EventKind
    table: str
    id: str | None
    text: str | None
    detail: str | None = None
    has_contacts: bool = False
    cost_usd: float | None = None


@dataclass(frozen=True)
class SiteAnswer:
    """A site and its life, oldest event first.

    ``contacts`` has the names of the fields that only those may see who may see contacts. ``events_total`` is
    the number of all events. ``mark`` is that of the site's own row.
    """

    site_id: str
    id: str | None
    domain: str | None
    country: str | None
    keyword: str | None
    stage: str | None
    score: float | None
    grade: str | None
    http_status: int | None
    error: str | None
    created_at: datetime | None
    updated_at: datetime | None
    stays: tuple[SiteStay, ...]
    events: tuple[SiteEvent, ...]
    events_total: int
    calls: int
    cost_usd: float
    messages_in: int
    messages_out: int
    mark: Mark
    replica_as_of: datetime | None
    error_kind: ErrorKind | None = None
    contacts: tuple[str, ...] = ("domain", "error", "error_kind")
    kind: Literal["site"] = "site"


@dataclass(frozen=True)
class JobQuestion:
    """How did one job fare lately? ``limit`` is the most runs, the newest first."""

    task_key: str
    limit: int = 50
    kind: Literal["job"] = "job"


@dataclass(frozen=True)
class JobRun:
    """One run of a job, its error as the source has it. ``duration_s`` is None while it has no end.

    ``error_kind`` is the kind of a failed run's error, which may have no text.
    """

    id: str | None
    status: str | None
    started_at: datetime | None
    finished_at: datetime | None
    duration_s: int | None
    items_processed: float | None
    items_failed: float | None
    error: str | None
    error_kind: ErrorKind | None = None


@dataclass(frozen=True)
class JobAnswer:
    """A job and its runs, newest first. ``name`` and what follows are None if ``cron_jobs`` lacks the job.

    The percentiles are those of its successful runs of the last 168 hours before the replica's snapshot.
    ``contacts`` has the names of the fields of ``runs`` that only those may see who may see contacts.
    """

    task_key: str
    name: str | None
    enabled: bool | None
    critical: bool | None
    interval_minutes: float | None
    runs: tuple[JobRun, ...]
    runs_total: int
    success: int
    failed: int
    p50_duration_s: int | None
    p95_duration_s: int | None
    replica_as_of: datetime | None
    contacts: tuple[str, ...] = ("error",)
    kind: Literal["job"] = "job"


@dataclass(frozen=True)
class ErrorQuestion:
    """What is known of one kind of error, as ``error_breakdown`` and ``error_groups_30d`` name it?

    ``time_zone`` is that of its days; None is that of the settings.
    """

    source: str
    stage: str | None
    message: str
    limit: int = 50
    time_zone: str | None = None
    kind: Literal["error"] = "error"


@dataclass(frozen=True)
class ErrorDay:
    """How many errors of one kind a local day has."""

    day: date
    errors: int


@dataclass(frozen=True)
class ErrorSite:
    """A site with the error, when it was last seen there, and the raw error."""

    site_id: str | None
    domain: str | None
    seen_at: datetime | None
    error: str | None


@dataclass(frozen=True)
class ErrorAnswer:
    """One kind of error: the newest raw message, and the days of the last 30 that have some.

    ``table`` names the table of ``sql/rows`` whose rows they are, and ``sites`` are the latest of
    ``sites_total`` sites; none for failed runs. Rows of sites and outreaches move with every change, so their
    days are those of the last change, and ``first_seen`` is the oldest of them.
    """

    source: str
    stage: str | None
    message: str
    table: str
    errors: int
    first_seen: datetime | None
    last_seen: datetime | None
    example: str | None
    days: tuple[ErrorDay, ...]
    sites: tuple[ErrorSite, ...]
    sites_total: int
    replica_as_of: datetime | None
    contacts: tuple[str, ...] = ("message", "example", "sites")
    kind: Literal["error"] = "error"


@dataclass(frozen=True)
class Release:
    """The request to let go of the replica, from the process that has the run lock."""

    kind: Literal["release"] = "release"


@dataclass(frozen=True)
class Released:
    """The answer to ``Release``: the replica is closed."""

    kind: Literal["released"] = "released"


@dataclass(frozen=True)
class Refusal:
    """A question that was not answered, as the parts of a DashboardError.

    ``is_moved`` is true if another process is about to hold the replica: ask again.
    """

    offender: str
    cause: str
    remedy: str
    is_moved: bool = False
    kind: Literal["refusal"] = "refusal"


Question = (
    RowsQuestion
    | TableRowsQuestion
    | TextQuestion
    | SearchQuestion
    | SiteQuestion
    | JobQuestion
    | ErrorQuestion
)
Answer = RowsAnswer | TextAnswer | SearchAnswer | SiteAnswer | JobAnswer | ErrorAnswer
Request = Question | Release
Reply = Answer | Released | Refusal


def to_json(message: Request | Reply) -> bytes:
    """Return a question or an answer as JSON."""
    # Not by asdict, which would copy each cell of thousands of rows.
    return json.dumps(_shallow(message), ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def _shallow(message: Any) -> dict[str, Any]:
    return {field.name: getattr(message, field.name) for field in fields(message)}


def request_from_json(content: bytes) -> Request:
    """Return the question of its JSON. Raises ValueError, in one line, if it is none."""
    request: Request = _checked(_requests(), content)
    return request


def reply_from_json(content: bytes) -> Reply:
    """Return the answer of its JSON. Raises ValueError, in one line, if it is none."""
    reply: Reply = _checked(_replies(), content)
    return reply


def utc(instant: datetime) -> datetime:
    """Return an instant with its zone; one without a zone is UTC."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return utc(value).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return _shallow(value)
    raise TypeError(f"{type(value).__name__} has no JSON")


def _checked(adapter: TypeAdapter[Any], content: bytes) -> Any:
    from pydantic import ValidationError

    try:
        return adapter.validate_json(content)
    except ValidationError as error:
        mistake = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in mistake["loc"])
        raise ValueError(f"{place}: {mistake['msg']}") from None


@cache
def _requests() -> TypeAdapter[Any]:
    return _adapter(Request)


@cache
def _replies() -> TypeAdapter[Any]:
    return _adapter(Reply)


def _adapter(union: Any) -> TypeAdapter[Any]:
    # It takes a while to import, and the command line needs no question.
    from typing import Annotated

    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[union, Field(discriminator="kind")])
