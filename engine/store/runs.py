"""The rows of ``dashboard_runs``: a run stored, the latest runs read, and figures over a day and a week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.clock import CLOCK_SLACK, to_sqlite
from engine.model.settings import StorePlace
from engine.store.backend import Connection, reading
from engine.store.entries import times_of

ALL = "all"
"""The scope of a run of every dataset."""

RUNS_KEPT_DAYS = 90
DELETED_AT_ONCE = 100


@dataclass(frozen=True)
class RunRecord:
    """A run that has ended, as it is stored; ``error`` is None if all went well.

    ``datasets`` is the number of datasets computed. ``failed`` is the number of those that failed; a dataset
    that is unavailable, because the source lacks a table, does not count as failed.
    """

    trigger: str
    scope: str
    time_zone: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    duration_ms: int
    datasets: int
    failed: int
    entries: int
    status: str
    error: str | None


@dataclass(frozen=True)
class RunRow:
    """One stored run; ``error`` is None if all went well, ``generation`` None if it changed nothing."""

    id: int
    trigger: str
    scope: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    duration_ms: int
    datasets: int
    entries: int
    status: str
    error: str | None
    generation: int | None


@dataclass(frozen=True)
class RunTotals:
    """The number of runs, and of those in which all or some of the datasets failed."""

    runs: int = 0
    failures: int = 0


@dataclass(frozen=True)
class TriggerRuns:
    """The runs of one trigger over a week; their mean duration is in milliseconds."""

    trigger: str
    totals: RunTotals
    mean_duration_ms: float


@dataclass(frozen=True)
class RunFigures:
    """The latest runs, newest first, and totals over 24 hours and 7 days."""

    recent: tuple[RunRow, ...] = ()
    last_24_hours: RunTotals = RunTotals()
    last_7_days: RunTotals = RunTotals()
    triggers: tuple[TriggerRuns, ...] = ()


def insert_run(connection: Connection, record: RunRecord, generation: int | None) -> int:
    """Insert a run's row and return its id; ``generation`` is None for a run that changed nothing.

    It also deletes the rows of old runs. The connection is in a write transaction.
    """
    oldest = to_sqlite(record.finished_at - timedelta(days=RUNS_KEPT_DAYS))
    # Looking through all of them would take as long as the rest of the transaction.
    connection.execute(
        "delete from dashboard_runs where finished_at < ?"
        f" and id in (select id from dashboard_runs order by id limit {DELETED_AT_ONCE})",
        (oldest,),
    )
    inserted = connection.execute(
        'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms,'
        " datasets, entries, status, error, generation)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
        (
            record.trigger,
            record.scope,
            to_sqlite(record.as_of),
            to_sqlite(record.started_at),
            to_sqlite(record.finished_at),
            record.duration_ms,
            record.datasets,
            record.entries,
            record.status,
            record.error,
            generation,
        ),
    )
    return int(inserted.fetchall()[0][0])


def recent_runs(store: StorePlace, limit: int) -> tuple[RunRow, ...]:
    """Return the latest runs, newest first. Raises SourceError."""
    with reading(store) as connection:
        return tuple(select_runs(connection, "order by id desc limit ?", [limit]))


def latest_run_id(store: StorePlace) -> int:
    """Return the id of the latest run, 0 before the first. Raises SourceError."""
    with reading(store) as connection:
        return int(connection.execute("select coalesce(max(id), 0) from dashboard_runs").fetchone()[0])


def select_runs(connection: Connection, clause: str, parameters: list[object]) -> Iterable[RunRow]:
    """Yield the runs that an SQL clause selects, without those whose times cannot be read."""
    columns = (
        'id, "trigger", scope, as_of, started_at, finished_at, duration_ms, datasets, entries, status,'
        " error, generation"
    )
    for row in connection.execute(f"select {columns} from dashboard_runs {clause}", parameters).fetchall():
        id_, trigger, scope, as_of, started_at, finished_at, *rest = row
        times = times_of(f"run {id_}", as_of, started_at, finished_at)
        if times is not None:
            described, started, finished = times
            yield RunRow(id_, trigger, scope, described, started, finished, *rest)


_TOTALS_SQL = """
with recent as (
    select started_at, status <> 'success' as failed from dashboard_runs
    where started_at > :week and started_at <= :latest
)
select count(*), count(*) filter (where failed), count(*) filter (where started_at > :day),
    count(*) filter (where failed and started_at > :day)
from recent
"""

_TRIGGERS_SQL = """
select "trigger", count(*), count(*) filter (where status <> 'success'), avg(duration_ms)
from dashboard_runs
where started_at > ? and started_at <= ?
group by "trigger"
order by count(*) desc, "trigger"
"""


def select_run_figures(connection: Connection, now: datetime, limit: int) -> RunFigures:
    """Return the latest ``limit`` runs, and totals over 24 hours and 7 days."""
    # A start in the future was stamped before the clock was set back. It is in no window.
    latest = to_sqlite(now + CLOCK_SLACK)
    week, day = to_sqlite(now - timedelta(days=7)), to_sqlite(now - timedelta(days=1))
    runs, failures, runs_24h, failures_24h = connection.execute(
        _TOTALS_SQL, {"week": week, "day": day, "latest": latest}
    ).fetchone()
    return RunFigures(
        recent=tuple(select_runs(connection, "order by id desc limit ?", [limit])),
        last_24_hours=RunTotals(runs_24h, failures_24h),
        last_7_days=RunTotals(runs, failures),
        triggers=tuple(
            TriggerRuns(trigger, RunTotals(count, failed), mean)
            for trigger, count, failed, mean in connection.execute(_TRIGGERS_SQL, (week, latest))
        ),
    )
