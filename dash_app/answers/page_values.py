"""What a page's sentence is made of: the values of the page's datasets, and what its system cards read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dash_app.figures.style import Columns, View


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


@dataclass(frozen=True)
class PageAnswer:
    """The sentence that a page begins with: ``make`` returns it, without a full stop.

    ``needs`` are datasets of the page without which there is no sentence, and ``system`` are system cards
    that must be readable; the view that ``make`` gets is that of the first dataset. ``uses`` are datasets
    that it takes if they have a value.
    """

    make: Callable[[PageValues, View], str]
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
