"""What a soak expects: each promise that was not kept is a finding, in one line with its figures."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.serving.served import environment_of
from benchmarks.soak.day import DayReport
from benchmarks.soak.life import Life
from benchmarks.soak.samples import early_and_late

# What a server's caches may still take, and no more with time.
MEMORY_GROWTH, MEMORY_SLACK_BYTES = 1.2, 24 << 20
HANDLE_SLACK = 24
# The source is replaced and restored as a whole, and SQLite's own limit is four megabytes.
MOST_WAL_BYTES = 64 << 20
LOG_BYTES_A_SECOND = 500
MOST_REPLICA_BYTES = 64 << 20
CHECK_SECONDS = 300.0


def findings_of_life(life: Life) -> Iterator[str]:
    """Yield what was wrong while the server lived beside its pipeline."""
    yield from life.problems
    written, heard, samples = life.written, life.heard, life.samples
    if written.failed:
        yield f"{written.failed} transactions of the pipeline failed, the first with: {written.first_error}"
    if heard.failed:
        yield f"{heard.failed} requests failed, such as {'; '.join(heard.failures)}"
    if not heard.messages:
        yield "no open page heard anything"
    if not life.runs:
        yield "no run succeeded"
    early, late = early_and_late(samples, lambda one: one.memory_bytes)
    if late > early * MEMORY_GROWTH + MEMORY_SLACK_BYTES:
        yield f"the server's memory grew from {early / 1e6:.0f} to {late / 1e6:.0f} MB"
    early, late = early_and_late(samples, lambda one: one.handles)
    if late > early + HANDLE_SLACK:
        yield f"the server's open files grew from {early} to {late}"
    if (most := max(one.wal_bytes for one in samples)) > MOST_WAL_BYTES:
        yield f"the source's write-ahead log grew to {most / 1e6:.0f} MB"
    if (size := samples[-1].log_bytes) > LOG_BYTES_A_SECOND * life.pace.seconds:
        yield f"the server's log grew to {size / 1e3:.0f} kB in {life.pace.seconds:.0f} s"


def findings_of_day(day: DayReport) -> Iterator[str]:
    """Yield what was wrong in the day that passed in minutes."""
    if day.failed:
        yield f"{day.failed} scheduled runs failed in the fast day"
    if not day.runs:
        yield "no run took place in the fast day"
    if day.replica_bytes > MOST_REPLICA_BYTES:
        yield f"the replica grew to {day.replica_bytes / 1e6:.0f} MB in the fast day"


def findings_of_source(db: Path, state_dir: Path) -> Iterator[str]:
    """Yield what is wrong with a source and its replica now that nobody writes."""
    if (finding := _integrity(db)) != "ok":
        yield f"{db.name} is damaged: {finding}"
    # The first brings the replica up to date, the second compares all of it.
    for command in ("precompute", "check"):
        answer = subprocess.run(
            [sys.executable, "-m", "engine", command], cwd=db.parent, env=environment_of(db, state_dir),
            capture_output=True, text=True, timeout=CHECK_SECONDS, check=False,
        )  # fmt: skip
        if answer.returncode:
            lines = (answer.stderr or answer.stdout).strip().splitlines() or ["without a word"]
            yield f"`dashboard {command}` of {db.name} ended with {answer.returncode}: {lines[-1]}"


def _integrity(db: Path) -> str:
    try:
        with closing(sqlite3.connect(db)) as connection:
            return str(connection.execute("pragma integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
