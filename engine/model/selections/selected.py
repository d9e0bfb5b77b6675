"""Makes selected datasets: those of the catalogue with another range, filters, or the period before.

Name and key of one end in ``?`` and the selection's text. A comparison is two of them, ``…compare=1`` for
the period asked for and ``…compare=1&period=previous`` for the one before. They are computed and stored
together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from string import ascii_lowercase, ascii_uppercase

from engine.model.catalogue.datasets import SELECTS, Dataset
from engine.model.catalogue.staging import staging
from engine.model.errors import DashboardError, nearest
from engine.model.selections.selection import (
    NO_SELECTION,
    Selection,
    is_longer_than,
    parse_selection,
    range_in_words,
)
from engine.model.selections.windows import FIVE_MINUTES, HOUR

PREVIOUS = "&period=previous"

_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)

MOST_SHORT_DAYS = 14
"""The longest range of a dataset by the hour or by five minutes, in days."""


def takes_range(dataset: Dataset, range_: str | None = None) -> bool:
    """Return whether a dataset can be computed for another range; for this one if it is given."""
    return dataset.range is not None and (range_ is None or _refused_range(dataset, range_) is None)


def takes_compare(dataset: Dataset) -> bool:
    """Return whether a dataset can be compared with the period before."""
    return takes_range(dataset) and not dataset.has_previous


def takes_filter(dataset: Dataset, column: str) -> bool:
    """Return whether a dataset can be filtered by a column."""
    return column in dataset.filters


def _refused_range(dataset: Dataset, range_: str) -> str | None:
    """Return why a dataset does not take a range; None if it does."""
    if dataset.range is None:
        return "it describes one moment, or windows of its own, and takes no range"
    if dataset.grain in (HOUR, FIVE_MINUTES) and is_longer_than(range_, MOST_SHORT_DAYS):
        grain = "an hour" if dataset.grain == HOUR else "five minutes"
        return f"its rows are of {grain}, and it takes at most {MOST_SHORT_DAYS} days"
    return None


def as_read(dataset: Dataset, column: str, value: str | None) -> str | None:
    """Return the value of a filter in the case that a dataset's values of that column have.

    Labels are read in small letters, so ``US`` can mean nothing but ``us``. Names keep their case.
    """
    if value is None or column not in _label_filters(dataset.filters):
        return value
    # What has capitals of other alphabets is left, because not all of them are made small where it is read.
    return value.strip().translate(_SMALL)


@cache
def _label_filters(filters: tuple[str, ...]) -> frozenset[str]:
    """Return those of a dataset's filters whose values are in small letters."""
    is_label: dict[str, bool] = {}
    for column in (column for table in staging().values() for column in table.columns):
        cast = None if column.plain is None else column.plain.cast
        is_label[column.name] = is_label.get(column.name, True) and cast == "read_label"
    labels = {name for name, is_one in is_label.items() if is_one}
    # What is called the stage of an error of several sources may be the name of a job.
    return frozenset({*filters} & ({"source"} if "source" in filters else labels))


def restricted(dataset: Dataset, selection: Selection) -> Selection:
    """Return the part of a selection that a dataset takes, in the form that its key has."""
    range_ = selection.range if selection.range and takes_range(dataset, selection.range) else None
    return Selection(
        # Its own window is what it has without a range.
        None if range_ == dataset.range else range_,
        selection.compare and takes_compare(dataset),
        tuple(
            (column, as_read(dataset, column, value))
            for column, value in selection.filters
            if takes_filter(dataset, column)
        ),
    )


def require_taken(dataset: Dataset, selection: Selection) -> None:
    """Raise DashboardError, with a sentence, if a dataset does not take all of a selection."""
    if selection.range is not None and (reason := _refused_range(dataset, selection.range)):
        remedy = "ask for it without a range" if dataset.range is None else "ask for fewer days"
        raise DashboardError(f"range={selection.range}", f"{dataset.key}: {reason}", remedy)
    if selection.compare and not takes_compare(dataset):
        reason = (
            "has the period before in its value"
            if dataset.has_previous
            else "takes no range, and has no period before"
        )
        raise DashboardError("compare=1", f"{dataset.key} {reason}", "ask for it without compare")
    for column, _ in selection.filters:
        if not takes_filter(dataset, column):
            remedy = nearest(column, dataset.filters) if dataset.filters else "ask for it without a filter"
            raise DashboardError(f"filter={column}", f"{dataset.key} takes no such filter", remedy)


def selected(dataset: Dataset, selection: Selection, *, previous: bool = False) -> Dataset:
    """Return a dataset of the catalogue as a selection has it; the dataset itself if nothing is left of it.

    With ``previous`` it is the period before, which only a comparison has. Raises DashboardError for what
    the dataset does not take.
    """
    require_taken(dataset, selection)
    taken = restricted(dataset, selection)
    if previous and not taken.compare:
        raise DashboardError(dataset.name, "it has no period before", "ask for it with compare=1")
    return _made(dataset, taken, previous) if taken != NO_SELECTION else dataset


def _made(dataset: Dataset, selection: Selection, previous: bool) -> Dataset:
    own, chosen = dataset.range, selection.range or dataset.range
    title = dataset.title
    if own is not None and chosen is not None:
        title = title.replace(range_in_words(own), range_in_words(chosen))
    return replace(
        dataset,
        name=f"{dataset.name}{SELECTS}{selection.text}{PREVIOUS if previous else ''}",
        title=title,
        selection=selection,
        is_previous=previous,
    )


def selected_dataset(dataset: Dataset, name: str) -> Dataset:
    """Return a dataset of the catalogue as a name, or a key, selects it. Raises DashboardError."""
    _, selects, text = name.partition(SELECTS)
    if not selects:
        return dataset
    previous = text.endswith(PREVIOUS)
    found = selected(dataset, parse_selection(text.removesuffix(PREVIOUS)), previous=previous)
    # One selection has one key, and so one entry.
    if found.name != f"{dataset.name}{SELECTS}{text}":
        raise DashboardError(f"{dataset.name}{SELECTS}{text:.80}", "no such name", f"write {found.name}")
    return found


def previous_of(dataset: Dataset) -> Dataset | None:
    """Return the period before of a selected dataset that compares; None for any other."""
    if not dataset.selection.compare or dataset.is_previous:
        return None
    return replace(dataset, name=f"{dataset.name}{PREVIOUS}", is_previous=True)


def with_previous(datasets: Iterable[Dataset]) -> tuple[Dataset, ...]:
    """Return the datasets, and after each comparison the period before, once each."""
    found: dict[str, Dataset] = {}
    for dataset in datasets:
        for each in (dataset, previous_of(dataset)):
            if each is not None:
                found.setdefault(each.name, each)
    return tuple(found.values())
