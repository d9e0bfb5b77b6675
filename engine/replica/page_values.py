"""Makes the small value that pages get of a dataset with many rows. Its sums cover all rows."""

from __future__ import annotations

import math

import polars as pl

from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.page_parts import PageGroups, is_other, other_name

_IS_KEPT, _GROUP = "is kept", "a group"


def page_frame(frame: pl.DataFrame, dataset: Dataset) -> pl.DataFrame | None:
    """Return the part of a dataset's frame that pages get; None if they get all of it."""
    if dataset.page_rows is not None and frame.height > dataset.page_rows:
        return frame.head(dataset.page_rows)
    if dataset.page_groups is not None:
        return _grouped(frame, dataset.page_groups)
    return None


def _grouped(frame: pl.DataFrame, groups: PageGroups) -> pl.DataFrame | None:
    """Return the frame with the rows of small groups as those of one; None if no group is small.

    A group has a row for each day or instant. In every other column that is not a number, ``other (n)`` has
    the value that all its rows share, or null.
    """
    names = frame[groups.by].unique()
    if len(names) <= groups.above and not any(map(is_other, names)):
        return None
    gathered = frame.group_by(groups.by, maintain_order=True).agg(pl.col(groups.size))
    sizes = gathered.with_columns(_sums(gathered[groups.size])).sort(
        groups.size, groups.by, descending=[True, False], nulls_last=True, maintain_order=True
    )
    kept = [name for name in sizes[groups.by] if not is_other(name)][: groups.keep]
    count = len(names) - len(kept)
    named = pl.Series(kept, dtype=pl.String).implode()
    marked = frame.with_columns(pl.col(groups.by).is_in(named, nulls_equal=True).alias(_IS_KEPT))
    keys = [name for name, type_ in frame.schema.items() if type_.is_temporal()]
    others = _summed(marked.filter(~pl.col(_IS_KEPT)).drop(_IS_KEPT), groups, keys, other_name(count))
    both = pl.concat([marked.filter(_IS_KEPT).drop(_IS_KEPT), others])
    return both.sort(keys, nulls_last=True, maintain_order=True) if keys else both


def _summed(frame: pl.DataFrame, groups: PageGroups, keys: list[str], name: str) -> pl.DataFrame:
    """Return one row for each of the keys' values: the sums of the frame's rows, under one name."""
    numbers = [column for column, type_ in frame.schema.items() if type_.is_numeric()]
    rest = [column for column in frame.columns if column not in {groups.by, *keys, *numbers}]
    gathered = frame.group_by(keys or [pl.lit(0).alias(_GROUP)], maintain_order=True).agg(
        *[pl.col(column) for column in numbers], *[pl.col(column).unique() for column in rest]
    )
    sums = gathered.with_columns(
        pl.lit(name).alias(groups.by),
        *[
            _sums(gathered[column]) if frame.schema[column].is_float() else pl.col(column).list.sum()
            for column in numbers
        ],
        *[
            pl.when(pl.col(column).list.len() == 1).then(pl.col(column).list.first()).alias(column)
            for column in rest
        ],
    )
    rates = [
        # If no row has a rate, as in a week that is not over, their sum has none either.
        pl.when(gathered[rate.column].list.drop_nulls().list.len() > 0, sums[rate.under] != 0)
        .then(sums[rate.over] / sums[rate.under])
        .alias(rate.column)
        for rate in groups.rates
    ]
    return sums.with_columns(rates).select(frame.columns)


def _sums(lists: pl.Series) -> pl.Series:
    """Return the exact sum of each list, rounded once: the order of its values does not matter."""
    return pl.Series(lists.name, [_sum(values) for values in lists.to_list()], pl.Float64)


def _sum(values: list[float | None]) -> float | None:
    """Return the sum of the values that are not null; None if there are none, or if no double can hold it."""
    present = [value for value in values if value is not None]
    try:
        return math.fsum(present) if present else None
    except OverflowError:
        return None
