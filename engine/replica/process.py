"""The engine process: computes the orders that arrive on a pipe, one after another.

It opens the source with DuckDB alone. An audit hook refuses ``sqlite3.connect`` here: SQLite's
file locks belong to the process, so a second SQLite library that closes the file would drop the
locks of the first, and the pipeline's database could be corrupted.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection

from engine.model.errors import DashboardError
from engine.model.results import ComputedDataset, Progress, RunFailure, RunOrder, RunOutcome
from engine.model.text.log_text import write_logs


def refuse_sqlite3() -> None:
    """Make every ``sqlite3.connect`` of this process an error, for good."""

    def hook(event: str, _: object) -> None:
        if event == "sqlite3.connect":
            raise RuntimeError("the engine process must not open a database with sqlite3")

    sys.addaudithook(hook)


def prepare_process() -> None:
    """Make this process one that reads the source by DuckDB alone and ends when its parent wants it to."""
    refuse_sqlite3()
    # The parent decides when to stop: Ctrl-C reaches the whole group of processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    write_logs()


def serve_orders(pipe: Connection) -> None:
    """Answer each RunOrder on the pipe by Progress messages and one RunOutcome or RunFailure.

    Among the former come the datasets that the order wants early.

    Returns when the pipe is closed, which the end of the parent process does too.
    """
    prepare_process()
    from engine.replica.run import compute_run
    from engine.replica.session import DuckDBSession

    session = DuckDBSession()
    while True:
        try:
            order = pipe.recv()
        except (EOFError, OSError):
            return
        assert isinstance(order, RunOrder)
        try:
            answer: RunOutcome | RunFailure = compute_run(order, _reporter(pipe), session)
        except DashboardError as error:
            answer = RunFailure(error.offender, error.cause, error.remedy)
        except Exception as error:
            logging.getLogger(__name__).exception("the run failed")
            answer = RunFailure(str(order.db), f"{type(error).__name__}: {error}", "see the log")
        try:
            pipe.send(answer)
        except OSError:
            return


def _reporter(pipe: Connection) -> Callable[[Progress | ComputedDataset], None]:
    def report(progress: Progress | ComputedDataset) -> None:
        try:
            pipe.send(progress)
        except OSError:
            # Nobody is left who wants the result.
            os._exit(1)

    return report
