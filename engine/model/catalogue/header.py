"""Checks a file's header against a pydantic model, and says in one line what is wrong with it.

A model names the keys of a kind of file and their types. Its ``mistakes`` say what is wrong with a
value that does not fit and how to mend it, so that a message speaks of the file and not of pydantic.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

from engine.model.catalogue.sqlfile import SqlFile
from engine.model.errors import DatasetFileError, nearest

Place = tuple[str, ...]


@dataclass(frozen=True)
class Mistake:
    """What is said of a value that does not fit: cause and remedy, or the valid names in its place.

    The texts may use ``{value}`` and ``{place[1]}``. ``lacking`` is the cause if the key is missing,
    ``owner`` what keys below the value belong to.
    """

    cause: str
    remedy: str = ""
    valid: Collection[str] = ()
    lacking: str = ""
    owner: str = ""


class Header(BaseModel):
    """The keys of a header. In ``mistakes``, ``*`` stands for any key of a table."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    mistakes: ClassVar[Mapping[tuple[str, ...], Mistake]] = {}


Text = Annotated[str, StringConstraints(pattern=r"\S")]
"""A text that is not blank."""

Texts = Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]
"""A list of texts; one text may stand alone."""

HeaderT = TypeVar("HeaderT", bound=Header)


def one_of(valid: Collection[str]) -> AfterValidator:
    """Return the condition that a text is one of some names."""

    def check(name: str) -> str:
        if name not in valid:
            raise ValueError(name)
        return name

    return AfterValidator(check)


def read_header(file: SqlFile, model: type[HeaderT]) -> HeaderT:
    """Return what the header of a file declares. Raises DatasetFileError for the first mistake."""
    try:
        return model.model_validate(file.header)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
    # A misspelt key is missing under its right name too: what is there is said first.
    unknown = [each for each in found if each["type"] == "extra_forbidden"]
    first = (unknown or found)[0]
    # A mistake in an item of a list is one of the list.
    place = tuple(key for key in first["loc"] if isinstance(key, str))
    cause, remedy = _explained(model, first["type"], place, first["input"])
    raise DatasetFileError(file.path, cause, remedy)


def _explained(model: type[Header], kind: str, place: Place, value: Any) -> tuple[str, str]:
    key = place[-1]
    if kind == "extra_forbidden":
        owner = _owner(model, place[:-1])
        cause = f"unknown key {key!r} of {owner}" if owner else f"unknown header key {key!r}"
        return cause, nearest(key, _keys_at(model, place[:-1]))
    if kind == "missing":
        mistake = _mistake_at(model, place)
        if mistake is not None and mistake.lacking:
            return mistake.lacking.format(place=place), nearest("", mistake.valid)
        name = f"header key {key!r}" if len(place) == 1 else ".".join(place)
        return f"{name} is missing", f"add {key} = …"
    mistake = _mistake_at(model, place)
    if mistake is not None:
        remedy = nearest(str(value), mistake.valid) if mistake.valid else mistake.remedy.format(place=place)
        return mistake.cause.format(value=value, place=place), remedy
    return f"{'.'.join(place)} is not a text", f'write {key} = "…"'


def _mistake_at(model: type[Header], place: Place) -> Mistake | None:
    for pattern, mistake in model.mistakes.items():
        if len(pattern) == len(place) and all(
            part in ("*", key) for part, key in zip(pattern, place, strict=True)
        ):
            return mistake
    return None


def _owner(model: type[Header], place: Place) -> str:
    found = _mistake_at(model, place)
    return found.owner.format(place=place) if found and found.owner else ".".join(place)


def _keys_at(model: type[Header], place: Place) -> Collection[str]:
    """Return the keys of the model that stands at a place; tables of models count as a key each."""
    kind: Any = model
    for key in place:
        kind = _value_type(kind) if get_origin(kind) is dict else kind.model_fields[key].annotation
        # Of "a model or None", the model.
        kind = next((one for one in get_args(kind) if get_origin(kind) is not dict and _is_model(one)), kind)
    return tuple(kind.model_fields)


def _value_type(kind: Any) -> Any:
    """Return the type of a table's values; if they are lists, that of their items."""
    value = get_args(kind)[1]
    while not _is_model(value) and get_args(value):
        value = get_args(value)[0]
    return value


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
