"""Owns the drawing of single values: instants around the edges of windows, labels, numbers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from . import values
from .values import Cell

DAY_S = 86_400
QUIET_S = 900

_OFFSETS = (
    (0, ""),
    (0, "Z"),
    (0, "+00:00"),
    (120, "+02:00"),
    (-330, "-05:30"),
    (840, "+14:00"),
    (-720, "-12:00"),
)
_BLANKS = ("", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000")


@dataclass(frozen=True)
class Draw:
    """Values for one database; `disputed` says whether values that the rules leave open occur as well.

    In a `quiet` database no stamp is of the last quarter of an hour, so the newest one is not simply now.
    """

    rng: random.Random
    now: datetime
    zone: ZoneInfo
    disputed: bool
    quiet: bool

    @property
    def now_s(self) -> int:
        return int(self.now.timestamp())

    def choice(self, usual: Sequence[Cell], disputed: Sequence[Cell] = ()) -> Cell:
        """One of the values, the disputed ones included if they are wanted."""
        return self.rng.choice([*usual, *disputed] if self.disputed else list(usual))

    @cached_property
    def edges(self) -> list[int]:
        """Epoch seconds at which a window, a day, an hour or an offset begins or ends."""
        local = self.now.astimezone(self.zone)
        edges = [self.now_s - hours * 3600 for hours in (0, 24, 48, 7 * 24)]
        for back in range(-1, 32):
            midnight = datetime(local.year, local.month, local.day, tzinfo=self.zone) - timedelta(days=back)
            edges.append(int(midnight.timestamp()))
        this_hour = self.now_s - local.minute * 60 - local.second
        edges += [this_hour - back * 3600 for back in range(49)]
        for back in range(32 * 24):
            before, after = this_hour - (back + 1) * 3600, this_hour - back * 3600
            if self._offset(before) != self._offset(after):
                edges += [moment for moment in range(before - 7200, after + 7201, 1800) for _ in range(3)]
        return edges

    def _offset(self, moment: int) -> timedelta | None:
        return datetime.fromtimestamp(moment, tz=self.zone).utcoffset()

    def moment(self) -> int:
        """Epoch seconds, mostly of the last 31 days, often on an edge or a second off, at times future."""
        kind = self.rng.random()
        if kind < 0.35:
            return self.rng.choice(self.edges) + self.rng.choice((-1, 0, 0, 0, 1))
        if kind < 0.6:
            return self.now_s - self.rng.randrange(2 * DAY_S)
        if kind < 0.9:
            return self.now_s - self.rng.randrange(32 * DAY_S)
        if kind < 0.97:
            return self.now_s + self.rng.randrange(1, 3 * DAY_S)
        return self.rng.randrange(4_133_980_800)

    def stamp(self, moment: int | None = None) -> Cell:
        """The moment, or a drawn one, in any readable spelling; at times null or an odd value instead."""
        kind = self.rng.random()
        if kind < 0.04:
            return None
        if kind < 0.12:
            return self.choice(values.ODD_STAMPS, values.DISPUTED_STAMPS)
        return self.spelled(self.moment() if moment is None else moment)

    def spelled(self, moment: int) -> Cell:
        """One of the readable spellings of an instant of the years 1970 to 2100."""
        if self.quiet and self.now_s - QUIET_S < moment <= self.now_s:
            moment -= QUIET_S
        utc = datetime.fromtimestamp(moment, tz=UTC)
        if self.rng.random() < 0.4:
            return utc.strftime(self.rng.choice(("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000Z")))
        fraction = self.rng.choice(("", "", ".000", ".500", ".999"))
        if self.disputed:
            fraction = self.rng.choice((fraction, fraction, ".9", ".999999", ".999999999"))
        offset, suffix = self.rng.choice(_OFFSETS)
        written = utc + timedelta(minutes=offset)
        options: list[Cell] = [
            written.strftime("%Y-%m-%d %H:%M:%S") + fraction + suffix,
            written.strftime("%Y-%m-%dT%H:%M:%S") + fraction + suffix,
        ]
        if written.second == 0:
            options += [written.strftime(f"%Y-%m-%d{separator}%H:%M") + suffix for separator in " T"] * 2
        if (written.hour, written.minute, written.second) == (0, 0, 0):
            options += [written.strftime("%Y-%m-%d") + suffix] * 3
        options += self._epochs(moment)
        return self.rng.choice(options)

    def _epochs(self, moment: int) -> list[Cell]:
        part = self.rng.choice((0, 0, 1, 500, 999))
        epochs: list[Cell] = [moment, float(moment), moment + 0.75, str(moment)]
        milliseconds = moment * 1000 + part
        if milliseconds >= 100_000_000_000:
            epochs += [milliseconds, float(milliseconds), milliseconds + 0.5, str(milliseconds)]
        return epochs

    def label(self, pool: Sequence[str], *, odd: float = 0.06) -> Cell:
        """One of the pool, at times in another case or with white space around it; `odd` share of others."""
        kind = self.rng.random()
        if kind < odd / 2:
            return None
        if kind < odd:
            return self.choice(values.ODD_LABELS, values.LABELS_OF_OTHER_KINDS)
        label = self.rng.choice(pool)
        if kind < 0.8:
            return label
        cased = self.rng.choice((label, label.upper(), label.title()))
        before, after = (self.rng.choice(_BLANKS) for _ in range(2))
        return before + cased + after

    def number(self, usual: Cell, odd_values: Sequence[Cell] = values.ODD_NUMBERS) -> Cell:
        """The usual value, itself or as text; at times null or an odd one."""
        kind = self.rng.random()
        if kind < 0.03:
            return None
        if kind < 0.12:
            return self.choice(odd_values, values.DISPUTED_NUMBERS)
        return str(usual) if kind < 0.22 else usual

    def dyadic(self, most: int) -> float:
        """A number below `most` whose sums are exact in binary, so that equal sums are equal in any order."""
        return self.rng.randrange(most * 64) / 64
