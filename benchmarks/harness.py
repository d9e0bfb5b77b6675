"""What any case of the benchmark is made of: contenders measured in turn, figures, targets.

Contenders take part in every round, each time in another order, so that what else the machine
does meanwhile falls on all of them alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from engine.model.clock import wall_clock
from engine.model.values.payload import Columns

T = TypeVar("T")

Report = Callable[[str], None]
"""Takes a few words about what is being measured."""


@dataclass(frozen=True)
class Computed:
    """All datasets as one contender computed them: columns by dataset, the time it took by dataset."""

    seconds: float
    results: Mapping[str, Columns]
    seconds_by_dataset: Mapping[str, float]


@dataclass(frozen=True)
class Measurement:
    """The times of one contender for one case, one a round."""

    case: str
    contender: str
    seconds: tuple[float, ...]

    @property
    def median_seconds(self) -> float:
        """Return the median of the rounds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Figure:
    """One number that is measured beside the times."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Target:
    """A bound that a measured value should keep to.

    ``at_scale`` is the scale of the database that it is meant for, None for any.
    """

    name: str
    value: float
    bound: float
    unit: str
    is_floor: bool
    at_scale: float | None

    @property
    def is_reached(self) -> bool:
        """Return whether the value keeps to the bound."""
        return self.value >= self.bound if self.is_floor else self.value <= self.bound

    def is_for(self, scale: float | None) -> bool:
        """Return whether it is meant for what was measured at a scale; None is an unknown one."""
        return self.at_scale is None or self.at_scale == scale


@dataclass(frozen=True)
class CaseReport:
    """What a case found; ``disagreements`` has a line for each result that differed.

    ``details`` are times of parts, too many for a table that is read. ``scale`` is that of the database, None
    if it is of no consequence.
    """

    measurements: tuple[Measurement, ...]
    figures: tuple[Figure, ...]
    targets: tuple[Target, ...]
    comparisons: int
    disagreements: tuple[str, ...]
    details: tuple[Measurement, ...] = ()
    scale: float | None = None


@dataclass
class Stopwatch:
    """Collects the times of contenders, case by case."""

    _seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, case: str, contender: str, seconds: float) -> None:
        """Add one round."""
        self._seconds.setdefault((case, contender), []).append(seconds)

    def total_seconds(self, case: str, contender: str) -> float:
        """Return the times of a contender for a case so far."""
        return sum(self._seconds.get((case, contender), ()))

    def rounds(self, case: str, contender: str) -> int:
        """Return the number of rounds of a contender."""
        return len(self._seconds.get((case, contender), ()))

    def measurements(self) -> tuple[Measurement, ...]:
        """Return all times: cases in the order of their first round, contenders by name."""
        cases = list(dict.fromkeys(case for case, _ in self._seconds))
        by_case = sorted(self._seconds, key=lambda key: (cases.index(key[0]), key[1].lower()))
        return tuple(Measurement(*key, tuple(self._seconds[key])) for key in by_case)

    def median_seconds(self, case: str, contender: str) -> float:
        """Return the median of a contender's rounds; KeyError if it had none."""
        return statistics.median(self._seconds[case, contender])


def rotated(contenders: Sequence[T], round_number: int) -> Iterator[T]:
    """Yield the contenders, each round beginning with the next one.

    >>> list(rotated("abc", 4))
    ['b', 'c', 'a']
    """
    start = round_number % len(contenders)
    yield from contenders[start:]
    yield from contenders[:start]


def wait_until_after(instant: datetime) -> None:
    """Wait until the clock, which counts whole seconds, is past an instant."""
    while wall_clock() <= instant:
        time.sleep(0.02)
