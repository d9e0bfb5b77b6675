"""The header of a dataset's SQL file: its keys, their types and their limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from engine.model.catalogue.columns import COLUMN_TYPES
from engine.model.catalogue.datasets import DEFAULT_TTL_MINUTES, OWN_RANGES
from engine.model.catalogue.header import Header, Mistake, Text, Texts, one_of
from engine.model.catalogue.page_parts import MAX_GROUPS_KEPT, MAX_PAGE_ROWS
from engine.model.colours import CATEGORIES

MAX_TTL_MINUTES = 366 * 24 * 60
MAX_FILLED = 1000
SHAPE_STEPS = ("fill_days", "fill_hours")


class ColumnHeader(Header):
    """One line of ``[columns]``."""

    type: Annotated[str, one_of(COLUMN_TYPES)]
    unit: str | None = None
    help: str | None = None
    category: Annotated[str, one_of(CATEGORIES)] | None = None
    contacts: bool = False


class ShapeHeader(Header):
    """The shaping step, and how many days or hours it fills for each value of ``by``."""

    step: Annotated[str, one_of(SHAPE_STEPS)]
    count: int = Field(default=0, ge=1, le=MAX_FILLED, validate_default=True)
    by: list[str] = Field(default=[])


class PageGroupsHeader(Header):
    """The groups that pages get by name."""

    by: str
    size: str
    keep: int = Field(default=8, ge=1, le=MAX_GROUPS_KEPT)
    above: int | None = Field(default=None, le=MAX_GROUPS_KEPT)
    rates: dict[str, Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(default={})


class RowsHeader(Header):
    """A ``[rows.<column>]`` section: the rows behind the numbers of a column."""

    table: Text | None = None
    where: Text | None = None
    select: Text | None = None
    sum: Texts | None = None
    counted: bool = True
    when: dict[str, str | int | list[str] | list[int]] | None = None
    same_as: Text | None = None


Sections = Annotated[
    list[RowsHeader],
    BeforeValidator(lambda value: [value] if isinstance(value, Mapping) else value),
    Field(min_length=1),
]
"""The sections of a column: ``[rows.<column>]`` is one, ``[[rows.<column>]]`` one of several."""


class DatasetHeader(Header):
    """All that a dataset's header may say."""

    title: Text
    page: Text
    row: Text
    reads: list[str]
    optional: list[str] = Field(default=[])
    columns: dict[str, ColumnHeader] = Field(min_length=1)
    ttl_minutes: int = Field(default=DEFAULT_TTL_MINUTES, ge=1, le=MAX_TTL_MINUTES)
    shape: ShapeHeader | None = None
    page_groups: PageGroupsHeader | None = None
    page_rows: int | None = Field(default=None, ge=1, le=MAX_PAGE_ROWS)
    rows: dict[str, Sections] = Field(default={})
    rows_with: Text | None = None
    range: Annotated[str, one_of(OWN_RANGES)] | None = None
    filters: list[str] = Field(default=[])

    mistakes: ClassVar[Mapping[tuple[str, ...], Mistake]] = {
        ("reads",): Mistake("reads is not a list of columns", 'write reads = ["table.column"]'),
        ("optional",): Mistake("optional is not a list of tables", 'write optional = ["table"]'),
        ("columns",): Mistake("columns is not a table", "write [columns] and a line for each"),
        ("columns", "*"): Mistake(
            "column {place[1]!r} has no type",
            'write {place[1]} = {{ type = "…" }}',
            owner="column {place[1]!r}",
        ),
        ("columns", "*", "type"): Mistake(
            "column {place[1]!r} has the type {value!r}",
            valid=COLUMN_TYPES,
            lacking="column {place[1]!r} has no type",
        ),
        ("columns", "*", "category"): Mistake(
            "column {place[1]!r} has the category {value!r}", valid=CATEGORIES
        ),
        ("columns", "*", "contacts"): Mistake(
            "column {place[1]!r} has contacts = {value!r}", "write contacts = true, or leave it out"
        ),
        ("ttl_minutes",): Mistake(
            "ttl_minutes = {value!r} is no lifetime", f"give whole minutes from 1 to {MAX_TTL_MINUTES}"
        ),
        ("shape",): Mistake("shape names no step", 'write shape = {{ step = "fill_days", … }}'),
        ("shape", "step"): Mistake(
            "unknown shaping step {value!r}", valid=SHAPE_STEPS, lacking="shape names no step"
        ),
        ("shape", "count"): Mistake(
            "shape.count = {value!r}", f"give the number of days or hours, from 1 to {MAX_FILLED}"
        ),
        ("shape", "by"): Mistake("shape.by = {value!r} is no list", 'write by = ["column"]'),
        ("page_groups",): Mistake(
            "page_groups is not a table", 'write page_groups = {{ by = "…", size = "…", keep = 8 }}'
        ),
        ("page_groups", "keep"): Mistake(
            "page_groups.keep = {value!r}", f"give a whole number from 1 to {MAX_GROUPS_KEPT}"
        ),
        ("page_groups", "above"): Mistake(
            "page_groups.above = {value!r}", f"give a whole number from keep to {MAX_GROUPS_KEPT}"
        ),
        ("page_groups", "rates"): Mistake(
            "page_groups.rates is not a table", 'write rates = {{ rate = ["over", "under"] }}'
        ),
        ("page_groups", "rates", "*"): Mistake(
            "page_groups.rates.{place[2]} is not two columns", 'write {place[2]} = ["over", "under"]'
        ),
        ("range",): Mistake("range = {value!r} is no window", valid=OWN_RANGES),
        ("filters",): Mistake("filters is not a list of columns", 'write filters = ["column"]'),
        ("page_rows",): Mistake("page_rows = {value!r}", f"give a whole number from 1 to {MAX_PAGE_ROWS}"),
        ("rows",): Mistake("rows is not a table", "write [rows.column] and its lines"),
        ("rows", "*"): Mistake("rows.{place[1]} is not a section", "write [rows.{place[1]}] and its lines"),
        ("rows", "*", "sum"): Mistake("rows.{place[1]}.sum = {value!r} is no list", 'write sum = ["column"]'),
        ("rows", "*", "counted"): Mistake(
            "rows.{place[1]}.counted = {value!r}", "write counted = false, or leave it out"
        ),
        ("rows", "*", "when"): Mistake(
            "rows.{place[1]}.when is not a table of cells", 'write when = {{ column = "value" }}'
        ),
    }
