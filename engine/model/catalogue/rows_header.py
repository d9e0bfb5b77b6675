"""The header of a file of ``sql/rows``: its keys and their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from engine.model.catalogue.columns import COLUMN_TYPES
from engine.model.catalogue.header import Header, Mistake, Text, one_of

LINKS = ("site", "job", "error")
"""The kinds of things that a column's values may name; the text of an error names its kind."""


class RowsColumnHeader(Header):
    """One line of ``[columns]``; ``lookup`` and ``by`` go together, ``source`` goes with neither."""

    label: Text
    type: Annotated[str, one_of(COLUMN_TYPES)]
    unit: Text | None = None
    help: Text | None = None
    contacts: bool = False
    long: bool = False
    link: Annotated[str, one_of(LINKS)] | None = None
    lookup: Text | None = None
    by: Text | None = None
    source: Text | None = None


class RowsFileHeader(Header):
    """All that the header may say."""

    label: Text
    columns: dict[str, RowsColumnHeader] = Field(min_length=1)

    mistakes: ClassVar[Mapping[tuple[str, ...], Mistake]] = {
        ("columns",): Mistake("columns is not a table", "write [columns] and a line for each"),
        ("columns", "*"): Mistake(
            "column {place[1]!r} is no table",
            'write {place[1]} = {{ label = "…", type = "…" }}',
            owner="column {place[1]!r}",
        ),
        ("columns", "*", "type"): Mistake(
            "column {place[1]!r} has the type {value!r}",
            valid=COLUMN_TYPES,
            lacking="column {place[1]!r} has no type",
        ),
        ("columns", "*", "link"): Mistake("column {place[1]!r} has link = {value!r}", valid=LINKS),
        ("columns", "*", "contacts"): Mistake(
            "column {place[1]!r} has contacts = {value!r}", "write contacts = true, or leave it out"
        ),
        ("columns", "*", "long"): Mistake(
            "column {place[1]!r} has long = {value!r}", "write long = true, or leave it out"
        ),
    }
