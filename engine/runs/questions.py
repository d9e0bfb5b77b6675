"""Asks the process that holds the replica, over its socket.

The engine process of the latest run holds the replica, in whichever process that is. An answer costs a query,
and never a run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import overload

from engine.model import questions as q
from engine.model.errors import ComputeError
from engine.model.local_socket import connect, receive, send
from engine.model.settings import Settings
from engine.model.text.without_paths import without_paths
from engine.runs.replies import ANSWER_SECONDS, NobodyHolds, answer_of, in_own_zone, no_answer, reply_of

CONNECT_SECONDS = 2.0
MOVE_SECONDS = 5.0
"""How long to ask again while the replica goes from one process to another."""
AGAIN_SECONDS = 0.05
"""How long to wait before asking again meanwhile."""


class NoWorker(ComputeError):
    """No worker answers a process without a source, or it cannot be reached."""

    @property
    def line(self) -> str:
        """Return it as a sentence without its end, as pages show it."""
        return without_paths(f"{self.cause[:1].upper()}{self.cause[1:]}: {self.remedy}")


@overload
def ask(
    settings: Settings,
    question: q.RowsQuestion | q.TableRowsQuestion,
    hold: Callable[[], object] | None = ...,
) -> q.RowsAnswer: ...
@overload
def ask(
    settings: Settings, question: q.TextQuestion, hold: Callable[[], object] | None = ...
) -> q.TextAnswer: ...
@overload
def ask(
    settings: Settings, question: q.SearchQuestion, hold: Callable[[], object] | None = ...
) -> q.SearchAnswer: ...
@overload
def ask(
    settings: Settings, question: q.SiteQuestion, hold: Callable[[], object] | None = ...
) -> q.SiteAnswer: ...
@overload
def ask(
    settings: Settings, question: q.JobQuestion, hold: Callable[[], object] | None = ...
) -> q.JobAnswer: ...
@overload
def ask(
    settings: Settings, question: q.ErrorQuestion, hold: Callable[[], object] | None = ...
) -> q.ErrorAnswer: ...


def ask(settings: Settings, question: q.Question, hold: Callable[[], object] | None = None) -> q.Answer:
    """Return the answer to a question. It blocks, for milliseconds as a rule.

    If no process holds the replica, ``hold`` (``Runner.hold_replica``) is called, to make one of this process
    hold it; again if that has gone on to the replica of another source meanwhile. Raises DashboardError in
    one line: nobody holds the replica, the question names something unknown, or it took too long.
    """
    question = in_own_zone(question, settings)
    until = time.monotonic() + MOVE_SECONDS
    while True:
        reply = _reply(settings, question)
        if reply is None and hold is not None:
            hold()
            reply = _reply(settings, question)
        if reply is not None and not (isinstance(reply, q.Refusal) and reply.is_moved):
            break
        if reply is None or time.monotonic() > until:
            raise NobodyHolds("the replica", "no process holds it yet", "try again after the next run")
        time.sleep(AGAIN_SECONDS)
    return answer_of(reply)


def _reply(settings: Settings, question: q.Question) -> q.Reply | None:
    """Return what the process that holds the replica replies; None if there is none."""
    try:
        connection = connect(settings.socket_path, CONNECT_SECONDS)
    except OSError:
        return None
    with connection:
        try:
            connection.settimeout(ANSWER_SECONDS)
            send(connection, q.to_json(question))
            return reply_of(receive(connection))
        except TimeoutError:
            raise no_answer() from None
        except (OSError, EOFError):
            # The process has ended, or hands the replica over.
            return None
