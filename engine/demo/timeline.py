"""Defines the rhythm of the demo's days: when things happen, and how often.

All instants are whole epoch seconds, UTC, from the scene's start up to its now.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

MINUTE = 60
HOUR = 3600
DAY = 86400
USUAL_DAYS = 90
# The job that has been silent the longest last ran 37 days ago.
LEAST_DAYS = 40
BACKUP_OF_DAY = 2 * HOUR + 30 * MINUTE

_OUTAGE_DAYS_AGO = 9
_MODEL_CHANGE_DAYS_AGO = 21
_GROWTH = 0.55  # how much busier the last day is than the first, as a fraction of it
_SATURDAY = 5


@dataclass(frozen=True)
class Rhythm:
    """Relative activity by hour of the day and by day of the week, Monday first."""

    hours: tuple[float, ...]
    weekdays: tuple[float, ...]


# The pipeline's own work never stops, but people feed it and watch it by day.
MACHINE = Rhythm(
    (0.5, 0.45, 0.42, 0.4, 0.42, 0.5, 0.7, 0.95, 1.25, 1.45, 1.55, 1.6,
     1.5, 1.45, 1.5, 1.5, 1.4, 1.25, 1.05, 0.9, 0.8, 0.72, 0.65, 0.55),
    (1.0, 1.06, 1.08, 1.04, 0.94, 0.5, 0.42),
)  # fmt: skip
# Messages are sent in office hours.
SENDING = Rhythm(
    (0.005, 0.005, 0.005, 0.005, 0.005, 0.005, 0.03, 0.25, 1.1, 2.2, 2.8, 2.5,
     1.6, 1.9, 2.5, 2.4, 1.9, 1.0, 0.3, 0.08, 0.02, 0.01, 0.005, 0.005),
    (1.02, 1.12, 1.1, 1.04, 0.8, 0.05, 0.025),
)  # fmt: skip
# Answers come by day, some in the evening, few at the weekend.
REPLYING = Rhythm(
    (0.1, 0.06, 0.05, 0.05, 0.08, 0.18, 0.45, 0.95, 1.6, 1.9, 1.9, 1.7,
     1.35, 1.5, 1.65, 1.6, 1.4, 1.15, 0.9, 0.8, 0.75, 0.6, 0.4, 0.2),
    (1.1, 1.1, 1.05, 1.0, 0.85, 0.32, 0.28),
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """What all parts of one demo database share: time span, scale, seed, outage, and change of model."""

    start: int
    now: int
    scale: float
    seed: int
    outage_start: int
    outage_end: int
    model_change: int

    def random(self, part: str) -> Random:
        """Return random numbers for one part alone: a change of one part does not change the others."""
        return Random(f"{self.seed}/{part}")

    @property
    def volume(self) -> float:
        """Return how much happens from start to now: 1 in ninety days at scale 1."""
        return self.scale * (self.now - self.start) / (USUAL_DAYS * DAY)

    def in_outage(self, at: int) -> bool:
        return self.outage_start <= at < self.outage_end


def scene_until(now: datetime, *, scale: float, seed: int, days: int = USUAL_DAYS) -> Scene:
    """Return the scene of the days up to `now`, with an outage on a weekday and a change of model."""
    outage_day = now - timedelta(days=_OUTAGE_DAYS_AGO)
    if outage_day.weekday() >= _SATURDAY:
        outage_day -= timedelta(days=outage_day.weekday() - _SATURDAY + 1)
    outage_start = int(outage_day.replace(hour=9, minute=18, second=0).timestamp())
    end = int(now.timestamp())
    change_day = now - timedelta(days=_MODEL_CHANGE_DAYS_AGO)
    return Scene(
        start=end - days * DAY,
        now=end,
        scale=scale,
        seed=seed,
        outage_start=outage_start,
        outage_end=outage_start + 5 * HOUR + 37 * MINUTE,
        model_change=int(change_day.replace(hour=7, minute=30, second=0).timestamp()),
    )


class Timeline:
    """The activity of each hour of the scene: a rhythm with noise, and growth and the outage if wanted.

    Activity is measured in *active hours*: an hour of average activity is one, a night hour less,
    a busy one more. Delays given in active hours therefore stretch over nights and weekends.
    """

    def __init__(
        self, scene: Scene, rhythm: Rhythm, part: str, *, growth: bool = False, during_outage: float = 1.0
    ) -> None:
        random = scene.random(f"timeline/{part}")
        first_hour = scene.start // HOUR * HOUR
        inner = range(first_hour + HOUR, scene.now, HOUR)
        self._first_hour = first_hour
        self._edges: list[int] = [scene.start, *inner, scene.now]
        weights: list[float] = []
        day_noise: dict[int, float] = {}
        for begin, end in zip(self._edges, self._edges[1:], strict=False):
            at = datetime.fromtimestamp(begin, UTC)
            noise = day_noise.setdefault(begin // DAY, random.lognormvariate(0.0, 0.09))
            weight = rhythm.hours[at.hour] * rhythm.weekdays[at.weekday()] * noise
            weight *= random.lognormvariate(0.0, 0.1) * (end - begin) / HOUR
            if growth:
                weight *= 1 + _GROWTH * (begin - scene.start) / (scene.now - scene.start)
            overlap = max(0, min(end, scene.outage_end) - max(begin, scene.outage_start)) / (end - begin)
            weights.append(weight * (1 + overlap * (during_outage - 1)))
        average = sum(weights) / len(weights)
        self.weights: list[float] = [weight / average for weight in weights]
        self._cumulative: list[float] = [0.0, *accumulate(self.weights)]
        self._total = self._cumulative[-1]

    def slot(self, at: int) -> int:
        """Return the number of an instant's hour; the scene's first, shortened hour is 0."""
        return min((at - self._first_hour) // HOUR, len(self.weights) - 1)

    def level(self, at: int) -> float:
        """Return the activity around an instant, 1.0 on average, without steps at full hours."""
        slot = self.slot(at)
        following = self.weights[min(slot + 1, len(self.weights) - 1)]
        share = (at - self._first_hour - slot * HOUR) / HOUR
        return self.weights[slot] * (1 - share) + following * share

    def elapsed(self, at: int) -> float:
        """Return the active hours from the scene's start to an instant."""
        slot = self.slot(at)
        begin = self._edges[slot]
        share = (at - begin) / (self._edges[slot + 1] - begin)
        return self._cumulative[slot] + share * self.weights[slot]

    def at(self, active_hours: float) -> int | None:
        """Return the instant some active hours after the scene's start; None if it is not before now."""
        if active_hours >= self._total:
            return None
        slot = bisect_right(self._cumulative, active_hours) - 1
        begin = self._edges[slot]
        share = (active_hours - self._cumulative[slot]) / self.weights[slot]
        return min(int(begin + share * (self._edges[slot + 1] - begin)), self._edges[-1] - 1)

    def after(self, at: int, active_hours: float) -> int | None:
        """Return the instant a number of active hours after another; None if it is not before now."""
        return self.at(self.elapsed(at) + active_hours)

    def spread(self, count: int, random: Random) -> Iterator[list[int]]:
        """Yield for each hour its share of `count` events, as instants in order."""
        for slot, begin in enumerate(self._edges[:-1]):
            length = self._edges[slot + 1] - begin
            due = self._spread_until(slot + 1, count) - self._spread_until(slot, count)
            yield sorted(begin + int(random.random() * length) for _ in range(due))

    def spread_before(self, at: int, count: int) -> int:
        """Return how many of the `count` events of `spread` lie in the hours before that of an instant."""
        return self._spread_until(self.slot(at), count)

    def _spread_until(self, slot: int, count: int) -> int:
        return count if slot == len(self.weights) else int(self._cumulative[slot] / self._total * count)
