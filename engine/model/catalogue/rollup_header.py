"""The header of a rollup's SQL file: its keys and their types, for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from engine.model.catalogue.header import Header, Text, Told

Names = Annotated[list[str], Field(min_length=1)]


class RowsHeader(Header):
    """A table with a row for each row of a staging table, and what all kinds declare."""

    kind: Text
    row: Text
    reads: Names

    told: ClassVar[Mapping[tuple[str, ...], Told]] = {
        ("reads",): Told("reads is not a list of columns", 'write reads = ["…"]'),
        ("sums",): Told("sums is not a list of columns", 'write sums = ["…"]'),
    }


class TallyHeader(RowsHeader):
    """A table that counts and adds up rows."""

    count: Text
    sums: Names | None = None
    time: Text | None = None
    apart: Text | None = None


class KeyedHeader(RowsHeader):
    """A table whose rows are made of all rows with one key."""

    key: Text
