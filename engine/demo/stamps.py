"""Writes instants in the two spellings of the pipeline's database; both are read as the same second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from engine.demo.timeline import DAY, Scene

Stamp = Callable[[int], str]

_CLOCK = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY)]
_MILLISECONDS = [f"{ms:03d}" for ms in range(1000)]


def stamper(scene: Scene, random: Random, javascript_share: float) -> Stamp:
    """Return a function that writes epoch seconds of the scene, a share of them as JavaScript does.

    Looking days and times up is several times faster than formatting each instant.
    """
    first_day = scene.start // DAY
    days = [
        datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%d")
        for day in range(first_day, scene.now // DAY + 1)
    ]
    base = first_day * DAY
    draw = random.random

    def stamp(at: int) -> str:
        day, second = divmod(at - base, DAY)
        drawn = draw()
        if drawn < javascript_share:
            milliseconds = _MILLISECONDS[int(drawn / javascript_share * 999)]
            return f"{days[day]}T{_CLOCK[second]}.{milliseconds}Z"
        return f"{days[day]} {_CLOCK[second]}"

    return stamp
