"""Answers what is known of one kind of error: an example, when it was seen, and the sites that it hit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.model import questions as q
from engine.model.clock import Clock, wall_clock
from engine.model.errors import DashboardError, nearest
from engine.model.questions.things import ERROR_DAYS
from engine.replica.macros import create_clock_macros
from engine.replica.questions.literals import text_literal
from engine.replica.questions.reading import Asked
from engine.replica.questions.replica_tables import ReplicaTables


@dataclass(frozen=True)
class _Source:
    """Where the errors of one source are: table, rollup, and the columns of stage, id and time there."""

    table: str
    rollup: str
    stage: str
    id: str
    seen_at: str


_SOURCES: Mapping[str, _Source] = {
    "site": _Source("sites", "site_errors", "stage", "site_id", "seen_at"),
    "outreach": _Source("outreaches", "outreach_errors", "channel", "outreach_id", "seen_at"),
    "cron": _Source("cron_job_logs", "job_errors", "job_name", "run_id", "started_at"),
}


def error_kinds(tables: ReplicaTables, table: str, ids: Iterable[int | None]) -> dict[int, q.ErrorKind]:
    """Return the kinds of the errors of some rows of a table, by their ids; of rows without one, none.

    There are none either while a run brings the rollups up to date.
    """
    source = next((name for name, each in _SOURCES.items() if each.table == table), None)
    listed = ",".join(str(rowid) for rowid in ids if rowid is not None)
    if source is None or not listed or tables.are_rollups_due():
        return {}
    own = _SOURCES[source]
    found = tables.rows(
        f"select source_rowid, {own.stage}, coalesce(nullif(group_message, ''), message) from {own.rollup}"
        f" where source_rowid in ({listed})"
    )
    return {rowid: q.ErrorKind(source, stage, message) for rowid, stage, message in found}


def error_answer(question: q.ErrorQuestion, asked: Asked) -> q.ErrorAnswer:
    """Return what is known of an error; of one that does not occur any more, nothing but its name."""
    source = _SOURCES.get(question.source)
    if source is None:
        raise DashboardError(question.source, "no such source of errors", nearest(question.source, _SOURCES))
    with asked.cursor() as cursor:
        tables = ReplicaTables(cursor)
        tables.state(source.table)
        tables.require_rollups()
        as_of = tables.as_of(source.table)
        now = wall_clock() if as_of is None else q.utc(as_of).replace(microsecond=0)
        create_clock_macros(cursor, Clock(now, question.time_zone or "UTC"), temporary=True)
        cursor.execute(f"create temp table own as {_own(question, source)}")
        ((errors, first, last, example),) = tables.rows(
            "select count(*), min(seen_at), max(seen_at), arg_max(error, place_of(seen_at, id)) from temp.own"
        )
        days = tables.rows(
            "select local_day(seen_at) as day, count(*) from temp.own"
            f" where seen_at >= days_start({ERROR_DAYS}) and seen_at <= run_now() group by day order by day"
        )
        sites, total = _sites(tables, source, min(max(0, question.limit), q.MOST_ROWS))
    return q.ErrorAnswer(
        source=question.source,
        stage=question.stage,
        message=question.message,
        table=source.table,
        errors=errors,
        first_seen=first,
        last_seen=last,
        example=example,
        days=tuple(q.ErrorDay(day, count) for day, count in days),
        sites=sites,
        sites_total=total,
        replica_as_of=as_of,
    )


def _own(question: q.ErrorQuestion, source: _Source) -> str:
    """Return the query of the errors of one kind. The two datasets of errors name a few kinds differently."""
    message = text_literal(question.message)
    stage = "null" if question.stage is None else text_literal(question.stage)
    return (
        f"select {source.id} as id, {source.seen_at} as seen_at, error_message as error from {source.rollup}"
        f" where {source.stage} is not distinct from {stage}"
        f" and (group_message = {message} or message = {message})"
    )


def _sites(tables: ReplicaTables, source: _Source, limit: int) -> tuple[tuple[q.ErrorSite, ...], int]:
    """Return the latest sites with the error, and how many there are; none for runs of jobs."""
    if source.table == "cron_job_logs":
        return (), 0
    hit = "select id as site_id, seen_at, error from temp.own"
    if source.table == "outreaches":
        hit = (
            f"with outreaches as ({tables.whole('outreaches')})"
            " select outreaches.site_id, own.seen_at, own.error"
            " from temp.own as own join outreaches on outreaches.outreach_id = own.id"
        )
    latest = (
        f"select site_id, max(seen_at) as seen_at, arg_max(error, seen_at) as error from ({hit})"
        " where site_id is not null group by site_id"
    )
    total = tables.number(f"select count(distinct site_id) from ({hit})")
    domain, joined = "null", ""
    if tables.has("sites"):
        sites = f"select site_id, any_value(domain) as domain from ({tables.whole('sites')}) group by 1"
        domain, joined = "domain", f" left join ({sites}) as sites using (site_id)"
    found = tables.rows(
        f"select latest.site_id, {domain}, seen_at, error"
        f" from (from ({latest}) order by seen_at desc nulls last, site_id limit {limit}) as latest{joined}"
        " order by seen_at desc nulls last, latest.site_id"
    )
    return tuple(
        q.ErrorSite(str(site_id), name, seen_at, error) for site_id, name, seen_at, error in found
    ), total
