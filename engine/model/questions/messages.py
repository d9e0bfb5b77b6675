"""What crosses the socket: questions, answers and the words of a hand-over, as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from engine.model.questions.rows import (
    RowsAnswer,
    RowsQuestion,
    TableRowsQuestion,
    TextAnswer,
    TextQuestion,
)
from engine.model.questions.search import SearchAnswer, SearchQuestion
from engine.model.questions.things import (
    ErrorAnswer,
    ErrorQuestion,
    JobAnswer,
    JobQuestion,
    SiteAnswer,
    SiteQuestion,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter


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
