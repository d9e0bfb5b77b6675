"""The engine process: it computes the orders that arrive on a pipe, one after another.

It opens the source with DuckDB alone, and an audit hook refuses ``sqlite3.connect``, because SQLite's file
locks belong to the process: a second SQLite library that closes the file drops the locks of the first, and
the pipeline's database can be corrupted.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from engine.model.errors import DashboardError, ServerAwayError
from engine.model.source_file.failures import note_name
from engine.model.text.log_text import use_log_format, write_logs
from engine.model.values.orders import HoldAnswer, HoldOrder, RunOrder
from engine.model.values.results import ComputedDataset, Progress, RunFailure, RunOutcome

if TYPE_CHECKING:
    from engine.replica.session import DuckDBSession


def refuse_sqlite3() -> None:
    """Make every later ``sqlite3.connect`` of this process an error."""

    def hook(event: str, _: object) -> None:
        if event == "sqlite3.connect":
            raise RuntimeError("the engine process must not open a database with sqlite3")

    sys.addaudithook(hook)


def prepare_process() -> None:
    """Set this process up to read the source with DuckDB alone, and to end only when its parent says so."""
    refuse_sqlite3()
    # Ctrl-C reaches the whole group of processes, but the parent decides when this one stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    write_logs()


def serve_orders(pipe: Connection) -> None:
    """Answer each RunOrder on the pipe by Progress messages and one RunOutcome or RunFailure.

    Among the former come the datasets that the order wants early. A HoldOrder is answered by a HoldAnswer or
    a RunFailure. Questions are answered on a socket meanwhile, as orders say.

    Returns when the pipe is closed, which the end of the parent process does too.
    """
    prepare_process()
    from engine.replica.questions.server import QuestionServer
    from engine.replica.session import DuckDBSession

    session = DuckDBSession()
    session.neighbours = QuestionServer(session)
    while True:
        try:
            order = pipe.recv()
        except (EOFError, OSError):
            break
        use_log_format(order.log_format)
        with session.lock:
            answer = _answer(order, pipe, session)
        try:
            pipe.send(answer)
        except OSError:
            break
    with session.lock:
        session.close()


def _answer(
    order: RunOrder | HoldOrder, pipe: Connection, session: DuckDBSession
) -> RunOutcome | RunFailure | HoldAnswer:
    from engine.replica.run import compute_run

    if isinstance(order.db, Path):
        note_name(order.db, order.named_by)
    try:
        if isinstance(order, HoldOrder):
            return HoldAnswer(session.hold(order))
        return compute_run(order, _reporter(pipe), session)
    except DashboardError as error:
        return RunFailure(error.offender, error.cause, error.remedy, isinstance(error, ServerAwayError))
    except Exception as error:
        logging.getLogger(__name__).exception("the run failed")
        return RunFailure(str(order.db), f"{type(error).__name__}: {error}", "see the log")


def _reporter(pipe: Connection) -> Callable[[Progress | ComputedDataset], None]:
    def report(progress: Progress | ComputedDataset) -> None:
        try:
            pipe.send(progress)
        except OSError:
            # The parent has gone, so nobody wants the result.
            os._exit(1)

    return report
