"""What a page's sentence is made of: the values of the page's datasets, and what its system cards read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dash_app.figures.style import View, rows_in
from engine.attention.line import Value
from engine.attention.pipeline import USUAL_DAYS
from engine.model.values.payload import Columns


@dataclass(frozen=True, eq=False)
class PageValues(Mapping[str, Columns]):
    """The columns of a page's datasets by name, without those that have no value.

    With a range or a comparison in the address, each dataset has its own view. ``system`` has what the page's
    system cards read, by card.
    """

    columns: Mapping[str, Columns]
    views: Mapping[str, View] = field(default_factory=dict)
    system: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, dataset: str) -> Columns:
        """Return the columns of a dataset. Raises KeyError without a value."""
        return self.columns[dataset]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the datasets that have a value."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Return how many datasets have a value."""
        return len(self.columns)

    def view(self, dataset: str) -> View:
        """Return the view of a dataset: its instant, range, filters and period before."""
        return self.views[dataset]

    def value(self, dataset: str) -> Value:
        """Return a dataset as the rules of what needs attention take it."""
        return Value(self.columns[dataset], self.views[dataset].as_of)

    def today(self, measure: str) -> dict[str, Any] | None:
        """Return the row of ``usual_today`` of a measure; None if what is usual is not known."""
        rows = rows_in(self.columns["usual_today"]) if "usual_today" in self.columns else []
        found = [row for row in rows if row["measure"] == measure]
        is_known = found and found[0]["usual_q75"] is not None and found[0]["days"] >= USUAL_DAYS
        return found[0] if is_known else None


@dataclass(frozen=True)
class PageAnswer:
    """The sentence that a page begins with: ``make`` returns it, without a full stop.

    ``needs`` are datasets of the page without which there is no sentence, and ``system`` are system cards
    that must be readable; the view that ``make`` gets is that of the first dataset. ``uses`` are datasets
    that it takes if they have a value, those of other pages too.
    """

    make: Callable[[PageValues, View], str]
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
