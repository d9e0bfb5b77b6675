"""Finds what contains a text, in any case: sites, contacts, jobs, models and errors.

Domains and contacts are scanned as DuckDB stores them, which needs no index of substrings that each sync
would have to keep up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.model import questions as q
from engine.replica.questions.literals import begins, holds, text_literal
from engine.replica.questions.reading import Asked
from engine.replica.questions.replica_tables import ReplicaTables

MOST_CHARACTERS = 200
MOST_CANDIDATES = 1_000
"""So many rows that contain a text are put in order; of a text in more rows, those that begin with it too."""
MOST_MESSAGES = 5
_Find = Callable[[ReplicaTables, str, int], list[q.SearchHit]]


def search_answer(question: q.SearchQuestion, asked: Asked) -> q.SearchAnswer:
    """Return the hits, each kind's share of them in the order of ``KINDS``."""
    text = question.text[:MOST_CHARACTERS].strip().lower()
    limit = min(max(1, question.limit), q.MOST_HITS)
    with asked.cursor() as cursor:
        tables = ReplicaTables(cursor)
        found = {
            kind: _FIND[kind](tables, text, limit) for kind in q.KINDS if kind in question.kinds and text
        }
        as_of = tables.as_of("sites", "outreaches", "cron_jobs")
    return q.SearchAnswer(tuple(_shared(found, limit)), as_of)


def _shared(found: Mapping[q.Kind, list[q.SearchHit]], limit: int) -> list[q.SearchHit]:
    """Return so many hits that no kind crowds out another."""
    taken = dict.fromkeys(found, 0)
    left = min(limit, sum(map(len, found.values())))
    while left:
        for kind, hits in found.items():
            if left and taken[kind] < len(hits):
                taken[kind] += 1
                left -= 1
    return [hit for kind, hits in found.items() for hit in hits[: taken[kind]]]


def _matches(column: str, text: str) -> str:
    return f"contains(lower({column}), {text_literal(text)})"


def _order(column: str, text: str) -> str:
    return f"order by starts_with(lower({column}), {text_literal(text)}) desc, {column}"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _detail(*parts: object) -> str | None:
    return " · ".join(str(part) for part in parts if part not in (None, "")) or None


def _candidates(tables: ReplicaTables, table: str, columns: tuple[str, ...], text: str) -> str:
    """Find the rows that contain a text; return the name of a temporary table with some of their columns.

    The first column is searched. Of a text in more rows than are put in order it has the first, and those
    that begin with it. The texts of nearly all rows have small letters alone, and those of the others are in
    a rollup, because turning millions of texts into small letters would take longer than to search them.
    """
    column, names = columns[0], ", ".join(columns)
    name, capital = f"temp.found_{table}", f"main.capital_{column}s"
    rows = f"({tables.whole(table)})"

    def found(source: str, condition: str) -> str:
        return f"(select {names} from {source} where {condition} limit {MOST_CANDIDATES})"

    containing = found(rows, holds(column, text))
    in_capitals = found(capital, _matches(column, text))
    tables.cursor.execute(f"create temp table found_{table} as {containing} union {in_capitals}")
    if tables.number(f"select count(*) from {name}") >= MOST_CANDIDATES:
        beginning = found(rows, begins(column, text))
        tables.cursor.execute(f"insert into {name} {beginning} except from {name}")
    return name


def _sites(tables: ReplicaTables, text: str, limit: int) -> list[q.SearchHit]:
    if not tables.has("sites") or "domain" not in tables.columns("sites"):
        return []
    tables.require_rollups()
    candidates = _candidates(tables, "sites", ("domain", "site_id", "stage", "country"), text)
    found = tables.rows(
        f"select site_id, domain, stage, country from {candidates}"
        f" {_order('domain', text)}, site_id, stage, country limit {limit}"
    )
    return [
        q.SearchHit("site", (_text(site_id),), domain, _detail(stage, country), True)
        for site_id, domain, stage, country in found
    ]


def _contacts(tables: ReplicaTables, text: str, limit: int) -> list[q.SearchHit]:
    if not tables.has("outreaches") or "contact" not in tables.columns("outreaches"):
        return []
    tables.require_rollups()
    # A contact may have several messages, of which the newest is named.
    candidates = _candidates(tables, "outreaches", ("contact", "outreach_id", "site_id", "channel"), text)
    found = tables.rows(
        f"with found as materialized (from {candidates}"
        f" {_order('contact', text)}, outreach_id desc limit {MOST_MESSAGES * limit})"
        " select site_id, max(outreach_id), contact, arg_max(channel, outreach_id) from found"
        f" group by site_id, contact {_order('contact', text)}, site_id limit {limit}"
    )
    return [
        q.SearchHit("contact", (_text(site_id), _text(outreach_id)), contact, _detail(channel), True)
        for site_id, outreach_id, contact, channel in found
    ]


def _jobs(tables: ReplicaTables, text: str, limit: int) -> list[q.SearchHit]:
    if not tables.has("cron_jobs"):
        return []
    found = tables.rows(
        f"with cron_jobs as ({tables.whole('cron_jobs')})"
        " select task_key, coalesce(name, task_key) as shown from cron_jobs"
        f" where {_matches('name', text)} or {_matches('task_key', text)}"
        f" {_order('shown', text)}, task_key limit {limit}"
    )
    return [
        q.SearchHit("job", (_text(key),), shown, None if key == shown else key, False)
        for key, shown in found
        if shown is not None
    ]


def _models(tables: ReplicaTables, text: str, limit: int) -> list[q.SearchHit]:
    if not tables.has("llm_usage") or not {"model", "provider"} <= set(tables.columns("llm_usage")):
        return []
    tables.require_rollups()
    found = tables.rows(
        "select model, any_value(provider) from llm_calls"
        f" where {_matches('model', text)} group by model {_order('model', text)} limit {limit}"
    )
    return [q.SearchHit("model", (model,), model, provider, False) for model, provider in found]


_ERRORS: Mapping[str, tuple[str, str, str]] = {
    "site": ("sites", "site_errors", "stage"),
    "outreach": ("outreaches", "outreach_errors", "channel"),
    "cron": ("cron_job_logs", "job_errors", "job_name"),
}
"""Source of an error → its table, its rollup, and the column of its stage."""


def _errors(tables: ReplicaTables, text: str, limit: int) -> list[q.SearchHit]:
    present = [names for names in _ERRORS.items() if tables.has(names[1][0])]
    if not present:
        return []
    tables.require_rollups()
    parts = [
        f"select '{source}' as source, {stage} as stage, group_message as message, count(*) as errors"
        f" from {rollup} where {_matches('group_message', text)} group by 2, 3"
        for source, (_, rollup, stage) in present
    ]
    found = tables.rows(
        f"from ({' union all '.join(parts)}) where message <> ''"
        f" order by starts_with(lower(message), {text_literal(text)}) desc, errors desc, source,"
        f" stage nulls last, message limit {limit}"
    )
    return [
        q.SearchHit(
            "error", (source, stage, message), message, _detail(source, stage, f"{errors} times"), True
        )
        for source, stage, message, errors in found
    ]


_FIND: Mapping[q.Kind, _Find] = {
    "site": _sites,
    "contact": _contacts,
    "job": _jobs,
    "model": _models,
    "error": _errors,
}
