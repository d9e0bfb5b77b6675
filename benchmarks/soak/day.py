"""A day in minutes: a schedule and a pipeline that live by a clock many times faster.

What depends on the time of day comes by: the change of the day, warm-up times, values that go stale, the
history of runs that is thinned out.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.changes import write_changes
from engine.model.setting_table.loading import load_settings
from engine.runs import Runner
from engine.runs.schedule import Schedule

DAY = timedelta(hours=24)
ROWS_A_ROUND = 20
# Real seconds from one scheduled run to the next: on a busy machine a run takes two.
SECONDS_A_RUN = 3.0


@dataclass(frozen=True)
class DayReport:
    """A day that has passed: its runs by trigger, those that failed, and the largest size of the replica."""

    runs: Counter[str]
    failed: int
    replica_bytes: int


class FastClock:
    """A clock that began at an instant and runs ``speed`` times as fast as the real one."""

    def __init__(self, begin: datetime, speed: float) -> None:
        self._begin = begin
        self._ticks = time.monotonic()
        self._speed = speed

    def __call__(self) -> datetime:
        """Return the instant, in whole seconds."""
        return self._begin + timedelta(seconds=int((time.monotonic() - self._ticks) * self._speed))


def live_a_day(db: Path, state_dir: Path, begin: datetime, seconds: float) -> DayReport:
    """Let a source and its dashboard live a day that begins at an instant, in some real seconds.

    Raises DashboardError if the source cannot be read.
    """
    speed = DAY.total_seconds() / seconds
    settings = load_settings(
        {
            "DASHBOARD_DB": str(db),
            "DASHBOARD_STATE_DIR": str(state_dir),
            "DASHBOARD_WARM_AT": "06:30",
            "DASHBOARD_PRECOMPUTE_INTERVAL": str(round(SECONDS_A_RUN * speed)),
        },
        None,
    )
    clock, random, replica_bytes = FastClock(begin, speed), Random(11), 0
    runner = Runner(settings)
    try:
        schedule = Schedule(runner, settings, begin, clock)
        while (now := clock()) < begin + DAY:
            write_changes(db, now, random, new=ROWS_A_ROUND, changed=ROWS_A_ROUND)
            schedule.poll()
            replica_bytes = max(replica_bytes, *(file.stat().st_size for file in state_dir.iterdir()))
    finally:
        runner.close()
    runs, failed = _runs(db)
    return DayReport(runs, failed, replica_bytes)


def _runs(db: Path) -> tuple[Counter[str], int]:
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute(
            "select \"trigger\", count(*), sum(status = 'failed') from dashboard_runs group by 1"
        ).fetchall()
    return Counter({trigger: count for trigger, count, _ in rows}), sum(failed for _, _, failed in rows)
