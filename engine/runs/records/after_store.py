"""The transaction that stores a run, and what the run writes to the source with it or after it.

That is its job's log and the change log that it has read. With a store apart both are one transaction of
their own, after that of the store. If it never comes, the cache has the run
all the same, and the next run prunes what this one has left.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from engine.model.errors import DashboardError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.settings import Settings
from engine.model.source_file.retry import ATTEMPT_SECONDS, while_locked
from engine.model.values.results import RunOutcome
from engine.runs.records.job_log import log_job_run
from engine.store.backend import Connection, writing
from engine.store.runs import RunRecord
from engine.store.sqlite.change_log import prune_change_log
from engine.store.sqlite.database import write_transaction

log = logging.getLogger(__name__)

PRUNING_SECONDS = 2.0
"""How long a run tries to prune a change log that is in use; if it cannot, the next run does."""


@contextmanager
def storing(settings: Settings, record: RunRecord | None, outcome: RunOutcome) -> Iterator[Connection]:
    """Return a write transaction on the store, which also logs the run of the job.

    ``record`` is None for a run that is none of the job's. Raises SourceError.
    """
    with writing(settings.store, ATTEMPT_SECONDS) as connection:
        yield connection
        if record is not None and not settings.is_apart:
            assert isinstance(connection, sqlite3.Connection)
            log_job_run(connection, record)
    if settings.is_apart:
        follow_in_source(settings, record, outcome)


def follow_in_source(settings: Settings, record: RunRecord | None, outcome: RunOutcome) -> None:
    """Log a run in the source, if that is set, and prune the change log, if there is one.

    ``record`` is None for a run that is none of the job's. A source that cannot be written to now is left as
    it is, and the log says so. Of a source in PostgreSQL only the change log is written.
    """
    if isinstance(settings.source, PostgresAddress):
        _prune_on_server(settings.source, outcome.changes_seen_in)
        return
    logged = record if settings.logs_jobs else None
    through = outcome.changes_through
    # Nobody asks for a change log in a source that this user may not write to.
    if logged is None and (through is None or not os.access(settings.db, os.W_OK)):
        return
    try:
        with write_transaction(settings.db) as connection:
            if through is not None:
                prune_change_log(connection, through)
            if logged is not None:
                log_job_run(connection, logged)
    except DashboardError as error:
        log.info("the run is not logged in the source, and its change log is not pruned: %s", error)


def _prune_on_server(address: PostgresAddress, seen_in: str | None) -> None:
    """Prune the change log of what a snapshot saw; None means that nothing of it can go."""
    if seen_in is None:
        return
    # What talks to a server takes a while to import, and most sources are files.
    from engine.store.postgres.change_log import prune_server_log

    try:
        while_locked(lambda: prune_server_log(address, seen_in), PRUNING_SECONDS)
    except DashboardError as error:
        log.info("the change log of the source is not pruned: %s", error)
