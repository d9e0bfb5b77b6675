"""Keeps the number of a lake's files bounded, once a day, at the end of a run.

Every sync leaves small files, and rows in the catalog; every change leaves the files of before. Maintenance
writes files of the catalog's rows, forgets old states, merges small files, and deletes what nobody reads any
more. It stops when its time is over, and goes on at the next run.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

import duckdb

from engine.model.clock import wall_clock
from engine.replica.lake.catalog import Claim
from engine.replica.source import first_line
from engine.replica.sync.file import ALIAS
from engine.replica.time_limit import TimeLimitExceeded, time_limit

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
MOST_SECONDS = 20.0
"""How long the maintenance of one run may take."""
KEPT = timedelta(hours=1)
"""So long files stay that a reader of another process may be reading."""

_STEPS = (
    f"ducklake_flush_inlined_data('{ALIAS}')",
    f"ducklake_merge_adjacent_files('{ALIAS}')",
    f"ducklake_rewrite_data_files('{ALIAS}', delete_threshold => 0.2)",
    f"ducklake_expire_snapshots('{ALIAS}', older_than => {{older}})",
    f"ducklake_cleanup_old_files('{ALIAS}', older_than => {{older}})",
    f"ducklake_delete_orphaned_files('{ALIAS}', older_than => {{older}})",
)


def is_due(claim: Claim, now: datetime) -> bool:
    """Return whether the lake must be maintained."""
    return claim.maintained_at is None or now - claim.maintained_at >= EVERY


def maintain(connection: duckdb.DuckDBPyConnection, claim: Claim, now: datetime | None = None) -> None:
    """Maintain the lake if that is due. What fails is logged, and tried again by the next run."""
    if not is_due(claim, now or wall_clock()):
        return
    before = _files(connection)
    began = time.monotonic()
    try:
        for step in _STEPS:
            older = (now or wall_clock()) - KEPT
            with time_limit(connection, max(0.1, MOST_SECONDS - (time.monotonic() - began))):
                # Rows are counted, because Python would need another package for the times in them.
                connection.execute(f"select count(*) from {step.format(older=_literal(older))}")
    except TimeLimitExceeded:
        log.warning(
            "the maintenance of %s is not done after %.0f s; the next run goes on", claim.lake, MOST_SECONDS
        )
        return
    except duckdb.Error as error:
        log.warning("the maintenance of %s failed: %s", claim.lake, first_line(error))
        return
    claim.note_maintenance()
    seconds = time.monotonic() - began
    log.info(
        "%s was maintained in %.1f s: %d files, before %d", claim.lake, seconds, _files(connection), before
    )


def _literal(instant: datetime) -> str:
    return f"timestamptz '{instant:%Y-%m-%d %H:%M:%S.%f}+00'"


def _files(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(
        f"select coalesce(sum(file_count + delete_file_count), 0) from ducklake_table_info('{ALIAS}')"
    ).fetchone()
    return 0 if row is None else int(row[0])
