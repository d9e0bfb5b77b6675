"""A question and its reply as the asker sees them, whether they go through a socket or a server."""

from __future__ import annotations

from dataclasses import replace

from engine.model import questions as q
from engine.model.errors import ComputeError, DashboardError
from engine.model.settings import Settings

ANSWER_SECONDS = 30.0
"""How long an answer may take; the other end gives up sooner."""


class NobodyHolds(ComputeError):
    """No process holds the replica: there was no run yet, or the process that made the latest has ended."""


def in_own_zone(question: q.Question, settings: Settings) -> q.Question:
    """Return a question that names the time zone of its days, by default that of the settings."""
    if isinstance(question, q.RowsQuestion | q.ErrorQuestion) and question.time_zone is None:
        return replace(question, time_zone=settings.time_zone)
    return question


def no_answer() -> ComputeError:
    """Return the error that no answer has come in time."""
    return ComputeError("the question", f"no answer came within {ANSWER_SECONDS:g} s", "try again")


def reply_of(content: bytes) -> q.Reply:
    """Return the reply that bytes say. Raises ComputeError."""
    try:
        return q.reply_from_json(content)
    except ValueError as error:
        raise ComputeError(
            "the answer", f"it cannot be read ({error})", "restart the processes: two versions run"
        ) from None


def answer_of(reply: q.Reply) -> q.Answer:
    """Return the answer that a reply is. Raises DashboardError for a refusal."""
    if isinstance(reply, q.Refusal):
        kind = NobodyHolds if reply.is_moved else DashboardError
        raise kind(reply.offender, reply.cause, reply.remedy)
    assert not isinstance(reply, q.Released)
    return reply
