"""Runs SQLite's quick check of the source in a process of its own.

The check is one statement that reads the whole file. Nothing can interrupt it, so the only way to end it is
to end its process. Meanwhile it holds a snapshot, and the source's log cannot be reset.
"""

from __future__ import annotations

import os
import threading
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from engine.model.errors import DashboardError
from engine.model.source_file.failures import note_name
from engine.model.values.quality import IntegrityCheck
from engine.model.values.results import RunFailure
from engine.replica.process import prepare_process


def send_integrity(pipe: Connection, db: Path, started_at: datetime, named_by: str) -> None:
    """Send the IntegrityCheck of the source, or a RunFailure. The process ends at once if its parent ends."""
    prepare_process()
    note_name(db, named_by)
    threading.Thread(target=_end_with_parent, args=(pipe,), name="dashboard-parent", daemon=True).start()
    import duckdb

    from engine.replica.source import connect_duckdb, first_line, open_source

    answer: IntegrityCheck | RunFailure
    try:
        with connect_duckdb() as connection, open_source(connection, db) as source:
            answer = source.check_integrity(started_at)
    except DashboardError as error:
        answer = RunFailure(error.offender, error.cause, error.remedy)
    except duckdb.Error as error:
        answer = RunFailure(str(db), first_line(error), "run `dashboard check` to see more")
    pipe.send(answer)


def _end_with_parent(pipe: Connection) -> None:
    """Wait until the parent's end of the pipe closes, which the end of the parent does too."""
    try:
        pipe.recv()
    except (EOFError, OSError):
        os._exit(1)
