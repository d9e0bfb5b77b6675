"""The header of a rollup's SQL file: its keys and their types, for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from engine.model.catalogue.header import Header, Mistake, Text

Names = Annotated[list[str], Field(min_length=1)]


class RollupHeader(Header):
    """The keys of every kind; a rollup per row has no others."""

    kind: Text
    row: Text
    reads: Names

    mistakes: ClassVar[Mapping[tuple[str, ...], Mistake]] = {
        ("reads",): Mistake("reads is not a list of columns", 'write reads = ["…"]'),
        ("sums",): Mistake("sums is not a list of columns", 'write sums = ["…"]'),
    }


class AggregateHeader(RollupHeader):
    """The keys of a rollup that counts rows and sums their columns."""

    count: Text
    sums: Names | None = None
    time: Text | None = None
    outlier_key: Text | None = None


class PerKeyHeader(RollupHeader):
    """The keys of a rollup whose rows are made of all rows with one key."""

    key: Text
