"""A card's value as its page selects it: the view of it, and the period before beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from dash_app.figures.before import with_before
from dash_app.figures.style import View
from dash_app.openers import NO_OPENERS
from dash_app.pages import CHART, Card
from engine.model.catalogue.datasets import Dataset
from engine.model.clock import Clock
from engine.model.selections.selection import range_count, range_days
from engine.model.selections.windows import DAY, WEEK, window_of
from engine.store import Entry


@dataclass(frozen=True)
class ShownDataset:
    """A selected dataset, its entry, and the entry of the period before; None if that is not compared."""

    dataset: Dataset
    entry: Entry
    previous: Entry | None = None


def view_of(view: View, shown: ShownDataset | None) -> View:
    """Return a view with what is selected; None leaves it as it is."""
    if shown is None:
        return view
    selection = shown.dataset.selection
    before = _comparable(shown)
    return replace(
        view,
        range=selection.range,
        is_filtered=bool(selection.filters),
        previous=None if before is None else before.value,
    )


def drawn(card: Card, columns: Any, view: View, shown: ShownDataset | None) -> Any:
    """Return what a card shows of its columns; a chart over time has the period before behind it."""
    content: Any = card.show(columns, view)  # type: ignore[misc]
    if card.kind == CHART and view.range is not None:
        # A zoom ends with its range; entries of the legend that are hidden stay so.
        axes = content["layout"] | {"uirevision": view.range}
        content = content | {"layout": axes | {"legend": axes.get("legend", {}) | {"uirevision": "kept"}}}
    before = None if shown is None else _comparable(shown)
    if card.kind != CHART or shown is None or before is None:
        return content
    view_before, later = previous_view(view, shown.dataset)
    figure_before = card.show(before.shown, view_before)  # type: ignore[misc]
    name = view.over(str(shown.dataset.range)).prior.removeprefix("the ")
    return with_before(content, figure_before, name, later)  # type: ignore[arg-type]


def previous_view(view: View, dataset: Dataset) -> tuple[View, timedelta]:
    """Return the view of the period before, and how much later the period itself begins."""
    range_ = dataset.selection.range or str(dataset.range)
    clock = Clock(view.as_of, view.zone.key)
    now, then = (
        window_of(range_, clock, dataset.grain, is_rolling=dataset.is_rolling, is_previous=is_previous)
        for is_previous in (False, True)
    )
    days = then.days(clock)
    stays_hours = (
        range_days(range_) is None and range_count(range_)[1] == "h" and dataset.grain not in (DAY, WEEK)
    )
    return (
        replace(
            view,
            as_of=then.until,
            range=range_ if stays_hours else f"{days[0]}..{days[-1]}",
            previous=None,
            is_previous=True,
            beside=None,
            # The card's key is that of the period itself.
            openers=NO_OPENERS,
        ),
        now.start - then.start,
    )


def nothing_before(shown: ShownDataset | None, view: View) -> str:
    """Return a line if the period before has no number at all; else the empty text."""
    before = None if shown is None else _comparable(shown)
    if shown is None or before is None:
        return ""
    numbers = [column.name for column in shown.dataset.columns if column.type in ("integer", "number")]
    if any(value for name in numbers for value in before.value[name]):
        return ""
    return f"nothing in {view.over(str(shown.dataset.range)).prior}"


def _comparable(shown: ShownDataset) -> Entry | None:
    """Return the entry of the period before if it has a value of the same run as the entry."""
    before = shown.previous
    if before is None or before.value is None or before.as_of != shown.entry.as_of:
        return None
    return before
