"""Keeps a lake's files and the rows of its catalog bounded, at the end of a run.

Every sync leaves small files, and rows in the catalog; every change leaves the files of before. A round of
maintenance writes files of the catalog's rows, writes files again that have lost rows, merges small files,
forgets old states, and deletes what nobody reads any more. It consists of short pieces. A run does as many of
them as fit its time, the catalog remembers the next one, and the next run goes on there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import duckdb

from engine.model.clock import wall_clock
from engine.model.errors import ComputeError
from engine.model.text.quoting import quote_literal
from engine.replica.lake.catalog import Claim
from engine.replica.lake.errors import reason_of
from engine.replica.lake.tables import old_states, read_tables, times_of_deletion
from engine.replica.sync.file import ALIAS
from engine.replica.time_limit import TimeLimitExceeded, time_limit

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
MOST_STATES = 60
"""After so many states of the lake a round begins sooner, because each scan reads what they have left."""
MOST_SECONDS = 10.0
"""A run begins no further piece after so long."""
MOST_SECONDS_A_PIECE = 20.0
"""A piece that takes longer is interrupted, and left out until the next round with all of the same name."""
KEPT = timedelta(hours=1)
"""So long files stay that a reader of another process may be reading."""
MERGED_AT_ONCE = 2
STATES_AT_ONCE = 100

Piece = tuple[str, str]
"""The name of a piece within its step, and the call of DuckLake's function. Several may have one name."""


def _flush(claim: Claim, now: datetime) -> Iterator[Piece]:
    for table in read_tables(claim):
        if table.is_inlined:
            place = f"table_name => {quote_literal(table.name)}, schema_name => {quote_literal(table.schema)}"
            yield table.full_name, f"ducklake_flush_inlined_data('{ALIAS}', {place})"


def _rewrite(claim: Claim, now: datetime) -> Iterator[Piece]:
    for table in read_tables(claim):
        place = f"{quote_literal(table.name)}, schema => {quote_literal(table.schema)}"
        for threshold in table.rewrite_thresholds:
            yield (
                table.full_name,
                f"ducklake_rewrite_data_files('{ALIAS}', {place}, delete_threshold => {threshold:.17f})",
            )


def _merge(claim: Claim, now: datetime) -> Iterator[Piece]:
    for table in read_tables(claim):
        if table.small_files > 1:
            place = f"{quote_literal(table.name)}, schema => {quote_literal(table.schema)}"
            call = (
                f"ducklake_merge_adjacent_files('{ALIAS}', {place}, max_compacted_files => {MERGED_AT_ONCE})"
            )
            yield table.full_name, call


def _expire(claim: Claim, now: datetime) -> Iterator[Piece]:
    # In parts, because the files of each are deleted in one go later.
    states = old_states(claim, now - KEPT)
    for start in range(0, len(states), STATES_AT_ONCE):
        some = states[start : start + STATES_AT_ONCE]
        yield f"{some[0]:020}", f"ducklake_expire_snapshots('{ALIAS}', versions => {some})"


def _clean_up(claim: Claim, now: datetime) -> Iterator[Piece]:
    for instant in times_of_deletion(claim, now - KEPT):
        # What is older than the time itself would be left out.
        until = _literal(instant + timedelta(microseconds=1))
        yield instant.isoformat(), f"ducklake_cleanup_old_files('{ALIAS}', older_than => {until})"


def _delete_orphans(claim: Claim, now: datetime) -> Iterator[Piece]:
    yield "files", f"ducklake_delete_orphaned_files('{ALIAS}', older_than => {_literal(now - KEPT)})"


# Files with deleted rows are not merged, so they are written again first.
_STEPS: tuple[Callable[[Claim, datetime], Iterator[Piece]], ...] = (
    _flush, _rewrite, _merge, _expire, _clean_up, _delete_orphans,
)  # fmt: skip


def is_due(claim: Claim, now: datetime) -> bool:
    """Return whether the lake must be maintained, or its maintenance is under way. Raises ComputeError."""
    last = claim.maintenance
    if last.ended_at is None or last.next_piece is not None:
        return True
    return now - last.ended_at >= EVERY or claim.newest_state() - last.state >= MOST_STATES


def maintain(connection: duckdb.DuckDBPyConnection, claim: Claim, now: datetime | None = None) -> None:
    """Do a part of the lake's maintenance if it is due. What fails is logged; it fails no run."""
    now = now or wall_clock()
    try:
        if is_due(claim, now):
            _go_on(connection, claim, now)
    except ComputeError as error:
        log.warning("the maintenance of %s failed: %s", claim.lake, error)


def _go_on(connection: duckdb.DuckDBPyConnection, claim: Claim, now: datetime) -> None:
    began = time.monotonic()
    until = began + MOST_SECONDS
    left_out = None
    for number, (key, call) in enumerate(_pieces(claim, now, claim.maintenance.next_piece or "")):
        if key == left_out:
            continue
        claim.note_next_piece(key)
        # A run does one piece at least, or a slow lake would never be maintained.
        if number and time.monotonic() >= until:
            log.info("the next run goes on with the maintenance of %s: %s", claim.lake, key)
            return
        try:
            with time_limit(connection, MOST_SECONDS_A_PIECE):
                is_done = _repeat(connection, call, until)
        except TimeLimitExceeded:
            left_out = key
            log.warning(
                "the maintenance of %s leaves out %s, which took longer than %.0f s",
                claim.lake, key, MOST_SECONDS_A_PIECE,
            )  # fmt: skip
        except duckdb.Error as error:
            left_out = key
            log.warning("the maintenance of %s failed: %s: %s", claim.lake, key, reason_of(error))
        else:
            if not is_done:
                log.info("the next run goes on with the maintenance of %s: %s", claim.lake, key)
                return
    claim.note_maintenance(now)
    log.info(
        "the maintenance of %s is complete, after %.1f s of this run", claim.lake, time.monotonic() - began
    )


def _pieces(claim: Claim, now: datetime, first: str) -> Iterator[Piece]:
    """Yield what is to be done from one piece on. What a step has to do is asked when it begins."""
    for number, step in enumerate(_STEPS, 1):
        if f"{number + 1}" <= first:
            continue
        for name, call in step(claim, now):
            key = f"{number} {step.__name__.strip('_')} {name}"
            if key >= first:
                yield key, call


def _repeat(connection: duckdb.DuckDBPyConnection, call: str, until: float) -> bool:
    """Call a function, one that merges some files as often as it finds any; return whether that is done."""
    while True:
        # Rows are counted, because Python would need another package for the times in them.
        # The transaction of a statement ends when all its rows are read.
        ((rows,),) = connection.execute(f"select count(*) from {call}").fetchall()
        if not rows or "max_compacted_files" not in call:
            return True
        if time.monotonic() >= until:
            return False


def _literal(instant: datetime) -> str:
    return f"timestamptz '{instant:%Y-%m-%d %H:%M:%S.%f}+00'"
