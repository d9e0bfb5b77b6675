"""The tables between web processes and worker: requests with their answers, and what each worker reports.

Nothing in them is worth keeping over a crash of the server, so they are unlogged: a request and its answer
cost no write to its log. All ages are by the server's clock: the processes may run
on several machines.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from engine.model.places.postgres_address import PostgresAddress
from engine.postgres import PostgresConnection, make_schema, reading, writing
from engine.runs.replies import ANSWER_SECONDS

GONE_SECONDS = 6.0
"""A worker that has reported nothing for so long is gone."""
KEPT_SECONDS = 60.0
"""How long an answer is kept for whoever asked; as a rule it is fetched at once."""
MOST_TAKEN = 32

REQUESTS, ANSWERS, REPORTS = "dashboard_requests", "dashboard_answers", "dashboard_reports"
"""The channels of notifications."""

_SCHEMA = """
create unlogged table if not exists dashboard.dashboard_requests (
    id text primary key, kind text not null, content bytea not null,
    asked_at timestamptz not null default now(), taken_by text, answered_at timestamptz, answer bytea
);
create unlogged table if not exists dashboard.dashboard_workers (
    id text primary key, seen_at timestamptz not null default now(), progress text not null,
    source text not null, source_at timestamptz not null default now()
);
"""
_ALIVE = "seen_at > now() - make_interval(secs => ?)"


class Kind(StrEnum):
    """The kinds of requests."""

    RUN = "run"
    QUESTION = "question"


@dataclass(frozen=True)
class Request:
    """A request that a worker has taken; ``content`` is JSON."""

    id: str
    kind: Kind
    content: bytes


@dataclass(frozen=True)
class WorkerReport:
    """What a worker has reported: JSON texts, empty if there is nothing; ages are in seconds."""

    progress: str
    source: str
    age_seconds: float
    source_age_seconds: float


def prepare_mailbox(address: PostgresAddress) -> None:
    """Make the tables if they are missing. Raises SourceError."""
    with writing(address) as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('dashboard mailbox'), 0)")
        (found,) = connection.execute("select to_regclass('dashboard.dashboard_workers')").fetchall()
        if found[0] is None:
            make_schema(connection, address)
            connection.executescript(_SCHEMA)


def post(address: PostgresAddress, request: Request) -> None:
    """Store a request, and notify the workers. Raises SourceError."""
    with writing(address) as connection:
        connection.execute(
            "with posted as (insert into dashboard_requests (id, kind, content) values (?, ?, ?)"
            " returning id) select pg_notify(?, '') from posted",
            (request.id, request.kind.value, request.content, REQUESTS),
        )


def withdraw(address: PostgresAddress, ids: Collection[str]) -> None:
    """Delete requests that nobody waits for any more. Raises SourceError."""
    with writing(address) as connection:
        connection.execute("delete from dashboard_requests where id = any(?)", (list(ids),))


def fetch_answers(address: PostgresAddress, ids: Collection[str]) -> dict[str, bytes]:
    """Return the answers that are there, by request, and delete them. Raises SourceError."""
    with writing(address) as connection:
        sql = (
            "delete from dashboard_requests where id = any(?) and answered_at is not null"
            " returning id, answer"
        )
        return {found[0]: bytes(found[1]) for found in connection.execute(sql, (list(ids),)).fetchall()}


def take(address: PostgresAddress, worker: str) -> list[Request]:
    """Return requests for this worker, the oldest first: new ones, and those of workers that are gone.

    Raises SourceError.
    """
    sql = f"""
        with wanted as (
            select id from dashboard_requests
            where answered_at is null and taken_by is distinct from ?
                and (kind <> 'question' or asked_at > now() - make_interval(secs => ?))
                and (taken_by is null or taken_by not in (select id from dashboard_workers where {_ALIVE}))
            order by asked_at limit {MOST_TAKEN} for update skip locked
        ), taken as (
            update dashboard_requests set taken_by = ? from wanted where dashboard_requests.id = wanted.id
            returning dashboard_requests.id, kind, content, asked_at
        )
        select id, kind, content from taken order by asked_at
    """
    with writing(address) as connection:
        rows = connection.execute(sql, (worker, ANSWER_SECONDS, GONE_SECONDS, worker)).fetchall()
    return [Request(request_id, Kind(kind), bytes(content)) for request_id, kind, content in rows]


def answer(address: PostgresAddress, request_id: str, content: bytes) -> None:
    """Store the answer to a request if somebody waits for it, and notify. Raises SourceError."""
    with writing(address) as connection:
        connection.execute(
            "with answered as (update dashboard_requests set answer = ?, answered_at = now() where id = ?"
            " returning id) select pg_notify(?, '') from answered",
            (content, request_id, ANSWERS),
        )


def report(
    address: PostgresAddress, worker: str, progress: str, source: str, source_age_seconds: float
) -> None:
    """Store what a worker reports, which also shows that it lives, and notify. Raises SourceError."""
    with writing(address) as connection:
        connection.execute(
            "with reported as (insert into dashboard_workers (id, seen_at, progress, source, source_at)"
            " values (?, now(), ?, ?, now() - make_interval(secs => ?)) on conflict (id) do update set"
            " seen_at = excluded.seen_at, progress = excluded.progress, source = excluded.source,"
            " source_at = excluded.source_at returning id) select pg_notify(?, '') from reported",
            (worker, progress, source, source_age_seconds, REPORTS),
        )


def clear_old(address: PostgresAddress) -> None:
    """Delete answers that nobody has fetched, and all but the latest of the workers that are gone.

    Raises SourceError.
    """
    with writing(address) as connection:
        connection.execute(
            "delete from dashboard_requests where answered_at < now() - make_interval(secs => ?)"
            " or asked_at < now() - interval '1 day' or (kind = 'question' and asked_at < now()"
            " - make_interval(secs => ?))",
            (KEPT_SECONDS, ANSWER_SECONDS + KEPT_SECONDS),
        )
        connection.execute(
            "delete from dashboard_workers where seen_at < now() - interval '1 hour'"
            " and seen_at < (select max(seen_at) from dashboard_workers)"
        )


def leave(address: PostgresAddress, worker: str) -> None:
    """Note that a worker ends, so that another takes its requests at once. Raises SourceError."""
    with writing(address) as connection:
        connection.execute(
            "update dashboard_requests set taken_by = null where taken_by = ? and answered_at is null",
            (worker,),
        )
        connection.execute(
            "update dashboard_workers set seen_at = now() - make_interval(secs => ?), progress = ''"
            " where id = ?",
            (GONE_SECONDS, worker),
        )


def read_reports(address: PostgresAddress) -> list[WorkerReport]:
    """Return what the workers have reported, the latest first. Raises SourceError."""
    with reading(address) as connection:
        return _reports(connection)


def _reports(connection: PostgresConnection) -> list[WorkerReport]:
    sql = (
        "select progress, source, extract(epoch from clock_timestamp() - seen_at)::float8,"
        " extract(epoch from clock_timestamp() - source_at)::float8 from dashboard_workers"
        " order by seen_at desc limit 8"
    )
    return [WorkerReport(*row) for row in connection.execute(sql).fetchall()]
