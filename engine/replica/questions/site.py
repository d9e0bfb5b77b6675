"""Answers with the life of one site: its stays in stages, and all that happened to it, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.model import questions as q
from engine.model.catalogue.staging import staging
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.replica.questions.error import error_kinds
from engine.replica.questions.literals import text_literal
from engine.replica.questions.reading import Asked
from engine.replica.questions.replica_tables import ReplicaTables

LATEST_ENTRIES = 5_000
"""The stays that these last entries have ended give the medians."""


@dataclass(frozen=True)
class _Life:
    """Events, oldest first, and how many there are of each kind."""

    events: list[q.SiteEvent]
    total: int
    calls: int
    cost_usd: float
    messages_in: int
    messages_out: int


def site_answer(question: q.SiteQuestion, asked: Asked) -> q.SiteAnswer:
    """Return a site's life. Raises DashboardError if there is no such site."""
    limit = min(max(0, question.limit), 4 * q.MOST_ROWS)
    with asked.cursor() as cursor:
        tables = ReplicaTables(cursor)
        id_ = _id_literal(tables, question.site_id)
        found = tables.rows(
            f"with sites as ({tables.whole('sites')})"
            " select source_rowid, domain, country, keyword, stage, score, grade, http_status, error_message,"
            f" created_at, updated_at from sites where site_id = {id_} order by source_rowid limit 1"
        )
        if not found:
            raise DashboardError(
                f"site {question.site_id[:40]}", "there is no such site", "search for its domain"
            )
        rowid, *cells = found[0]
        as_of = tables.as_of("sites", "site_status")
        stays = _stays(tables, id_, q.utc(as_of).replace(tzinfo=None) if as_of else _now())
        life = _life(tables, id_, limit)
        staged = None if rowid is None else tables.rows(f"from main.sites where source_rowid = {rowid}")[0]
        kinds = error_kinds(tables, "sites", [rowid])
    domain, country, keyword, stage, score, grade, http_status, error, created_at, updated_at = cells
    return q.SiteAnswer(
        site_id=question.site_id,
        id=None if rowid is None else str(rowid),
        domain=domain,
        country=country,
        keyword=keyword,
        stage=stage,
        score=score,
        grade=grade,
        http_status=http_status,
        error=error,
        created_at=created_at,
        updated_at=updated_at,
        stays=tuple(stays),
        events=tuple(life.events),
        events_total=life.total,
        calls=life.calls,
        cost_usd=life.cost_usd,
        messages_in=life.messages_in,
        messages_out=life.messages_out,
        mark=_mark(asked, rowid, staged),
        replica_as_of=as_of,
        error_kind=None if rowid is None else kinds.get(rowid),
    )


def _now() -> datetime:
    return wall_clock().replace(tzinfo=None)


def _id_literal(tables: ReplicaTables, site_id: str) -> str:
    """Return the id as a literal of the type that the replica's ids have."""
    key = next(column for column in staging()["sites"].columns if column.name == "site_id")
    tables.state("sites")
    literal = text_literal(site_id)
    return literal if key.type == "varchar" else f"try_cast({literal} as {key.type})"


def _mark(asked: Asked, rowid: int | None, staged: tuple[Any, ...] | None) -> q.Mark:
    if rowid is None:
        return ""
    try:
        source = asked.source.rows(asked.db, staging()["sites"], [rowid], [])
    except DashboardError:
        return ""
    if rowid not in source.staged:
        return "gone"
    return "" if source.staged[rowid] == staged else "changed"


# A stay begins with an entry whose status is another than that of the site's entry before.
_STAYS = """
    select site_id, entry_rowid, status, entered_at,
        lead(entered_at) over (partition by site_id order by entered_at, entry_id) as left_at,
        lead(entry_rowid) over (partition by site_id order by entered_at, entry_id) as ended_by
    from (
        select site_id, source_rowid as entry_rowid, entry_id, status, entered_at,
            lag(status) over (partition by site_id order by entered_at, entry_id) as status_before,
            row_number() over (partition by site_id order by entered_at, entry_id) as place
        from entries
        where entered_at is not null
    )
    where place = 1 or status is distinct from status_before
"""


