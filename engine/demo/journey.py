"""Draws one site's way through the pipeline: which statuses it enters, and when.

A journey is fixed when its site is found, so that the site's row can be written once, in its final
state. Its entries are in order of time, at least a minute apart, and none is at or after now.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from engine.demo.timeline import DAY, HOUR, MACHINE, MINUTE, SENDING, Scene, Timeline


@dataclass(frozen=True)
class _Step:
    """The step into one stage: its typical delay, and how often a site takes another way."""

    to: str
    median_active_hours: float
    stalled: float
    excluded: float
    failing: float


_STEPS = (
    _Step("assets_captured", 2.2, 0.02, 0.015, 0.06),
    _Step("scored", 1.6, 0.015, 0.01, 0.015),
    _Step("rescored", 5.0, 0.08, 0.17, 0.01),
    _Step("enriched", 6.0, 0.055, 0.06, 0.02),
    _Step("proposals_drafted", 11.0, 0.07, 0.02, 0.015),
    _Step("outreach_partial", 20.0, 0.09, 0.01, 0.003),
    _Step("outreach_sent", 16.0, 0.06, 0.004, 0.006),
)
_SIGMA = 0.85
_RECOVERS = 0.6
_RECOVERY_ACTIVE_HOURS = 9.0
# Somebody moves a stuck or failing site on by hand, or excludes it in the end.
_TAKEN_UP_AGAIN = 0.6
_TAKEN_UP_ACTIVE_HOURS = 30.0
_STALLED_DAYS = (6, 16)
_FAILING_DAYS = (25, 45)
_ALL_AT_ONCE = 0.25  # sites whose messages all go out in one go, never partly sent
_FAILS_IN_OUTAGE = 0.5
_RECOVERS_FROM_OUTAGE = 0.93


@dataclass(frozen=True)
class Journey:
    """The statuses a site entered, with their instants, and what its row needs to know of them.

    `blocked_stage` is the stage a site that is failing now was on its way to, else None; `in_outage`
    says whether the outage was the cause.
    """

    entries: tuple[tuple[int, str], ...]
    retries: int
    blocked_stage: str | None
    in_outage: bool

    @property
    def status(self) -> str:
        return self.entries[-1][1]

    def entered(self, status: str) -> int | None:
        """Return when the site first entered a status; None if it never did."""
        return next((at for at, name in self.entries if name == status), None)


class Journeys:
    """Draws journeys. Sending follows office hours, and the other stages follow the machine's rhythm."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._random = scene.random("journeys")
        machine = Timeline(scene, MACHINE, "journeys/machine")
        sending = Timeline(scene, SENDING, "journeys/sending")
        self._timelines = [sending if step.to.startswith("outreach") else machine for step in _STEPS]

    def draw(self, found_at: int) -> Journey:
        """Return the journey of a site found at an instant."""
        random, scene = self._random, self._scene
        entries = [(found_at, "found")]
        at, retries, in_outage = found_at, 0, False
        blocked: str | None = None
        all_at_once = random.random() < _ALL_AT_ONCE
        for step, timeline in zip(_STEPS, self._timelines, strict=True):
            if all_at_once and step.to == "outreach_partial":
                continue
            due = self._due(timeline, at, step.median_active_hours)
            fate = random.random()
            if due is None:
                break
            if fate < step.stalled:
                taken_up = self._taken_up(timeline, at)
                if taken_up is None:
                    self._exclude(entries, _STALLED_DAYS)
                    break
                entries.append((taken_up, step.to))
                at = taken_up
                continue
            fate -= step.stalled
            if fate < step.excluded:
                entries.append((due, "excluded"))
                break
            in_outage = scene.in_outage(due)
            if in_outage and random.random() >= _FAILS_IN_OUTAGE:
                in_outage = False  # it waits in the queue until the outage is over
                due = scene.outage_end + int(random.expovariate(1 / HOUR))
            elif in_outage or fate - step.excluded < step.failing:
                entries.append((due, "failing"))
                retries += random.randint(1, 3)
                blocked = step.to
                recovered = self._recovered(random, timeline, due, in_outage=in_outage)
                if recovered is None:
                    if self._exclude(entries, _FAILING_DAYS):
                        blocked = None
                    break
                due, blocked = recovered, None
            entries.append((due, step.to))
            at = due
        return Journey(tuple(entries), retries, blocked, in_outage)

    def _due(self, timeline: Timeline, at: int, median_active_hours: float) -> int | None:
        delay = median_active_hours * self._random.lognormvariate(0.0, _SIGMA)
        due = timeline.after(at, delay)
        if due is None or due < at + MINUTE:
            due = at + MINUTE if due is not None and at + MINUTE < self._scene.now else None
        return due

    def _taken_up(self, timeline: Timeline, at: int) -> int | None:
        """Return when somebody moves a stalled site on; None if nobody has by now."""
        if self._random.random() >= _TAKEN_UP_AGAIN:
            return None
        return self._due(timeline, at, _TAKEN_UP_ACTIVE_HOURS)

    def _exclude(self, entries: list[tuple[int, str]], after_days: tuple[int, int]) -> bool:
        """Exclude a site after a number of days without progress; return whether that is before now."""
        at = entries[-1][0] + int(self._random.uniform(*after_days) * DAY)
        if at >= self._scene.now:
            return False
        entries.append((at, "excluded"))
        return True

    def _recovered(self, random: Random, timeline: Timeline, at: int, *, in_outage: bool) -> int | None:
        """Return when a failing site enters the stage after all; None if it has not by now."""
        if in_outage:
            if random.random() >= _RECOVERS_FROM_OUTAGE:
                return None
            return self._scene.outage_end + 5 * MINUTE + int(random.expovariate(1 / (2 * HOUR)))
        if random.random() >= _RECOVERS:
            return None
        return self._due(timeline, at, _RECOVERY_ACTIVE_HOURS)