def _stays(tables: ReplicaTables, id_: str, now: datetime) -> list[q.SiteStay]:
    if not tables.has("site_status"):
        return []
    whole = tables.whole("site_status")
    found = tables.rows(
        f"with entries as (select * from ({whole}) where site_id = {id_})"
        f" select status, entered_at, left_at from ({_STAYS}) order by entered_at, entry_rowid"
    )
    medians = _medians(tables, whole) if found else {}
    stays = []
    for stage, entered_at, left_at in found:
        took = (left_at or max(now, entered_at)) - entered_at
        hours = took.total_seconds() / 3600
        stays.append(q.SiteStay(stage, entered_at, left_at, hours, medians.get(stage)))
    return stays


def _medians(tables: ReplicaTables, whole: str) -> dict[str | None, float]:
    """Return the median of the stays that the latest entries have ended, in hours, by stage."""
    ((after,),) = tables.rows(f"select max(source_rowid) - {LATEST_ENTRIES} from main.site_status")
    if after is None:
        return {}
    return dict(
        tables.rows(
            "with recent as materialized (select distinct site_id from main.site_status"
            f" where source_rowid > {after}),"
            f" entries as (select * from ({whole}) where site_id in (select site_id from recent))"
            " select status, quantile_disc(date_diff('second', entered_at, left_at), 0.5) / 3600"
            f" from ({_STAYS}) where ended_by > {after} group by status"
        )
    )


def _life(tables: ReplicaTables, id_: str, limit: int) -> _Life:
    parts = list(_event_queries(tables, id_))
    if not parts:
        return _Life([], 0, 0, 0.0, 0, 0)
    tables.cursor.execute(f"create temp table life as {' union all '.join(parts)}")
    ((total, calls, cost, arrived, sent),) = tables.rows(
        "select count(*), count(*) filter (where kind = 'call'), exact_sum(cost_usd),"
        " count(*) filter (where kind = 'in'), count(*) filter (where kind = 'out') from temp.life"
    )
    rows = tables.rows(
        "select happened_at, kind, table_name, id, text, detail, has_contacts, cost_usd from temp.life"
        f" order by happened_at desc nulls last, place desc, id desc limit {limit}"
    )
    events = [
        q.SiteEvent(
            at, kind, table, None if rowid is None else str(rowid), text, detail, has_contacts, cost_usd
        )
        for at, kind, table, rowid, text, detail, has_contacts, cost_usd in reversed(rows)
    ]
    return _Life(events, total, calls, cost or 0.0, arrived, sent)


def _event_queries(tables: ReplicaTables, id_: str) -> Iterator[str]:
    """Yield a query of each kind of event; ``place`` orders those of one second."""

    def events(place: int, table: str, at: str, kind: str, text: str, **more: str) -> str:
        return (
            f"select {at} as happened_at, {kind} as kind, '{table}' as table_name, source_rowid as id,"
            f" cast({text} as varchar) as text, cast({more.get('detail', 'null')} as varchar) as detail,"
            f" {more.get('has_contacts', 'false')} as has_contacts,"
            f" cast({more.get('cost', 'null')} as double) as cost_usd, {place} as place"
            f" from ({tables.whole(table)}) where {more.get('where', f'site_id = {id_}')}"
        )

    if tables.has("site_status"):
        yield events(1, "site_status", "entered_at", "'stage'", "status")
    if tables.has("llm_usage"):
        yield events(2, "llm_usage", "called_at", "'call'", "model", detail="stage", cost="cost_usd")
    if tables.has("http_errors"):
        yield events(3, "http_errors", "occurred_at", "'request'", "status_code")
    yield events(
        9, "sites", "updated_at", "'error'", "stage", detail="error_message", has_contacts="true",
        where=f"site_id = {id_} and is_message(error_message)",
    )  # fmt: skip
    if not tables.has("outreaches"):
        return
    for place, (kind, at) in enumerate(
        (("proposed", "created_at"), ("sent", "sent_at"), ("delivered", "delivered_at")), start=4
    ):
        yield events(
            place, "outreaches", at, f"'{kind}'", "channel", detail="contact", has_contacts="true",
            where=f"site_id = {id_} and ({at} is not null or '{kind}' = 'proposed')",
        )  # fmt: skip
    yield events(
        8, "outreaches", "updated_at", "'error'", "channel", detail="error_message", has_contacts="true",
        where=f"site_id = {id_} and is_message(error_message)",
    )  # fmt: skip
    if tables.has("conversations"):
        own = f"select outreach_id from ({tables.whole('outreaches')}) where site_id = {id_}"
        yield events(
            7, "conversations", "received_at", "case direction when 'inbound' then 'in' else 'out' end",
            "channel", detail="sentiment",
            where=f"direction in ('inbound', 'outbound') and outreach_id in ({own})",
        )  # fmt: skip
